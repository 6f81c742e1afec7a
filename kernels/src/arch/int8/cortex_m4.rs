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
//! Four outputs at a time are rescaled where they are, in registers. |a| < 2³⁰, so 2 a fits, and SMMULR of it with m is the
//! first rounding; ASRS leaves the bit below the last one in the carry, which is the second, and ADC adds it with z.

use crate::int8::Part;

/// Inputs of a run: what is made of them lies on the stack, two bytes each.
const RUN: usize = 128;

/// What [`run`] takes, and where it keeps what finds no register.
#[repr(C)]
struct Call {
    /// 0: x, the inputs still to come.
    x: *const u8,
    /// 4: how many.
    left: usize,
    /// 8: the tiles of the first four outputs, from those for x on.
    tiles: *const u8,
    /// 12: bytes from the tiles of four outputs to those of the next.
    stride: usize,
    /// 16: what the sums start from: the biases, or `out`.
    start: *const u8,
    /// 20: sums, or results.
    out: *mut u8,
    /// 24: outputs, a multiple of 4.
    outputs: usize,
    /// 28: multipliers; null if other inputs follow.
    multiplier: *const u8,
    /// 32: shifts.
    shift: *const u8,
    /// 36: z.
    zero: i32,
    /// 40: of this run: `stride` less the bytes of the tiles that it takes; `multiplier`, or null if it is not the last;
    /// outputs that are done.
    run: [usize; 3],
}

/// A layer, or a part of its inputs.
pub(crate) fn layer(part: Part<'_>) {
    let last = part.is_last();
    let (x, layer, first, out) = part.take();
    let w = layer.w;
    let start = if first == 0 { layer.bias.as_ptr().cast() } else { out.as_ptr().cast() };
    let mut call = Call {
        x: x.as_ptr(),
        left: x.len(),
        tiles: w.tiles().as_flattened().as_ptr().wrapping_add(first * 4),
        stride: w.stride() * 64,
        start,
        out: out.as_mut_ptr().cast(),
        outputs: layer.bias.len(),
        multiplier: if last { layer.multiplier.as_ptr().cast() } else { core::ptr::null() },
        shift: layer.shift.as_ptr(),
        zero: layer.zero,
        run: [0; 3],
    };
    // SAFETY: a `Layer` has as many biases, multipliers and shifts as outputs, a multiple of four, and tiles of `stride` for each
    // four; those for input `first` lie `first` · 4 bytes further on. A `Part` has an input, an output, an element of `out`
    // for each, and its x does not go beyond the layer's inputs.
    unsafe { run(&mut call) }
}

/// Four words of weights, one for each output, times four inputs: q₁, q₃ in r0, the differences in r1, both from r6.
macro_rules! four_inputs {
    ($load:literal) => {
        concat!(
            "ldmia r6!, {{r0, r1}}\n",
            $load,
            "smlad r8, r3, r0, r8
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
        )
    };
}

/// The result of one output: its start at r0, its sum in `acc`, its multiplier at r3, its shift the last byte of r6, z in lr; to r1.
macro_rules! result {
    ($acc:literal, $word:literal, $byte:literal) => {
        concat!(
            "ldr r5, [r0, #",
            $word,
            "]\nadd r5, r5, ",
            $acc,
            ", asr #8\nlsls r5, r5, #1\n",
            "ldr r12, [r3, #",
            $word,
            "]\nsmmulr r5, r5, r12\nadd r5, r5, r5, asr #31\n",
            "asrs r5, r6\nadcs r5, lr\nusat r5, #8, r5\nstrb r5, [r1, #",
            $byte,
            "]"
        )
    };
}

/// The sum of one output.
macro_rules! sum {
    ($acc:literal, $word:literal) => {
        concat!("ldr r5, [r0, #", $word, "]\nadd r5, r5, ", $acc, ", asr #8\nstr r5, [r1, #", $word, "]")
    };
}

/// The layer for x.
///
/// # Safety
/// `left` ≥ 1 bytes at x; `outputs` ≥ 4, a multiple of 4; that many words at `start` and `out`, and, if `multiplier` is not null, that
/// many words there and bytes at `shift`. For each four outputs, one `stride` after the other, tiles for x, rounded up to sixteen inputs.
///
/// Proof of the body. A run takes n = min(`left`, [`RUN`]) inputs: r0 goes over whole words of them up to r1, and what is left
/// before their end, r2, byte by byte. Each word, and inputs of q = 0 until there are four times four, makes 8 bytes upwards from
/// sp + 16, at most 2 `RUN`. For each block of outputs r6 passes those bytes, and r2 16 bytes of tiles for each 8 of them: 64 for sixteen
/// inputs; the skip takes it to the next block. Biases, multipliers and shifts are read for the four outputs that follow those
/// done. Results, 4 bytes for the block, end before the sums of the next block begin. `ldr` takes any address; `ldmia` and
/// `ldrd` want multiples of four, which `Call`, the stack, and tiles in the loop that uses it have. Registers that belong to the caller and
/// the stack are put back.
#[unsafe(naked)]
unsafe extern "C" fn run(call: &mut Call) {
    core::arch::naked_asm!(
        "push {{r4-r11, lr}}",
        "sub sp, #{frame}",
        "mov r4, r0",
        "1:", // the next run of inputs
        "ldrd r0, r2, [r4]",
        "cmp r2, #{run}",
        "it hi",
        "movhi r2, #{run}",
        "bic r1, r2, #3",
        "add r1, r0",
        "add r2, r0",
        "add r6, sp, #16",
        "movs r7, #0", // what the sums start with
        "mov r3, #0x01010101",
        "mov r8, #0xff00ff00",
        "mvn r9, #0x007f007f", // −128 twice
        "b 4f",
        "2:",
        "ldr r10, [r0], #4",
        "3:",
        "uqadd8 r10, r10, r3", // q = min(u + 1, 255) − 128
        "eor r10, r10, #0x80808080",
        "sxtb16 r11, r10, ror #8",
        "and r10, r8, r10, lsl #8", // 256 q₀, 256 q₂
        "smlad r7, r10, r9, r7",
        "ssub16 r12, r10, r11",
        "stmia r6!, {{r11, r12}}",
        "4:",
        "cmp r0, r1",
        "blo 2b",
        "mov r10, #0x7f7f7f7f", // q = 0, whatever the weights
        "subs r5, r2, r0",
        "beq 6f",
        "5:", // the last one to three inputs
        "subs r5, #1",
        "ldrb r11, [r0, r5]",
        "orr r10, r11, r10, lsl #8",
        "bne 5b",
        "mov r0, r2",
        "b 3b",
        "6:",
        "add r5, sp, #16",
        "sub r5, r6, r5",
        "tst r5, #31",
        "bne 3b",
        "mov r8, r7",
        "mov r9, r7",
        "mov r10, r7",
        "stmia sp, {{r7-r10}}",
        "mov r7, r6",
        "ldrd r0, r1, [r4]",
        "subs r0, r2, r0",
        "subs r1, r1, r0",
        "strd r2, r1, [r4]",
        "ite eq",
        "ldreq r1, [r4, #28]",
        "movne r1, #0",
        "ldrd r2, r0, [r4, #8]",
        "add r3, r2, r5, lsl #1",
        "str r3, [r4, #8]",
        "sub r0, r0, r5, lsl #1",
        "strd r0, r1, [r4, #40]",
        "movs r0, #0",
        "str r0, [r4, #48]",
        "7:", // the next four outputs
        "mov r6, sp",
        "ldmia r6!, {{r8-r11}}",
        "lsls r0, r2, #30",
        "bne 9f",
        "8:",
        four_inputs!("ldmia r2!, {{r3, r5, r12, lr}}\n"),
        four_inputs!("ldmia r2!, {{r3, r5, r12, lr}}\n"),
        "cmp r6, r7",
        "bne 8b",
        "b 10f",
        "9:", // the same with tiles at any address
        four_inputs!("ldr r3, [r2], #4\nldr r5, [r2], #4\nldr r12, [r2], #4\nldr lr, [r2], #4\n"),
        "cmp r6, r7",
        "bne 9b",
        "10:",
        "ldrd r0, r1, [r4, #16]",
        "ldrd r3, r6, [r4, #44]",
        "add r0, r0, r6, lsl #2",
        "cbnz r3, 11f",
        "add r1, r1, r6, lsl #2",
        sum!("r8", 0),
        sum!("r9", 4),
        sum!("r10", 8),
        sum!("r11", 12),
        "b 12f",
        "11:",
        "add r3, r3, r6, lsl #2",
        "add r1, r6",
        "ldrd r12, lr, [r4, #32]",
        "ldr r6, [r12, r6]",
        result!("r8", 0, 0),
        "lsrs r6, r6, #8",
        result!("r9", 4, 1),
        "lsrs r6, r6, #8",
        result!("r10", 8, 2),
        "lsrs r6, r6, #8",
        result!("r11", 12, 3),
        "12:",
        "ldr r0, [r4, #40]",
        "add r2, r0",
        "ldr r0, [r4, #48]",
        "adds r0, #4",
        "str r0, [r4, #48]",
        "ldr r1, [r4, #24]",
        "cmp r0, r1",
        "bne 7b",
        "ldr r0, [r4, #20]", // sums go on from where they were left
        "str r0, [r4, #16]",
        "ldr r0, [r4, #4]",
        "cmp r0, #0",
        "bne 1b",
        "add sp, #{frame}",
        "pop {{r4-r11, pc}}",
        run = const RUN,
        frame = const 16 + 2 * RUN,
    )
}
