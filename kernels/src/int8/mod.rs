//! Integer arithmetic of an int8 net: products of bytes summed in 32 bits, and the way back to bytes, exactly as
//! TensorFlow Lite's int8 specification has it. Integers agree everywhere: results are the same on every processor.
//!
//! An activation q ∈ [−127, 127] stands for the number s (q − z), a weight w of output j for the number s_j w. One layer is
//!
//! | step | formula |
//! |---|---|
//! | [`accumulate`] | a_j ← a_j + Σ_k w_jk q_k, from a_j = the bias |
//! | [`rescale`] | q_j ← clamp(⌊a_j M_j⌉ + z), M_j < ½ as a 31-bit multiplier and a shift |
//!
//! where the bias has −z Σ_k w_jk of the inputs folded in, and clamp is the ReLU too if z is its lower end.
//! `reference.rs` is the same as plain loops; every instruction set must equal it on every input.
//!
//! # Why −127
//! Activations leave out −128, as the specification's symmetric weights do. It costs one level of 256, and
//! buys two things: 256 q_k − q_l fits sixteen bits, which spares Cortex-M4 a quarter of its instructions (`arch`), and
//! sums of products are bounded alike on both sides.
//!
//! # Where weights lie
//! Weights come in *tiles* of 4 outputs × 16 inputs, 64 bytes: four groups of 4 inputs, in each of them 4 bytes for
//! each of the 4 outputs. All tiles of 4 outputs follow each other, then those of the next 4. Missing inputs and outputs
//! have weight 0. Of each pair of bytes the first (k even) holds w + 128, the second w: read as one signed 16-bit number
//! the pair is 256 w_k+1 + (w_k + 128). One tile is one register of AVX-512, four of NEON, sixteen words of a Cortex-M;
//! no processor has to move a byte.

mod input;
mod pack;
mod reference;
mod rescale;

pub use input::{quantize_bytes, quantize_numbers};
pub use pack::{Weights, pack, packed_len};
pub use reference::accumulate as accumulate_reference;
pub use rescale::{Rescale, RescaleError, rescale};

use crate::{Isa, arch};

/// Inputs of a tile: lengths of x are multiples of it.
pub const INPUTS: usize = 16;
/// Outputs of a tile: lengths of sums are multiples of it.
pub const OUTPUTS: usize = 4;
/// Bytes of a tile.
pub const TILE: usize = INPUTS * OUTPUTS;
/// The most inputs of a layer: sums of products stay below 2²⁹.
pub const MAX_INPUTS: usize = 1 << 15;

/// sums_j ← sums_j + Σ_k w_jk x_k for the inputs k = `first` .. `first` + `x.len()`: a long x may come in parts. Sums wrap.
///
/// x ∈ [−127, 127]. False, and nothing is done, unless `first` and `x.len()` are multiples of [`INPUTS`] within the weights'
/// inputs and there are as many sums as outputs. Never panics.
///
/// ```
/// use kernels::{Isa, int8};
/// let mut bytes = [0; 64]; // 2 inputs, 1 output: one tile
/// int8::pack(&[3, -5], 2, 1, &mut bytes);
/// let w = int8::Weights::new(2, 1, &bytes).unwrap();
/// let (mut x, mut sums) = ([0; 16], [1000, 0, 0, 0]);
/// x[..2].copy_from_slice(&[10, 20]);
/// assert!(int8::accumulate(Isa::best(), &x, w, 0, &mut sums));
/// assert_eq!(sums, [1000 + 30 - 100, 0, 0, 0]);
/// ```
#[must_use = "false: nothing was computed"]
#[inline]
pub fn accumulate(isa: Isa, x: &[i8], w: Weights<'_>, first: usize, sums: &mut [i32]) -> bool {
    let (x, rest) = x.as_chunks::<INPUTS>();
    let (sums, more) = sums.as_chunks_mut::<OUTPUTS>();
    let (skip, stride) = (first / INPUTS, w.stride());
    let fits = rest.is_empty()
        && more.is_empty()
        && first.is_multiple_of(INPUTS)
        && x.len() <= stride.saturating_sub(skip)
        && sums.len() == w.blocks();
    let (true, Some(tiles)) = (fits, w.tiles().get(skip..)) else { return false };
    if !x.is_empty() && !sums.is_empty() {
        isa.accumulate(Product { x, tiles, stride, sums });
    }
    true
}

/// The memory of floats as 32-bit integers, for a caller whose one buffer holds sums first and scores in the end.
pub fn sums(floats: &mut [f32]) -> &mut [i32] {
    arch::int8::integers(floats)
}

/// What an instruction set is asked for: block b of sums += the tiles from b · `stride` on, as many as x has, times x.
/// There is at least one tile and one block, and the last block's tiles end within `tiles`.
pub(crate) struct Product<'a> {
    pub(crate) x: &'a [[i8; INPUTS]],
    pub(crate) tiles: &'a [[u8; TILE]],
    pub(crate) stride: usize,
    pub(crate) sums: &'a mut [[i32; OUTPUTS]],
}

impl<'a> Product<'a> {
    /// The tiles of block b, as many as x has; fewer if they are not all there, which [`accumulate`] has ruled out.
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
