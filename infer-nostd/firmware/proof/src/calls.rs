//! Every call of a net that arrives at run time, of f32 and of int8. It is not measured: it links.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Net, Net8};

mod common;

board::entry!(main);

fn main() -> bool {
    let (mut scratch, x, bytes) = ([0.0f32; 44], [0.0f32; 64], [0u8; 64]);
    let (scratch, file) = (&mut scratch, black_box(&[][..]));
    let (Ok(net), Ok(net8)) = (Net::from_bytes(file), Net8::from_bytes(file)) else { return false };
    let mut good = Net::file_len(file).is_ok() && net.check_names().is_ok() && net8.check_names().is_ok();
    black_box((net.class_name(1), net8.class_name(1)));
    for net in [net, net.quick()] {
        good &= net.scores(&x[..], scratch).is_ok() && net.scores(&bytes[..], scratch).is_ok();
        good &= net.classify(&x[..], scratch).is_ok() && net.probabilities(&bytes[..], scratch).is_ok();
        good &= net.predict(&bytes[..], scratch).is_ok();
    }
    good &= net8.scores(&x[..], scratch).is_ok() && net8.quantized_scores(&bytes[..], scratch).is_ok();
    good &= net8.classify(&x[..], scratch).is_ok() && net8.probabilities(&bytes[..], scratch).is_ok();
    good && net8.predict(&bytes[..], scratch).is_ok()
}
