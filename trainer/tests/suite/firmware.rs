//! The files that the bare-metal programs of `infer-nostd/firmware/` are fed with.
//!
//! `cargo test --release -p trainer firmware -- --ignored` writes them anew (then `digits.sums`: see
//! `infer-nostd/tests/firmware.rs`).

use std::fs;
use std::path::{Path, PathBuf};

use trainer::dataset::{Values, digits};

use crate::common::Desk;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../infer-nostd/tests/data").join(name)
}

/// The first hundred digits of the test part.
fn rows() -> Vec<u8> {
    let [_, test] = digits().expect("the embedded digits");
    let Values::U8(pixels) = test.values else { panic!("digits are bytes") };
    pixels[..100 * 64].to_vec()
}

#[test]
fn rows_are_the_first_hundred_of_the_test_part() {
    assert!(fs::read(path("digits.rows")).expect("a file") == rows());
}

#[test]
#[ignore = "writes infer-nostd/tests/data/ anew"]
fn write_net_and_rows() {
    let desk = Desk::new();
    let run = desk.run(&["train", "--data", "digits", "--hidden", "32", "--out", "digits.tln"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    fs::write(path("digits.tln"), desk.read("digits.tln")).expect("a file");
    fs::write(path("digits.rows"), rows()).expect("a file");
}
