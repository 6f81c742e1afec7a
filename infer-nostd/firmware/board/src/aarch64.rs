//! AArch64 at the exception level the emulator starts in: start-up, semihosting.

use core::arch::{asm, global_asm};

global_asm!(
    ".section .text.traps, \"ax\"",
    ".balign 2048",
    "traps:",
    ".rept 16",
    "b {fault}",
    ".balign 128",
    ".endr",
    fault = sym crate::fault,
);

// SAFETY: the only function of this name; the link script makes it the entry and puts it first.
#[unsafe(no_mangle)]
#[unsafe(naked)]
#[unsafe(link_section = ".vectors")]
extern "C" fn reset() -> ! {
    core::arch::naked_asm!(
        "mov x0, #0x300000", // CPACR_EL1.FPEN: the vector unit is off after a reset
        "msr cpacr_el1, x0",
        "ldr x0, =traps",
        "msr vbar_el1, x0",
        "isb",
        "ldr x0, =__bss_start",
        "ldr x1, =__bss_end",
        "b 2f",
        "1: str xzr, [x0], #8",
        "2: cmp x0, x1",
        "b.ne 1b",
        "ldr x0, =__stack_bottom",
        "ldr x1, =__stack_top",
        "mov sp, x1",
        "ldr w2, ={paint}",
        "3: str w2, [x0], #4",
        "cmp x0, x1",
        "b.ne 3b",
        "bl {run}",
        ".pool",
        paint = const crate::PAINT,
        run = sym crate::run,
    )
}

/// Operation and argument to the emulator.
fn call(operation: u32, argument: usize) {
    // SAFETY: the operations used read memory that the argument points to, and change x0 alone.
    unsafe {
        asm!("hlt #0xf000", inout("x0") u64::from(operation) => _, in("x1") argument, options(nostack, readonly))
    };
}

pub(crate) fn write(zero_terminated: &[u8]) {
    call(4, zero_terminated.as_ptr().addr());
}

pub(crate) fn exit(good: bool) -> ! {
    let block = [0x2_0026u64, u64::from(!good)];
    loop {
        call(0x18, block.as_ptr().addr());
    }
}

pub(crate) fn stack_pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Something that the compiler cannot see through, and that is not the same for another N.
#[inline(always)]
pub(crate) fn mark<const N: u32>() {
    // SAFETY: changes the register it names.
    unsafe { asm!("mov w0, #{}", const N, out("x0") _, options(nostack, preserves_flags)) };
}
