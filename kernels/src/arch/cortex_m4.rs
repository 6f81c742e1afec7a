//! Cortex-M with a single-precision unit (M4F, M7, M33): a layer in assembly, so that it is as fast and as small at every
//! opt-level.
//!
//! Strips of sixteen columns, and a last one of ten (the usual number of classes), keep their chains in s0-s15 while x passes.
//! An element costs one `vfma.f32`; what two rows of sixteen add is four loads of eight weights, one of two numbers of x, and
//! the loop: 39 instructions for 32 multiply-adds. The bias is one more row, for x = 1: fma(b, 1, chain) is chain + b. Columns of
//! other strips, and all of them where the numbers are not aligned, go one at a time with the chains in memory, through an
//! integer register, for which any address will do (as long as the program has not switched on the trap for it: it is off after
//! a reset).
//!
//! The strips run in default-NaN mode: a NaN has no sign then, so the ReLU is one integer instruction. (NaN payloads are
//! free in the order contract.) The mode is put back at the end.

use core::arch::asm;

use crate::dense::Part;

/// a · b + c, rounded once. (Through integer registers: the compiler hands float registers to assembly only where it
/// knows the name of the target's float feature, and on stable it does not.)
#[inline(always)]
pub(crate) fn mul_add(a: f32, b: f32, c: f32) -> f32 {
    let mut bits = c.to_bits();
    // SAFETY: registers alone; the targets that this file is compiled for have the instruction (`arch/mod.rs`).
    unsafe {
        asm!(
            "vmov d0, {a}, {b}", "vmov s2, {c}", "vfma.f32 s2, s0, s1", "vmov {c}, s2",
            a = in(reg) a.to_bits(), b = in(reg) b.to_bits(), c = inout(reg) bits,
            out("d0") _, out("d1") _, options(pure, nomem, nostack, preserves_flags),
        );
    }
    f32::from_bits(bits)
}

/// chain ← chain + w x for pairs of a chain's register and a weight's, and x in the register named first: rounded once.
#[cfg(not(feature = "unfused"))]
macro_rules! products {
    ($x:literal $($chain:literal $w:literal)*) => {
        concat!($("\nvfma.f32 ", $chain, ", ", $w, ", ", $x),*)
    };
}

/// The same, rounded twice: all the products, then all the sums, so that none waits for the one before it.
#[cfg(feature = "unfused")]
macro_rules! products {
    ($x:literal $($chain:literal $w:literal)*) => {
        concat!(
            $("\nvmul.f32 ", $w, ", ", $w, ", ", $x,)*
            $("\nvadd.f32 ", $chain, ", ", $chain, ", ", $w),*
        )
    };
}

/// A row of a strip of sixteen, or of ten: weights from r9 on, x in the register named.
macro_rules! row {
    (16, $x:literal) => {
        concat!(
            "vldmia r9!, {{s16-s23}}",
            products!($x "s0" "s16" "s1" "s17" "s2" "s18" "s3" "s19" "s4" "s20" "s5" "s21" "s6" "s22" "s7" "s23"),
            "\nvldmia r9!, {{s16-s23}}",
            products!($x "s8" "s16" "s9" "s17" "s10" "s18" "s11" "s19" "s12" "s20" "s13" "s21" "s14" "s22" "s15" "s23"),
        )
    };
    (10, $x:literal) => {
        concat!(
            "vldmia r9!, {{s16-s25}}",
            products!($x "s0" "s16" "s1" "s17" "s2" "s18" "s3" "s19" "s4" "s20" "s5" "s21" "s6" "s22" "s7" "s23"
                "s8" "s24" "s9" "s25"),
        )
    };
}

/// Bits of flags: the bias follows; the ReLU too.
const LAST: usize = 1;
const RELU: usize = 1 << 31;

/// out ← x W (+ b, ReLU), as [`crate::dense()`] has it. `out` has as many elements as the layer has outputs.
#[inline(always)]
pub(crate) fn layer(part: Part<'_>, out: &mut [f32]) {
    let Part { x, layer, first, last, relu } = part;
    let flags = if last { LAST } else { 0 } | if relu { RELU } else { 0 };
    let (w, bytes, rows) = (layer.numbers().as_ptr(), size_of_val(out), layer.inputs() + 1);
    // SAFETY: x, W with its bias, and `out` are what `Part` and `Layer` say.
    unsafe { strips(x.as_ptr(), x.len(), w.cast(), out.as_mut_ptr(), bytes, first, rows, flags) }
}

/// The layer, strip by strip.
///
/// # Safety
/// `x` points to k ≥ 1 numbers, `out` to `bytes` / 4 ≥ 1. `w`, at any address, is where the first strip starts: each has `rows`
/// rows, of which first + k < `rows`. Then a strip's reads stay within it: k rows from row `first` on, and the one after them
/// if [`LAST`] is set; x is read in steps of two, after a first one if k is odd. `vldmia` wants multiples of four for addresses:
/// x and `out` are `f32`, and where `w` is no multiple of four its numbers are read by `ldr`. Registers that belong to the
/// caller, the stack and FPSCR are put back.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn strips(
    x: *const f32, k: usize, w: *const u8, out: *mut f32, bytes: usize, first: usize, rows: usize, flags: usize,
) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16", // the assembler does not take it from the target here
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov lr, r1",
        "vmrs r10, fpscr",
        "orr r7, r10, #0x2000000", // default-NaN mode
        "vmsr fpscr, r7",
        "add r7, sp, #100",
        "ldmia r7, {{r4, r5, r11, r12}}", // bytes that are left, first, rows, flags
        "10:", // the next strip
        "mov r8, r0",
        "mov r1, lr",
        "mov r6, r12",
        "movs r7, #0",
        "vmov d0, r7, r7",
        "vmov d1, r7, r7",
        "vmov d2, r7, r7",
        "vmov d3, r7, r7",
        "vmov d4, r7, r7",
        "vmov d5, r7, r7",
        "vmov d6, r7, r7",
        "vmov d7, r7, r7",
        "tst r2, #3",
        "bne 3f",
        "cmp r4, #40",
        "beq 30f",
        "cmp r4, #64",
        "bhs 20f",

        "3:", // any columns: a row, a column at a time
        "movs r7, #64",
        "cmp r4, r7",
        "it lo",
        "movlo r7, r4", // bytes of a row of the strip
        "mla r9, r5, r7, r2",
        "push {{r0, r4, r5}}",
        "cbnz r5, 3f",
        "movs r4, #0",
        "mov r5, r7",
        "2:",
        "subs r5, #4",
        "str r4, [r3, r5]",
        "bne 2b",
        "3:",
        "vldmia r8!, {{s31}}",
        "4:",
        "mov r4, r3",
        "mov r5, r7",
        "5:",
        "ldr r0, [r9], #4",
        "vmov s16, r0",
        "vldr s0, [r4]",
        products!("s31" "s0" "s16"),
        "vstmia r4!, {{s0}}",
        "subs r5, #4",
        "bne 5b",
        "subs r1, #1",
        "bgt 3b",
        "lsrs r6, r6, #1", // the bias, once
        "bcc 6f",
        "vmov.f32 s31, #1.0",
        "b 4b",
        "6:",
        "mov r3, r4",
        "pop {{r0, r4, r5}}",
        "b 40f",

        "20:", // sixteen columns
        "cbz r5, 3f",
        "vldmia r3, {{s0-s15}}",
        "3:",
        "add r9, r2, r5, lsl #6",
        "lsrs r1, r1, #1", // pairs of rows
        "bcc 5f",
        "vldmia r8!, {{s31}}",
        "b 4f",
        "3:",
        "vldmia r8!, {{s30, s31}}",
        row!(16, "s30"),
        "4:",
        row!(16, "s31"),
        "5:",
        "subs r1, #1",
        "bpl 3b",
        "lsrs r6, r6, #1",
        "bcc 6f",
        "vmov.f32 s31, #1.0",
        "b 4b",
        "6:",
        "vstmia r3!, {{s0-s15}}",
        "b 40f",

        "30:", // ten columns, the last ones
        "cbz r5, 3f",
        "vldmia r3, {{s0-s9}}",
        "3:",
        "mla r9, r5, r4, r2",
        "3:",
        "vldmia r8!, {{s31}}",
        "4:",
        row!(10, "s31"),
        "subs r1, #1",
        "bgt 3b",
        "lsrs r6, r6, #1",
        "bcc 6f",
        "vmov.f32 s31, #1.0",
        "b 4b",
        "6:",
        "vstmia r3!, {{s0-s9}}",

        "40:",
        "add r2, r2, r11, lsl #6",
        "subs r4, #64",
        "bhi 10b",
        "cmp r12, #0", // RELU
        "bpl 50f",
        // A negative float is negative as a signed integer, and +0 when that is saturated to unsigned; a positive one
        // stays, as does a NaN, which has no sign here.
        "ldr r4, [sp, #100]",
        "subs r4, #16",
        "blo 4f",
        "3:",
        "ldmdb r3!, {{r0, r1, r5, r6}}",
        "usat r0, #31, r0",
        "usat r1, #31, r1",
        "usat r5, #31, r5",
        "usat r6, #31, r6",
        "stm r3, {{r0, r1, r5, r6}}",
        "subs r4, #16",
        "bhs 3b",
        "4:",
        "adds r4, #16",
        "beq 50f",
        "5:",
        "ldr r0, [r3, #-4]!",
        "usat r0, #31, r0",
        "str r0, [r3]",
        "subs r4, #4",
        "bne 5b",
        "50:",
        "vmsr fpscr, r10",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
