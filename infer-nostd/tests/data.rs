//! The files in `tests/data/`: what they hold, and that they hold it.
//!
//! `cargo test -p infer-nostd --test data -- --ignored` writes them anew.

mod common;

use std::path::{Path, PathBuf};

use common::{Parts, digits, digits_row};
use infer_nostd::Input;

/// Every file: a net with a row and its scores by the reference loops, the net of FORMAT.md, and the same with one
/// bit of W1 flipped.
fn files() -> [(&'static str, Vec<u8>); 5] {
    let scores = digits().scores(Input::U8(&digits_row()));
    let mut damaged = Parts::example().file();
    damaged[32] ^= 1;
    [
        ("net-64-32-10.tln", digits().file()),
        ("net-64-32-10.row", digits_row()),
        ("net-64-32-10.scores", scores.iter().flat_map(|s| s.to_le_bytes()).collect()),
        ("example.tln", Parts::example().file()),
        ("damaged.tln", damaged),
    ]
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

#[test]
fn files_are_what_this_test_says() {
    for (name, bytes) in files() {
        assert!(std::fs::read(path(name)).unwrap() == bytes, "{name} is not what encode writes today");
    }
}

#[test]
#[ignore = "writes tests/data/ anew: only after a wanted change of the format"]
fn write_files() {
    for (name, bytes) in files() {
        std::fs::write(path(name), bytes).unwrap();
    }
}
