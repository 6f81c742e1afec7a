//! AVX-512 with VNNI: four products of an unsigned and a signed byte are added to 32 bits in one instruction (VPDPBUSD), and
//! a tile is one register. Weights are the unsigned ones, as w + 128; what is too much, 128 Σ x, is the same for every
//! output. Without VNNI the way of AVX2.

use core::arch::x86_64::*;

use super::super::avx512::Avx512;
use super::super::cpuid;
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

impl Accumulate for Avx512 {
    #[inline]
    fn accumulate(self, product: Product<'_>) {
        if cpuid::features() & cpuid::AVX512_VNNI != 0 {
            // SAFETY: `self` exists, so `detect` saw AVX-512F; the line above saw VNNI.
            unsafe { blocks(product) }
        } else {
            self.avx2().accumulate(product);
        }
    }
}

/// Blocks of outputs, four at a time as long as there are four: what is made of x serves all of them.
#[target_feature(enable = "avx512f,avx512vnni")]
fn blocks(p: Product<'_>) {
    let excess = p.x.as_flattened().iter().fold(0i32, |sum, &x| sum + i32::from(x)) * 128;
    let (fours, ones) = p.sums.as_chunks_mut::<4>();
    for (i, sums) in fours.iter_mut().enumerate() {
        some_blocks::<4>(p.x, p.tiles, p.stride, 4 * i, excess, sums);
    }
    for (i, sums) in ones.iter_mut().enumerate() {
        some_blocks::<1>(p.x, p.tiles, p.stride, 4 * fours.len() + i, excess, core::array::from_mut(sums));
    }
}

/// B blocks from block `first` on.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn some_blocks<const B: usize>(
    x: &[[i8; INPUTS]],
    tiles: &[[u8; TILE]],
    stride: usize,
    first: usize,
    excess: i32,
    sums: &mut [[i32; OUTPUTS]; B],
) {
    let rows: [&[[u8; TILE]]; B] = core::array::from_fn(|b| Product::row(tiles, first + b, stride, x.len()));
    let odd = _mm512_set1_epi16(0x8000u16 as i16); // bytes with k even hold w + 128 already
    // Quarter g of a register is four inputs of a tile, and takes those four bytes of x in all its lanes.
    let quarters = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    let mut acc = [_mm512_setzero_si512(); B];
    for (t, x) in x.iter().enumerate() {
        // SAFETY: `x` is 16 readable bytes, and the load needs no alignment.
        let x = _mm512_castsi128_si512(unsafe { _mm_loadu_si128(x.as_ptr().cast()) });
        let x = _mm512_permutexvar_epi32(quarters, x);
        for b in 0..B {
            let Some(tile) = rows[b].get(t) else { return };
            // SAFETY: `tile` is 64 readable bytes, and the load needs no alignment.
            let w = _mm512_xor_si512(unsafe { _mm512_loadu_si512(tile.as_ptr().cast()) }, odd);
            acc[b] = _mm512_dpbusd_epi32(acc[b], w, x);
        }
    }
    for (sums, acc) in sums.iter_mut().zip(acc) {
        let low = _mm_add_epi32(_mm512_castsi512_si128(acc), _mm512_extracti32x4_epi32::<1>(acc));
        let high = _mm_add_epi32(_mm512_extracti32x4_epi32::<2>(acc), _mm512_extracti32x4_epi32::<3>(acc));
        // SAFETY: `sums` is 16 readable bytes, and the load needs no alignment.
        let old = unsafe { _mm_loadu_si128(sums.as_ptr().cast()) };
        let old = _mm_sub_epi32(old, _mm_set1_epi32(excess));
        let new = _mm_add_epi32(old, _mm_add_epi32(low, high));
        // SAFETY: `sums` is 16 writable bytes, and the store needs no alignment.
        unsafe { _mm_storeu_si128(sums.as_mut_ptr().cast(), new) };
    }
}
