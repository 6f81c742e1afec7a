//! A whole training step and a whole inference, beside the same in plain Rust over the crate `gemm`.
//!
//! `cargo bench -p benches`. Results are checked before the clock starts.

use std::hint::black_box;

use benches::{NETS, OnLines, Pixels, Rival, filled, loss_bound, start};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use infer_nostd::{Contents, Layer8, Net, Net8, encode, encoded_len};
use kernels::{Batch, Input, Mat};
use model::{Engine, Labels, Params, Shape, Step, Workspace, forward, sgd_step};
use trainer::dataset::{Dataset, Values};
use trainer::exchange::net::Layers;
use trainer::quantize::{Method, calibrate, quantize};

/// Small enough that thousands of steps on the same batch neither diverge nor underflow.
const STEP: Step<f32> = Step { eta: 1e-4, lambda: 1e-3 };

/// The net of these sizes at its start.
fn net(shape: Shape) -> Params<f32> {
    Params::from_vec(shape, start(shape.sizes())).expect("as many numbers as parameters")
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
        let (params, x) = (net(shape), OnLines::of(&filled(d, 7)));
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

/// One row of bytes through a net of f32 and through the net of int8 that it becomes: the ratio of the two is what int8 buys.
fn bytes(c: &mut Criterion) {
    for (d, h, classes) in [(64, 32, 10), (784, 128, 10), (3072, 500, 10)] {
        let mut group = c.benchmark_group(format!("bytes {d}-{h}-{classes}"));
        let params = net(Shape::new(d, h, classes).expect("the shapes above are sound"));
        let layers = Layers {
            d,
            h,
            c: classes,
            mean: vec![127.5],
            scale: vec![1.0 / 255.0],
            w1: params.w1_slice().to_vec(),
            b1: params.b1().to_vec(),
            w2: params.w2_slice().to_vec(),
            b2: params.b2().to_vec(),
            names: Vec::new(),
        };
        let rows: Vec<u8> = filled(64 * d, 7).iter().map(|x| (x.abs() * 1e4) as u32 as u8).collect();
        let data = Dataset {
            values: Values::U8(rows.clone()),
            labels: vec![0; 64],
            d,
            channels: 1,
            image: None,
            classes: (0..classes).map(|c| c.to_string()).collect(),
        };
        let file = layers.to_bytes().expect("the net is sound");
        let float = Net::from_bytes(&file).expect("just written");
        let seen = calibrate(&float, &data, Method::MinMax);
        let file8 = quantize(&layers, &seen, true).expect("the net fits integers");
        let int8 = Net8::from_bytes(&file8).expect("just written");

        let (mut scratch, mut scratch8) = (vec![0.0; float.scratch_len()], vec![0.0; int8.scratch_len()]);
        let x = &rows[..d];
        let got: Vec<i8> = int8.quantized_scores(x, &mut scratch8).expect("x has D bytes").collect();
        assert_eq!(got, by_the_book(&int8, x), "scores of int8 against plain loops");
        let class = int8.classify(x, &mut scratch8).expect("x has D bytes");
        assert!(
            got.iter().position(|q| got.iter().max() == Some(q)) == Some(class),
            "class {class} of {got:?}"
        );
        group.bench_function("f32", |b| {
            b.iter(|| float.classify(black_box(x), &mut scratch).expect("x has D bytes"))
        });
        group.bench_function("int8", |b| {
            b.iter(|| int8.classify(black_box(x), &mut scratch8).expect("x has D bytes"))
        });
        group.finish();
    }
}

/// The quantised scores of a row of bytes that are not normalised, by docs/INT8.md as plain loops: what is timed must equal them.
fn by_the_book(net: &Net8<'_>, x: &[u8]) -> Vec<i8> {
    assert!(net.normalization().mean().is_empty(), "bytes of this net are normalised");
    let q: Vec<i32> = x.iter().map(|&u| i32::from(u.min(254)) - 127).collect();
    let hidden = layer_by_the_book(&net.layer1(), &q, net.h(), -127);
    let scores = layer_by_the_book(&net.layer2(), &hidden, net.c(), -128);
    scores.iter().map(|&q| i8::try_from(q).expect("cut to bytes")).collect()
}

/// The first n results of a layer: q_j = clamp(round(M_j (b_j + sum of w_kj q_k)) + z, low, 127).
fn layer_by_the_book(layer: &Layer8<'_>, q: &[i32], n: usize, low: i32) -> Vec<i32> {
    let result = |j| {
        let products = q.iter().enumerate().map(|(k, q)| i32::from(layer.weights().get(k, j)) * q);
        let a = layer.bias(j).expect("there is an output j") + products.sum::<i32>();
        (layer.rescale(j).expect("there is an output j").apply(a) + layer.zero()).clamp(low, 127)
    };
    (0..n).map(result).collect()
}

/// The net file of these parameters, without normalisation and names.
fn file_of(params: &Params<f32>) -> Vec<u8> {
    let (d, h, c) = params.shape().sizes();
    let (w1, w2) = (params.w1_slice(), params.w2_slice());
    let contents = Contents { d, h, c, w1, b1: params.b1(), w2, b2: params.b2(), ..Contents::default() };
    let mut bytes = vec![0; encoded_len(&contents).expect("the net is sound")];
    encode(&contents, &mut bytes).expect("the net is sound");
    bytes
}

criterion_group!(benches, steps, inferences, bytes);
criterion_main!(benches);
