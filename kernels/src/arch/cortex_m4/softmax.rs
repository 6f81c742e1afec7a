//! Softmax of a row in assembly: half of what the compiler makes of it, which knows no float registers for the fused
//! multiply-add.
//!
//! The operations are those of `softmax_row`'s plain way and of `exp_f32`, so the bits are. What is different is how they are
//! written down: an argument here is at most 0 or a NaN, so that the upper end of e^x is left out, and 2ⁿ is made of the bits of
//! the sum that rounds n. With 192 = 127 + 65 added to its 1.5 · 2²³, the last of these bits, moved up, are the float 2ⁿ⁺⁶⁵; 192 is even,
//! so n is rounded as before. q · 2ⁿ⁺⁶⁵ is exact for −152 < n ≤ 0, and q · 2ⁿ⁺⁶⁵ · 2⁻⁶⁵ is rounded once, as in `scale`.

use crate::exp::single::{C, ENDS, LN_2, LOG2_E, ROUND};

/// What the row needs at once: the largest number so far, the lower end, log₂ e, the constant that rounds, −ln 2 in two parts, 2⁻⁶⁵,
/// and the first coefficient; then the others, of which Horner's rule takes one at a time.
static NUMBERS: [f32; 14] = [
    f32::NEG_INFINITY,
    ENDS.0,
    LOG2_E,
    ROUND + 192.0,
    -LN_2.0,
    -LN_2.1,
    1.0 / (1u128 << 65) as f32,
    C[4],
    C[3],
    C[2],
    C[1],
    C[0],
    1.0,
    1.0,
];

/// row ← softmax(row).
#[inline(always)]
pub(crate) fn row(row: &mut [f32]) {
    if !row.is_empty() {
        // SAFETY: the pointers are the row's first number and one past its last, and there is one.
        unsafe { softmax(row.as_mut_ptr_range().start, row.as_mut_ptr_range().end) }
    }
}

/// Softmax of the numbers from `row` to `end`.
///
/// # Safety
/// `end` is past `row`, and all between them is of one row, to be read and written. Sixteen partial sums are pushed on the stack and
/// taken off again; registers are those that a call may use up.
#[unsafe(naked)]
#[rustfmt::skip]
unsafe extern "C" fn softmax(row: *mut f32, end: *mut f32) {
    core::arch::naked_asm!(
        ".fpu fpv4-sp-d16",
        "movs r2, #0",
        "movs r3, #16",
        "1:", // the partial sums; the last one comes first
        "push {{r2}}",
        "subs r3, #1",
        "bne 1b",
        "movw r12, #:lower16:{numbers}",
        "movt r12, #:upper16:{numbers}",
        "vldmia r12!, {{s3-s10}}",

        "mov r2, r0",
        "2:", // s3: the largest number
        "vldmia r2!, {{s0}}",
        "vcmp.f32 s0, s3",
        "vmrs APSR_nzcv, fpscr",
        "it gt", // a NaN is not
        "vmovgt.f32 s3, s0",
        "cmp r2, r1",
        "bne 2b",

        "mov r2, r0",
        "3:", // x − max, not below the lower end
        "vldr s0, [r2]",
        "vsub.f32 s0, s0, s3",
        "vcmp.f32 s0, s4",
        "vmrs APSR_nzcv, fpscr",
        "it mi", // a NaN is not
        "vmovmi.f32 s0, s4",
        "vmov.f32 s1, s6", // n = x log₂ e, rounded
        "vfma.f32 s1, s0, s5",
        "vmov r3, s1",
        "lsls r3, r3, #23",
        "vmov s11, r3", // 2ⁿ⁺⁶⁵
        "vsub.f32 s1, s1, s6",
        "vfma.f32 s0, s1, s7", // r = x − n ln 2
        "vfma.f32 s0, s1, s8",
        "vmov.f32 s2, s10",
        "movs r3, #6",
        "4:",
        "vldmia r12!, {{s1}}",
        "vfma.f32 s1, s2, s0",
        "vmov.f32 s2, s1",
        "subs r3, #1",
        "bne 4b",
        "subs r12, #24",
        "vmul.f32 s2, s2, s11",
        "vmul.f32 s2, s2, s9",
        "vstmia r2!, {{s2}}",
        "subs r3, r0, r2", // partial sum j mod 16 lies at 60 − 4 j
        "and r3, r3, #60",
        "add r3, sp",
        "vldr s1, [r3]",
        "vadd.f32 s1, s1, s2",
        "vstr s1, [r3]",
        "cmp r2, r1",
        "bne 3b",

        "movs r2, #60", // 4 p, and 4 half: partial p is added to p − half
        "movs r3, #32",
        "5:",
        "vpop {{s0}}",
        "add r12, sp, r3",
        "vldr s1, [r12, #-4]",
        "vadd.f32 s1, s1, s0",
        "vstr s1, [r12, #-4]",
        "cmp r2, r3",
        "it eq",
        "lsreq r3, r3, #1",
        "subs r2, #4",
        "bne 5b",
        "add sp, #4",

        "vmov.f32 s0, #1.0",
        "vdiv.f32 s1, s0, s1",
        "6:",
        "vldr s0, [r0]",
        "vmul.f32 s0, s0, s1",
        "vstmia r0!, {{s0}}",
        "cmp r0, r1",
        "bne 6b",
        "bx lr",
        numbers = sym NUMBERS,
    )
}
