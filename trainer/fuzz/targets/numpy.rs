//! Data sets in `.npy` and `.npz`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::dataset::{OpenOptions, open_rows};

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let name = if choice % 2 == 0 { "a.npy" } else { "a.npz" };
    let path = fuzz::file("numpy", name, rest);
    fuzz::read_dataset(&path, &OpenOptions::default());
    let _ = open_rows(path.to_str().expect("UTF-8"), 2, &OpenOptions::default());
});
