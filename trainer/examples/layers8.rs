//! What an int8 net computes, byte by byte, for programs that compare: `layers8 NET < rows > bytes`. A row of D raw bytes gives
//! its D activations, the H hidden ones and the C scores, −128 to 127 each.

use std::io::{Read, Write};

use infer_nostd::Net8;
use kernels::int8::quantize;
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
        out.extend(x.iter().map(|&q| q as u8));
        out.extend(hidden(&net, &x).iter().map(|&q| q as u8));
        let scores = net.quantized_scores(row, &mut scratch).map_err(|e| e.to_string())?;
        out.extend(scores.map(|q| q as u8));
    }
    std::io::stdout().write_all(&out)?;
    Ok(())
}

/// The inputs as activations.
fn activations(net: &Net8<'_>, row: &[u8]) -> Vec<i32> {
    let mut u = row.to_vec();
    if !net.normalization().mean().is_empty() {
        let mut numbers = vec![0.0; net.d()];
        net.normalization().apply(Isa::best(), 0, Input::U8(row), &mut numbers);
        quantize(&numbers, &mut u);
    }
    u.iter().map(|&u| i32::from(u.min(254)) - 127).collect()
}

/// The hidden layer by plain loops: the scores, which the net makes of its own, are judged beside it.
fn hidden(net: &Net8<'_>, x: &[i32]) -> Vec<i32> {
    let layer = net.layer1();
    let output = |j| {
        let w = layer.weights();
        let a = x.iter().enumerate().map(|(k, x)| i32::from(w.get(k, j)) * x).sum::<i32>() + layer.bias(j)?;
        Some((layer.rescale(j)?.apply(a) - 127).clamp(-127, 127))
    };
    (0..net.h()).map_while(output).collect()
}
