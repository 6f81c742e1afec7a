//! The training step beside the same step in plain Rust over the crate `gemm`: temporary.
use std::time::Instant;

use benches::{Rival, filled};
use kernels::Mat;
use model::{Engine, Labels, Params, Shape, Step, Workspace, sgd_step};

fn main() {
    for (n, d, h, classes) in [(32, 64, 32, 10), (64, 784, 128, 10), (200, 784, 128, 10), (200, 3072, 50, 10), (200, 3072, 500, 10)] {
        let shape = Shape::new(d, h, classes).unwrap();
        let size = 1.0 / (d as f32).sqrt();
        let numbers = filled(shape.params(), 5).iter().map(|w| w * size).collect();
        let mut net = Params::from_vec(shape, numbers).unwrap();
        let (x, labels) = (filled(n * d, 6), (0..n as u32).map(|i| i % classes as u32).collect::<Vec<_>>());
        let y = Labels::new(&labels, classes).unwrap();
        let mut ws = Workspace::new(shape, n, 1);
        let mut rival = Rival::new((n, d, h, classes), net.as_slice());
        let (eta, lambda) = (1e-4, 1e-3);
        let mut ours = || sgd_step(Engine::default(), &mut net, Mat::new(&x, n, d), y, Step { eta, lambda }, &mut ws).data;
        let mut theirs = || rival.step(&x, &labels, eta, lambda);
        let reps = (2e7 / (n * d * h) as f64) as usize + 1;
        let (mut a, mut b) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..30 {
            let t = Instant::now();
            for _ in 0..reps { ours(); }
            a = a.min(t.elapsed().as_secs_f64() / reps as f64);
            let t = Instant::now();
            for _ in 0..reps { theirs(); }
            b = b.min(t.elapsed().as_secs_f64() / reps as f64);
        }
        println!("{d}-{h}-{classes} {n}: ours {:.2} µs, rival {:.2} µs, ratio {:.3}", a * 1e6, b * 1e6, b / a);
    }
}
