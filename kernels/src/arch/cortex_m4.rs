//! Cortex-M with a single-precision unit (M4F, M7, M33): a layer in assembly, so that it is as fast and as small at every
//! opt-level. Two functions. A layer names the one that it goes through ([`Way`]): [`any`], or, if it was asked to be quick, the choice
//! between both, which the compiler makes where it knows the layer. So a program links no more than it needs.
//!
//! [`any`] takes every layer and every input. Sixteen columns keep their chains in s0-s15 while x passes; each number of
//! x is normalised when it comes. A row of weights is read where it lies, or copied to the stack where that would not do: numbers
//! not aligned (a copy goes through an integer register, for which any address will do as long as the program has not
//! switched on the trap for it: it is off after a reset), or fewer than sixteen before the strip ends.
//!
//! [`strips`] takes strips of sixteen columns, and a last one of ten (the usual number of classes), of aligned numbers and for
//! an x as it is. An element costs one `vfma.f32`; what two rows of sixteen add is three loads of up to fourteen weights, one of
//! two numbers of x, and the loop: 39 instructions for 32 multiply-adds, where `any` needs 60. A row of ten runs through the first
//! ten of the sixteen.
//!
//! In both the bias is one more row, for x = 1: fma(b, 1, chain) is chain + b.

pub(crate) mod softmax;

use core::arch::asm;
use core::mem::{MaybeUninit, transmute};
use core::ptr;

use crate::first_layer::MOMENTS;
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

/// What x is, and what follows: bytes or numbers to be normalised if the layer says so, and a ReLU; or numbers as they are, with
/// and without one.
const BYTES: usize = 0;
const NUMBERS: usize = 1;
const AS_THEY_ARE: usize = 2;
const NO_RELU: usize = 3;

/// A branch if x is bytes: by a compare where it is too far for `cbz`.
#[cfg(not(feature = "unfused"))]
macro_rules! if_bytes {
    ($to:literal) => {
        concat!("cbz r0, ", $to)
    };
}
#[cfg(feature = "unfused")]
macro_rules! if_bytes {
    ($to:literal) => {
        concat!("cmp r0, #0\nbeq ", $to)
    };
}

/// The function that a layer goes through: what x is, x, the layer and `out`, both as long as the layer says. For BYTES and
/// NUMBERS the layer is that of a [`FirstLayer`].
pub(crate) type Way = unsafe extern "C" fn(usize, *const u8, *const Layer<'_>, *mut f32);

/// For every layer.
pub(crate) const SMALL: Way = any;
/// For a layer that [`strips`] takes, and whose inputs are not normalised; others go through [`any`] as well.
pub(crate) const QUICK: Way = strips_or_any;

/// out ← x W + b, ReLU; false if x or `out` does not fit the layer, and `out` is left alone.
#[inline(always)]
pub(crate) fn dense(x: &[f32], layer: &Layer<'_>, relu: bool, out: &mut [f32]) -> bool {
    let fit = layer.fits(x.len(), out.len());
    if fit {
        let kind = if relu { AS_THEY_ARE } else { NO_RELU };
        // SAFETY: x and `out` are as long as the layer says. Only `Layer` makes layers, each with the numbers of its inputs and
        // outputs, and a way of this file.
        unsafe { (layer.way())(kind, x.as_ptr().cast(), layer, out.as_mut_ptr()) }
    }
    fit
}

/// out ← max(0, x̂ W + b); false if x or `out` does not fit the layer, and `out` is left alone.
#[inline(always)]
pub(crate) fn first_layer(x: Input<'_>, first: &FirstLayer<'_>, out: &mut [f32]) -> bool {
    let layer = first.layer();
    let fit = layer.fits(x.len(), out.len());
    if fit {
        let (x, kind) = match x {
            Input::F32(x) => (x.as_ptr().cast(), NUMBERS),
            Input::U8(x) => (x.as_ptr(), BYTES),
        };
        // SAFETY: as in `dense`; the pointer to the layer is one to the whole of `first`, whose moments fit it: only `FirstLayer`
        // makes one.
        unsafe { (layer.way())(kind, x, ptr::from_ref(first).cast(), out.as_mut_ptr()) }
    }
    fit
}

/// A layer by [`strips`] if it fits that, else by [`any`]. Where the compiler knows the layer, it knows which, and compiles that
/// one alone.
///
/// # Safety
/// As [`Way`] says. If x is numbers, they are not to be normalised ([`FirstLayer`] sees to it).
#[inline(always)]
unsafe extern "C" fn strips_or_any(kind: usize, x: *const u8, layer: *const Layer<'_>, out: *mut f32) {
    // SAFETY: the caller has a layer there.
    let here = unsafe { &*layer };
    let (k, n, w) = (here.inputs(), here.outputs(), here.numbers().as_ptr().cast::<f32>());
    let rest = n % STRIP;
    if w.is_aligned() && (kind == NO_RELU && rest == 10 || kind != BYTES && rest == 0) {
        let size = 4 * n - usize::from(kind == NO_RELU);
        // SAFETY: the layer has k + 1 rows of W and b for the k numbers of x, n columns as `out`, of which there are strips of
        // sixteen, and perhaps one of ten with the bias alone; its numbers are aligned.
        unsafe { strips(x.cast(), k, w, out, size) }
    } else {
        // SAFETY: it takes what the caller brings.
        unsafe { any(kind, x, layer, out) }
    }
}

/// A slice is its pointer and then its length. Nobody promises that; a compiler that does otherwise stops here.
const _: () = {
    let slice: &[[u8; 4]] = &[[0; 4]; 3];
    // SAFETY: of the same size, and any bytes will do for the words; the second is a length, or this does not compile.
    let length = unsafe { transmute::<&[[u8; 4]], [MaybeUninit<usize>; 2]>(slice)[1].assume_init() };
    assert!(length == 3);
};

/// A layer of any width, with numbers of any alignment and inputs of any kind, strip by strip.
///
/// # Safety
/// As [`Way`] says.
///
/// Proof of the body. At sp are 16 numbers, room for a row; behind them period k/Q, 4Q, k, 1 or 0 (whether Q is not 0), x and the
/// means. For each strip r4 counts the k rows that are left, r8 passes x, one byte or number a row, r9 the Q means (the scales lie
/// 4Q behind them), and r6 how many rows one of these is for: k/Q, so that it is taken Q times and not beyond the end; without a
/// normalisation it counts down from 0, and k rows never bring it back there. s31 is x, s24 the mean and s25 the scale: at first
/// r6, which is 0 without a normalisation, and 1 (x − 0 and x · 1 are x); with one, the first row takes up both before it uses them. The strip has r7/4 columns
/// and its rows lie from r2 up to r11, the row of b being the last: so what is read where it lies ends at r12 ≤ lr = r11; lr is
/// 0 if the numbers are not aligned, as `vldmdb` wants them. A row that reaches into the next one makes chains of columns that the
/// strip does not have, and those are not stored. Else r7 bytes are copied to sp by `ldr`, which takes any
/// address. After row k − 1 r4 is 0: that is b, for x = 1; after it −1. The first r7 bytes of the chains go to `out`, r3,
/// which is then moved on, until the columns, r10, are used up. Registers that belong to the caller and the stack are put back; r12
/// needs not.
///
/// ReLU: a negative float is negative as a signed integer, and +0 when that is saturated to unsigned; a positive one stays. A NaN
/// with a sign must stay too: it is above −∞ = 0xff800000, from where a sum with 0x00800000 carries.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn any(kind: usize, x: *const u8, layer: *const Layer<'_>, out: *mut f32) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16", // the assembler does not take it from the target here
        "push {{r0-r11, lr}}",
        "vpush {{d8-d15}}",
        "mov r8, r1",
        "ldm r2, {{r4, r10, r11}}",
        "movs r6, #0",
        "lsrs r5, r0, #1", // 0 for BYTES and NUMBERS, else 1
        "it eq",
        "ldrdeq r9, r5, [r2, #{moments}]",
        "lsls r2, r5, #1",
        "lsrs r5, r5, #1", // Q
        "itt ne",
        "udivne r1, r4, r5",
        "movne r6, #1",
        "push {{r1, r2, r4, r6, r8, r9}}",
        "vmov s24, r6",
        "vmov.f32 s25, #1.0",
        "sub sp, #64",

        "2:", // the next strip
        "add r1, sp, #72",
        "ldm r1, {{r4, r6, r8, r9}}",
        "movs r7, #16",
        "cmp r10, r7",
        "it lo",
        "movlo r7, r10",
        "lsls r7, r7, #2",
        "movs r1, #0",
        "movs r5, #60",
        "3:", // the chains start from +0
        "str r1, [sp, r5]",
        "subs r5, #4",
        "bpl 3b",
        "vldmia sp, {{s0-s15}}",
        "mov r2, r11",
        "mla r11, r4, r7, r11",
        "add r11, r7",
        "mov lr, r11",
        "lsls r5, r2, #30",
        "it ne",
        "movne lr, r1",

        "4:", // a row
        "subs r6, #1",
        "beq 9f",
        "5:",
        if_bytes!("10f"),
        "vldmia r8!, {{s31}}",
        "6:",
        "vsub.f32 s31, s31, s24",
        "vmul.f32 s31, s31, s25",
        "7:",
        "add r12, r2, #64",
        "cmp r12, lr",
        "bhi 11f",
        "8:",
        "vldmdb r12!, {{s16-s23}}",
        products!("s31" "s8" "s16" "s9" "s17" "s10" "s18" "s11" "s19" "s12" "s20" "s13" "s21" "s14" "s22" "s15" "s23"),
        "vldmdb r12!, {{s16-s23}}",
        products!("s31" "s0" "s16" "s1" "s17" "s2" "s18" "s3" "s19" "s4" "s20" "s5" "s21" "s6" "s22" "s7" "s23"),
        "add r2, r7",
        "subs r4, #1",
        "bgt 4b",
        "bmi 13f",
        "vmov.f32 s31, #1.0",
        "b 7b",

        "9:", // the next mean and scale
        "ldr r6, [sp, #68]",
        "ldr r5, [r9, r6]",
        "ldr r1, [r9], #4",
        "vmov d12, r1, r5",
        "ldr r6, [sp, #64]",
        "b 5b",
        "10:", // a byte
        "ldrb r1, [r8], #1",
        "vmov s31, r1",
        "vcvt.f32.u32 s31, s31",
        "b 6b",
        "11:", // the row, copied
        "subs r5, r7, #4",
        "12:",
        "ldr r1, [r2, r5]",
        "str r1, [sp, r5]",
        "subs r5, #4",
        "bpl 12b",
        "add r12, sp, #64",
        "b 8b",

        "13:",
        "vstmia sp, {{s0-s15}}",
        "subs r5, r7, #4",
        "14:",
        "ldr r1, [sp, r5]",
        "cmp r0, #{NO_RELU}",
        "beq 15f",
        "cmn r1, #0x800000",
        "it ls",
        "usatls r1, #31, r1",
        "15:",
        "str r1, [r3, r5]",
        "subs r5, #4",
        "bpl 14b",
        "add r3, r7",
        "subs r10, #16",
        "bhi 2b",
        "add sp, #88",
        "vpop {{d8-d15}}",
        "pop {{r0-r11, pc}}",
        moments = const MOMENTS,
        NO_RELU = const NO_RELU,
    )
}

/// out ← x W (+ b, ReLU), strip by strip.
///
/// # Safety
/// x points to k ≥ 1 numbers, `out` to as many as there are columns: `size` is four times that, less 1 if no ReLU follows.
/// They are a multiple of sixteen, or with the bias alone, ten more. `w` points to the strips: k rows each, and one for the bias.
/// All three are aligned to four bytes, as `vldmia` wants it. Then the reads stay within: two rows and two numbers of x at a time, after a first one if k is odd; x
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

        "lsrs r6, r1, #1", // sixteen columns: pairs of rows
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
