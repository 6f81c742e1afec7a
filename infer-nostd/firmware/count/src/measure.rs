//! One inference after the other between the two marks of the instruction counter.

use core::hint::black_box;

use board::{count_begin, count_end, print};

/// Counts the instructions of one call with an input of which the compiler knows nothing.
#[inline(always)]
pub(crate) fn count<T, R>(what: &str, input: T, call: impl FnOnce(T) -> R) -> R {
    print(what);
    let input = black_box(input);
    count_begin();
    let result = call(input);
    count_end();
    result
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

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    print("panic\n");
    board::exit(false)
}

/// The program of one net, compiled in, raw f32 in: the compiler knows it, as it does where it is the only one.
#[macro_export]
macro_rules! alone {
    ($raw:literal) => {
        const NET: Net<'static> = include_net!(concat!(env!("OUT_DIR"), "/", $raw));

        board::entry!(main);

        fn main() -> bool {
            let mut scratch = [0.0; NET.scratch_len()];
            let floats = [0.5f32; NET.d()];
            let x = Input::F32(&floats);
            let mut good = count("f32, compiled in: ", x, |x| NET.scores(x, &mut scratch)).is_ok();
            let x = black_box(x);
            good &= stack("scores of f32: ", || NET.scores(x, &mut scratch).is_ok());
            good
        }
    };
}

/// The program of the others: bytes with a normalisation in, int8, and nets that come at run time.
#[macro_export]
macro_rules! program {
    ($raw:literal, $bytes:literal, $int8:literal) => {
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
            let (floats, bytes) = ([0.5f32; BYTES.d()], [100u8; BYTES.d()]);
            let (x, raw) = (Input::F32(&floats), Input::U8(&bytes));
            let (u8_net, int8_net) = (&BYTES, &INT8);
            let mut good = count("u8 normalised, compiled in: ", raw, |x| u8_net.scores(x, scratch)).is_ok();
            good &= count("int8, class of bytes: ", raw, |x| int8_net.classify(x, scratch)).is_ok();
            good &= count("int8, scores of bytes: ", raw, |x| int8_net.scores(x, scratch)).is_ok();
            good &= count("int8, scores of f32: ", x, |x| int8_net.scores(x, scratch)).is_ok();
            good &= count("read and check at run time: ", FILE, Net::from_bytes).is_ok();
            if let (Ok(aligned), Ok(odd)) =
                (Net::from_bytes(black_box(FILE)), Net::from_bytes(black_box(&ODD.1)))
            {
                let quick = aligned.quick();
                good &= count("f32, at run time: ", x, |x| aligned.scores(x, scratch)).is_ok();
                good &= count("f32, at run time, quick: ", x, |x| quick.scores(x, scratch)).is_ok();
                good &= stack("scores of f32, quick: ", || quick.scores(black_box(x), scratch).is_ok());
                good &= count("f32, at run time, not aligned: ", x, |x| odd.scores(x, scratch)).is_ok();
            } else {
                good = false;
            }
            let raw = black_box(raw);
            good &= stack("scores of u8, normalised: ", || BYTES.scores(raw, scratch).is_ok());
            for net in [black_box(&BYTES), &BYTES] {
                good &= net.classify(raw, scratch).is_ok() && net.predict(raw, scratch).is_ok();
            }
            good &= stack("class: ", || black_box(&BYTES).classify(raw, scratch).is_ok());
            good &= stack("class and probabilities: ", || black_box(&BYTES).predict(raw, scratch).is_ok());
            good &= stack("int8, class of bytes: ", || INT8.classify(raw, scratch).is_ok());
            good &= stack("read and check: ", || Net::from_bytes(black_box(FILE)).is_ok());
            good
        }
    };
}
