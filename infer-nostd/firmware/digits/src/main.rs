//! A hundred handwritten digits through a net that is compiled in, on a processor without anything under it.
//!
//! Prints a checksum (CRC-32) of all scores, of all probabilities and of all classes; the program succeeds if they are the
//! host's. `tests/firmware.rs` of `infer-nostd` holds the host to the same numbers, by the reference loops.
#![no_std]
#![no_main]

use infer_nostd::{Net, Scratch, include_net};

const NET: Net<'static> = include_net!("../../../tests/data/digits.tln");
static ROWS: &[u8] = include_bytes!("../../../tests/data/digits.rows");
static EXPECTED: &[u8; 12] = include_bytes!("../../../tests/data/digits.sums");

board::entry!(main);

fn main() -> bool {
    let mut sums = [!0u32; 3];
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    for row in ROWS.chunks_exact(NET.d()) {
        let Ok(scores) = NET.scores(row, &mut scratch) else { return false };
        scores.iter().for_each(|x| crc32(&mut sums[0], &x.to_le_bytes()));
        let Ok(probabilities) = NET.probabilities(row, &mut scratch) else { return false };
        probabilities.iter().for_each(|x| crc32(&mut sums[1], &x.to_le_bytes()));
        let Ok(class) = NET.classify(row, &mut scratch) else { return false };
        crc32(&mut sums[2], &[class as u8]);
    }
    let (expected, _) = EXPECTED.as_chunks::<4>();
    let mut good = true;
    for ((name, sum), expected) in ["scores ", " probabilities ", " classes "].iter().zip(sums).zip(expected)
    {
        board::print(name);
        board::print_hex(!sum);
        good &= !sum == u32::from_le_bytes(*expected);
    }
    board::print(if good { ": the host's\n" } else { ": NOT the host's\n" });
    good
}

fn crc32(crc: &mut u32, bytes: &[u8]) {
    for &byte in bytes {
        *crc ^= u32::from(byte);
        for _ in 0..8 {
            *crc = if *crc & 1 == 1 { *crc >> 1 ^ 0xEDB8_8320 } else { *crc >> 1 };
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    board::print("panic\n");
    board::exit(false)
}
