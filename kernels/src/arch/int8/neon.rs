//! NEON: products of bytes are 16-bit numbers (SMULL), added in pairs to 32 bits (SADALP). Processors with the dot product sum
//! four products an instruction (SDOT). Programs compiled for it (`-C target-feature=+dotprod`; Apple's targets have it) always use
//! it; on Linux and Android the others ask at their first layer.

use core::arch::aarch64::*;
use core::arch::asm;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::super::auxv;
use super::super::neon::Neon;
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

impl Accumulate for Neon {
    #[inline]
    fn accumulate(self, product: Product<'_>) {
        match DotProduct::detect(self) {
            // SAFETY: `way` exists, so the processor has NEON and the dot product.
            Some(way) => unsafe { blocks_by_dot_product(way, product) },
            // SAFETY: `self` exists, so the target has NEON.
            None => unsafe { blocks_by_long_product(self, product) },
        }
    }
}

#[target_feature(enable = "neon,dotprod")]
fn blocks_by_dot_product(way: DotProduct, p: Product<'_>) {
    blocks(way, p);
}

#[target_feature(enable = "neon")]
fn blocks_by_long_product(way: Neon, p: Product<'_>) {
    blocks(way, p);
}

/// How four products become a part of a sum: on a token that proves NEON and what else the way takes. Its bodies become parts of
/// the functions above, and so the instructions.
trait Way: Copy {
    /// Unfinished sums of four outputs.
    type Sums: Copy;

    fn zero(self) -> Self::Sums;

    /// Four inputs: the bytes of quarter G of x times the four bytes of each output.
    fn add<const G: i32>(self, sums: Self::Sums, w: uint8x16_t, x: int8x16_t) -> Self::Sums;

    fn total(self, sums: Self::Sums) -> int32x4_t;
}

/// By way of 16 bits. Two lanes an output: sums of the first two, and of the last two.
impl Way for Neon {
    type Sums = (int32x4_t, int32x4_t);

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: `self` exists, so the target has NEON.
        unsafe { (vdupq_n_s32(0), vdupq_n_s32(0)) }
    }

    #[inline(always)]
    fn add<const G: i32>(self, sums: Self::Sums, w: uint8x16_t, x: int8x16_t) -> Self::Sums {
        // SAFETY: `self` exists, so the target has NEON; no memory is touched.
        unsafe {
            let w = signed(w);
            let x = vreinterpret_s8_s32(vdup_laneq_s32::<G>(vreinterpretq_s32_s8(x)));
            let (low, high) = (vmull_s8(vget_low_s8(w), x), vmull_s8(vget_high_s8(w), x));
            (vpadalq_s16(sums.0, low), vpadalq_s16(sums.1, high))
        }
    }

    #[inline(always)]
    fn total(self, sums: Self::Sums) -> int32x4_t {
        // SAFETY: `self` exists, so the target has NEON.
        unsafe { vpaddq_s32(sums.0, sums.1) }
    }
}

/// Proof that the processor has NEON and the dot product.
#[derive(Clone, Copy)]
struct DotProduct(());

impl DotProduct {
    fn detect(_: Neon) -> Option<Self> {
        let compiled_for = cfg!(target_feature = "dotprod");
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let found = compiled_for || auxv::features() & auxv::DOT_PRODUCT != 0;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let found = compiled_for;
        found.then_some(Self(()))
    }
}

impl Way for DotProduct {
    type Sums = int32x4_t;

    #[inline(always)]
    fn zero(self) -> Self::Sums {
        // SAFETY: `self` exists, so the processor has NEON.
        unsafe { vdupq_n_s32(0) }
    }

    #[inline(always)]
    fn add<const G: i32>(self, sums: Self::Sums, w: uint8x16_t, x: int8x16_t) -> Self::Sums {
        // SAFETY: `self` exists, so the processor has the dot product.
        unsafe { sdot::<G>(sums, signed(w), x) }
    }

    #[inline(always)]
    fn total(self, sums: Self::Sums) -> int32x4_t {
        sums
    }
}

/// SDOT, whose intrinsic is not in stable Rust.
#[inline]
#[target_feature(enable = "neon,dotprod")]
fn sdot<const G: i32>(mut sums: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: registers alone, and whoever calls this answers for the instruction.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {w:v}.16b, {x:v}.4b[{g}]",
            sums = inout(vreg) sums, w = in(vreg) w, x = in(vreg) x, g = const G,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// Blocks of outputs, four at a time as long as there are four: what is made of x serves all of them.
#[inline(always)]
fn blocks<W: Way>(way: W, p: Product<'_>) {
    let (fours, ones) = p.sums.as_chunks_mut::<4>();
    for (i, sums) in fours.iter_mut().enumerate() {
        some_blocks::<W, 4>(way, p.x, p.tiles, p.stride, 4 * i, sums);
    }
    for (i, sums) in ones.iter_mut().enumerate() {
        some_blocks::<W, 1>(way, p.x, p.tiles, p.stride, 4 * fours.len() + i, core::array::from_mut(sums));
    }
}

/// B blocks from block `first` on.
#[inline(always)]
fn some_blocks<W: Way, const B: usize>(
    way: W,
    x: &[[i8; INPUTS]],
    tiles: &[[u8; TILE]],
    stride: usize,
    first: usize,
    sums: &mut [[i32; OUTPUTS]; B],
) {
    let rows: [&[[u8; TILE]]; B] = core::array::from_fn(|b| Product::row(tiles, first + b, stride, x.len()));
    let mut acc = [way.zero(); B];
    for (t, x) in x.iter().enumerate() {
        // SAFETY: `way` proves NEON. `x` is 16 readable bytes; a load of bytes needs no alignment.
        let x = unsafe { vld1q_s8(x.as_ptr()) };
        for b in 0..B {
            let Some(tile) = rows[b].get(t) else { return };
            // SAFETY: NEON as above. `tile` is 64 readable bytes, four groups of 16; a load of bytes needs no alignment.
            let w = unsafe { vld1q_u8_x4(tile.as_ptr()) };
            acc[b] = way.add::<0>(acc[b], w.0, x);
            acc[b] = way.add::<1>(acc[b], w.1, x);
            acc[b] = way.add::<2>(acc[b], w.2, x);
            acc[b] = way.add::<3>(acc[b], w.3, x);
        }
    }
    for (sums, acc) in sums.iter_mut().zip(acc) {
        // SAFETY: NEON as above. `sums` is 16 readable bytes, aligned as i32.
        let old = unsafe { vld1q_s32(sums.as_ptr()) };
        // SAFETY: NEON as above. `sums` is 16 writable bytes, aligned as i32.
        unsafe { vst1q_s32(sums.as_mut_ptr(), vaddq_s32(old, way.total(acc))) };
    }
}

/// Weights: bytes with k even hold w + 128.
#[inline]
#[target_feature(enable = "neon")]
fn signed(w: uint8x16_t) -> int8x16_t {
    vreinterpretq_s8_u8(veorq_u8(w, vreinterpretq_u8_u16(vdupq_n_u16(0x80))))
}
