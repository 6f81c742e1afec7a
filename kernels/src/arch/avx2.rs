//! AVX2 and FMA: a vector is two registers.

use core::arch::asm;
use core::arch::x86_64::*;
use core::hint::cold_path;
use core::mem::MaybeUninit;

use super::portable::SQRT_HALF;
use super::{avx512::Avx512, cpuid, ends};
use crate::simd::{Element, Kernel, LANES, Simd};

/// Proof that the processor has AVX2 and FMA.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Avx2(());

impl Avx2 {
    pub(crate) fn detect() -> Option<Self> {
        (cpuid::features() & cpuid::AVX2_FMA != 0).then_some(Self(()))
    }

    /// Never a part of another body: what is compiled apart is so to keep its callers small. `inline(never)` stands here
    /// because rustc 1.95 does not pass it on to LLVM for [`entry`], a function with target features.
    #[inline(never)]
    pub(crate) fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` exists, so `detect` saw AVX2 and FMA, or AVX-512 beside them.
        unsafe { entry(self, kernel) }
    }
}

impl Avx512 {
    /// AVX2 and FMA are there too: `cpuid` looks for AVX-512F only where it has seen them.
    #[inline(always)]
    pub(super) fn avx2(self) -> Avx2 {
        Avx2(())
    }
}

/// Where the generic body is compiled with the instructions.
#[target_feature(enable = "avx2,fma")]
fn entry<K: Kernel>(token: Avx2, kernel: K) -> K::Output {
    kernel.run(token)
}

/// One intrinsic on registers: it needs the instruction set and touches no memory.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: an `Avx2` token exists (made by `detect`, or of one of AVX-512), and the intrinsic touches no memory.
        unsafe { $call }
    };
}

/// Lanes 0..8 of a part of `n` ≤ 8 elements as a mask for MASKMOV: all ones where the lane counts.
#[inline(always)]
fn mask(_proof: Avx2, n: usize) -> __m256i {
    let lane = op!(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    op!(_mm256_cmpgt_epi32(_mm256_set1_epi32(n as i32), lane))
}

/// 2ⁿ for integral −126 ≤ n ≤ 127, as eight 32-bit integers.
#[inline(always)]
fn power_of_two(_proof: Avx2, n: __m256i) -> __m256 {
    let biased = op!(_mm256_add_epi32(n, _mm256_set1_epi32(127)));
    op!(_mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased)))
}

/// p · 2ⁿ for any n, as [`Simd::scale`] has it where [`Simd::SCALES_ANY`].
#[inline(always)]
fn scale_far(proof: Avx2, p: __m256, n: __m256) -> __m256 {
    // In two steps, the first exact, so that a subnormal result is rounded once: half of n is added to the exponent as an
    // integer (p is normal and stays so), the other half is a factor.
    // (Of a NaN n both bounds give the n: their second operand.)
    let near = op!(_mm256_min_ps(_mm256_set1_ps(160.0), _mm256_max_ps(_mm256_set1_ps(-160.0), n)));
    let whole = op!(_mm256_cvtps_epi32(near));
    let first = op!(_mm256_srai_epi32::<1>(whole));
    let second = op!(_mm256_sub_epi32(whole, first));
    let half = op!(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32::<23>(first)));
    // What becomes 0 in any case is 0 at once: an underflow costs an Intel processor a hundred cycles.
    let gone = op!(_mm256_cmp_ps::<_CMP_LT_OQ>(n, _mm256_set1_ps(-150.0)));
    let half = op!(_mm256_andnot_ps(gone, _mm256_castsi256_ps(half)));
    let out = op!(_mm256_mul_ps(half, power_of_two(proof, second)));
    let infinite = op!(_mm256_cmp_ps::<_CMP_GT_OQ>(n, _mm256_set1_ps(128.0)));
    op!(_mm256_blendv_ps(out, _mm256_set1_ps(f32::INFINITY), infinite))
}

/// x, and to the compiler the result of an instruction that it keeps in its place.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn placed(mut x: __m256) -> __m256 {
    // SAFETY: there is no instruction.
    unsafe { asm!("/* {} */", inout(ymm_reg) x, options(nomem, nostack, preserves_flags)) };
    x
}

/// Four floats from memory.
#[inline(always)]
fn four(_proof: Avx2, row: &[f32; 4]) -> __m128 {
    // SAFETY: `row` is 16 readable bytes, and the load needs no alignment.
    unsafe { _mm_loadu_ps(row.as_ptr()) }
}

/// Four columns of eight rows.
#[inline(always)]
fn columns_of_eight(proof: Avx2, rows: [&[f32; 4]; 8]) -> [__m256; 4] {
    // Half a register from each row: register i has rows i and i + 4. Then 4 × 4 within the halves.
    let mut v = [op!(_mm256_setzero_ps()); 4];
    for i in 0..4 {
        let (a, b) = (four(proof, rows[i]), four(proof, rows[i + 4]));
        v[i] = op!(_mm256_insertf128_ps::<1>(_mm256_castps128_ps256(a), b));
    }
    let (a, b) = (op!(_mm256_unpacklo_ps(v[0], v[1])), op!(_mm256_unpackhi_ps(v[0], v[1])));
    let (c, d) = (op!(_mm256_unpacklo_ps(v[2], v[3])), op!(_mm256_unpackhi_ps(v[2], v[3])));
    [
        op!(_mm256_shuffle_ps::<0x44>(a, c)),
        op!(_mm256_shuffle_ps::<0xee>(a, c)),
        op!(_mm256_shuffle_ps::<0x44>(b, d)),
        op!(_mm256_shuffle_ps::<0xee>(b, d)),
    ]
}

/// Two registers' part in [`Simd::halves`], from step 1 on.
#[inline(always)]
fn halves_of<const STEP: usize>(_proof: Avx2, (x, y): (__m256, __m256)) -> (__m256, __m256) {
    match STEP {
        1 => (op!(_mm256_permute2f128_ps::<0x20>(x, y)), op!(_mm256_permute2f128_ps::<0x31>(x, y))),
        2 => (op!(_mm256_shuffle_ps::<0x44>(x, y)), op!(_mm256_shuffle_ps::<0xee>(x, y))),
        _ => (op!(_mm256_shuffle_ps::<0x88>(x, y)), op!(_mm256_shuffle_ps::<0xdd>(x, y))),
    }
}

impl Simd for Avx2 {
    type V = [__m256; 2];
    const MANY_REGISTERS: bool = cfg!(many_registers); // see build.rs
    const TILE_ROWS: usize = if Self::MANY_REGISTERS { 8 } else { 6 };
    const NARROW: usize = 10;
    const SCALES_ANY: bool = true;

    #[inline(always)]
    fn double_pumped(self) -> bool {
        Self::MANY_REGISTERS && cpuid::features() & cpuid::DOUBLE_PUMPED != 0
    }
    #[inline(always)]
    fn enter<K: Kernel>(self, kernel: K) -> K::Output {
        Avx2::enter(self, kernel)
    }
    #[inline(always)]
    fn splat(self, x: f32) -> Self::V {
        let x = op!(_mm256_set1_ps(x));
        [x, x]
    }
    #[inline(always)]
    fn load<E: Element>(self, src: &[E; LANES]) -> Self::V {
        const { assert!(size_of::<E>() == 4) }
        let (low, high) = src.split_at(8);
        // SAFETY: `low` is 32 readable bytes, as `Element` says, any bytes are floats, and the load needs no alignment.
        let low = unsafe { low.as_ptr().cast::<__m256>().read_unaligned() };
        // SAFETY: as for `low`.
        let high = unsafe { high.as_ptr().cast::<__m256>().read_unaligned() };
        [low, high]
    }
    #[inline(always)]
    fn load_part<E: Element>(self, src: &[E], fill: f32) -> Self::V {
        const { assert!(size_of::<E>() == 4) }
        let (low, high) = src.split_at(src.len().min(8));
        let (low, high) =
            ((low.as_ptr(), mask(self, low.len())), (high.as_ptr(), mask(self, high.len().min(8))));
        // SAFETY: the mask has one lane for each 4-byte element of `low`; others are not read.
        let a = unsafe { _mm256_maskload_ps(low.0.cast(), low.1) };
        // SAFETY: as for `low`, for at most eight elements of `high`.
        let b = unsafe { _mm256_maskload_ps(high.0.cast(), high.1) };
        if fill.to_bits() == 0 {
            return [a, b]; // as MASKMOV leaves it
        }
        let fill = op!(_mm256_set1_ps(fill));
        let a = op!(_mm256_blendv_ps(fill, a, _mm256_castsi256_ps(low.1)));
        let b = op!(_mm256_blendv_ps(fill, b, _mm256_castsi256_ps(high.1)));
        [a, b]
    }
    #[inline(always)]
    fn load_for_max(self, src: &[f32]) -> Self::V {
        // The first eight and the last eight, or all of less, twice: a maximum does not see what is there twice.
        let last = src.split_at(src.len() - src.len().min(8)).1;
        let mask = mask(self, last.len());
        let beyond = op!(_mm256_andnot_ps(_mm256_castsi256_ps(mask), _mm256_set1_ps(f32::NEG_INFINITY)));
        // SAFETY: the mask has one lane for each element of `last`, and `src` has no fewer; others are not read.
        let a = unsafe { _mm256_maskload_ps(src.as_ptr(), mask) };
        // SAFETY: the mask has one lane for each element of `last`; others are not read.
        let b = unsafe { _mm256_maskload_ps(last.as_ptr(), mask) };
        [op!(_mm256_or_ps(a, beyond)), op!(_mm256_or_ps(b, beyond))]
    }
    #[inline(always)]
    fn load_bytes(self, src: &[u8; LANES]) -> Self::V {
        // SAFETY: `src` is 16 readable bytes, and the load needs no alignment.
        let bytes = unsafe { _mm_loadu_si128(src.as_ptr().cast()) };
        let high = op!(_mm_unpackhi_epi64(bytes, bytes));
        [
            op!(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))),
            op!(_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(high))),
        ]
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
        let (low, high) = dst.split_at_mut(8);
        // SAFETY: `low` is 32 writable bytes, and the store needs no alignment.
        unsafe { low.as_mut_ptr().cast::<__m256>().write_unaligned(v[0]) };
        // SAFETY: as for `low`.
        unsafe { high.as_mut_ptr().cast::<__m256>().write_unaligned(v[1]) };
    }
    #[inline(always)]
    fn store_part(self, v: Self::V, dst: &mut [f32]) {
        ends::store(self, v, dst);
    }
    #[inline(always)]
    fn add(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_add_ps(a[0], b[0])), op!(_mm256_add_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn sub(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_sub_ps(a[0], b[0])), op!(_mm256_sub_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn mul(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_mul_ps(a[0], b[0])), op!(_mm256_mul_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn div(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_div_ps(a[0], b[0])), op!(_mm256_div_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        [op!(_mm256_fmadd_ps(a[0], b[0], c[0])), op!(_mm256_fmadd_ps(a[1], b[1], c[1]))]
    }
    #[inline(always)]
    fn max(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_max_ps(a[0], b[0])), op!(_mm256_max_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn min(self, a: Self::V, b: Self::V) -> Self::V {
        [op!(_mm256_min_ps(a[0], b[0])), op!(_mm256_min_ps(a[1], b[1]))]
    }
    #[inline(always)]
    fn select_gt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V {
        let gt = [op!(_mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0])), op!(_mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1]))];
        [op!(_mm256_blendv_ps(y[0], x[0], gt[0])), op!(_mm256_blendv_ps(y[1], x[1], gt[1]))]
    }
    #[inline(always)]
    fn keep_gt(self, a: Self::V, b: Self::V, x: Self::V) -> Self::V {
        let gt = [op!(_mm256_cmp_ps::<_CMP_GT_OQ>(a[0], b[0])), op!(_mm256_cmp_ps::<_CMP_GT_OQ>(a[1], b[1]))];
        [op!(_mm256_and_ps(gt[0], x[0])), op!(_mm256_and_ps(gt[1], x[1]))]
    }
    #[inline(always)]
    fn in_order<const N: usize>(self, mut v: [Self::V; N]) -> [Self::V; N] {
        for v in v.as_flattened_mut() {
            *v = op!(placed(*v));
        }
        v
    }
    #[inline(always)]
    fn near<const N: usize>(self, n: &[Self::V; N]) -> bool {
        // Where every |n|, as bits, is at most 125, no result is subnormal or infinite, and no p is NaN: its n is NaN or infinite.
        let mut largest = op!(_mm256_setzero_si256());
        for &n in n.as_flattened() {
            let size = op!(_mm256_andnot_si256(_mm256_set1_epi32(i32::MIN), _mm256_castps_si256(n)));
            largest = op!(_mm256_max_epu32(largest, size));
        }
        let normal = op!(_mm256_set1_epi32(125.0f32.to_bits() as i32));
        let beyond = op!(_mm256_cmpgt_epi32(largest, normal));
        if op!(_mm256_movemask_epi8(beyond)) != 0 {
            cold_path();
            return false;
        }
        true
    }
    #[inline(always)]
    fn scale_near<const N: usize>(self, mut p: [Self::V; N], raised: [Self::V; N]) -> [Self::V; N] {
        // The last bits of n + 1.5 · 2²³ are n's: they are added to the exponent.
        for i in 0..N {
            for half in 0..2 {
                let n = op!(_mm256_slli_epi32::<23>(_mm256_castps_si256(raised[i][half])));
                p[i][half] = op!(_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p[i][half]), n)));
            }
        }
        p
    }
    #[inline(always)]
    fn scale<const N: usize>(self, mut p: [Self::V; N], n: [Self::V; N]) -> [Self::V; N] {
        for i in 0..N {
            for half in 0..2 {
                p[i][half] = scale_far(self, p[i][half], n[i][half]);
            }
        }
        p
    }
    #[inline(always)]
    fn split(self, x: Self::V) -> (Self::V, Self::V) {
        let (mut m, mut e) = (x, x);
        for i in 0..2 {
            let bits = op!(_mm256_castps_si256(x[i]));
            let from = op!(_mm256_sub_epi32(bits, _mm256_set1_epi32(SQRT_HALF as i32)));
            let n = op!(_mm256_srai_epi32::<23>(from));
            m[i] = op!(_mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_slli_epi32::<23>(n))));
            e[i] = op!(_mm256_cvtepi32_ps(n));
        }
        (m, e)
    }
    #[inline(always)]
    fn pick(self, v: &[f32; LANES], from: &[u8; LANES]) -> Self::V {
        // Half a register from each four, and then within the halves: a permutation of a whole register takes a Zen 3 as long as two
        // multiply-adds and more.
        let fours = v.as_chunks::<4>().0;
        let mut out = self.splat(0.0);
        for half in 0..2 {
            let from = &from.as_chunks::<8>().0[half];
            let low = four(self, &fours[usize::from(from[0] / 4 % 4)]);
            let high = four(self, &fours[usize::from(from[4] / 4 % 4)]);
            let both = op!(_mm256_insertf128_ps::<1>(_mm256_castps128_ps256(low), high));
            // SAFETY: `from` is 8 readable bytes, and the load needs no alignment.
            let from = unsafe { _mm_loadl_epi64(from.as_ptr().cast()) };
            let lanes = op!(_mm256_cvtepu8_epi32(from));
            out[half] = op!(_mm256_permutevar_ps(both, lanes)); // by the lower two bits
        }
        out
    }
    #[inline(always)]
    fn four_columns(self, rows: [&[f32; 4]; LANES]) -> [Self::V; 4] {
        let (mut low, mut high) = ([&[0.0; 4]; 8], [&[0.0; 4]; 8]);
        for l in 0..8 {
            (low[l], high[l]) = (rows[l], rows[8 + l]);
        }
        let (low, high) = (columns_of_eight(self, low), columns_of_eight(self, high));
        let mut out = [self.splat(0.0); 4];
        for p in 0..4 {
            out[p] = [low[p], high[p]];
        }
        out
    }
    #[inline(always)]
    fn transpose_eight(self, rows: [&[f32; 4]; 8], out: [&mut MaybeUninit<[f32; 8]>; 4]) {
        let columns = columns_of_eight(self, rows);
        for p in 0..4 {
            // SAFETY: `out[p]` is 32 writable bytes, and the store needs no alignment.
            unsafe { out[p].as_mut_ptr().cast::<__m256>().write_unaligned(columns[p]) };
        }
    }
    #[inline(always)]
    fn halves<const STEP: usize>(self, a: Self::V, b: Self::V) -> (Self::V, Self::V) {
        if STEP == 0 {
            return ([a[0], b[0]], [a[1], b[1]]); // no instruction
        }
        // Registers x, y give a half of the result each: at step 1 those of one operand, later one of each.
        let pairs = if STEP == 1 { [(a[0], a[1]), (b[0], b[1])] } else { [(a[0], b[0]), (a[1], b[1])] };
        let (low, high) = (halves_of::<STEP>(self, pairs[0]), halves_of::<STEP>(self, pairs[1]));
        ([low.0, high.0], [low.1, high.1])
    }
    #[inline(always)]
    fn reduce_sum(self, v: Self::V) -> f32 {
        let v = op!(_mm256_add_ps(v[0], v[1]));
        let v = op!(_mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v)));
        let v = op!(_mm_add_ps(v, _mm_movehl_ps(v, v)));
        op!(_mm_cvtss_f32(_mm_add_ss(v, _mm_movehdup_ps(v))))
    }
}
