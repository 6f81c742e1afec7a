//! Integer arithmetic of an int8 net: products of bytes summed in 32 bits, and the way back to bytes, exactly as
//! TensorFlow Lite's int8 specification has it. Integers agree everywhere: results are the same on every processor.
//!
//! An activation q ∈ [−127, 127] stands for the number s (q − z), a weight w of output j for the number s_j w. Activations
//! come as the bytes of pixels do, u = q + 127 (and 255 counts as 254). One layer, [`try_dense`], is
//!
//! | step | formula |
//! |---|---|
//! | sums | a_j = b_j + Σ_k w_jk q_k |
//! | results | u_j = clamp(⌊a_j M_j⌉ + z, 0, 255), M_j < ½ as a 31-bit multiplier and a shift |
//!
//! where the bias has −z Σ_k w_jk of the inputs folded in, and clamp is the ReLU too if z = 0.
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
//!
//! # Speed on AArch64
//! Processors with the dot product (all of Apple's, Cortex-A76 and later, Raspberry Pi 5) take 48 instructions for 256 products,
//! others 117 (SDOT against SMULL, the inner loop). On Linux and Android it is found at run time: the first layer reads
//! `/proc/self/auxv`, three calls of the system, and a program that may not read it goes the other way. Apple's targets have it.
//! Elsewhere (Windows, bare metal) the processor itself does not tell a program, so there it is used by those compiled for it:
//! `RUSTFLAGS="-C target-feature=+dotprod"`. Results are the same.

mod input;
mod layer;
mod pack;
mod reference;
mod rescale;

pub use input::quantize;
#[cfg(armv7e_m)]
pub(crate) use layer::Part;
pub use layer::{BIAS_MAX, Layer, LayerError, argmax, results, sums, try_dense};
pub use pack::{Weights, pack, packed_len};
pub use reference::dense as dense_reference;
pub use rescale::{Rescale, RescaleError};

/// Inputs of a tile: lengths of parts of x are multiples of it.
pub const INPUTS: usize = 16;
/// Outputs of a tile: lengths of results are multiples of it.
pub const OUTPUTS: usize = 4;
/// Bytes of a tile.
pub const TILE: usize = INPUTS * OUTPUTS;
/// The most inputs of a layer: sums of products stay below 2²⁹.
pub const MAX_INPUTS: usize = 1 << 15;

#[cfg(not(armv7e_m))]
pub(crate) use product::{Accumulate, Product};

#[cfg(not(armv7e_m))]
mod product;
