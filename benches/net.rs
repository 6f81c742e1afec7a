//! A whole training step and a whole inference, beside the same in plain Rust over the crate `gemm`.
//!
//! `cargo bench -p benches`. Results are checked before the clock starts.

use std::hint::black_box;

use benches::{NETS, Pixels, Rival, filled, loss_bound, start};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use infer_nostd::{Contents, Net, encode, encoded_len};
use kernels::{Batch, Input, Mat};
use model::{Engine, Labels, Params, Shape, Step, Workspace, forward, sgd_step};

/// Small enough that thousands of steps on the same batch neither diverge nor underflow.
const STEP: Step<f32> = Step { eta: 1e-4, lambda: 1e-3 };

/// The net of these sizes at its start.
fn net(shape: Shape) -> Params<f32> {
    Params::from_vec(shape, start((shape.d, shape.h, shape.c))).expect("as many numbers as parameters")
}

/// One step of gradient descent on batch after batch, gathered by row number: throughput in rows.
fn steps(c: &mut Criterion) {
    for (n, d, h, classes) in NETS {
        let shape = Shape::new(d, h, classes).expect("the shapes are sound");
        let mut group = c.benchmark_group(format!("step {d}-{h}-{classes}, batch {n}"));
        group.throughput(Throughput::Elements(n as u64));
        let pixels = Pixels::new(d, classes);
        let (batches, by) = (pixels.batches(n), pixels.normalization(d));
        let labels = Labels::new(&pixels.labels, classes).expect("labels below C");
        let (mut net, mut ws) = (net(shape), Workspace::new(shape, n, 1));
        let mut rival = Rival::new((n, d, h, classes), net.as_slice());
        let bound = loss_bound((n, d, h, classes), net.as_slice(), 0.5);
        let mut ours = |rows: &[u32]| {
            let x = Batch::new(Input::U8(&pixels.bytes), by, rows);
            sgd_step(Engine::default(), &mut net, x, labels.rows(rows), STEP, &mut ws).data
        };
        let (ours_first, theirs_first) =
            (ours(&batches[0]), rival.step(&pixels, &batches[0], STEP.eta, STEP.lambda));
        assert!(
            (ours_first - theirs_first).abs() <= bound,
            "loss {ours_first} and the rival's {theirs_first}, bound {bound}"
        );
        let mut turn = batches.iter().cycle();
        group.bench_function("model", |b| b.iter(|| ours(black_box(turn.next().expect("an endless cycle")))));
        let mut turn = batches.iter().cycle();
        group.bench_function("plain Rust over gemm", |b| {
            b.iter(|| {
                rival.step(&pixels, black_box(turn.next().expect("an endless cycle")), STEP.eta, STEP.lambda)
            })
        });
        group.finish();
    }
}

/// One row through the net: scores from a net file where it lies.
fn inferences(c: &mut Criterion) {
    for (d, h, classes) in [(64, 32, 10), (784, 128, 10), (3072, 50, 10), (3072, 500, 10)] {
        let shape = Shape::new(d, h, classes).expect("the shapes above are sound");
        let mut group = c.benchmark_group(format!("inference {d}-{h}-{classes}"));
        let (params, x) = (net(shape), filled(d, 7));
        let file = file_of(&params);
        let net = Net::from_bytes(&file).expect("just written");
        let mut scratch = vec![0.0; net.scratch_len()];
        let mut rival = Rival::new((1, d, h, classes), params.as_slice());
        let mut ws = Workspace::new(shape, 1, 1);
        forward(Engine::default(), &params, Mat::new(&x, 1, d), &mut ws);

        let scores = net.scores(&x[..], &mut scratch).expect("x has D numbers");
        assert_eq!(Some(scores), ws.scores().row(0), "the scores are not the trainer's");
        for (ours, theirs) in scores.iter().zip(rival.forward(&x)) {
            assert!((ours - theirs).abs() <= 1e-4, "score {ours}, the rival's {theirs}");
        }
        group.bench_function("infer-nostd", |b| {
            b.iter(|| net.scores(black_box(&x[..]), &mut scratch).expect("x has D numbers")[0])
        });
        group.bench_function("plain Rust over gemm", |b| b.iter(|| rival.forward(black_box(&x))[0]));
        group.finish();
    }
}

/// The net file of these parameters, without normalisation and names.
fn file_of(params: &Params<f32>) -> Vec<u8> {
    let Shape { d, h, c, .. } = params.shape();
    let (w1, w2) = (params.w1_slice(), params.w2_slice());
    let contents = Contents { d, h, c, w1, b1: params.b1(), w2, b2: params.b2(), ..Contents::default() };
    let mut bytes = vec![0; encoded_len(&contents).expect("the net is sound")];
    encode(&contents, &mut bytes).expect("the net is sound");
    bytes
}

criterion_group!(benches, steps, inferences);
criterion_main!(benches);
