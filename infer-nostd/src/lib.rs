//! Runs a trained two-layer net on anything with a processor: no std, no heap, no unsafe code, no panic, and the
//! scores of the trainer, bit for bit.
//!
//! ```
//! use infer_nostd::{Net, Scratch, include_net};
//!
//! const NET: Net<'static> = include_net!("../tests/data/net-64-32-10.tln"); // checked by the compiler
//!
//! fn main() -> Result<(), infer_nostd::Error> {
//!     let mut scratch = Scratch::<{ NET.scratch_len() }>::new(); // on the stack of main: 168 bytes
//!     let image = [0u8; 64]; // raw pixels: the net knows how to normalise them
//!     let (class, probabilities) = NET.predict(&image[..], &mut scratch)?;
//!     assert_eq!(NET.class_name(class), Some("five"));
//!     assert!(probabilities[class] > 0.5);
//!     Ok(())
//! }
//! ```
//!
//! # In firmware
//! Train a net, put the file beside the source, and depend on this crate; there is no feature to choose:
//!
//! ```toml
//! [dependencies]
//! infer-nostd = { path = "…" }
//! ```
//!
//! - A net **compiled in** ([`include_net!`]) is checked by the compiler and lies aligned in flash. Nothing of it is
//!   copied to RAM.
//! - A net that **arrives at run time** is read with [`Net::from_bytes`], at any alignment: one check of everything
//!   ([`mod@format`] lists what), then it is used where it lies. [`Net::file_len`] finds its end in a flash area.
//! - The **scratch** is the caller's: a local as above, a field, or a static in the cell which the program uses for
//!   its statics. [`Scratch`] has its capacity in its type; any `[f32]` does as well.
//! - Errors are values with numbers. [`Error::cause`] says them in words without linking `core::fmt`.
//!
//! # Memory
//! The net lies in flash, or wherever its file is. The scratch, 4·(H + C) bytes, is the caller's (int8: H and C rounded up to
//! multiples of 4). Stack, on a Cortex-M4F:
//!
//! | call | stack bytes |
//! |---|---:|
//! | `scores` of a net compiled in, f32 inputs, no normalisation | 116 |
//! | the same of a received net after `quick` | 140 |
//! | every other call of an f32 net, at most | 276 |
//! | `classify` of an int8 net from bytes, no normalisation | 400 |
//! | [`Net::from_bytes`] | 80 |
//!
//! That is below the caller's frame, and the largest of opt-level 3, `s` and `z`. It does not grow with the net, and normalised
//! inputs are kept nowhere. `firmware/check` compares what the compiler states with what programs use: they agree to the byte.
//!
//! Statics: none on small processors. One byte, what the processor has, on x86-64; and on AArch64 Linux and Android for int8.
//!
//! # The same bits
//! Normalisation, both products and the softmax are those of `kernels`, under its order contract. So the scores are
//! the trainer's on every processor and for every alignment, and the fastest instruction set of the processor is
//! found without std: a bare x86-64 program runs on AVX-512 if there is any.
//!
//! # Unfused
//! The feature `unfused` is for firmware that would rather be fast than the trainer's twin: on bare-metal Arm and RV32 every
//! product is rounded before it is added (3.4 modelled cycles a multiply-add on a Cortex-M4F instead of 4.4). A unit of k inputs
//! is then off from the fused one by at most 2 (k + 2) u (Σ |x w| + |b|), u = 2⁻²⁴ (each of both is off by half of that from the
//! exact one), and so much more by what its inputs are off. Other processors do not look at it.
//!
//! # int8
//! [`Net8`], compiled in by [`include_net8!`], is a net of 8-bit integers with the same calls: a quarter of the flash, and no
//! floating point from bytes to class. `trainer quantize` makes one of a [`Net`].
//!
//! # Writing
//! [`encode()`] writes the file that [`Net::from_bytes`] reads; both are in one source file, beside the constants they
//! share. It needs no heap either.
#![no_std]
#![forbid(unsafe_code)]

mod compact;
mod compiling;
mod crc;
mod error;
pub mod format;
mod format8;
mod include;
mod names;
mod net;
mod net8;
mod scratch;

pub use error::{Error, Section};
pub use format::{Contents, encode, encoded_len};
pub use format8::{Contents8, LayerContents8, encode8, encoded_len8};
#[doc(hidden)]
pub use include::Aligned;
pub use kernels::Input;
pub use kernels::int8::BIAS_MAX;
pub use net::Net;
pub use net8::{Layer8, Net8};
pub use scratch::Scratch;
