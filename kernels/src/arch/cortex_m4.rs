//! Cortex-M with a single-precision unit (M4F, M7, M33): a layer in assembly, so that it is as fast and as small at every
//! opt-level.
//!
//! Columns go in strips of sixteen (where x has a multiple of four elements), then of ten (the usual number of classes;
//! where it has an even number), of four, and of one. The chains of a strip stay in s0-s15 while x passes. An element costs one `vfma.f32`; what a row of
//! sixteen adds is two loads of eight weights, a step to the next row, and a quarter of: four numbers of x, the loop. That
//! makes 79 instructions for 64 multiply-adds. Weights that are not aligned go in strips of one, through an integer
//! register, for which any address will do (as long as the program has not switched on the trap for it: it is off after a
//! reset).
//!
//! The strips run in default-NaN mode: a NaN has no sign then, so the ReLU is one integer instruction. (NaN payloads are
//! free in the order contract.) The mode is put back at the end.

use core::arch::asm;

use crate::dense::Dense;
use crate::floats::Floats;

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

/// Four rows of a strip of sixteen: r8 is where x is, r9 where the weights are, r6 the bytes from
/// the middle of a strip to its next row.
macro_rules! four_rows {
    ($($x:literal)*) => {
        concat!("vldmia r8!, {{s24-s27}}\n", $(
            "vldmia r9!, {{s16-s23}}\n",
            "vfma.f32 s0, s16, ", $x, "\nvfma.f32 s1, s17, ", $x, "\nvfma.f32 s2, s18, ", $x, "\nvfma.f32 s3, s19, ", $x,
            "\nvfma.f32 s4, s20, ", $x, "\nvfma.f32 s5, s21, ", $x, "\nvfma.f32 s6, s22, ", $x, "\nvfma.f32 s7, s23, ", $x,
            "\nvldmia r9, {{s16-s23}}\nadd r9, r9, r6\n",
            "vfma.f32 s8, s16, ", $x, "\nvfma.f32 s9, s17, ", $x, "\nvfma.f32 s10, s18, ", $x, "\nvfma.f32 s11, s19, ", $x,
            "\nvfma.f32 s12, s20, ", $x, "\nvfma.f32 s13, s21, ", $x, "\nvfma.f32 s14, s22, ", $x, "\nvfma.f32 s15, s23, ", $x,
            "\n",
        )*)
    };
}

/// Bits of [`Layer::flags`].
const RESUME: u32 = 30;
const RELU: u32 = 31;
/// Weights or bias are not aligned, or x is empty: strips of one.
const ONES: u32 = 29;

/// Two rows of a strip of ten.
macro_rules! ten_rows {
    ($($x:literal)*) => {
        concat!($(
            "vldmia r9, {{s16-s25}}\nadd r9, r9, r3\n",
            "vfma.f32 s0, s16, ", $x, "\nvfma.f32 s1, s17, ", $x, "\nvfma.f32 s2, s18, ", $x, "\nvfma.f32 s3, s19, ", $x,
            "\nvfma.f32 s4, s20, ", $x, "\nvfma.f32 s5, s21, ", $x, "\nvfma.f32 s6, s22, ", $x, "\nvfma.f32 s7, s23, ", $x,
            "\nvfma.f32 s8, s24, ", $x, "\nvfma.f32 s9, s25, ", $x, "\n",
        )*)
    };
}

/// What [`strips`] takes, in the order of its registers.
#[repr(C)]
struct Layer {
    /// r0: x.
    x: *const f32,
    /// r1: its length.
    k: usize,
    /// r2: W, row-major.
    w: *const u8,
    /// r3: bytes from one row of W to the next.
    row: usize,
    /// r4: the result.
    out: *mut f32,
    /// r5: the bias, or null.
    bias: *const u8,
    /// r10: columns, at least one.
    n: usize,
    /// r12: k, of which the last bits tell whether it is a multiple of two and of four (set, to say no, with [`ONES`]); and
    /// the bits above.
    flags: usize,
}

/// out ← x W (+ b, ReLU), or more of it with `resume`: [`crate::dense`]. False, and nothing done, if W does not have
/// `x.len() · out.len()` elements or the bias not `out.len()`.
#[inline(always)]
pub(crate) fn layer(x: &[f32], w: Floats<'_>, with: Dense<'_>, out: &mut [f32]) -> bool {
    let (k, n) = (x.len(), out.len());
    let (bias, b_len) = with.bias.map_or((core::ptr::null(), n), |b| (b.address(), b.len()));
    if b_len != n || k.checked_mul(n) != Some(w.len()) {
        return false;
    }
    if n == 0 {
        return true;
    }
    let w = w.address();
    // A slice has fewer than 2²⁹ floats here, so the upper bits are free.
    let mut flags = k | usize::from(with.resume) << RESUME | usize::from(with.relu) << RELU;
    if (w.addr() | bias.addr()) % 4 != 0 || k == 0 {
        flags |= 1 << ONES | 3;
    }
    let layer = Layer { x: x.as_ptr(), k, w, row: n * 4, out: out.as_mut_ptr(), bias, n, flags };
    // SAFETY: n is not 0, W has k · n elements, the bias (if any) and `out` n, and the flags tell the truth about k and
    // about addresses: what `strips` asks for.
    unsafe { strips(&layer) };
    true
}

/// The layer, strip by strip.
///
/// # Safety
/// W holds k rows of n elements, the bias (or null) and `out` hold n, x holds k, n is at least 1, and all flags are set that
/// k, W and the bias call for. Then: columns are taken from the left, never more than are left (r10), so a strip lies
/// within each row of W, within the bias and within `out`; x is read in steps of one, two or four elements that divide k.
/// `vldmia` wants multiples of four for addresses: x and `out` are `f32`, and W and the bias are read by `ldr` if they are
/// not aligned. Registers that belong to the caller, the stack and FPSCR are put back.
#[unsafe(naked)]
unsafe extern "C" fn strips(layer: &Layer) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16", // the assembler does not take it from the target here
        "push {{r4-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov r7, r0",
        "ldmia r0, {{r0-r5, r10, r12}}",
        "vmrs r8, fpscr",
        "str r8, [sp, #-4]!",
        "orr r8, r8, #0x2000000", // default-NaN mode
        "vmsr fpscr, r8",
        "sub r6, r3, #32",
        "2:", // the next strip
        "mov r9, #0",
        "vmov d0, r9, r9",
        "vmov d1, r9, r9",
        "vmov d2, r9, r9",
        "vmov d3, r9, r9",
        "vmov d4, r9, r9",
        "mov r8, r0",
        "mov r11, r1",
        "cmp r10, #16",
        "blo 3f",
        "tst r12, #3",
        "beq 46f",
        "3:",
        "mov r9, r2",
        "cmp r10, #10",
        "blo 3f",
        "tst r12, #1",
        "beq 40f",
        "3:",
        "cmp r10, #4",
        "blo 31f",
        "tst r12, #0x20000000", // ONES
        "beq 34f",
        "31:",                  // one column
        "tst r12, #0x40000000", // RESUME
        "it ne",
        "vldrne s0, [r4]",
        "cmp r11, #0",
        "beq 41f",
        "4:",
        "ldr r14, [r9]",
        "add r9, r9, r3",
        "vmov s16, r14",
        "vldmia r8!, {{s31}}",
        "vfma.f32 s0, s16, s31",
        "subs r11, #1",
        "bne 4b",
        "41:",
        "cbz r5, 5f",
        "ldr r14, [r5], #4",
        "vmov s16, r14",
        "vadd.f32 s0, s0, s16",
        "5:",
        "vstmia r4!, {{s0}}",
        "adds r2, #4",
        "subs r10, #1",
        "bne 2b",
        "b 8f",
        "34:",                  // four columns
        "tst r12, #0x40000000", // RESUME
        "it ne",
        "vldmiane r4, {{s0-s3}}",
        "4:",
        "vldmia r8!, {{s31}}",
        "vldmia r9, {{s16-s19}}",
        "add r9, r9, r3",
        "vfma.f32 s0, s16, s31",
        "vfma.f32 s1, s17, s31",
        "vfma.f32 s2, s18, s31",
        "vfma.f32 s3, s19, s31",
        "subs r11, #1",
        "bne 4b",
        "cbz r5, 5f",
        "vldmia r5!, {{s16-s19}}",
        "bl 64f",
        "5:",
        "vstmia r4!, {{s0-s3}}",
        "adds r2, #16",
        "subs r10, #4",
        "bne 2b",
        "b 8f",
        "40:",                  // ten columns
        "tst r12, #0x40000000", // RESUME
        "it ne",
        "vldmiane r4, {{s0-s9}}",
        "4:",
        "vldmia r8!, {{s30, s31}}",
        ten_rows!("s30" "s31"),
        "subs r11, #2",
        "bne 4b",
        "cbz r5, 5f",
        "vldmia r5!, {{s16-s25}}",
        "bl 70f",
        "5:",
        "vstmia r4!, {{s0-s9}}",
        "adds r2, #40",
        "subs r10, #10",
        "bne 2b",
        "b 8f",
        "46:", // sixteen columns
        "vmov d5, r9, r9",
        "vmov d6, r9, r9",
        "vmov d7, r9, r9",
        "mov r9, r2",
        "tst r12, #0x40000000", // RESUME
        "it ne",
        "vldmiane r4, {{s0-s15}}",
        "4:",
        four_rows!("s24" "s25" "s26" "s27"),
        "subs r11, #4",
        "bne 4b",
        "cbz r5, 5f",
        "vldmia r5!, {{s16-s31}}",
        "bl 76f",
        "5:",
        "vstmia r4!, {{s0-s15}}",
        "adds r2, #64",
        "subs r10, #16",
        "bne 2b",
        "b 8f",
        "76:", // the bias of sixteen columns, of ten, of four
        "vadd.f32 s15, s15, s31",
        "vadd.f32 s14, s14, s30",
        "vadd.f32 s13, s13, s29",
        "vadd.f32 s12, s12, s28",
        "vadd.f32 s11, s11, s27",
        "vadd.f32 s10, s10, s26",
        "70:",
        "vadd.f32 s9, s9, s25",
        "vadd.f32 s8, s8, s24",
        "vadd.f32 s7, s7, s23",
        "vadd.f32 s6, s6, s22",
        "vadd.f32 s5, s5, s21",
        "vadd.f32 s4, s4, s20",
        "64:",
        "vadd.f32 s3, s3, s19",
        "vadd.f32 s2, s2, s18",
        "vadd.f32 s1, s1, s17",
        "vadd.f32 s0, s0, s16",
        "bx lr",
        "8:",
        "ldr r8, [sp], #4",
        "vmsr fpscr, r8",
        "cmp r12, #0", // RELU
        "bge 9f",
        "ldr r4, [r7, #16]",
        "ldr r10, [r7, #24]",
        // The ReLU. A negative float is negative as a signed integer, and +0 when that is saturated to unsigned; a
        // positive one stays, as does a NaN, which has no sign here.
        "subs r10, #8",
        "blo 6f",
        "5:",
        "ldmia r4, {{r0-r3, r5, r6, r8, r9}}",
        "usat r0, #31, r0",
        "usat r1, #31, r1",
        "usat r2, #31, r2",
        "usat r3, #31, r3",
        "usat r5, #31, r5",
        "usat r6, #31, r6",
        "usat r8, #31, r8",
        "usat r9, #31, r9",
        "stmia r4!, {{r0-r3, r5, r6, r8, r9}}",
        "subs r10, #8",
        "bhs 5b",
        "6:",
        "adds r10, #8",
        "beq 9f",
        "7:",
        "ldr r0, [r4]",
        "usat r0, #31, r0",
        "str r0, [r4], #4",
        "subs r10, #1",
        "bne 7b",
        "9:",
        "vpop {{d8-d15}}",
        "pop {{r4-r11, pc}}",
    )
}
