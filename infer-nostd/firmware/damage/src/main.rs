//! On the processor itself: the 64-32-10 nets of f32 and of int8 are taken, cut or with one flipped bit they are refused. A
//! sample of what `tests/damage.rs` and `tests/int8.rs` of `infer-nostd` try in full on the host.
#![no_std]
#![no_main]

use infer_nostd::{Net, Net8};

board::entry!(main);

fn main() -> bool {
    let f32 = refused(include_bytes!("../../../tests/data/digits.tln"), |file| Net::from_bytes(file).is_ok());
    let int8 =
        refused(include_bytes!("../../../tests/data/digits8.tln"), |file| Net8::from_bytes(file).is_ok());
    let (Some(f32), Some(int8)) = (f32, int8) else {
        board::print(" a damaged net was taken, or a whole one refused\n");
        return false;
    };
    board::print_number(f32 + int8);
    board::print(" damaged nets: refused\n");
    true
}

/// How many were tried: every bit of the header and of the checksum, one in 101 of the others; one length in 37, and each of
/// the shortest and the longest. None if one was taken.
fn refused<const LEN: usize>(file: &[u8; LEN], is_taken: fn(&[u8]) -> bool) -> Option<u32> {
    let mut copy = *file;
    let mut tried = 0;
    for bit in (0..8 * LEN).filter(|bit| *bit < 8 * 32 || *bit >= 8 * (LEN - 4) || bit % 101 == 0) {
        copy[bit / 8] ^= 1 << (bit % 8);
        if is_taken(&copy) {
            return None;
        }
        copy[bit / 8] ^= 1 << (bit % 8);
        tried += 1;
    }
    for len in (0..LEN).filter(|len| *len < 64 || *len >= LEN - 8 || len % 37 == 0) {
        if is_taken(&copy[..len]) {
            return None;
        }
        tried += 1;
    }
    is_taken(&copy).then_some(tried)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    board::print("panic\n");
    board::exit(false)
}
