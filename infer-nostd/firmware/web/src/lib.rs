//! The digits net as a WebAssembly module. JavaScript writes 64 pixels (0 to 16) at [`pixels`], calls [`classify`] and
//! reads ten scores at [`scores`]; `check.cjs` does so, and the page in `examples/` too.
#![no_std]

use core::cell::UnsafeCell;

use infer_nostd::{Net, Scratch, include_net};

const NET: Net<'static> = include_net!("../../../tests/data/digits.tln");

/// Memory shared with JavaScript.
struct Shared<T>(UnsafeCell<T>);
// SAFETY: the module has no threads, and JavaScript runs between calls only.
unsafe impl<T> Sync for Shared<T> {}

static PIXELS: Shared<[u8; NET.d()]> = Shared(UnsafeCell::new([0; NET.d()]));
static SCORES: Shared<[f32; NET.c()]> = Shared(UnsafeCell::new([0.0; NET.c()]));

/// Where the pixels go: 64 bytes.
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn pixels() -> *mut u8 {
    PIXELS.0.get().cast()
}

/// Where the last scores (or probabilities) are: ten f32.
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn scores() -> *const f32 {
    SCORES.0.get().cast()
}

/// The class of the pixels; their scores lie at [`scores`] then.
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn classify() -> i32 {
    infer(false)
}

/// The class of the pixels; their probabilities lie at [`scores`] then.
#[unsafe(no_mangle)] // SAFETY: no other function has this name
pub extern "C" fn probabilities() -> i32 {
    infer(true)
}

fn infer(softmax: bool) -> i32 {
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    // SAFETY: nobody else touches the pixels during a call, see `Shared`.
    let pixels = unsafe { *PIXELS.0.get() };
    let Ok(class) = NET.classify(&pixels, &mut scratch) else { return -1 };
    let result =
        if softmax { NET.probabilities(&pixels, &mut scratch) } else { NET.scores(&pixels, &mut scratch) };
    let Some(result) = result.ok().and_then(|s| s.first_chunk()) else { return -1 };
    // SAFETY: nobody else touches the scores during a call, see `Shared`.
    unsafe { *SCORES.0.get() = *result };
    class as i32
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
