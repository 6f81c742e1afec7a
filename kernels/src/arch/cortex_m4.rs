//! Cortex-M with a single-precision unit (M4F, M7, M33): a layer in assembly, so that it is as fast and as small at every
//! opt-level.
//!
//! Strips of sixteen columns, and a last one of ten (the usual number of classes), keep their chains in s0-s15 while x passes.
//! An element costs one `vfma.f32`; what two rows of sixteen add is three loads of up to fourteen weights, one of two numbers
//! of x, and the loop: 39 instructions for 32 multiply-adds. The bias is one more row, for x = 1: fma(b, 1, chain) is chain + b.
//! A row of ten runs through the first ten of the sixteen. Columns of other strips, and all of them where the numbers are not
//! aligned, go one at a time, through an integer register, for which any address will do (as long as the program has not
//! switched on the trap for it: it is off after a reset). So do means and scales, which each input finds by a division
//! of its own: at most twelve cycles, and four bytes of code.
//!
//! The strips run in default-NaN mode: a NaN has no sign then, so the ReLU is one integer instruction. (NaN payloads are
//! free in the order contract.) The mode is put back at the end.

pub(crate) mod softmax;

use core::arch::asm;
use core::mem::{MaybeUninit, offset_of, transmute};
use core::ptr;

use crate::{FirstLayer, Input, Layer, STRIP};

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

/// What [`strips`] does at the end, taken together with the bytes of the columns.
const RELU: usize = 0;
const BIAS: usize = 1;
const NOTHING: usize = 2;
/// Where x starts: the chains go on from what `out` holds. (No x is as long as that.)
const GO_ON: usize = 1 << 31;

/// What x is to [`any`]: bytes or numbers to be normalised, a ReLU at the end; or numbers as they are, with and without ReLU. So
/// a quarter of it is RELU or BIAS.
const BYTES: usize = 0;
const NUMBERS: usize = 1;
const AS_THEY_ARE: usize = 2;
const NO_RELU: usize = 4;

/// out ← x W + b, ReLU, for an x and an `out` that fit the layer.
///
/// Where the compiler knows the layer, it knows which way to go, and compiles that one alone.
#[inline(always)]
pub(crate) fn dense(x: &[f32], layer: &Layer<'_>, relu: bool, out: &mut [f32]) {
    let (w, n) = (layer.numbers().as_ptr().cast::<f32>(), out.len());
    let strips_alone = n % STRIP == 0 || n % STRIP == 10 && !relu;
    if strips_alone && w.is_aligned() {
        let size = 4 * n - if relu { RELU } else { BIAS };
        // SAFETY: the layer has k + 1 rows of W and b for the k numbers of x, n columns as `out`, of which there are strips of
        // sixteen, and perhaps one of ten with the bias alone; its numbers are aligned.
        unsafe { strips(x.as_ptr(), x.len(), w, out.as_mut_ptr(), size) }
    } else {
        let kind = if relu { AS_THEY_ARE } else { NO_RELU };
        // SAFETY: x and `out` fit the layer.
        unsafe { any(x.as_ptr().cast(), kind, layer, out.as_mut_ptr()) }
    }
}

/// out ← max(0, x̂ W + b), for an x and an `out` that fit the layer.
#[inline(always)]
pub(crate) fn first_layer(x: Input<'_>, first: &FirstLayer<'_>, out: &mut [f32]) {
    let (x, kind) = match x {
        Input::F32(x) if first.moments.is_empty() => return dense(x, &first.layer, true, out),
        Input::F32(x) => (x.as_ptr().cast(), NUMBERS),
        Input::U8(x) => (x.as_ptr(), BYTES),
    };
    // SAFETY: x and `out` fit the layer; the pointer to it is one to the whole of `first`.
    unsafe { any(x, kind, ptr::from_ref(first).cast(), out.as_mut_ptr()) }
}

/// What the assembly reads of a layer with `ldm`, and of a first one behind it.
const _: () = assert!(offset_of!(Layer<'_>, k) == 0 && offset_of!(Layer<'_>, n) == 4);
const _: () = assert!(offset_of!(Layer<'_>, numbers) == 8 && offset_of!(FirstLayer<'_>, layer) == 0);
/// A slice is its pointer and then its length. Nobody promises that; a compiler that does otherwise stops here.
const _: () = {
    let slice: &[[u8; 4]] = &[[0; 4]; 3];
    // SAFETY: of the same size, and any bytes will do for the words; the second is a length, or this does not compile.
    let length = unsafe { transmute::<&[[u8; 4]], [MaybeUninit<usize>; 2]>(slice)[1].assume_init() };
    assert!(length == 3);
};

/// A layer of any width, with numbers of any alignment and inputs of any kind: a block of 64 inputs after the other, normalised
/// on the stack, or x as one block where it stays as it is; whole strips by [`strips`] where they are aligned, as is
/// a last one of ten that needs no ReLU, and other columns one at a time.
///
/// # Safety
/// x points to as many bytes or numbers (`kind`) as the layer has inputs, `out` to as many as it has outputs. `layer` is that of a
/// [`FirstLayer`] unless x stays as it is.
///
/// Proof of the body. At sp are 64 numbers; x, kind, layer and `out` at 256, x̂ at 304, eight registers in between. r4 goes over
/// the inputs, r9 is the first of the block, r5 the layer's inputs k, r7 what to do at the end. In a block of the stack r0 passes
/// x, lr writes, at most 64 numbers, for r4 stops at multiples of 64 and at k; r2 is where means begin, r3 is Q, r7 = k/Q,
/// and r4/r7 < Q because Q divides k. Then, for each strip, r6 is how many columns are left, r2 how many of them are its own,
/// r11 where it begins and r0 its row r9, and r8 passes `out`. In a column r12 goes down the rows, from r9 to r4 ≤ k (row k is the
/// bias), r1 over x̂ up to lr. `ldr` takes any address; the others go to the stack, to `out` and to numbers of x, which are
/// multiples of four. Registers that belong to the caller and the stack are put back; r12 needs not.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn any(x: *const u8, kind: usize, layer: *const Layer<'_>, out: *mut f32) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16", // the assembler does not take it from the target here
        "push {{r0-r12, lr}}",
        "sub sp, #256",
        "movs r4, #0",
        "1:", // the next block
        "add r0, sp, #256",
        "ldm r0, {{r0-r3}}",
        "ldm r2, {{r5, r6, r11}}",
        "mov r8, r3",
        "mov r9, r4",
        "cmp r1, #{AS_THEY_ARE}",
        "bhs 5f",
        "ldrd r2, r3, [r2, #{moments}]",
        "lsrs r3, r3, #1",
        "it ne",
        "udivne r7, r5, r3",
        "mov lr, sp",
        "2:", // a number
        "cbnz r1, 3f",
        "ldrb r10, [r0], #1",
        "vmov s0, r10",
        "vcvt.f32.u32 s0, s0",
        "b 4f",
        "3:",
        "vldmia r0!, {{s0}}",
        "4:",
        "cbz r3, 6f",
        "udiv r10, r4, r7",
        "add r10, r2, r10, lsl #2",
        "ldr r12, [r10]",
        "ldr r10, [r10, r3, lsl #2]",
        "vmov d1, r12, r10",
        "vsub.f32 s0, s0, s2",
        "vmul.f32 s0, s0, s3",
        "6:",
        "vstmia lr!, {{s0}}",
        "adds r4, #1",
        "cmp r4, r5",
        "it ne",
        "tstne r4, #63",
        "bne 2b",
        "str r0, [sp, #256]",
        "mov r0, sp",
        "b 7f",
        "5:", // all of x
        "mov r4, r5",
        "7:",
        "str r0, [sp, #304]",
        "lsrs r7, r1, #2", // RELU or BIAS
        "cmp r4, r5",
        "it ne",
        "movne r7, #{NOTHING}",

        "8:", // the next strip
        "movs r2, #16",
        "cmp r6, r2",
        "it lo",
        "movlo r2, r6",
        "mul r0, r9, r2",
        "add r0, r11, r0, lsl #2",
        "rsb r3, r7, r2, lsl #2", // the size for `strips`, if it is one for it: ten columns with the bias, or sixteen
        "cmp r3, #39",
        "it ne",
        "cmpne r3, #62",
        "blo 9f",
        "lsls r1, r0, #30",
        "bne 9f",
        "sub r1, r4, r9",
        "cmp r9, #0",
        "it ne",
        "orrne r1, r1, #{GO_ON}",
        "mov r2, r0",
        "ldr r0, [sp, #304]",
        "push {{r3}}",
        "mov r3, r8",
        "bl {strips}",
        "pop {{r3}}",
        "add r8, r8, #64",
        "b 14f",

        "9:", // a column
        "lsls r3, r2, #2",
        "10:",
        "vldr s0, [r8]",
        "cmp r9, #0",
        "it eq",
        "vmoveq s0, r9",
        "mov r12, r0",
        "ldr r1, [sp, #304]",
        "sub lr, r4, r9",
        "add lr, r1, lr, lsl #2",
        "b 12f",
        "11:",
        "vldmia r1!, {{s1}}",
        products!("s1" "s0" "s2"),
        "12:",
        "ldr r10, [r12]",
        "add r12, r3",
        "vmov s2, r10",
        "cmp r1, lr",
        "bne 11b",
        "cmp r7, #{NOTHING}",
        "it ne",
        "vaddne.f32 s0, s0, s2", // the bias
        "cbnz r7, 13f",
        "vcmp.f32 s0, #0.0",
        "vmrs APSR_nzcv, fpscr",
        "it ls", // a NaN is not
        "vmovls s0, r7",
        "13:",
        "vstmia r8!, {{s0}}",
        "adds r0, #4",
        "subs r2, #1",
        "bne 10b",

        "14:",
        "adds r0, r5, #1",
        "add r11, r11, r0, lsl #6",
        "subs r6, #16",
        "bhi 8b",
        "cmp r4, r5",
        "bne 1b",
        "add sp, #272",
        "pop {{r4-r12, pc}}",
        moments = const offset_of!(FirstLayer<'_>, moments),
        AS_THEY_ARE = const AS_THEY_ARE,
        NOTHING = const NOTHING,
        GO_ON = const GO_ON,
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
