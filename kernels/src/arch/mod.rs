//! The instruction sets, one file each: a token, how to detect it, and the operations of `Simd` on it. All the
//! unsafe code of this crate is here, and nothing outside knows an instruction.
//!
//! Every token is a zero-size type. Those of instructions that a processor may lack are made by their `detect` alone, which
//! looks at it (one of AVX-512 also gives one of AVX2); NEON's wherever the target has it; `Portable` needs no proof. A
//! method that takes `self` may therefore use the instructions: that is the proof behind each `unsafe` below.
#![allow(unsafe_code)]
// Intrinsics on registers share one proof, the token; what touches memory has a block and a proof of its own.
#![allow(clippy::multiple_unsafe_ops_per_block)]

#[cfg(any(
    target_arch = "x86_64",
    all(target_arch = "aarch64", target_endian = "little", any(target_os = "linux", target_os = "android"))
))]
mod asked;
#[cfg(all(
    target_arch = "aarch64",
    target_endian = "little",
    any(target_os = "linux", target_os = "android")
))]
mod auxv;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
pub(crate) mod block;
#[cfg(cortex_m_fpu)]
pub(crate) mod cortex_m4;
#[cfg(target_arch = "x86_64")]
pub(crate) mod cpuid;
mod eight;
pub(crate) mod element;
#[cfg(target_arch = "x86_64")]
mod ends;
pub(crate) mod int8;
pub(crate) mod multiply;
pub(crate) mod narrow;
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
pub(crate) mod neon;
pub(crate) mod portable;
pub(crate) mod rows;
pub(crate) mod strips;
pub(crate) mod transpose;
pub(crate) mod two_buffers;

/// Whether the processor is a small one without vectors, bare metal: `dense` and softmax go one number at a time then.
pub(crate) const SMALL: bool =
    cfg!(all(target_os = "none", any(target_arch = "arm", target_arch = "riscv32")));

/// Keeps a loop that it stands in from being unrolled, where the processor is a small one: flash is dearer than time there.
#[inline(always)]
pub(crate) const fn compact() {
    if SMALL {
        core::hint::black_box(()); // no instruction
    }
}

/// `value`, of which the compiler knows nothing on a small processor. So it keeps a loop that goes up to it or over it, and
/// makes no copies of a loop for what it may be.
#[inline(always)]
pub(crate) fn kept<T>(value: T) -> T {
    if SMALL { core::hint::black_box(value) } else { value }
}
