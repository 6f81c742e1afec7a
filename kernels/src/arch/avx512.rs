//! AVX-512F: a vector is one register, a part of one a mask.

use core::arch::x86_64::*;
use core::hint::cold_path;

use super::portable::SQRT_HALF;
use super::{cpuid, ends};
use crate::simd::{Element, Kernel, LANES, Simd};

/// Proof that the processor has AVX-512F.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Avx512(());

impl Avx512 {
    pub(crate) fn detect() -> Option<Self> {
        (cpuid::features() & cpuid::AVX512F != 0).then_some(Self(()))
    }

    /// Never a part of another body: what is compiled apart is so to keep its callers small. `inline(never)` stands here
    /// because rustc 1.95 does not pass it on to LLVM for [`entry`], a function with target features.
    #[inline(never)]
    pub(crate) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` exists, so `detect` saw AVX2, FMA and AVX-512F.
        unsafe { entry(self, kernel) }
    }
}

/// Where the generic body is compiled with the instructions.
#[target_feature(enable = "avx512f,avx2,fma")]
fn entry<K: Kernel>(token: Avx512, kernel: K) -> K::Output {
    kernel.run(token)
}

/// The first `n` lanes.
#[inline(always)]
fn first(n: usize) -> __mmask16 {
    debug_assert!(n <= LANES);
    ((1u32 << (n & 31)) - 1) as __mmask16
}

/// Four floats from memory.
#[inline(always)]
fn four(_proof: Avx512, row: &[f32; 4]) -> __m128 {
    // SAFETY: `row` is 16 readable bytes, and the load needs no alignment.
    unsafe { _mm_loadu_ps(row.as_ptr()) }
}

/// One intrinsic on registers: it needs the instruction set and touches no memory.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: `self` proves AVX-512F (made by `detect` alone), and the intrinsic touches no memory.
        unsafe { $call }
    };
}

impl Simd for Avx512 {
    type V = __m512;
    const MANY_REGISTERS: bool = true;
    const TILE_ROWS: usize = 8;
    const NARROW: usize = 10;
    const SCALES_ANY: bool = true;

    #[inline(always)]
    fn double_pumped(self) -> bool {
        cpuid::features() & cpuid::DOUBLE_PUMPED != 0
    }
    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        Avx512::enter(self, kernel)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        op!(_mm512_set1_ps(x))
    }
    #[inline(always)]
    fn load<E: Element>(self, src: &[E; LANES]) -> Self::V {
        const { assert!(size_of::<E>() == 4) }
        // SAFETY: `src` is 64 readable bytes, as `Element` says, any bytes are floats, and the load needs no alignment.
        unsafe { src.as_ptr().cast::<__m512>().read_unaligned() }
    }
    #[inline(always)]
    fn load_part<E: Element>(self, src: &[E], fill: f32) -> Self::V {
        const { assert!(size_of::<E>() == 4) }
        let (src, fill) = (&src[..src.len().min(LANES)], self.splat(fill));
        // SAFETY: the mask has one lane for each of the 4-byte elements of `src`; others are not read.
        unsafe { _mm512_mask_loadu_ps(fill, first(src.len()), src.as_ptr().cast()) }
    }
    #[inline(always)]
    fn load_bytes(self, src: &[u8; LANES]) -> Self::V {
        // SAFETY: `src` is 16 readable bytes, and the load needs no alignment.
        let bytes = unsafe { _mm_loadu_si128(src.as_ptr().cast()) };
        op!(_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes)))
    }
    #[inline(always)]
    fn prefetch<E: Element>(self, src: &[E], i: usize) {
        // SAFETY: a prefetch of any address is allowed: it reads nothing that the program could see.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(src.as_ptr().wrapping_add(i).cast()) }
    }
    #[inline(always)]
    fn prefetch_far<E>(self, src: &[E], i: usize) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(src.as_ptr().wrapping_add(i).cast()) }
    }
    #[inline(always)]
    fn store(self, v: Self::V, dst: &mut [f32; LANES]) {
        // SAFETY: `dst` is 64 writable bytes, and the store needs no alignment.
        unsafe { dst.as_mut_ptr().cast::<__m512>().write_unaligned(v) }
    }
    #[inline(always)]
    fn store_part(self, v: Self::V, dst: &mut [f32]) {
        let n = dst.len().min(LANES);
        // SAFETY: the mask has one lane for each of the first n elements of `dst`; others are not written.
        unsafe { _mm512_mask_storeu_ps(dst.as_mut_ptr(), first(n), v) }
    }
    #[inline(always)]
    fn store_end(self, v: Self::V, dst: &mut [f32]) {
        let high = op!(_mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(v))));
        ends::store(self, [op!(_mm512_castps512_ps256(v)), high], dst);
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_add_ps(a, b))
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_sub_ps(a, b))
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_mul_ps(a, b))
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_div_ps(a, b))
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        op!(_mm512_fmadd_ps(a, b, c))
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_max_ps(a, b))
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        op!(_mm512_min_ps(a, b))
    }
    #[inline(always)]
    fn select_gt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        let gt = op!(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(a, b));
        op!(_mm512_mask_blend_ps(gt, y, x))
    }
    #[inline(always)]
    fn scale<const N: usize>(self, mut p: [Self::V; N], n: [Self::V; N]) -> [Self::V; N] {
        // What becomes 0 in any case is not computed: an underflow costs an Intel processor two hundred cycles.
        let least = self.splat(-150.0);
        // On a Zen 4 a comparison takes the place of a multiply-add, so there is one for all: of bits beyond those of −150 are
        // smaller n, and half of the NaNs.
        let mut bits = op!(_mm512_castps_si512(n[0]));
        for i in 1..N {
            bits = op!(_mm512_max_epu32(bits, _mm512_castps_si512(n[i])));
        }
        if op!(_mm512_cmpgt_epu32_mask(bits, _mm512_castps_si512(least))) != 0 {
            cold_path();
            for i in 0..N {
                let some_left = op!(_mm512_cmp_ps_mask::<_CMP_NLT_UQ>(n[i], least));
                p[i] = op!(_mm512_maskz_mov_ps(some_left, p[i]));
            }
        }
        for i in 0..N {
            p[i] = op!(_mm512_scalef_ps(p[i], n[i]));
        }
        p
    }
    #[inline(always)]
    fn split(self, x: Self::V) -> (Self::V, Self::V) {
        let bits = op!(_mm512_castps_si512(x));
        let from = op!(_mm512_sub_epi32(bits, _mm512_set1_epi32(SQRT_HALF as i32)));
        let n = op!(_mm512_srai_epi32::<23>(from));
        let m = op!(_mm512_sub_epi32(bits, _mm512_slli_epi32::<23>(n)));
        (op!(_mm512_castsi512_ps(m)), op!(_mm512_cvtepi32_ps(n)))
    }
    #[inline(always)]
    fn pick(self, v: &[f32; LANES], from: &[u8; LANES]) -> Self::V {
        // SAFETY: `from` is 16 readable bytes, and the load needs no alignment.
        let from = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
        op!(_mm512_permutexvar_ps(_mm512_cvtepu8_epi32(from), self.load(v)))
    }
    #[inline(always)]
    fn four_columns(self, rows: [&[f32; 4]; LANES]) -> [Self::V; 4] {
        // A quarter of a vector from each row: vector i has rows i, i + 4, i + 8, i + 12. Then 4 × 4 within the quarters.
        let mut v = [self.splat(0.0); 4];
        for i in 0..4 {
            let (a, b) = (op!(_mm512_castps128_ps512(four(self, rows[i]))), four(self, rows[i + 4]));
            let (c, d) = (four(self, rows[i + 8]), four(self, rows[i + 12]));
            let ab = op!(_mm512_insertf32x4::<1>(a, b));
            v[i] = op!(_mm512_insertf32x4::<3>(_mm512_insertf32x4::<2>(ab, c), d));
        }
        let (a, b) = (op!(_mm512_unpacklo_ps(v[0], v[1])), op!(_mm512_unpackhi_ps(v[0], v[1])));
        let (c, d) = (op!(_mm512_unpacklo_ps(v[2], v[3])), op!(_mm512_unpackhi_ps(v[2], v[3])));
        let (a, b) = (op!(_mm512_castps_pd(a)), op!(_mm512_castps_pd(b)));
        let (c, d) = (op!(_mm512_castps_pd(c)), op!(_mm512_castps_pd(d)));
        [
            op!(_mm512_castpd_ps(_mm512_unpacklo_pd(a, c))),
            op!(_mm512_castpd_ps(_mm512_unpackhi_pd(a, c))),
            op!(_mm512_castpd_ps(_mm512_unpacklo_pd(b, d))),
            op!(_mm512_castpd_ps(_mm512_unpackhi_pd(b, d))),
        ]
    }
    #[inline(always)]
    fn halves<const STEP: usize>(self, a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        match STEP {
            // Quarters 0 1 of both, and 2 3; then the even and the odd ones.
            0 => (op!(_mm512_shuffle_f32x4::<0x44>(a, b)), op!(_mm512_shuffle_f32x4::<0xee>(a, b))),
            1 => (op!(_mm512_shuffle_f32x4::<0x88>(a, b)), op!(_mm512_shuffle_f32x4::<0xdd>(a, b))),
            // The same within each quarter.
            2 => (op!(_mm512_shuffle_ps::<0x44>(a, b)), op!(_mm512_shuffle_ps::<0xee>(a, b))),
            _ => (op!(_mm512_shuffle_ps::<0x88>(a, b)), op!(_mm512_shuffle_ps::<0xdd>(a, b))),
        }
    }
    #[inline(always)]
    fn reduce_sum(self, v: Self::V) -> f32 {
        // Lanes 8..16 onto 0..8, then 4..8, 2..4 and 1: the tree of the contract, kept in full registers.
        let v = self.add(v, op!(_mm512_shuffle_f32x4::<0b00_00_11_10>(v, v)));
        let v = self.add(v, op!(_mm512_shuffle_f32x4::<0b00_00_00_01>(v, v)));
        let v = self.add(v, op!(_mm512_permute_ps::<0b00_00_11_10>(v)));
        let v = self.add(v, op!(_mm512_permute_ps::<0b00_00_00_01>(v)));
        op!(_mm512_cvtss_f32(v))
    }
}
