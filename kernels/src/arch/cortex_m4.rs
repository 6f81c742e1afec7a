//! Cortex-M with a single-precision unit (M4F, M7, M33): a layer in assembly, so that it is as fast and as small at every
//! opt-level.
//!
//! Strips of sixteen columns, and a last one of ten (the usual number of classes), keep their chains in s0-s15 while x passes.
//! An element costs one `vfma.f32`; what two rows of sixteen add is three loads of up to fourteen weights, one of two numbers
//! of x, and the loop: 39 instructions for 32 multiply-adds. The bias is one more row, for x = 1: fma(b, 1, chain) is chain + b.
//! A row of ten runs through the first ten of the sixteen. Columns of other strips, and all of them where the numbers are not
//! aligned, go one at a time, through an integer register, for which any address will do (as long as the program has not
//! switched on the trap for it: it is off after a reset).
//!
//! The strips run in default-NaN mode: a NaN has no sign then, so the ReLU is one integer instruction. (NaN payloads are
//! free in the order contract.) The mode is put back at the end.

pub(crate) mod softmax;

use core::arch::asm;

use crate::dense::{Part, STRIP};

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

/// What [`strips`] and [`in_turn`] do at the end, taken together with the bytes of the columns.
const RELU: usize = 0;
const BIAS: usize = 1;
const NOTHING: usize = 2;
/// Where x starts: the chains go on from what `out` holds. (No x is as long as that.)
const GO_ON: usize = 1 << 31;

/// out ← x W + b, ReLU, for the whole of x. `out` has as many elements as the layer has outputs.
///
/// Where the compiler knows the layer, it knows which way to go, and compiles that one alone.
#[inline(always)]
pub(crate) fn row(row: Part<'_>, out: &mut [f32]) {
    let (w, n) = (row.layer.numbers().as_ptr().cast::<f32>(), out.len());
    let strips_alone = n % STRIP == 0 || n % STRIP == 10 && !row.relu;
    if strips_alone && w.is_aligned() {
        let size = 4 * n - if row.relu { RELU } else { BIAS };
        // SAFETY: the layer has k + 1 rows of W and b for the k numbers of x, n columns as `out`, of which there are strips of
        // sixteen, and perhaps one of ten with the bias alone; its numbers are aligned.
        unsafe { strips(row.x.as_ptr(), row.x.len(), w, out.as_mut_ptr(), size) }
    } else {
        part(row, out);
    }
}

/// out ← x W, and what [`Part`] says of a start and an end.
#[inline(always)]
pub(crate) fn part(part: Part<'_>, out: &mut [f32]) {
    let Part { x, layer, first, last, relu } = part;
    let end = match (last, relu) {
        (true, true) => RELU,
        (true, false) => BIAS,
        (false, _) => NOTHING,
    };
    let (w, rows) = (layer.numbers().as_ptr().cast(), layer.inputs() + 1);
    // SAFETY: rows and columns as above; from row `first` on there are as many as x has numbers, and the bias follows if x ends
    // with the last input (`Part`).
    unsafe { in_turn(x.as_ptr(), x.len(), w, out.as_mut_ptr(), 4 * STRIP - end, first, out.len(), rows) }
}

/// Parts of a row, strips of any width and numbers of any alignment: whole strips by [`strips`], where they are
/// aligned, and other columns one at a time.
///
/// # Safety
/// `w` is where the first strip starts, at any address: each has `rows` rows, of which first + k < `rows`. x and `out`, of n
/// columns, are aligned. `end` is 64 less one of the three above; with a bias, first + k + 1 = `rows`.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn in_turn(
    x: *const f32, k: usize, w: *const f32, out: *mut f32, end: usize, first: usize, n: usize, rows: usize,
) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16", // the assembler does not take it from the target here
        "push {{r4-r11, lr}}",
        "mov r4, r0",
        "mov r11, r1",
        "mov r6, r2",
        "mov r8, r3",
        "add r3, sp, #36",
        "ldm r3, {{r5, r7, r9}}", // end, first, columns that are left
        "1:", // the next strip
        "movs r2, #16",
        "cmp r9, r2",
        "it lo",
        "movlo r2, r9", // its columns
        "mul r0, r7, r2",
        "add r0, r6, r0, lsl #2", // its row `first`
        "cmp r2, #16",
        "bne 2f",
        "lsls r3, r0, #30",
        "bne 2f",
        "mov r1, r11",
        "cmp r7, #0",
        "it ne",
        "orrne r1, r1, #0x80000000", // GO_ON
        "mov r2, r0",
        "mov r0, r4",
        "mov r3, r8",
        "push {{r5}}",
        "bl {strips}",
        "pop {{r5}}",
        "add r8, r8, #64",
        "b 7f",

        "2:", // a column
        "lsls r3, r2, #2",
        "3:",
        "vldr s0, [r8]",
        "cmp r7, #0",
        "it eq",
        "vmoveq s0, r7",
        "mov r12, r0",
        "mov r1, r4",
        "mov lr, r11",
        "4:",
        "vldmia r1!, {{s1}}",
        "ldr r10, [r12]",
        "add r12, r3",
        "vmov s2, r10",
        products!("s1" "s0" "s2"),
        "subs lr, lr, #1",
        "bne 4b",
        "cmp r5, #62", // NOTHING
        "beq 5f",
        "ldr r10, [r12]",
        "vmov s2, r10",
        "vadd.f32 s0, s0, s2",
        "5:",
        "vmov r10, s0",
        "cmp r5, #64", // RELU
        "bne 6f",
        "vcmp.f32 s0, #0.0",
        "vmrs APSR_nzcv, fpscr",
        "it ls", // a NaN is not
        "movls r10, #0",
        "6:",
        "str r10, [r8], #4",
        "adds r0, #4",
        "subs r2, #1",
        "bne 3b",

        "7:",
        "ldr r0, [sp, #48]", // rows
        "add r6, r6, r0, lsl #6",
        "subs r9, r9, #16",
        "bhi 1b",
        "pop {{r4-r11, pc}}",
        strips = sym strips,
    )
}

/// out ← x W (+ b, ReLU), strip by strip.
///
/// # Safety
/// x points to k ≥ 1 numbers, `out` to as many as there are columns: `size` is four times that, less one of the three above.
/// They are a multiple of sixteen, or with the bias alone, ten more. With [`GO_ON`] in `k`, or with [`NOTHING`], they are
/// sixteen. `w` points to the strips: k rows each, and one for the bias, if there is one. All three are aligned to four bytes,
/// as `vldmia` wants it. Then the reads stay within: two rows and two numbers of x at a time, after a first one if k is odd; x
/// starts anew with every strip, w goes on. Registers that belong to the caller, the stack and FPSCR are put back.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn strips(x: *const f32, k: usize, w: *const f32, out: *mut f32, size: usize) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16",
        "push {{r4-r7, lr}}",
        "vpush {{d8-d15}}",
        "vmrs r12, fpscr",
        "orr r7, r12, #0x2000000", // default-NaN mode
        "vmsr fpscr, r7",
        "ldr r4, [sp, #84]", // size: of what is left

        "movs r7, #0",

        "10:", // the next strip
        "mov r5, r0",
        "vmov d0, r7, r7",
        "vmov d1, r7, r7",
        "vmov d2, r7, r7",
        "vmov d3, r7, r7",
        "vmov d4, r7, r7",
        "cmp r4, #39",
        "beq 30f", // ten columns
        "vmov d5, r7, r7",
        "vmov d6, r7, r7",
        "vmov d7, r7, r7",

        "lsls r6, r1, #1", // sixteen columns
        "bcc 3f",
        "vldmia r3, {{s0-s15}}", // GO_ON
        "3:",
        "lsrs r6, r6, #2", // pairs of rows
        "bcc 6f",
        "vldmia r5!, {{s31}}", // and an odd one
        "4:",
        "vldmia r2!, {{s18-s29}}",
        "b 5f",
        "20:",
        "vldmia r5!, {{s30, s31}}",
        "vldmia r2!, {{s16-s29}}",
        "21:",
        products!("s30" "s0" "s16" "s1" "s17" "s2" "s18" "s3" "s19" "s4" "s20" "s5" "s21" "s6" "s22" "s7" "s23" "s8" "s24"
            "s9" "s25"),
        "bmi 33f", // of a row of ten that is all
        products!("s30" "s10" "s26" "s11" "s27" "s12" "s28" "s13" "s29"),
        "vldmia r2!, {{s16-s29}}",
        products!("s30" "s14" "s16" "s15" "s17"),
        "5:", // a second row, or the one alone
        products!("s31" "s0" "s18" "s1" "s19" "s2" "s20" "s3" "s21" "s4" "s22" "s5" "s23" "s6" "s24" "s7" "s25" "s8" "s26"
            "s9" "s27" "s10" "s28" "s11" "s29"),
        "vldmia r2!, {{s16-s19}}",
        products!("s31" "s12" "s16" "s13" "s17" "s14" "s18" "s15" "s19"),
        "6:",
        "subs r6, #1", // negative at the end, and without a borrow the second time, after the bias
        "bpl 20b",
        "bcs 7f",
        "cmp r4, #62", // NOTHING
        "beq 7f",
        "vmov.f32 s31, #1.0",
        "b 4b",
        "7:",
        "vstmia r3!, {{s0-s15}}",
        "subs r4, #64",
        "bhi 10b",
        "bne 50f",

        // The ReLU follows. A negative float is negative as a signed integer, and +0 when that is saturated to unsigned; a
        // positive one stays, as does a NaN, which has no sign here.
        "ldr r4, [sp, #84]",
        "8:",
        "ldmdb r3!, {{r0, r1, r5, r6}}",
        "usat r0, #31, r0",
        "usat r1, #31, r1",
        "usat r5, #31, r5",
        "usat r6, #31, r6",
        "stm r3, {{r0, r1, r5, r6}}",
        "subs r4, #16",
        "bne 8b",
        "b 50f",

        "30:", // ten columns: flag N, by which the row turns back above, is set by -k that counts up, and by -1 for the bias
        "negs r6, r1",
        "31:",
        "vldmia r5!, {{s30}}",
        "32:",
        "vldmia r2!, {{s16-s25}}",
        "b 21b",
        "33:",
        "adds r6, #1",
        "bmi 31b",
        "bne 34f", // 1 after the bias, 0 before it
        "vmov.f32 s30, #1.0",
        "cmp r7, #1", // r7 is 0
        "b 32b",
        "34:",
        "vstmia r3!, {{s0-s9}}",

        "50:",
        "vmsr fpscr, r12",
        "vpop {{d8-d15}}",
        "pop {{r4-r7, pc}}",
    )
}
