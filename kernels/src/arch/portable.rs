//! Plain Rust on arrays of sixteen floats: the fallback everywhere, and what the compiler vectorises as it can.
//!
//! The fused multiply-add is computed exactly in f64 (`fma.rs`), so this file too gives the bits of the others.

use crate::fma::mul_add;
use crate::simd::{Element, Kernel, LANES, Simd};

/// Proof of nothing: every processor will do.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Portable;

impl Portable {
    pub(crate) fn detect() -> Option<Self> {
        Some(Self)
    }

    /// On an operating system a function of its own: where `Isa::run` chooses, every instruction set would begin as this one does, with a
    /// page of stack.
    #[cfg_attr(target_os = "none", inline)]
    #[cfg_attr(not(target_os = "none"), inline(never))]
    pub(crate) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }
}

/// Applies `f` lane by lane. A macro, because a closure might not be inlined where it must be.
macro_rules! lanes {
    ($i:ident => $f:expr) => {{
        let mut out = [0.0f32; LANES];
        for $i in 0..LANES {
            out[$i] = $f;
        }
        out
    }};
}

impl Simd for Portable {
    type V = [f32; LANES];
    const MANY_REGISTERS: bool = false;
    const TILE_ROWS: usize = 4;
    const NARROW: usize = 0;
    const SCALES_ANY: bool = false;

    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        Portable::enter(self, kernel)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        [x; LANES]
    }
    #[inline(always)]
    fn load<E: Element>(self, src: &[E; LANES]) -> Self::V {
        lanes!(i => src[i].get())
    }
    #[inline(always)]
    fn load_part<E: Element>(self, src: &[E], fill: f32) -> Self::V {
        let mut v = [fill; LANES];
        for (v, x) in v.iter_mut().zip(src) {
            *v = x.get();
        }
        v
    }
    #[inline(always)]
    fn load_bytes(self, src: &[u8; LANES]) -> Self::V {
        lanes!(i => f32::from(src[i]))
    }
    #[inline(always)]
    fn store(self, v: Self::V, dst: &mut [f32; LANES]) {
        *dst = v;
    }
    #[inline(always)]
    fn store_part(self, v: Self::V, dst: &mut [f32]) {
        for (x, v) in dst.iter_mut().zip(v) {
            *x = v;
        }
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => a[i] + b[i])
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => a[i] - b[i])
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => a[i] * b[i])
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => a[i] / b[i])
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        lanes!(i => mul_add(a[i], b[i], c[i]))
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        lanes!(i => if a[i] < b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    fn select_gt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        lanes!(i => if a[i] > b[i] { x[i] } else { y[i] })
    }
    #[inline(always)]
    fn scale<const N: usize>(self, mut p: [Self::V; N], n: [Self::V; N]) -> [Self::V; N] {
        for v in 0..N {
            p[v] = lanes!(i => scale(p[v][i], n[v][i] as i32));
        }
        p
    }
    #[inline(always)]
    fn split(self, x: Self::V) -> (Self::V, Self::V) {
        let mut e = [0.0; LANES];
        let m = lanes!(i => {
            let (m, n) = split(x[i]);
            e[i] = n as f32;
            m
        });
        (m, e)
    }
    #[inline(always)]
    fn pick(self, v: &[f32; LANES], from: &[u8; LANES]) -> Self::V {
        lanes!(i => v[usize::from(from[i] & 15)])
    }
    #[inline(always)]
    fn four_columns(self, rows: [&[f32; 4]; LANES]) -> [Self::V; 4] {
        [0, 1, 2, 3].map(|p| lanes!(l => rows[l][p]))
    }
    #[inline(always)]
    fn halves<const STEP: usize>(self, a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        // In the result, runs of `run` lanes come from a and b in turn.
        let (half, run) = (8 >> STEP, if STEP < 2 { 8 } else { 2 });
        let mut out = ([0.0; LANES], [0.0; LANES]);
        for i in 0..LANES {
            let from = if i / run % 2 == 0 { a } else { b };
            let nth = i / (2 * run) * run + i % run; // of the eight that `from` gives to each half
            let lane = nth / half * 2 * half + nth % half;
            (out.0[i], out.1[i]) = (from[lane], from[lane + half]);
        }
        out
    }
    #[inline(always)]
    fn reduce_sum(self, mut v: Self::V) -> f32 {
        for half in [8, 4, 2, 1] {
            for p in 0..half {
                v[p] += v[p + half];
            }
        }
        v[0]
    }
}

/// p · 2ⁿ in two factors, of which the first is exact: so rounded once even where the result is subnormal.
#[inline(always)]
pub(crate) fn scale(p: f32, n: i32) -> f32 {
    let first = n >> 1;
    p * power_of_two(first) * power_of_two(n - first)
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

/// The bits of the smallest m that [`split`] gives: the f32 nearest to √½.
pub(crate) const SQRT_HALF: u32 = 0x3f35_04f3;

/// x = m · 2ⁿ with `SQRT_HALF` ≤ m < 2 · `SQRT_HALF`, for normal x > 0, by integers alone.
#[inline(always)]
pub(crate) fn split(x: f32) -> (f32, i32) {
    let n = (x.to_bits().wrapping_sub(SQRT_HALF) as i32) >> 23;
    (f32::from_bits(x.to_bits().wrapping_sub((n << 23) as u32)), n)
}
