//! RV32: start-up, semihosting.

use core::arch::asm;

// SAFETY: the only function of this name; the link script makes it the entry and puts it first.
#[unsafe(no_mangle)]
#[unsafe(naked)]
#[unsafe(link_section = ".vectors")]
extern "C" fn reset() -> ! {
    core::arch::naked_asm!(
        ".option push",
        ".option norelax",
        "la gp, __global_pointer$",
        ".option pop",
        "la t0, {fault}",
        "csrw mtvec, t0",
        "la t0, __bss_start",
        "la t1, __bss_end",
        "j 2f",
        "1: sw zero, 0(t0)",
        "addi t0, t0, 4",
        "2: bne t0, t1, 1b",
        "la t0, __stack_bottom",
        "la sp, __stack_top",
        "li t1, {paint}",
        "3: sw t1, 0(t0)",
        "addi t0, t0, 4",
        "bne t0, sp, 3b",
        "call {run}",
        paint = const crate::PAINT,
        run = sym crate::run,
        fault = sym fault,
    )
}

/// Where a trap goes: mtvec wants its lowest bits zero.
// SAFETY: the only function of this name.
#[unsafe(no_mangle)]
#[unsafe(naked)]
extern "C" fn fault() -> ! {
    core::arch::naked_asm!(".balign 4", "j {fault}", fault = sym crate::fault)
}

/// Operation and argument to the emulator, by the three instructions that it knows the request by.
fn call(operation: u32, argument: usize) {
    // SAFETY: the operations used read memory that the argument points to, and change a0 alone.
    unsafe {
        asm!(
            ".option push", ".option norvc", ".balign 16",
            "slli x0, x0, 0x1f", "ebreak", "srai x0, x0, 7",
            ".option pop",
            inout("a0") operation => _, in("a1") argument, options(nostack, readonly),
        )
    };
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
    unsafe { asm!("mv {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}

/// Something that the compiler cannot see through, and that is not the same for another N.
#[inline(always)]
pub(crate) fn mark<const N: u32>() {
    // SAFETY: changes the register it names.
    unsafe { asm!("li a0, {}", const N, out("a0") _, options(nostack, preserves_flags)) };
}
