//! What the programs that are fed with floats have besides inference.
#![no_std]
#![no_main]

use core::hint::black_box;

mod common;

board::entry!(main);

fn main() -> bool {
    let mut scratch = [0.0f32; 42];
    black_box(&mut scratch);
    let x = [0.0f32; 64];
    black_box(&x[..]).is_empty()
}
