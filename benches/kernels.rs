//! The kernels at the net's own shapes, beside the peers. Every result is checked before the clock starts.
//!
//! `cargo bench -p kernels` in ten minutes, with `-- --quick` in a few; `cargo bench -p kernels -- matmul` for the products alone.

use std::hint::black_box;
use std::time::Duration;

use benches::{OnLines, Product, SHAPES, SOFTMAXES, Softmax, exp_peers, filled, outlined_intrinsics, peers};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kernels::Isa;

/// Multiply-adds at most of a product that plain code is timed at: the portable path without an FMA instruction, and the naive loops,
/// would take seconds for one of the larger ones.
const PLAIN_MACS: usize = 512 * 512 * 512;

/// C ← A B: throughput in multiply-adds.
fn products(c: &mut Criterion) {
    if cfg!(target_os = "linux") {
        let found = outlined_intrinsics();
        assert!(found.is_empty(), "a lost `inline`: these intrinsics are called as functions: {found:#?}");
    }
    for shape in SHAPES {
        let mut group = c.benchmark_group(format!("matmul {}", shape.name()));
        let macs = shape.m * shape.n * shape.k;
        let timed = |name: &str| macs <= PLAIN_MACS || !["portable", "naive loops"].contains(&name);
        group.throughput(Throughput::Elements(macs as u64));
        let mut product = Product::new(shape);
        for isa in isas().into_iter().filter(|isa| timed(isa.name())) {
            product.c.fill(f32::NAN);
            product.run(isa);
            product.check(isa.name(), true);
            group.bench_function(isa.name(), |b| b.iter(|| product.run(black_box(isa))));
        }
        for peer in peers().into_iter().filter(|peer| timed(peer.name)) {
            product.c.fill(f32::NAN);
            product.run_peer(peer.run);
            product.check(peer.name, false);
            group.bench_function(peer.name, |b| b.iter(|| black_box(&mut product).run_peer(peer.run)));
        }
        group.finish();
    }
}

/// Softmax of N rows of C scores.
fn softmaxes(c: &mut Criterion) {
    for (rows, cols) in SOFTMAXES {
        let mut group = c.benchmark_group(format!("softmax {rows}x{cols}"));
        group.throughput(Throughput::Elements((rows * cols) as u64));
        let mut softmax = Softmax::new(rows, cols);
        for isa in isas() {
            softmax.run(isa);
            softmax.check(isa.name());
            group.bench_function(isa.name(), |b| b.iter(|| black_box(&mut softmax).run(isa)));
        }
        for peer in exp_peers() {
            softmax.run_peer(peer.softmax);
            softmax.check(peer.name);
            group.bench_function(peer.name, |b| b.iter(|| black_box(&mut softmax).run_peer(peer.softmax)));
        }
        group.finish();
    }
}

/// e^x over a slice that fits the L1 cache.
fn exponentials(c: &mut Criterion) {
    let mut group = c.benchmark_group("exp 4096");
    group.throughput(Throughput::Elements(4096));
    let mut x = OnLines::of(&filled(4096, 4));
    x.iter_mut().for_each(|x| *x *= 20.0);
    let mut buffer = OnLines::of(&x);
    let mut contender = |name: &str, exp: &dyn Fn(&mut [f32])| {
        buffer.copy_from_slice(&x);
        exp(&mut buffer);
        let fits = buffer
            .iter()
            .zip(x.iter())
            .all(|(got, x)| (f64::from(*got) / f64::from(*x).exp() - 1.0).abs() < 1.2e-7);
        assert!(fits, "exp by {name} is more than an ULP off");
        group.bench_function(name, |b| {
            b.iter(|| {
                buffer.copy_from_slice(&x);
                exp(black_box(&mut buffer));
            })
        });
    };
    for isa in isas() {
        contender(isa.name(), &|x| kernels::exp(isa, x));
    }
    for peer in exp_peers() {
        contender(peer.name, &peer.run);
    }
    group.finish();
}

/// The instruction sets of this machine, fastest first.
fn isas() -> Vec<Isa> {
    let mut all: Vec<Isa> = Isa::available().collect();
    all.reverse();
    all
}

/// Two seconds for each of some two hundred contenders: what differs from one to the next here differs by more than that finds.
fn two_seconds() -> Criterion {
    let (warm_up, measurement) = (Duration::from_millis(400), Duration::from_millis(1600));
    Criterion::default().warm_up_time(warm_up).measurement_time(measurement).sample_size(20)
}

criterion_group! { name = benches; config = two_seconds(); targets = products, softmaxes, exponentials }
criterion_main!(benches);
