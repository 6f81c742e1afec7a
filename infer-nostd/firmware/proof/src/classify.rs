//! A net compiled in, fed with bytes that it normalises, asked for a class.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Net, include_net};

mod common;

const NET: Net<'static> = include_net!("../../../tests/data/digits.tln");

board::entry!(main);

fn main() -> bool {
    let mut scratch = [0.0f32; 42];
    black_box(&mut scratch);
    let x = [0u8; 64];
    NET.classify(black_box(&x[..]), &mut scratch) == Ok(3)
}
