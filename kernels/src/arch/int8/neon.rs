//! NEON: products of bytes are 16-bit numbers (SMULL), added in pairs to 32 bits (SADALP). Programs compiled for processors
//! with the dot product (`-C target-feature=+dotprod`; Apple's targets have it) sum four products an instruction (SDOT). Whether a
//! processor has it stands in a register that programs may not read on every system, so this is not asked at run time.

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
    let mut acc = [Sums::zero(); B];
    for (t, x) in x.iter().enumerate() {
        // SAFETY: `x` is 16 readable bytes; a load of bytes needs no alignment.
        let x = unsafe { vld1q_s8(x.as_ptr()) };
        for b in 0..B {
            let Some(tile) = rows[b].get(t) else { return };
            // SAFETY: `tile` is 64 readable bytes, four groups of 16; a load of bytes needs no alignment.
            let w = unsafe { vld1q_u8_x4(tile.as_ptr()) };
            acc[b] = acc[b].add::<0>(signed(w.0), x).add::<1>(signed(w.1), x);
            acc[b] = acc[b].add::<2>(signed(w.2), x).add::<3>(signed(w.3), x);
        }
    }
    for (sums, acc) in sums.iter_mut().zip(acc) {
        // SAFETY: `sums` is 16 readable bytes, aligned as i32.
        let old = unsafe { vld1q_s32(sums.as_ptr()) };
        // SAFETY: `sums` is 16 writable bytes, aligned as i32.
        unsafe { vst1q_s32(sums.as_mut_ptr(), vaddq_s32(old, acc.total())) };
    }
}

/// Weights: bytes with k even hold w + 128.
#[inline]
#[target_feature(enable = "neon")]
fn signed(w: uint8x16_t) -> int8x16_t {
    vreinterpretq_s8_u8(veorq_u8(w, vreinterpretq_u8_u16(vdupq_n_u16(0x80))))
}

/// Unfinished sums of four outputs: of the first two, and of the last two, two lanes each.
#[cfg(not(target_feature = "dotprod"))]
#[derive(Clone, Copy)]
struct Sums(int32x4_t, int32x4_t);

#[cfg(not(target_feature = "dotprod"))]
impl Sums {
    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> Self {
        Self(vdupq_n_s32(0), vdupq_n_s32(0))
    }

    /// Four inputs: the bytes of quarter G of x times the four bytes of each output.
    #[inline]
    #[target_feature(enable = "neon")]
    fn add<const G: i32>(self, w: int8x16_t, x: int8x16_t) -> Self {
        let x = vreinterpret_s8_s32(vdup_laneq_s32::<G>(vreinterpretq_s32_s8(x)));
        let (low, high) = (vmull_s8(vget_low_s8(w), x), vmull_s8(vget_high_s8(w), x));
        Self(vpadalq_s16(self.0, low), vpadalq_s16(self.1, high))
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn total(self) -> int32x4_t {
        vpaddq_s32(self.0, self.1)
    }
}

/// Unfinished sums of four outputs.
#[cfg(target_feature = "dotprod")]
#[derive(Clone, Copy)]
struct Sums(int32x4_t);

#[cfg(target_feature = "dotprod")]
impl Sums {
    #[inline]
    #[target_feature(enable = "neon")]
    fn zero() -> Self {
        Self(vdupq_n_s32(0))
    }

    /// Four inputs: the bytes of quarter G of x times the four bytes of each output.
    #[inline]
    #[target_feature(enable = "neon")]
    fn add<const G: i32>(mut self, w: int8x16_t, x: int8x16_t) -> Self {
        // SAFETY: registers alone, and the program is compiled for processors that have the instruction. (Its intrinsic is
        // not in stable Rust.)
        unsafe {
            core::arch::asm!(
                "sdot {sums:v}.4s, {w:v}.16b, {x:v}.4b[{g}]",
                sums = inout(vreg) self.0, w = in(vreg) w, x = in(vreg) x, g = const G,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        self
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn total(self) -> int32x4_t {
        self.0
    }
}
