//! One table of ratios: our products beside the peers', at the net's shapes, in about a minute.
//!
//! `cargo run --release -p benches --example table`. The contenders take turns and the minimum of many turns
//! counts, so that a noisy neighbour hits all alike. The last three columns are times divided by ours: our own AVX2
//! path, then the peers.

use std::time::Instant;

use benches::{PEERS, Product, SHAPES, Shape};
use kernels::Isa;

/// Turns each contender gets.
const TURNS: usize = 40;

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    println!(
        "{:<28}{:>10}{:>10}{:>8}{:>16}{:>14}",
        "product m x k x n", "ours µs", "GFLOP/s", "÷ AVX2", "gemm", "matrixmultiply"
    );
    for shape in SHAPES {
        let name = format!("{} {}x{}x{}", shape.what, shape.m, shape.k, shape.n);
        if name.contains(&only) {
            line(&name, shape);
        }
    }
}

/// Times one shape and prints its line: peers as time ÷ ours, so above 1 they are slower.
fn line(name: &str, shape: Shape) {
    let mut product = Product::new(shape);
    let isas: Vec<Isa> = Isa::available().collect();
    let best = Isa::best();
    let avx2 = Isa::named("avx2").unwrap_or(best);
    assert!(isas.contains(&best));
    let flops = 2.0 * (shape.m * shape.n * shape.k) as f64;
    let calls = ((2e8 / flops) as usize).clamp(1, 20_000) / 4 + 1;
    let mut times = [f64::INFINITY; 4];
    let mut time = |slot: usize, run: &mut dyn FnMut(&mut Product)| {
        let start = Instant::now();
        for _ in 0..calls {
            run(&mut product);
        }
        times[slot] = times[slot].min(start.elapsed().as_secs_f64() / calls as f64);
    };
    for _ in 0..TURNS {
        time(0, &mut |p| p.run(best));
        time(1, &mut |p| p.run(avx2));
        time(2, &mut |p| (PEERS[0].run)(p));
        time(3, &mut |p| (PEERS[1].run)(p));
    }
    product.run(best);
    product.check(best.name(), true);
    let [ours, avx2, gemm, mm] = times;
    println!(
        "{name:<28}{:>10.2}{:>10.1}{:>8.2}{:>8.2}{:>16.2}",
        ours * 1e6,
        flops / ours / 1e9,
        avx2 / ours,
        gemm / ours,
        mm / ours
    );
}
