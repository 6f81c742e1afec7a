//! The instruction sets, one file each: a token, how to detect it, and the operations of `Simd` on it. All the
//! unsafe code of this crate is here, and nothing outside knows an instruction.
//!
//! Every token is a zero-size type whose only constructor is `detect`, which looks at the processor. A method
//! that takes `self` may therefore use the instructions: that is the proof behind each `unsafe` below.
#![allow(unsafe_code)]
// Intrinsics on registers share one proof, the token; what touches memory has a block and a proof of its own.
#![allow(clippy::multiple_unsafe_ops_per_block)]

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "x86_64")]
mod cpuid;
pub(crate) mod multiply;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub(crate) mod neon;
pub(crate) mod portable;
