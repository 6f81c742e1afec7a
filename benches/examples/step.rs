//! The training step beside the same step in plain Rust over the crate `gemm`, in images a second.
//!
//! `cargo run --release -p benches --example step`, in under a minute. Both take their batches by row number from bytes in
//! memory. The contenders take turns and the minimum of many turns counts, so that a noisy neighbour hits all alike.
//! A name (`3072-50`) as an argument measures the nets that begin with it.

use std::time::Instant;

use benches::{NETS, Pixels, Rival, loss_bound, start};
use kernels::{Batch, Input, Isa};
use model::{Engine, Labels, Params, Shape, Step, Workspace, sgd_step};
use trainer::pool::Pool;

/// Small enough that thousands of steps neither diverge nor underflow.
const STEP: Step<f32> = Step { eta: 1e-4, lambda: 1e-3 };
/// Turns each contender gets, and seconds of a turn.
const TURNS: usize = 40;
const TURN: f64 = 0.05;

fn main() {
    let only = std::env::args().nth(1).unwrap_or_default();
    let two = Pool::new(2).expect("two threads");
    println!("{:<16}{:>6}{:>12}{:>12}{:>8}{:>14}", "net", "batch", "ours", "gemm", "ratio", "two threads");
    for (n, d, h, c) in NETS {
        if format!("{d}-{h}-{c}").starts_with(&only) {
            two.run(|| line((n, d, h, c), &two));
        }
    }
}

/// Times one net and prints its line: images a second, then how many times the rival's, and what a second thread brings.
fn line(net: (usize, usize, usize, usize), two: &Pool) {
    let (n, d, h, c) = net;
    let (pixels, shape) = (Pixels::new(d, c), Shape::new(d, h, c).expect("a sound shape"));
    let (batches, labels) = (pixels.batches(n), Labels::new(&pixels.labels, c).expect("labels below C"));
    let (by, params) = (pixels.normalization(d), start((d, h, c)));
    let one = Engine::serial(Isa::best());
    let mut ours = [one, Engine { pool: two, ..one }].map(|engine| {
        let mut net = Params::from_vec(shape, params.clone()).expect("as many numbers as parameters");
        let mut ws = Workspace::new(shape, n, engine.pool.width());
        let (pixels, batches) = (&pixels, &batches);
        move |turn: usize| {
            let rows = &batches[turn % batches.len()];
            let x = Batch::new(Input::U8(&pixels.bytes), by, rows);
            sgd_step(engine, &mut net, x, labels.rows(rows), STEP, &mut ws).data
        }
    });
    let mut rival = Rival::new(net, &params);
    let mut theirs = |turn: usize| rival.step(&pixels, &batches[turn % batches.len()], STEP.eta, STEP.lambda);

    // A step adds to a weight a rounding of at most its own size, and the rate is too small for the gradient's to show.
    let bound = loss_bound(net, &params, 0.5);
    for turn in 0..3 {
        let [a, b] = ours.each_mut().map(|step| step(turn));
        let (theirs, bound) = (theirs(turn), bound * (1 + turn) as f32);
        assert!(a.to_bits() == b.to_bits(), "loss {a} on one thread, {b} on two");
        assert!((a - theirs).abs() <= bound, "step {turn}: loss {a}, the rival's {theirs}, bound {bound}");
    }
    let mut times = [f64::INFINITY; 3];
    // Each goes on through an epoch of its own, a third after the one before: none finds rows that another has just brought near.
    let mut next = [0, 1, 2].map(|slot| slot * batches.len() / 3);
    let mut time = |slot: usize, step: &mut dyn FnMut(usize) -> f32, calls: usize| {
        let begun = Instant::now();
        let _ = (next[slot]..next[slot] + calls).map(step).last();
        next[slot] += calls;
        let seconds = begun.elapsed().as_secs_f64() / calls as f64;
        times[slot] = f64::min(times[slot], seconds);
        seconds
    };
    let calls = (TURN / time(2, &mut theirs, 3)) as usize + 1;
    for _ in 0..TURNS {
        time(0, &mut ours[0], calls);
        time(1, &mut ours[1], calls);
        time(2, &mut theirs, calls);
    }
    let [one, two, theirs] = times;
    let images = |seconds: f64| n as f64 / seconds;
    println!(
        "{:<16}{n:>6}{:>12.0}{:>12.0}{:>8.3}{:>14.3}",
        format!("{d}-{h}-{c}"),
        images(one),
        images(theirs),
        theirs / one,
        one / two
    );
}
