//! The panic handler of the proof: it calls a function that nobody has written.

// SAFETY: there is no such function; a program that needs it does not link, and that is the point.
unsafe extern "C" {
    safe fn a_panic_is_left_in_this_program() -> !;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    a_panic_is_left_in_this_program()
}
