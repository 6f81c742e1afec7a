//! Armv7-M (Cortex-M3): a load and a multiply-add for each product. Four inputs stay in registers for the four outputs of a
//! tile; weights are loaded byte by byte, those with k even unsigned, as w + 128. What is too much, 128 q_k for each of them, is
//! the same for every output and taken away first.

use super::super::portable::Portable;
use crate::arch::compact;
use crate::int8::{Accumulate, INPUTS, OUTPUTS, Product, TILE};

/// What [`run`] takes, and where it keeps what finds no register.
#[repr(C)]
struct Call {
    /// 0: x.
    x: *const [i8; INPUTS],
    /// 4: its end.
    end: *const [i8; INPUTS],
    /// 8: the tiles of the first block of outputs.
    tiles: *const [u8; TILE],
    /// 12: bytes from the last of a block's tiles for x to the first of the next block's.
    skip: usize,
    /// 16: the sums of the next block.
    sums: *mut [i32; OUTPUTS],
    /// 20: blocks to come.
    blocks: usize,
    /// 24: what each sum has too much.
    excess: i32,
}

impl Accumulate for Portable {
    #[inline]
    fn accumulate(self, p: Product<'_>) {
        all_blocks(p);
    }
}

fn all_blocks(p: Product<'_>) {
    let needed = p.sums.len().saturating_sub(1).saturating_mul(p.stride).saturating_add(p.x.len());
    if p.sums.is_empty() || p.x.is_empty() || needed > p.tiles.len() || p.x.len() > p.stride {
        return; // never: see `Product`; but nothing is read that is not there
    }
    let mut excess = 0;
    for x in p.x.as_flattened().iter().step_by(2) {
        excess += 128 * i32::from(*x);
        compact();
    }
    let range = p.x.as_ptr_range();
    let mut call = Call {
        x: range.start,
        end: range.end,
        tiles: p.tiles.as_ptr(),
        skip: (p.stride - p.x.len()) * TILE,
        sums: p.sums.as_mut_ptr(),
        blocks: p.sums.len(),
        excess,
    };
    // SAFETY: x has sixteens and there are blocks, each with its four sums. Block b's tiles start `stride` tiles after those of
    // the block before, and the last of them ends at `needed`, within the tiles.
    unsafe { run(&mut call) }
}

/// The products of one output and four inputs, in r8 to r11; its weights from `[r1, #..]` on.
macro_rules! output {
    ($acc:literal, $a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "ldrb r3, [r1, #",
            $a,
            "]\nldrsb r12, [r1, #",
            $b,
            "]\n",
            "mla ",
            $acc,
            ", r3, r8, ",
            $acc,
            "\nmla ",
            $acc,
            ", r12, r9, ",
            $acc,
            "\n",
            "ldrb r3, [r1, #",
            $c,
            "]\nldrsb r12, [r1, #",
            $d,
            "]\n",
            "mla ",
            $acc,
            ", r3, r10, ",
            $acc,
            "\nmla ",
            $acc,
            ", r12, r11, ",
            $acc,
        )
    };
}

/// The sums of all blocks.
///
/// # Safety
/// `x..end` is a multiple, not 0, of 16 readable bytes; `blocks` ≥ 1; for each block there are as many tiles as x has sixteens, one
/// block's `skip` bytes after the last one's, and four sums.
///
/// Proof of the body: for each block r0 goes from x to its end by four bytes, and r1 by sixteen, so over 64 bytes for each sixteen
/// inputs: the block's tiles; then `skip` takes it to the next. `ldmia` and `stmia` use the sums, aligned as i32. Registers that
/// belong to the caller are put back.
#[unsafe(naked)]
unsafe extern "C" fn run(call: &mut Call) {
    core::arch::naked_asm!(
        "push {{r4-r11, lr}}",
        "mov lr, r0",
        "ldrd r2, r1, [lr, #4]",
        "2:", // the next block of outputs
        "ldr r0, [lr]",
        "ldr r12, [lr, #16]",
        "ldmia r12, {{r4-r7}}",
        "ldr r3, [lr, #24]",
        "subs r4, r4, r3",
        "subs r5, r5, r3",
        "subs r6, r6, r3",
        "subs r7, r7, r3",
        "3:", // the next four inputs
        "ldrsb r8, [r0], #1",
        "ldrsb r9, [r0], #1",
        "ldrsb r10, [r0], #1",
        "ldrsb r11, [r0], #1",
        output!("r4", 0, 1, 2, 3),
        output!("r5", 4, 5, 6, 7),
        output!("r6", 8, 9, 10, 11),
        output!("r7", 12, 13, 14, 15),
        "adds r1, #16",
        "cmp r0, r2",
        "bne 3b",
        "ldr r12, [lr, #16]",
        "stmia r12!, {{r4-r7}}",
        "str r12, [lr, #16]",
        "ldr r3, [lr, #12]",
        "add r1, r3",
        "ldr r3, [lr, #20]",
        "subs r3, #1",
        "str r3, [lr, #20]",
        "bne 2b",
        "pop {{r4-r11, pc}}",
    )
}
