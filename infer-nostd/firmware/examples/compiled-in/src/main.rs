//! A net in flash: checked while compiling, nothing of it copied to RAM.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use cortex_m_semihosting::{debug, hprintln};
use infer_nostd::{Net, Scratch, include_net};
use panic_halt as _;

/// Your net. A damaged file does not build.
const NET: Net<'static> = include_net!("../net.tln");

/// A handwritten nought, 8 × 8 pixels of 0 to 16: your sensor's data stands here.
static IMAGE: [u8; NET.d()] = [
    0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0, 0, 3, 15, 2, 0, 11, 8, 0, 0, 4, 12, 0, 0, 8, 8, 0,
    0, 5, 8, 0, 0, 9, 8, 0, 0, 4, 11, 0, 1, 12, 7, 0, 0, 2, 14, 5, 10, 12, 0, 0, 0, 0, 6, 13, 10, 0, 0, 0,
];

#[entry]
fn main() -> ! {
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    let good = match NET.classify(&IMAGE, &mut scratch) {
        Ok(class) => {
            hprintln!("class {} ({})", class, NET.class_name(class).unwrap_or("no name"));
            class == 0
        }
        Err(error) => {
            hprintln!("{}", error.cause());
            false
        }
    };
    // Here a board would switch its light on, and loop.
    debug::exit(if good { debug::EXIT_SUCCESS } else { debug::EXIT_FAILURE });
    loop {
        cortex_m::asm::wfi();
    }
}
