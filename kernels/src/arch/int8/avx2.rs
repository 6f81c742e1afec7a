//! AVX2: bytes become 16-bit numbers, whose products are summed in pairs (VPMADDWD). VPMADDUBSW would take the bytes as
//! they are, but it cuts sums at 16 bits.

use core::arch::x86_64::*;

use super::super::avx2::Avx2;
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

impl Accumulate for Avx2 {
    #[inline]
    fn accumulate(self, product: Product<'_>) {
        // SAFETY: `self` exists, so `detect` saw AVX2.
        unsafe { blocks(product) }
    }
}

/// Blocks of outputs, four at a time as long as there are four: what is made of x serves all of them.
#[target_feature(enable = "avx2")]
fn blocks(p: Product<'_>) {
    let (fours, ones) = p.sums.as_chunks_mut::<4>();
    for (i, sums) in fours.iter_mut().enumerate() {
        some_blocks::<4>(p.x, p.tiles, p.stride, 4 * i, sums);
    }
    for (i, sums) in ones.iter_mut().enumerate() {
        some_blocks::<1>(p.x, p.tiles, p.stride, 4 * fours.len() + i, core::array::from_mut(sums));
    }
}

/// B blocks from block `first` on.
#[inline]
#[target_feature(enable = "avx2")]
fn some_blocks<const B: usize>(
    x: &[[i8; INPUTS]],
    tiles: &[[u8; TILE]],
    stride: usize,
    first: usize,
    sums: &mut [[i32; OUTPUTS]; B],
) {
    let rows: [&[[u8; TILE]]; B] = core::array::from_fn(|b| Product::row(tiles, first + b, stride, x.len()));
    let even = _mm_set1_epi16(0x80); // bytes with k even hold w + 128
    // Lanes 2 j and 2 j + 1 belong to output j.
    let mut acc = [_mm256_setzero_si256(); B];
    for (t, x) in x.iter().enumerate() {
        // SAFETY: `x` is 16 readable bytes, and the load needs no alignment.
        let x = _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(x.as_ptr().cast()) });
        let groups = [
            _mm256_permute4x64_epi64::<0x00>(x),
            _mm256_permute4x64_epi64::<0x55>(x),
            _mm256_permute4x64_epi64::<0xaa>(x),
            _mm256_permute4x64_epi64::<0xff>(x),
        ];
        for b in 0..B {
            let Some(tile) = rows[b].get(t) else { return };
            for (w, x) in tile.as_chunks::<16>().0.iter().zip(groups) {
                // SAFETY: `w` is 16 readable bytes, and the load needs no alignment.
                let w = _mm_xor_si128(unsafe { _mm_loadu_si128(w.as_ptr().cast()) }, even);
                acc[b] = _mm256_add_epi32(acc[b], _mm256_madd_epi16(_mm256_cvtepi8_epi16(w), x));
            }
        }
    }
    for (sums, acc) in sums.iter_mut().zip(acc) {
        let pairs = _mm_hadd_epi32(_mm256_castsi256_si128(acc), _mm256_extracti128_si256::<1>(acc));
        // SAFETY: `sums` is 16 readable bytes, and the load needs no alignment.
        let old = unsafe { _mm_loadu_si128(sums.as_ptr().cast()) };
        // SAFETY: `sums` is 16 writable bytes, and the store needs no alignment.
        unsafe { _mm_storeu_si128(sums.as_mut_ptr().cast(), _mm_add_epi32(old, pairs)) };
    }
}
