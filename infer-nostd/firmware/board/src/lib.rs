//! The least that a bare processor needs to run one of our programs in an emulator: start-up, text, an exit status.
//!
//! A program says `board::entry!(main)`, where `main` is a `fn() -> bool`; its result becomes the exit status of the
//! emulator. Text and status go through semihosting: an instruction that stops the processor and makes the emulator
//! (or a debugger on a real board) do what the registers ask for.
//!
//! Before `main` the stack is painted with [`PAINT`], so that [`stack_used`] can tell afterwards how deep it went.
#![no_std]

#[cfg_attr(target_arch = "arm", path = "arm.rs")]
#[cfg_attr(target_arch = "riscv32", path = "riscv32.rs")]
#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
mod machine;

/// What untouched stack holds.
pub const PAINT: u32 = 0xa5a5_a5a5;

/// Makes `$main`, a `fn() -> bool`, the program.
#[macro_export]
macro_rules! entry {
    ($main:path) => {
        // SAFETY: the start-up calls this name, with this signature; a program has one `entry!`.
        #[unsafe(no_mangle)]
        #[inline(never)] // so that every program has the same frame around it, and sizes can be compared
        extern "C" fn board_main() -> bool {
            $main()
        }
    };
}

// SAFETY: `entry!` defines the function; the link script defines the other two, whose addresses alone are used.
unsafe extern "C" {
    safe fn board_main() -> bool;
    static __stack_bottom: u32;
}

/// Called by the start-up code in `machine`, with a painted stack and zeroed statics.
extern "C" fn run() -> ! {
    exit(board_main())
}

/// Called where the processor refuses to go on.
extern "C" fn fault() -> ! {
    print("fault\n");
    exit(false)
}

/// Ends the program; the emulator's exit status is 0 for true.
pub fn exit(good: bool) -> ! {
    machine::exit(good)
}

/// Writes text.
pub fn print(text: &str) {
    for chunk in text.as_bytes().chunks(31) {
        let mut line = [0; 32]; // semihosting wants a zero at the end
        line[..chunk.len()].copy_from_slice(chunk);
        machine::write(&line);
    }
}

/// Writes eight hexadecimal digits.
pub fn print_hex(x: u32) {
    let mut line = [0; 9];
    for (i, place) in line[..8].iter_mut().enumerate() {
        *place = b"0123456789abcdef"[(x >> (28 - 4 * i) & 15) as usize];
    }
    machine::write(&line);
}

/// Writes a number.
pub fn print_number(mut x: u32) {
    let mut line = [0; 11];
    let mut first = line.len() - 1;
    loop {
        first -= 1;
        line[first] = b'0' + (x % 10) as u8;
        x /= 10;
        if x == 0 {
            break;
        }
    }
    machine::write(&line[first..]);
}

/// Bytes between the deepest place where the stack was ever written and `top`, an address in the stack.
pub fn stack_used(top: usize) -> usize {
    let mut at = &raw const __stack_bottom;
    // SAFETY: from its bottom to the caller's frame the stack is memory that the start-up has painted.
    while at.addr() < top && unsafe { at.read_volatile() } == PAINT {
        at = at.wrapping_add(1);
    }
    top - at.addr()
}

/// The stack pointer of the caller, if this is inlined as it says.
#[inline(always)]
pub fn stack_pointer() -> usize {
    machine::stack_pointer()
}

/// Paints the stack below the caller again: [`stack_used`] starts anew.
#[inline(never)]
pub fn paint_stack() {
    let mut at = (&raw const __stack_bottom).cast_mut();
    let end = machine::stack_pointer() - 16; // what this function may have pushed
    while at.addr() < end {
        // SAFETY: below the stack pointer lies nothing that is in use; interrupts are off.
        unsafe { at.write_volatile(PAINT) };
        at = at.wrapping_add(1);
    }
}

/// A place in the program that the instruction counter starts at.
#[inline(never)]
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn count_begin() {
    machine::mark::<1>();
}

/// A place in the program that the instruction counter stops at.
#[inline(never)]
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn count_end() {
    machine::mark::<2>();
}
