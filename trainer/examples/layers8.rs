//! What an int8 net computes, byte by byte, for programs that compare: `layers8 NET < rows > bytes`. A row of D raw bytes gives
//! its D activations, the H hidden ones and the C scores, −128 to 127 each.

use std::io::{Read, Write};

use infer_nostd::Net8;
use kernels::int8::{INPUTS, OUTPUTS, accumulate_reference, quantize_bytes, quantize_numbers, rescale};
use kernels::{Input, Isa};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name the file of an int8 net")?;
    let file = std::fs::read(path)?;
    let net = Net8::from_bytes(&file).map_err(|e| e.to_string())?;
    let mut rows = Vec::new();
    std::io::stdin().read_to_end(&mut rows)?;
    let mut scratch = vec![0.0; net.scratch_len()];
    let mut out = Vec::new();
    for row in rows.chunks_exact(net.d()) {
        let x = activations(&net, row);
        let hidden = hidden(&net, &x);
        let scores = net.quantized_scores(row, &mut scratch).map_err(|e| e.to_string())?;
        out.extend(x[..net.d()].iter().map(|&q| q as u8));
        out.extend(hidden.iter().chain(scores).map(|&q| q as u8));
    }
    std::io::stdout().write_all(&out)?;
    Ok(())
}

/// The inputs as activations, filled up with what meets weights of 0.
fn activations(net: &Net8<'_>, row: &[u8]) -> Vec<i8> {
    let mut x = vec![0; net.d().next_multiple_of(INPUTS)];
    if net.normalization().mean().is_empty() {
        quantize_bytes(row, &mut x);
    } else {
        let mut numbers = vec![0.0; net.d()];
        net.normalization().apply(Isa::best(), 0, Input::U8(row), &mut numbers);
        quantize_numbers(&numbers, &mut x);
    }
    x
}

/// The hidden layer by the plain loops: scores that the net makes of its own are judged beside it.
fn hidden(net: &Net8<'_>, x: &[i8]) -> Vec<i32> {
    let layer = net.layer1();
    let padded = net.h().next_multiple_of(OUTPUTS);
    let mut sums: Vec<i32> = (0..padded).map(|j| layer.bias(j).unwrap_or(0)).collect();
    accumulate_reference(x, layer.weights(), 0, &mut sums);
    for (j, sum) in sums.iter_mut().enumerate() {
        if let Some(m) = layer.rescale(j) {
            rescale(core::slice::from_mut(sum), &[m.multiplier().to_le_bytes()], &[m.shift()], -127, -127);
        }
    }
    sums.truncate(net.h());
    sums
}
