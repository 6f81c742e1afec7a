//! Parts of vectors on AVX2, and the ends of rows on AVX-512, in stores of 8, 4, 2 and 1 elements.
//!
//! A store under a mask counts as all of its 64 (or 32) bytes when a load after it looks for what it reads: a load of the row that
//! follows waits until the store has reached the cache. And on AMD's processors the masked store of AVX2 takes 12 cycles.

use core::arch::x86_64::*;

use super::avx2::Avx2;
use super::avx512::Avx512;

/// Proof that the processor has AVX.
///
/// # Safety
/// A value of the type exists only where it has.
pub(super) unsafe trait Avx: Copy {}
// SAFETY: one is made by `Avx2::detect`, or of a token of AVX-512; neither instruction set is there without AVX.
unsafe impl Avx for Avx2 {}
// SAFETY: `detect` makes one where it has seen AVX-512F, which is not there without AVX.
unsafe impl Avx for Avx512 {}

/// One intrinsic on registers: it needs the instruction set and touches no memory.
macro_rules! op {
    ($call:expr) => {
        // SAFETY: an `Avx` exists, so the processor has AVX, and the intrinsic touches no memory.
        unsafe { $call }
    };
}

/// The first `dst.len()` ≤ 16 lanes of two registers.
#[inline(always)]
pub(super) fn store(proof: impl Avx, v: [__m256; 2], dst: &mut [f32]) {
    let (eights, rest) = dst.as_chunks_mut::<8>();
    for (eight, v) in eights.iter_mut().zip(v) {
        // SAFETY: `eight` is 32 writable bytes, and the store needs no alignment.
        unsafe { eight.as_mut_ptr().cast::<__m256>().write_unaligned(v) };
    }
    match eights.len() {
        0 => store_few(proof, v[0], rest),
        1 => store_few(proof, v[1], rest),
        _ => {}
    }
}

/// The first `dst.len()` < 8 lanes.
#[inline(always)]
fn store_few(_proof: impl Avx, v: __m256, dst: &mut [f32]) {
    let mut left = op!(_mm256_castps256_ps128(v));
    let (four, rest) = dst.as_chunks_mut::<4>();
    if let Some(four) = four.first_mut() {
        // SAFETY: `four` is 16 writable bytes, and the store needs no alignment.
        unsafe { four.as_mut_ptr().cast::<__m128>().write_unaligned(left) };
        left = op!(_mm256_extractf128_ps::<1>(v));
    }
    let (two, rest) = rest.as_chunks_mut::<2>();
    if let Some(two) = two.first_mut() {
        let bits = op!(_mm_cvtsd_f64(_mm_castps_pd(left)));
        // SAFETY: `two` is 8 writable bytes, and the store needs no alignment.
        unsafe { two.as_mut_ptr().cast::<f64>().write_unaligned(bits) };
        left = op!(_mm_movehl_ps(left, left));
    }
    if let Some(one) = rest.first_mut() {
        *one = op!(_mm_cvtss_f32(left));
    }
}
