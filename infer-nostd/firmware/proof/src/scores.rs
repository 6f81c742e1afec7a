//! A net compiled in, fed with floats as they are, asked for its scores: what other inference engines do.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Net, include_net};

mod common;

const NET: Net<'static> = include_net!("../../../tests/data/raw.tln");

board::entry!(main);

fn main() -> bool {
    let mut scratch = [0.0f32; 42];
    black_box(&mut scratch);
    let x = [0.0f32; 64];
    NET.scores(black_box(&x[..]), &mut scratch).is_ok()
}
