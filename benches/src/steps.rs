//! What a training step is measured on: nets, start weights, and a data set as large as the real one.

use kernels::{Floats, Normalization};

use crate::data::{filled, random};

/// N, D, H, C of the training steps: embedded digits, MNIST at two batch sizes, CIFAR-10 with two nets.
pub const NETS: [(usize, usize, usize, usize); 5] =
    [(32, 64, 32, 10), (64, 784, 128, 10), (200, 784, 128, 10), (200, 3072, 50, 10), (200, 3072, 500, 10)];

/// A data set of bytes as large as the real one, with its labels and normalisation.
pub struct Pixels {
    /// Rows of D bytes.
    pub bytes: Vec<u8>,
    /// A label a row.
    pub labels: Vec<u16>,
    /// μ.
    pub mean: f32,
    /// s: x̂ = (x − μ)·s.
    pub scale: f32,
    rows: u32,
}

impl Pixels {
    /// For rows of `d` bytes and labels below `c`: 3,823 rows of 64, 60,000 of 784 or 50,000 of 3,072.
    pub fn new(d: usize, c: usize) -> Self {
        let rows = match d {
            64 => 3_823,
            784 => 60_000,
            _ => 50_000,
        };
        let bytes = random(3).map(|x| (x >> 24) as u8).take(rows * d).collect();
        let labels = random(4).map(|x| ((x >> 8) % c as u32) as u16).take(rows).collect();
        Self { bytes, labels, mean: 127.5, scale: 1.0 / 255.0, rows: rows as u32 }
    }

    /// The batches of `n` of an epoch: all rows but what is left over, shuffled. So a row comes from where rows are in a training, and
    /// not from a cache that a few batches would stay in.
    pub fn batches(&self, n: usize) -> Vec<Vec<u32>> {
        let (mut rows, mut draw) = ((0..self.rows).collect::<Vec<_>>(), random(5));
        for last in (1..rows.len()).rev() {
            let draw = draw.next().expect("it has no end");
            rows.swap(last, ((u64::from(draw) * (last as u64 + 1)) >> 32) as usize);
        }
        rows.chunks_exact(n).map(<[_]>::to_vec).collect()
    }

    /// As the library takes it.
    pub fn normalization(&self, d: usize) -> Normalization<'_> {
        let (mean, scale) = (core::slice::from_ref(&self.mean), core::slice::from_ref(&self.scale));
        Normalization::new(d, Floats::F32(mean), Floats::F32(scale)).expect("one mean, one scale")
    }
}

/// Start weights W1, b1, W2, b2 of size 1/√D, so that scores are of size 1.
pub fn start((d, h, c): (usize, usize, usize)) -> Vec<f32> {
    let size = 1.0 / (d as f32).sqrt();
    filled(d * h + h + h * c + c, 5).iter().map(|w| w * size).collect()
}

/// How far two losses of these weights may be apart that were computed in f32 in any order, for inputs of at most `x`.
///
/// A score is at most A = Σ|H||W2| + |b2| with H ≤ x Σ|W1| + |b1|, and D + H + 2 roundings lie on the way to it, so each of
/// two computations is within γA of the true score. The loss of a row moves by at most twice as much as its scores; softmax,
/// logarithm and mean add at most as many roundings of the loss as C and N have terms, at a loss below 2A + ln C.
pub fn loss_bound((n, d, h, c): (usize, usize, usize, usize), params: &[f32], x: f32) -> f32 {
    let abs = |w: &[f32]| w.iter().map(|w| w.abs()).collect::<Vec<_>>();
    let (w1, rest) = params.split_at(d * h);
    let (b1, rest) = rest.split_at(h);
    let (w2, b2) = rest.split_at(h * c);
    let (mut hidden, mut scores) = (abs(b1), abs(b2));
    w1.chunks_exact(h).for_each(|row| hidden.iter_mut().zip(row).for_each(|(a, w)| *a += x * w.abs()));
    w2.chunks_exact(c).zip(&hidden).for_each(|(row, h)| {
        scores.iter_mut().zip(row).for_each(|(a, w)| *a += h * w.abs());
    });
    let a = scores.into_iter().fold(0.0, f32::max);
    let gamma = |k: usize| k as f32 * f32::EPSILON;
    4.0 * gamma(d + h + 2) * a + gamma(c + n + 8) * (2.0 * a + (c as f32).ln())
}
