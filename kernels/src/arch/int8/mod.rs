//! Sums of products of bytes, one instruction set a file: `Accumulate` of `crate::int8` on the tokens of `super`. On
//! Cortex-M4 it is the whole layer.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(armv7_m)]
mod cortex_m3;
#[cfg(armv7e_m)]
pub(crate) mod cortex_m4;
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
mod neon;
#[cfg(not(any(armv7e_m, armv7_m)))]
mod portable;

/// Memory for floats, used for integers for a while: both are four bytes of any content.
#[inline(always)]
pub(crate) fn integers(floats: &mut [f32]) -> &mut [i32] {
    // SAFETY: i32 has the size and the alignment of f32, and any four bytes are a value of either type.
    let (before, integers, after) = unsafe { floats.align_to_mut::<i32>() };
    debug_assert!(before.is_empty() && after.is_empty());
    integers
}

/// Integers as the bytes that they lie in.
#[inline(always)]
pub(crate) fn bytes(integers: &mut [i32]) -> &mut [u8] {
    // SAFETY: u8 has no alignment to keep, its size divides that of i32, and any bytes are values of either type.
    let (before, bytes, after) = unsafe { integers.align_to_mut::<u8>() };
    debug_assert!(before.is_empty() && after.is_empty());
    bytes
}
