//! Sums of products: the part of a layer that each instruction set has its own way for.

use super::{INPUTS, OUTPUTS, TILE};

/// What an instruction set is asked for: block b of sums += the tiles from b · `stride` on, as many as x has, times x.
/// There is at least one tile and one block, and the last block's tiles end within `tiles`. x ∈ [−127, 127]; sums wrap.
pub(crate) struct Product<'a> {
    pub(crate) x: &'a [[i8; INPUTS]],
    pub(crate) tiles: &'a [[u8; TILE]],
    pub(crate) stride: usize,
    pub(crate) sums: &'a mut [[i32; OUTPUTS]],
}

impl<'a> Product<'a> {
    /// The tiles of block b, as many as x has; fewer if they are not all there, which [`super::try_dense`] has ruled out.
    #[inline(always)]
    pub(crate) fn row(tiles: &'a [[u8; TILE]], b: usize, stride: usize, len: usize) -> &'a [[u8; TILE]] {
        let rest = tiles.get(b.wrapping_mul(stride)..).unwrap_or(&[]);
        rest.get(..len).unwrap_or(rest)
    }
}

/// An instruction set's way to do it.
pub(crate) trait Accumulate {
    fn accumulate(self, product: Product<'_>);
}
