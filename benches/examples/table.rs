//! One table of ratios: our products, e^x and softmax beside the peers', at the net's shapes, in about a minute.
//!
//! `cargo run --release -p benches --example table`, with a name (`"H W2"`) as an argument the lines that contain it. The
//! contenders take turns and the minimum of many turns counts, so that a noisy neighbour hits all alike. The columns after
//! GFLOP/s are times divided by ours, so above 1 we are faster: our other instruction sets, then the peers. Where our product
//! has an epilogue, a peer's is followed by a pass of its own.

use std::time::Instant;

use benches::{OnLines, Peer, Product, SHAPES, SOFTMAXES, Shape, Softmax, exp_peers, filled, peers};
use kernels::Isa;

/// Turns each contender gets, and the seconds of one turn.
const TURNS: usize = 40;
const TURN: f64 = 1e-3;

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let (isas, mut peers) = (isas(), peers());
    peers.retain(|peer| peer.name != "naive loops");
    let others = isas.iter().skip(1).map(|isa| isa.name()).chain(peers.iter().map(|peer| peer.name));
    let heads: String = others.map(|name| format!("{name:>16}")).collect();
    println!("{:<28}{:>12}{:>10}{heads}", "product m x k x n", "ours µs", "GFLOP/s");
    for shape in SHAPES.into_iter().filter(|shape| shape.name().contains(&only)) {
        product(shape, &isas, &peers);
    }
    if "exp softmax".contains(&only) {
        exponentials(&isas);
        softmaxes(&isas);
    }
}

/// The instruction sets worth a column, fastest first. (Plain Rust computes the fused multiply-add in several operations.)
fn isas() -> Vec<Isa> {
    let mut all: Vec<Isa> = Isa::available().filter(|isa| isa.name() != "portable").collect();
    all.reverse();
    all
}

/// One contender.
type Run<'a, T> = Box<dyn Fn(&mut T) + 'a>;

/// The least seconds a call of each contender takes, in turns.
fn race<T>(state: &mut T, contenders: &[Run<'_, T>]) -> Vec<f64> {
    let mut time = |run: &Run<'_, T>, calls: usize| {
        if calls > 1 {
            run(state); // So that it finds in the caches what it has left there itself, not what the others have.
        }
        let begun = Instant::now();
        (0..calls).for_each(|_| run(state));
        begun.elapsed().as_secs_f64() / calls as f64
    };
    // A call costs too little for the clock at first sight: ten of them, then as many as a turn takes.
    let calls = contenders.first().map_or(1, |run| (TURN / time(run, 10)) as usize + 1);
    let mut least = vec![f64::INFINITY; contenders.len()];
    for _ in 0..TURNS {
        for (least, run) in least.iter_mut().zip(contenders) {
            *least = least.min(time(run, calls));
        }
    }
    least
}

/// Times one shape and prints its line.
fn product(shape: Shape, isas: &[Isa], peers: &[Peer]) {
    let mut product = Product::new(shape);
    for &isa in isas {
        product.c.fill(f32::NAN);
        product.run(isa);
        product.check(isa.name(), true);
    }
    for peer in peers {
        product.c.fill(f32::NAN);
        product.run_peer(peer.run);
        product.check(peer.name, false);
    }
    let ours = isas.iter().map(|&isa| Box::new(move |p: &mut Product| p.run(isa)) as Run<'_, _>);
    let theirs = peers.iter().map(|peer| Box::new(|p: &mut Product| p.run_peer(peer.run)) as Run<'_, _>);
    let times = race(&mut product, &ours.chain(theirs).collect::<Vec<_>>());
    let flops = 2.0 * (shape.m * shape.n * shape.k) as f64;
    print_line(&shape.name(), flops, &times);
}

/// e^x of 4096 numbers in ±20, in billions a second. They are overwritten, so each call copies them first; the copy alone is a contender,
/// and is taken off the times of all.
fn exponentials(isas: &[Isa]) {
    let mut x = OnLines::of(&filled(4096, 4));
    x.iter_mut().for_each(|x| *x *= 20.0);
    let (peers, mut buffer) = (exp_peers(), OnLines::of(&x));
    let on = |exp: &dyn Fn(&mut [f32]), buffer: &mut OnLines<f32>| {
        buffer.copy_from_slice(&x);
        exp(buffer);
    };
    let ours =
        isas.iter().map(|&isa| Box::new(move |b: &mut _| on(&|x| kernels::exp(isa, x), b)) as Run<'_, _>);
    let theirs = peers.iter().map(|peer| Box::new(|b: &mut _| on(&peer.run, b)) as Run<'_, _>);
    let copy = Box::new(|b: &mut _| on(&|_| {}, b)) as Run<'_, _>;
    let times = without_last(race(&mut buffer, &ours.chain(theirs).chain([copy]).collect::<Vec<_>>()));
    let names = isas.iter().skip(1).map(|isa| isa.name()).chain(peers.iter().map(|peer| peer.name));
    let heads: String = names.map(|name| format!("{name:>16}")).collect();
    println!("{:<28}{:>12}{:>10}{heads}", "less a copy of the numbers", "ours µs", "Gelem/s");
    print_line("exp 4096", 4096.0, &times);
}

/// Softmax of rows of scores, copied as above; the peers are loops over their e^x.
fn softmaxes(isas: &[Isa]) {
    for (rows, cols) in SOFTMAXES {
        let (peers, mut softmax) = (exp_peers(), Softmax::new(rows, cols));
        for &isa in isas {
            softmax.run(isa);
            softmax.check(isa.name());
        }
        for peer in &peers {
            softmax.run_peer(peer.softmax);
            softmax.check(peer.name);
        }
        let ours = isas.iter().map(|&isa| Box::new(move |s: &mut Softmax| s.run(isa)) as Run<'_, _>);
        let theirs =
            peers.iter().map(|peer| Box::new(|s: &mut Softmax| s.run_peer(peer.softmax)) as Run<'_, _>);
        let copy = Box::new(|s: &mut Softmax| s.run_peer(|_, _| {})) as Run<'_, _>;
        let times = without_last(race(&mut softmax, &ours.chain(theirs).chain([copy]).collect::<Vec<_>>()));
        print_line(&format!("softmax {rows} x {cols}"), (rows * cols) as f64, &times);
    }
}

/// The times less the last of them, which is what the others have in common.
fn without_last(mut times: Vec<f64>) -> Vec<f64> {
    let part = times.pop().unwrap_or(0.0);
    times.iter().map(|time| time - part).collect()
}

/// Name, time and rate of the first contender, then the others' times divided by it.
fn print_line(name: &str, work: f64, times: &[f64]) {
    let ours = times[0];
    let ratios: String = times[1..].iter().map(|time| format!("{:>16.2}", time / ours)).collect();
    println!("{name:<28}{:>12.3}{:>10.2}{ratios}", ours * 1e6, work / ours / 1e9);
}
