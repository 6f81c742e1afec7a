//! An int8 net compiled in, fed with bytes as they are, asked for a class.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Net8, include_net8};

mod common;

const NET: Net8<'static> = include_net8!("../../../tests/data/digits8.tln");

board::entry!(main);

fn main() -> bool {
    let mut scratch = [0.0f32; 44];
    black_box(&mut scratch);
    let x = [0u8; 64];
    NET.classify(black_box(&x[..]), &mut scratch) == Ok(3)
}
