//! Cortex-M: vectors, start-up, semihosting. Instructions that the smallest of them (M0) has.

use core::arch::{asm, global_asm};

global_asm!(
    ".section .vectors, \"a\"",
    ".word __stack_top, {reset}",
    ".rept 14",
    ".word {fault}",
    ".endr",
    reset = sym reset,
    fault = sym crate::fault,
);

/// The unit is off after a reset; the target's code uses it from the first function on.
#[cfg(target_abi = "eabihf")]
macro_rules! fpu_on {
    () => {
        "ldr r0, =0xe000ed88\n ldr r1, [r0]\n ldr r2, =0x00f00000\n orrs r1, r2\n str r1, [r0]\n dsb\n isb\n"
    };
}
#[cfg(not(target_abi = "eabihf"))]
macro_rules! fpu_on {
    () => {
        ""
    };
}

// SAFETY: the only function of this name; the link script makes it the entry.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn reset() -> ! {
    core::arch::naked_asm!(
        fpu_on!(),
        "ldr r0, =__bss_start",
        "ldr r1, =__bss_end",
        "movs r2, #0",
        "b 2f",
        "1: stmia r0!, {{r2}}",
        "2: cmp r0, r1",
        "bne 1b",
        "ldr r0, =__stack_bottom",
        "mov r1, sp",
        "ldr r2, ={paint}",
        "3: stmia r0!, {{r2}}",
        "cmp r0, r1",
        "bne 3b",
        "bl {run}",
        ".pool",
        paint = const crate::PAINT,
        run = sym crate::run,
    )
}

/// Operation and argument to the emulator.
fn call(operation: u32, argument: usize) {
    // SAFETY: the operations used read memory that the argument points to, and change r0 alone.
    unsafe { asm!("bkpt #0xab", inout("r0") operation => _, in("r1") argument, options(nostack, readonly)) };
}

pub(crate) fn write(zero_terminated: &[u8]) {
    call(4, zero_terminated.as_ptr().addr());
}

pub(crate) fn exit(good: bool) -> ! {
    loop {
        call(0x18, if good { 0x2_0026 } else { 0x2_0023 });
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
    unsafe { asm!("movs r0, #{}", const N, out("r0") _, options(nostack)) };
}
