//! Armv7E-M (Cortex-M4, M7): a layer in assembly, two products of 16-bit numbers in one instruction (SMLAD), three
//! instructions for the four products of a word of weights.
//!
//! Read as two signed 16-bit numbers, a word of a tile is h = 256 w₁ + v₀ twice over, where v₀ = w₀ + 128 is its lower byte. One
//! SMLAD of h with (q₁, q₃), another of v₀ (UXTB16) with (256 q₀ − q₁, 256 q₂ − q₃) add
//! (256 w₁ + v₀) q₁ + v₀ (256 q₀ − q₁) = 256 (w₁ q₁ + v₀ q₀), and the same for 2 and 3: no instruction goes to
//! taking w₁ out of its word. As |q| ≤ 127, the difference fits: |256 q₀ − q₁| ≤ 32,639. What v₀ has too much, 128 q₀, is
//! the same for every output, and the sums start with it taken away.
//!
//! Sums are 256 times too large, so a run of inputs has at most [`RUN`]: |256 Σ w q| ≤ 256 · 128 · 128 · 127 < 2³⁰, which
//! fits, and is a multiple of 256, so that the shift back is exact. (On the way sums may wrap.)
//!
//! All sums are made first, four outputs at a time; then those of the last run are rescaled, one by one, where they lie. |a| < 2³⁰, so
//! 2 a fits, and SMMULR of it with m is the first rounding; ASRS leaves the bit below the last one in the carry, which is the
//! second, and ADC adds it with z.

use core::mem::{offset_of, transmute};

use crate::int8::{Layer, Part};

/// Inputs of a run: what is made of them lies on the stack, two bytes each. A multiple of sixteen.
const RUN: usize = 128;

/// A slice is where it begins, then how long it is, which [`run`] reads; if not, this would not compile.
const _: () = {
    #[repr(C)]
    struct Slice {
        begin: *const u8,
        len: usize,
    }
    // SAFETY: both are two words, and if the first is the pointer any length is a `usize`.
    let slice = unsafe { transmute::<&[u8], Slice>(&[0; 3]) };
    assert!(slice.len == 3);
};

/// A layer, or a part of its inputs, run by run.
#[inline(always)]
pub(crate) fn layer(part: Part<'_>) {
    let (x, layer, first, out) = part.take();
    let mut done = 0;
    while done < x.len() {
        let now = x.as_ptr().wrapping_add(done);
        // SAFETY: a `Part` has an input, an output, an element of `out` for each, and its x lies within the layer's inputs, from a
        // multiple of sixteen on; runs keep it so. A `Layer` has a bias, a multiplier and a shift for each output, and tiles.
        unsafe { run(now, (x.len() - done).min(RUN), layer, first + done, out.as_mut_ptr()) };
        done += RUN;
    }
}

/// Four words of weights, one for each output, times four inputs: q₁, q₃ in r0, the differences in r1.
macro_rules! products {
    () => {
        "smlad r8, r3, r0, r8
        uxtb16 r3, r3
        smlad r8, r3, r1, r8
        smlad r9, r4, r0, r9
        uxtb16 r4, r4
        smlad r9, r4, r1, r9
        smlad r10, r5, r0, r10
        uxtb16 r5, r5
        smlad r10, r5, r1, r10
        smlad r11, r7, r0, r11
        uxtb16 r7, r7
        smlad r11, r7, r1, r11"
    };
}

/// Sums of `n` inputs from number `first` on; if they are the layer's last, results.
///
/// # Safety
/// 1 ≤ `n` ≤ [`RUN`] bytes at x. `first` and, unless it is the layer's inputs, `first` + `n` are multiples of sixteen, and
/// `first` + `n` is not more than the layer's inputs. The layer has outputs, and as many words lie at `out`: sums so far, unless
/// `first` is 0.
///
/// Proof of the body. At sp are: what inputs follow, the bytes of a block's tiles beyond those of this run, the end of `out`, the bytes
/// from `out` to what the sums start from; at sp + 16 the excess, four times; at sp + 32 what is made of x. r0 goes over whole words
/// of x, `n` in r1 counting down; what is left is read byte by byte. Each word, and inputs of q = 0 until there are four times
/// four, makes 8 bytes upwards from sp + 32, at most 2 `RUN`, up to r12. For each block of outputs r6 passes those bytes, and r2 16
/// bytes of tiles for each 8 of them: 64 for sixteen inputs; the skip takes it to the next block. lr passes `out` and stops at its end;
/// r5, as far from it as the biases are from `out`, passes those, or is lr. Then r0 passes `out` once more, r3 the multipliers, r2 the
/// shifts, and r1 writes behind r0. `ldr` takes any address; `ldm`, `stm` and `strd` want multiples of four, which the stack,
/// `out`, and tiles in the loop that uses it have. Registers that belong to the caller and the stack are put back.
#[unsafe(naked)]
unsafe extern "C" fn run(x: *const u8, n: usize, layer: &Layer<'_>, first: usize, out: *mut i32) {
    core::arch::naked_asm!(
        "push {{r2, r4-r11, lr}}",
        "sub sp, #{frame}",
        "ldr r6, [sp, #{out}]",
        "mov lr, r6",
        "ldr r5, [r2, #{outputs}]",
        "add r5, r6, r5, lsl #2",
        "ldr r7, [r2, #{numbers}]",
        "subs r7, r7, r6",
        "cbz r3, 1f",
        "movs r7, #0",
        "1:",
        "ldrh r4, [r2, #{inputs}]",
        "ldr r2, [r2, #{tiles}]",
        "add r2, r2, r3, lsl #2",
        "subs r4, r4, r1",
        "subs r3, r4, r3",
        "adds r4, #15",
        "lsrs r4, r4, #4",
        "lsls r4, r4, #6",
        "stmia sp, {{r3, r4, r5, r7}}",
        "mov r9, #0x01010101",
        "mov r10, #0xff00ff00", // −256 twice
        "movs r7, #0", // twice what the sums start with
        "add r6, sp, #32",
        "b 4f",
        "2:", // the next four inputs
        "ldr r3, [r0], #4",
        "3:",
        "uqadd8 r3, r3, r9", // q = min(u + 1, 255) − 128
        "eor r3, r3, #0x80808080",
        "sxtb16 r4, r3, ror #8",
        "and r3, r10, r3, lsl #8", // 256 q₀, 256 q₂
        "smlad r7, r3, r10, r7",
        "ssub16 r5, r3, r4",
        "stmia r6!, {{r4, r5}}",
        "4:",
        "subs r1, #4",
        "bhs 2b",
        "mov r3, #0x7f7f7f7f", // q = 0, whatever the weights
        "adds r1, #4",
        "beq 6f",
        "5:", // the last one to three inputs
        "subs r1, #1",
        "ldrb r4, [r0, r1]",
        "orr r3, r4, r3, lsl #8",
        "bne 5b",
        "b 3b",
        "6:",
        "add r5, sp, #32",
        "subs r5, r6, r5",
        "lsls r5, r5, #27",
        "bne 3b",
        "asrs r7, r7, #1",
        "strd r7, r7, [sp, #16]",
        "strd r7, r7, [sp, #24]",
        "mov r12, r6",
        "7:", // the next four outputs
        "add r6, sp, #16",
        "ldmia r6!, {{r8-r11}}",
        "lsls r0, r2, #30",
        "beq 9f",
        "rsb r12, r12, r6, lsl #1", // as far behind r6 as the end is before it
        "8:", // tiles at any address: r12 comes nearer, two steps for one of r6
        "ldmia r6!, {{r0, r1}}",
        "add r12, #16",
        "ldr r3, [r2]",
        "ldr r4, [r2, #4]",
        "ldr r5, [r2, #8]",
        "ldr r7, [r2, #12]",
        "adds r2, #16",
        "b 10f",
        "9:",
        "ldmia r6!, {{r0, r1}}",
        "ldmia r2!, {{r3, r4, r5, r7}}",
        products!(),
        "ldmia r6!, {{r0, r1}}",
        "ldmia r2!, {{r3, r4, r5, r7}}",
        "10:",
        products!(),
        "cmp r6, r12",
        "blo 9b",
        "bhi 8b",
        "ldmia sp, {{r0, r1, r3, r5}}",
        "adds r2, r2, r1",
        "add r5, lr",
        "ldr r4, [r5]",
        "add r8, r4, r8, asr #8",
        "ldr r4, [r5, #4]",
        "add r9, r4, r9, asr #8",
        "ldr r4, [r5, #8]",
        "add r10, r4, r10, asr #8",
        "ldr r4, [r5, #12]",
        "add r11, r4, r11, asr #8",
        "stmia lr!, {{r8-r11}}",
        "cmp lr, r3",
        "bne 7b",
        "cbnz r0, 12f", // inputs follow
        "ldr r2, [sp, #{layer}]",
        "ldr r0, [sp, #{out}]",
        "mov r1, r0",
        "ldr r3, [r2, #{numbers}]",
        "add r3, lr",
        "subs r3, r3, r0", // as many bytes behind the biases as `out` has
        "ldrb r7, [r2, #{zero}]",
        "ldr r2, [r2, #{shift}]",
        "11:", // the next two results
        "ldmia r0!, {{r5, r6}}",
        "ldrh r4, [r2], #2", // both shifts: of a register's, ASRS takes the lowest byte
        "lsls r5, r5, #1",
        "ldr r8, [r3], #4",
        "smmulr r5, r5, r8",
        "add r5, r5, r5, asr #31",
        "asrs r5, r4",
        "adcs r5, r7",
        "usat r5, #8, r5",
        "lsrs r4, r4, #8",
        "lsls r6, r6, #1",
        "ldr r8, [r3], #4",
        "smmulr r6, r6, r8",
        "add r6, r6, r6, asr #31",
        "asrs r6, r4",
        "adcs r6, r7",
        "usat r6, #8, r6",
        "orr r5, r5, r6, lsl #8",
        "strh r5, [r1], #2",
        "cmp r0, lr",
        "bne 11b",
        "12:",
        "add sp, #{layer} + 4",
        "pop {{r4-r11, pc}}",
        frame = const 32 + 2 * RUN,
        layer = const 32 + 2 * RUN,
        out = const 32 + 2 * RUN + 40,
        inputs = const offset_of!(Layer<'_>, inputs),
        tiles = const offset_of!(Layer<'_>, tiles),
        numbers = const offset_of!(Layer<'_>, numbers),
        shift = const offset_of!(Layer<'_>, shift),
        outputs = const offset_of!(Layer<'_>, shift) + size_of::<usize>(),
        zero = const offset_of!(Layer<'_>, zero),
    )
}

/// The number of the first of the largest, 0 of none: from the last to the first, which wins of equals.
#[inline(always)]
pub(crate) fn argmax(u: &[u8]) -> usize {
    let best;
    // SAFETY: bytes are read from u on, fewer than it has; registers are those that are named, and the flags.
    unsafe {
        core::arch::asm!(
            "movs r2, #0", // the largest so far
            "mov r12, r2", // its number
            "2:",
            "subs r1, #1",
            "blo 3f",
            "ldrb r3, [r0, r1]",
            "cmp r3, r2",
            "blo 2b",
            "mov r2, r3",
            "mov r12, r1",
            "b 2b",
            "3:",
            in("r0") u.as_ptr(),
            inout("r1") u.len() => _,
            out("r2") _,
            out("r3") _,
            out("r12") best,
            options(readonly, nostack),
        );
    }
    best
}
