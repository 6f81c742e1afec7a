//! NEON, which AArch64 targets have unless they do without floating-point registers (`softfloat`): a vector is four registers.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::portable::SQRT_HALF;
use crate::simd::{Element, Kernel, LANES, Simd};

/// Proof that the target has NEON: this file is compiled for no other.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Neon(());

impl Neon {
    pub(crate) fn detect() -> Option<Self> {
        Some(Self(()))
    }

    /// Never a part of another body: what is compiled apart is so to keep its callers small. `inline(never)` stands here
    /// because rustc 1.95 does not pass it on to LLVM for [`entry`], a function with target features.
    #[inline(never)]
    pub(crate) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` exists, so the target has NEON.
        unsafe { entry(self, kernel) }
    }
}

/// Where the generic body is compiled with the instructions.
#[target_feature(enable = "neon")]
fn entry<K: Kernel>(token: Neon, kernel: K) -> K::Output {
    kernel.run(token)
}

/// One intrinsic on each of the four registers.
macro_rules! each {
    ($i:ident => $call:expr) => {{
        let mut out = [Neon::zero(); 4];
        for $i in 0..4 {
            // SAFETY: a `Neon` token exists (made by `detect` alone), and the intrinsics touch no memory.
            out[$i] = unsafe { $call };
        }
        out
    }};
}

impl Neon {
    #[inline(always)]
    fn zero() -> float32x4_t {
        // SAFETY: called from methods of the token only; no memory is touched.
        unsafe { vdupq_n_f32(0.0) }
    }

    #[inline(always)]
    fn load4<E: Element>(quad: &[E; 4]) -> float32x4_t {
        const { assert!(size_of::<E>() == 4) }
        // SAFETY: `quad` is 16 readable bytes, as `Element` says; a load of bytes needs no alignment. Called from methods of the token only.
        let bytes = unsafe { vld1q_u8(quad.as_ptr().cast()) };
        // SAFETY: as above; the intrinsic touches no memory, and any bytes are floats.
        unsafe { vreinterpretq_f32_u8(bytes) }
    }
}

/// Lane j of register i becomes lane i of register j.
#[inline]
#[target_feature(enable = "neon")]
fn transpose4(a: float32x4_t, b: float32x4_t, c: float32x4_t, d: float32x4_t) -> [float32x4_t; 4] {
    let (ab0, ab1) = (vreinterpretq_f64_f32(vtrn1q_f32(a, b)), vreinterpretq_f64_f32(vtrn2q_f32(a, b)));
    let (cd0, cd1) = (vreinterpretq_f64_f32(vtrn1q_f32(c, d)), vreinterpretq_f64_f32(vtrn2q_f32(c, d)));
    [
        vreinterpretq_f32_f64(vtrn1q_f64(ab0, cd0)),
        vreinterpretq_f32_f64(vtrn1q_f64(ab1, cd1)),
        vreinterpretq_f32_f64(vtrn2q_f64(ab0, cd0)),
        vreinterpretq_f32_f64(vtrn2q_f64(ab1, cd1)),
    ]
}

impl Simd for Neon {
    type V = [float32x4_t; 4];
    const MANY_REGISTERS: bool = false;
    const TILE_ROWS: usize = 6;
    const NARROW: usize = 6;
    const SCALES_ANY: bool = false;

    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        Neon::enter(self, kernel)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        each!(i => { let _ = i; vdupq_n_f32(x) })
    }
    #[inline(always)]
    fn load<E: Element>(self, src: &[E; LANES]) -> Self::V {
        let (quads, _) = src.as_chunks::<4>();
        let mut out = [Self::zero(); 4];
        for i in 0..4 {
            out[i] = Self::load4(&quads[i]);
        }
        out
    }
    #[inline(always)]
    fn load_part<E: Element>(self, src: &[E], fill: f32) -> Self::V {
        let (quads, rest) = src.as_chunks::<4>();
        let rest = match rest {
            [a] => [a.get(), fill, fill, fill],
            [a, b] => [a.get(), b.get(), fill, fill],
            [a, b, c] => [a.get(), b.get(), c.get(), fill],
            _ => [fill; 4],
        };
        let mut out = self.splat(fill);
        for i in 0..4 {
            match quads.get(i) {
                Some(quad) => out[i] = Self::load4(quad),
                None if i == quads.len() => out[i] = Self::load4(&rest),
                None => {}
            }
        }
        out
    }
    #[inline(always)]
    fn load_bytes(self, src: &[u8; LANES]) -> Self::V {
        let mut lanes = [0.0; LANES];
        for i in 0..LANES {
            lanes[i] = f32::from(src[i]);
        }
        self.load(&lanes)
    }
    #[inline(always)]
    fn store(self, v: Self::V, dst: &mut [f32; LANES]) {
        let (quads, _) = dst.as_chunks_mut::<4>();
        for i in 0..4 {
            // SAFETY: `quads[i]` is 16 writable bytes, aligned as f32.
            unsafe { vst1q_f32(quads[i].as_mut_ptr(), v[i]) };
        }
    }
    #[inline(always)]
    fn store_part(self, v: Self::V, dst: &mut [f32]) {
        let mut lanes = [0.0; LANES];
        self.store(v, &mut lanes);
        for (x, lane) in dst.iter_mut().zip(lanes) {
            *x = lane;
        }
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vaddq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vsubq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vmulq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vdivq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        each!(i => vfmaq_f32(c[i], a[i], b[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vmaxq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        each!(i => vminq_f32(a[i], b[i]))
    }
    #[inline(always)]
    fn select_gt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        each!(i => { let gt = vcgtq_f32(a[i], b[i]); vbslq_f32(gt, x[i], y[i]) })
    }
    #[inline(always)]
    fn scale<const N: usize>(self, mut p: [Self::V; N], n: [Self::V; N]) -> [Self::V; N] {
        for v in 0..N {
            p[v] = each!(i => {
                // Two factors, the first exact, so that a subnormal result is rounded once.
                let n = vcvtq_s32_f32(n[v][i]);
                let first = vshrq_n_s32::<1>(n);
                let second = vsubq_s32(n, first);
                let bias = vdupq_n_s32(127);
                let first = vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(first, bias)));
                let second = vreinterpretq_f32_s32(vshlq_n_s32::<23>(vaddq_s32(second, bias)));
                vmulq_f32(vmulq_f32(p[v][i], first), second)
            });
        }
        p
    }
    #[inline(always)]
    fn split(self, x: Self::V) -> (Self::V, Self::V) {
        let exponent = each!(i => {
            let from = vsubq_s32(vreinterpretq_s32_f32(x[i]), vdupq_n_s32(SQRT_HALF as i32));
            vcvtq_f32_s32(vshrq_n_s32::<23>(from))
        });
        let mantissa = each!(i => {
            let bits = vreinterpretq_s32_f32(x[i]);
            let n = vshrq_n_s32::<23>(vsubq_s32(bits, vdupq_n_s32(SQRT_HALF as i32)));
            vreinterpretq_f32_s32(vsubq_s32(bits, vshlq_n_s32::<23>(n)))
        });
        (mantissa, exponent)
    }
    #[inline(always)]
    fn pick(self, v: &[f32; LANES], from: &[u8; LANES]) -> Self::V {
        let v = self.load(v);
        // SAFETY: the token proves NEON, and the intrinsics touch no memory.
        let bytes = unsafe {
            uint8x16x4_t(
                vreinterpretq_u8_f32(v[0]),
                vreinterpretq_u8_f32(v[1]),
                vreinterpretq_u8_f32(v[2]),
                vreinterpretq_u8_f32(v[3]),
            )
        };
        let mut out = v;
        for i in 0..4 {
            let mut at = [0; LANES];
            for b in 0..LANES {
                at[b] = 4 * from[4 * i + b / 4] + (b % 4) as u8;
            }
            // SAFETY: `at` is 16 readable bytes, and the token proves NEON.
            out[i] = unsafe { vreinterpretq_f32_u8(vqtbl4q_u8(bytes, vld1q_u8(at.as_ptr()))) };
        }
        out
    }
    #[inline(always)]
    fn four_columns(self, rows: [&[f32; 4]; LANES]) -> [Self::V; 4] {
        let mut out = [[Self::zero(); 4]; 4];
        for q in 0..4 {
            let mut row = [Self::zero(); 4];
            for i in 0..4 {
                // SAFETY: each row is 16 readable bytes, aligned as f32.
                row[i] = unsafe { vld1q_f32(rows[4 * q + i].as_ptr()) };
            }
            // SAFETY: `self` proves NEON; the intrinsics touch no memory.
            let block = unsafe { transpose4(row[0], row[1], row[2], row[3]) };
            for p in 0..4 {
                out[p][q] = block[p];
            }
        }
        out
    }
    #[inline(always)]
    fn transpose_eight(self, rows: [&[f32; 4]; 8], out: [&mut MaybeUninit<[f32; 8]>; 4]) {
        for half in 0..2 {
            let mut row = [Self::zero(); 4];
            for i in 0..4 {
                // SAFETY: each row is 16 readable bytes, aligned as f32.
                row[i] = unsafe { vld1q_f32(rows[4 * half + i].as_ptr()) };
            }
            // SAFETY: `self` proves NEON; the intrinsics touch no memory.
            let block = unsafe { transpose4(row[0], row[1], row[2], row[3]) };
            for p in 0..4 {
                // SAFETY: either half of `out[p]` is 16 writable bytes, aligned as f32.
                unsafe { vst1q_f32(out[p].as_mut_ptr().cast::<f32>().add(4 * half), block[p]) };
            }
        }
    }
    #[inline(always)]
    fn halves<const STEP: usize>(self, a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        match STEP {
            0 => ([a[0], a[1], b[0], b[1]], [a[2], a[3], b[2], b[3]]),
            1 => ([a[0], a[2], b[0], b[2]], [a[1], a[3], b[1], b[3]]),
            2 => (
                each!(i => vreinterpretq_f32_f64(vtrn1q_f64(
                    vreinterpretq_f64_f32(a[i]),
                    vreinterpretq_f64_f32(b[i])
                ))),
                each!(i => vreinterpretq_f32_f64(vtrn2q_f64(
                    vreinterpretq_f64_f32(a[i]),
                    vreinterpretq_f64_f32(b[i])
                ))),
            ),
            _ => (each!(i => vuzp1q_f32(a[i], b[i])), each!(i => vuzp2q_f32(a[i], b[i]))),
        }
    }
    #[inline(always)]
    fn reduce_sum(self, v: Self::V) -> f32 {
        // Lanes 8..16 onto 0..8, then 4..8 onto 0..4, 2..4 onto 0..2 and 1 onto 0: the tree of the contract.
        // SAFETY: `self` proves NEON; the intrinsics touch no memory.
        unsafe {
            let v = vaddq_f32(vaddq_f32(v[0], v[2]), vaddq_f32(v[1], v[3]));
            let v = vadd_f32(vget_low_f32(v), vget_high_f32(v));
            vget_lane_f32::<0>(v) + vget_lane_f32::<1>(v)
        }
    }
}
