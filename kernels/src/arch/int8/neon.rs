//! NEON: products of bytes are 16-bit numbers (SMULL), added in pairs to 32 bits (SADALP).

use core::arch::aarch64::*;

use super::super::neon::Neon;
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

impl Accumulate for Neon {
    #[inline]
    fn accumulate(self, product: Product<'_>) {
        // SAFETY: `self` exists, so the target has NEON.
        unsafe { blocks(product) }
    }
}

/// Blocks of outputs, four at a time as long as there are four: what is made of x serves all of them.
#[target_feature(enable = "neon")]
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
#[target_feature(enable = "neon")]
fn some_blocks<const B: usize>(
    x: &[[i8; INPUTS]],
    tiles: &[[u8; TILE]],
    stride: usize,
    first: usize,
    sums: &mut [[i32; OUTPUTS]; B],
) {
    let rows: [&[[u8; TILE]]; B] = core::array::from_fn(|b| Product::row(tiles, first + b, stride, x.len()));
    let even = vreinterpretq_u8_u16(vdupq_n_u16(0x80)); // bytes with k even hold w + 128
    let mut acc = [Sums::zero(); B];
    for (t, x) in x.iter().enumerate() {
        // SAFETY: `x` is 16 readable bytes; a load of bytes needs no alignment.
        let x = unsafe { vld1q_s8(x.as_ptr()) };
        for b in 0..B {
            let Some(tile) = rows[b].get(t) else { return };
            for (g, w) in tile.as_chunks::<16>().0.iter().enumerate() {
                // SAFETY: `w` is 16 readable bytes; a load of bytes needs no alignment.
                let w = vreinterpretq_s8_u8(veorq_u8(unsafe { vld1q_u8(w.as_ptr()) }, even));
                acc[b] = acc[b].add(w, x, g);
            }
        }
    }
    for (sums, acc) in sums.iter_mut().zip(acc) {
        // SAFETY: `sums` is 16 readable bytes, aligned as i32.
        let old = unsafe { vld1q_s32(sums.as_ptr()) };
        // SAFETY: `sums` is 16 writable bytes, aligned as i32.
        unsafe { vst1q_s32(sums.as_mut_ptr(), vaddq_s32(old, acc.total())) };
    }
}

/// Unfinished sums of four outputs: of the first two, and of the last two, two lanes each.
#[derive(Clone, Copy)]
struct Sums(int32x4_t, int32x4_t);

impl Sums {
    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> Self {
        Self(vdupq_n_s32(0), vdupq_n_s32(0))
    }

    /// Four inputs: the bytes of quarter g of x times the four bytes of each output.
    #[inline]
    #[target_feature(enable = "neon")]
    fn add(self, w: int8x16_t, x: int8x16_t, g: usize) -> Self {
        let x = vreinterpretq_s32_s8(x);
        let x = match g {
            0 => vdup_laneq_s32::<0>(x),
            1 => vdup_laneq_s32::<1>(x),
            2 => vdup_laneq_s32::<2>(x),
            _ => vdup_laneq_s32::<3>(x),
        };
        let x = vreinterpret_s8_s32(x);
        let (low, high) = (vmull_s8(vget_low_s8(w), x), vmull_s8(vget_high_s8(w), x));
        Self(vpadalq_s16(self.0, low), vpadalq_s16(self.1, high))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn total(self) -> int32x4_t {
        vpaddq_s32(self.0, self.1)
    }
}
