//! One inference after the other between the two marks of the instruction counter.

use core::hint::black_box;

use board::{count_begin, count_end, print};
use infer_nostd::{Input, Net, Net8};

/// Counts the instructions of one call of `scores`.
#[inline(always)]
pub(crate) fn scores(what: &str, net: &Net<'_>, x: Input<'_>, scratch: &mut [f32]) -> bool {
    print(what);
    let x = black_box(x);
    count_begin();
    let good = net.scores(x, scratch).is_ok();
    count_end();
    good
}

/// Counts the instructions of one call of `classify` of an int8 net.
#[inline(always)]
pub(crate) fn classify8(what: &str, net: &Net8<'_>, x: Input<'_>, scratch: &mut [f32]) -> bool {
    print(what);
    let x = black_box(x);
    count_begin();
    let good = net.classify(x, scratch).is_ok();
    count_end();
    good
}

/// Counts the instructions of one call of `scores` of an int8 net.
#[inline(always)]
pub(crate) fn scores8(what: &str, net: &Net8<'_>, x: Input<'_>, scratch: &mut [f32]) -> bool {
    print(what);
    let x = black_box(x);
    count_begin();
    let good = net.scores(x, scratch).is_ok();
    count_end();
    good
}

/// Measures the stack of one call: how far below the caller's frame the paint is gone.
#[inline(always)]
pub(crate) fn stack(what: &str, call: impl FnOnce() -> bool) -> bool {
    board::paint_stack();
    let good = call();
    let used = board::stack_used(board::stack_pointer());
    print(what);
    board::print_number(used as u32);
    print(" bytes of stack\n");
    good
}

/// Counts the instructions of reading and checking a net.
#[inline(never)]
pub(crate) fn check(what: &str, file: &[u8]) -> bool {
    print(what);
    let file = black_box(file);
    count_begin();
    let net = Net::from_bytes(file);
    count_end();
    net.is_ok()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    print("panic\n");
    board::exit(false)
}

/// The program for one pair of nets: raw f32 in, and bytes with a normalisation in.
#[macro_export]
macro_rules! program {
    ($raw:literal, $bytes:literal, $int8:literal) => {
        const RAW: Net<'static> = include_net!(concat!(env!("OUT_DIR"), "/", $raw));
        const BYTES: Net<'static> = include_net!(concat!(env!("OUT_DIR"), "/", $bytes));
        const INT8: Net8<'static> = include_net8!(concat!(env!("OUT_DIR"), "/", $int8));
        static FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/", $raw));

        /// A file that does not lie at a multiple of four.
        #[repr(C, align(4))]
        struct Odd(u8, [u8; include_bytes!(concat!(env!("OUT_DIR"), "/", $raw)).len()]);
        static ODD: Odd = Odd(0, *include_bytes!(concat!(env!("OUT_DIR"), "/", $raw)));

        board::entry!(main);

        fn main() -> bool {
            let mut scratch = Scratch::<{ INT8.scratch_len() }>::new(); // that of the others, rounded up
            let scratch = scratch.as_mut();
            let (floats, bytes) = ([0.5f32; RAW.d()], [100u8; RAW.d()]);
            let mut good = measure::scores("f32, compiled in: ", &RAW, Input::F32(&floats), scratch);
            good &= measure::scores("u8 normalised, compiled in: ", &BYTES, Input::U8(&bytes), scratch);
            good &= measure::classify8("int8, class of bytes: ", &INT8, Input::U8(&bytes), scratch);
            good &= measure::scores8("int8, scores of bytes: ", &INT8, Input::U8(&bytes), scratch);
            good &= measure::scores8("int8, scores of f32: ", &INT8, Input::F32(&floats), scratch);
            good &= measure::check("read and check at run time: ", FILE);
            if let (Ok(aligned), Ok(odd)) =
                (Net::from_bytes(black_box(FILE)), Net::from_bytes(black_box(&ODD.1)))
            {
                good &= measure::scores("f32, at run time: ", &aligned, Input::F32(&floats), scratch);
                good &=
                    measure::scores("f32, at run time, not aligned: ", &odd, Input::F32(&floats), scratch);
            } else {
                good = false;
            }
            let (x, raw) = (black_box(Input::F32(&floats)), black_box(Input::U8(&bytes)));
            good &= measure::stack("scores of f32: ", || RAW.scores(x, scratch).is_ok());
            good &= measure::stack("scores of u8, normalised: ", || BYTES.scores(raw, scratch).is_ok());
            good &= measure::stack("probabilities: ", || BYTES.probabilities(raw, scratch).is_ok());
            good &= measure::stack("int8, class of bytes: ", || INT8.classify(raw, scratch).is_ok());
            good &= measure::stack("read and check: ", || Net::from_bytes(black_box(FILE)).is_ok());
            good
        }
    };
}
