//! The proof that `infer-nostd` needs no std: a program for this very computer which links without it, with a
//! panic handler of its own and a net compiled in. Of the C library it takes the start-up code, `puts` and `memcpy`.
//!
//! ```sh
//! cd infer-nostd/firmware && cargo run --release -p host
//! ```
//!
//! It classifies one row, prints the instruction set it ran on and exits with
//! 0 if every score has the bits that the std test suite wrote down (`tests/data.rs`, from the reference loops),
//! 1 if a score or the class differs, 2 if the net did not run at all, 3 after a panic.
#![no_std]
#![no_main]

use core::ffi::{CStr, c_char, c_int};

use infer_nostd::{Error, Net, Scratch, include_net};
use kernels::Isa;

const NET: Net<'static> = include_net!("../../../tests/data/net-64-32-10.tln");
const ROW: &[u8] = include_bytes!("../../../tests/data/net-64-32-10.row");
const SCORES: &[u8] = include_bytes!("../../../tests/data/net-64-32-10.scores");

// SAFETY: the C library has both functions, with these types.
#[link(name = "c")]
unsafe extern "C" {
    fn puts(line: *const c_char) -> c_int;
    safe fn _exit(status: c_int) -> !;
}

/// The entry point: the C start-up code calls it.
// SAFETY: the program has no other function of this name.
#[unsafe(no_mangle)]
pub extern "C" fn main() -> c_int {
    print(match Isa::best().name() {
        "avx512" => c"host without std: on AVX-512",
        "avx2" => c"host without std: on AVX2",
        "neon" => c"host without std: on NEON",
        _ => c"host without std: on portable code",
    });
    match same_bits() {
        Ok(true) => {
            print(c"host without std: every score has the bits of the std build");
            0
        }
        Ok(false) => {
            print(c"host without std: a score differs from the std build");
            1
        }
        Err(_) => {
            print(c"host without std: the row or the scratch does not fit the net");
            2
        }
    }
}

/// Whether the net gives the scores written down, and their class.
fn same_bits() -> Result<bool, Error> {
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    let (expected, _) = SCORES.as_chunks::<4>();
    let scores = NET.scores(ROW, &mut scratch)?;
    let same = scores.iter().map(|score| score.to_le_bytes()).eq(expected.iter().copied());
    let first_largest = kernels::argmax(scores);
    Ok(same && NET.classify(ROW, &mut scratch)? == first_largest)
}

/// One line on stdout.
fn print(line: &CStr) {
    // SAFETY: a CStr ends in a zero byte, which is all that puts asks for.
    unsafe { puts(line.as_ptr()) };
}

/// Nothing here should panic; a program without std must say what happens if it does.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    print(c"host without std: panic");
    _exit(3)
}
