//! Armv7E-M (Cortex-M4, M7): two products of 16-bit numbers in one instruction (SMLAD), three instructions for the four
//! products of a word of weights.
//!
//! Read as two signed 16-bit numbers, a word of a tile is h = 256 w₁ + v₀ twice over, where v₀ = w₀ + 128 is its lower byte. One
//! SMLAD of h with (x₁, x₃), another of v₀ (UXTB16) with (256 x₀ − x₁, 256 x₂ − x₃) add
//! (256 w₁ + v₀) x₁ + v₀ (256 x₀ − x₁) = 256 (w₁ x₁ + v₀ x₀), and the same for 2 and 3: no instruction goes to
//! taking w₁ out of its word. As |x| ≤ 127, the difference fits: |256 x₀ − x₁| ≤ 32,639. What v₀ has too much, 128 x₀, is
//! the same for every output, and the sums start with it taken away.
//!
//! Sums are 256 times too large, so a run of inputs has at most [`RUN`]: |256 Σ w x| ≤ 256 · 128 · 128 · 127 < 2³⁰, which
//! fits, and is a multiple of 256, so that the shift back is exact. (On the way sums may wrap.)

use crate::int8::{INPUTS, OUTPUTS, Product, TILE};

/// Inputs of a run: what is made of them lies on the stack, two bytes each.
const RUN: usize = 128;

/// What [`run`] takes, in the order of its registers.
#[repr(C)]
struct Run {
    /// r0: x.
    x: *const [i8; INPUTS],
    /// r1: its end.
    end: *const [i8; INPUTS],
    /// r2: the tiles of the first block of outputs, from those for x on.
    tiles: *const [u8; TILE],
    /// r3: bytes from the last of a block's tiles for x to the first of the next block's.
    skip: usize,
    /// r4: the sums.
    sums: *mut [i32; OUTPUTS],
    /// r5: how many blocks.
    blocks: usize,
}

pub(super) fn accumulate(p: Product<'_>) {
    if !p.tiles.as_ptr().addr().is_multiple_of(4) {
        // A net in the middle of other bytes: the slow way.
        return super::portable::small(p);
    }
    let mut skipped = 0;
    for x in p.x.chunks(RUN / INPUTS) {
        let needed = (p.sums.len() - 1).saturating_mul(p.stride).saturating_add(skipped + x.len());
        let tiles = p.tiles.get(skipped..).filter(|_| needed <= p.tiles.len() && x.len() <= p.stride);
        let Some(tiles) = tiles else { return };
        let range = x.as_ptr_range();
        let args = Run {
            x: range.start,
            end: range.end,
            tiles: tiles.as_ptr(),
            skip: (p.stride - x.len()) * TILE,
            sums: p.sums.as_mut_ptr(),
            blocks: p.sums.len(),
        };
        // SAFETY: Tiles are 64 bytes each, from a multiple of four on. x is 1 to 8 times sixteen bytes. Block b's tiles start `stride` tiles after those of the block before, and
        // the last of them ends at `needed`, within the tiles. There is at least one block, with its four sums.
        unsafe { run(&args) };
        skipped += x.len();
    }
}

/// Four words of weights, one for each output, times four inputs: x₁, x₃ in r0, the differences in r1, both from r6.
macro_rules! four_inputs {
    () => {
        "ldmia r6!, {{r0, r1}}
        ldmia r2!, {{r3, r5, r12, lr}}
        smlad r8, r3, r0, r8
        uxtb16 r3, r3
        smlad r8, r3, r1, r8
        smlad r9, r5, r0, r9
        uxtb16 r5, r5
        smlad r9, r5, r1, r9
        smlad r10, r12, r0, r10
        uxtb16 r12, r12
        smlad r10, r12, r1, r10
        smlad r11, lr, r0, r11
        uxtb16 lr, lr
        smlad r11, lr, r1, r11"
    };
}

/// The sums of one run.
///
/// # Safety
/// `x..end` is 16 to [`RUN`] readable bytes, a multiple of 16; `blocks` ≥ 1; for each block there are as many tiles as x has
/// sixteens, one block's `skip` bytes after the last one's, and four sums. The tiles lie at a multiple of four.
///
/// Proof of the body: r0 goes from x to its end in steps of four bytes, and r6 upwards from 2 · RUN bytes below the frame's four
/// words by eight for each, so it stays below them. For each block r6 passes the same 8 bytes for each four inputs and r2 sixteen, so r2
/// reads 64 bytes for each sixteen inputs: the block's tiles; then `skip` takes it to the next. `ldr` takes any address; what
/// `ldmia` and `strd` use is aligned to four bytes: tiles by the terms, sums as i32, the stack always. Registers that belong to the caller and the stack are put back.
#[unsafe(naked)]
unsafe extern "C" fn run(args: &Run) {
    core::arch::naked_asm!(
        "push {{r4-r11, lr}}",
        "ldmia r0, {{r0-r5}}",
        "mov r7, #0",
        "push {{r3, r5, r6, r7}}", // skip, blocks; r6 for nothing, r7 for what the sums start with
        "sub sp, #256",
        "mov r6, sp",
        // x as 16-bit numbers; r7: what the sums start with
        "mov r8, #0xff00ff00",
        "mvn r9, #0x007f007f", // −128 twice
        "2:",
        "ldr r10, [r0], #4",
        "sxtb16 r11, r10, ror #8",
        "and r10, r8, r10, lsl #8", // 256 x₀, 256 x₂
        "smlad r7, r10, r9, r7",
        "ssub16 r12, r10, r11",
        "strd r11, r12, [r6], #8",
        "cmp r0, r1",
        "bne 2b",
        "str r7, [sp, #268]",
        "mov r7, r6",
        "3:", // the next block of outputs
        "ldr r8, [sp, #268]",
        "mov r9, r8",
        "mov r10, r8",
        "mov r11, r8",
        "mov r6, sp",
        "4:",
        four_inputs!(),
        four_inputs!(),
        four_inputs!(),
        four_inputs!(),
        "cmp r6, r7",
        "bne 4b",
        "ldmia r4, {{r0, r1, r3, r12}}",
        "add r0, r0, r8, asr #8",
        "add r1, r1, r9, asr #8",
        "add r3, r3, r10, asr #8",
        "add r12, r12, r11, asr #8",
        "stmia r4!, {{r0, r1, r3, r12}}",
        "ldr r0, [sp, #256]",
        "add r2, r0",
        "ldr r0, [sp, #260]",
        "subs r0, #1",
        "str r0, [sp, #260]",
        "bne 3b",
        "add sp, #272",
        "pop {{r4-r11, pc}}",
    )
}
