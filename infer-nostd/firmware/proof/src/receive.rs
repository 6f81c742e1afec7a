//! A net that arrives at run time: read and checked, asked for a class and its probabilities.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::Net;

mod common;

board::entry!(main);

fn main() -> bool {
    let mut scratch = [0.0f32; 42];
    black_box(&mut scratch);
    let x = [0.0f32; 64];
    let Ok(net) = Net::from_bytes(black_box(&[])) else { return false };
    let Ok(prediction) = net.predict(black_box(&x[..]), &mut scratch) else { return false };
    black_box(prediction);
    true
}
