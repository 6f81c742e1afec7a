//! The weights before the first step.

use model::{Params, Shape};

use crate::random::{Random, Stream};

/// Weights drawn from N(0, σ²), biases 0.
///
/// With `std` given, σ is that for both layers (the course: 1e-4). Without, σ = √(2/fan-in): √(2/D) for W1 and √(2/H)
/// for W2, which keeps the variance of the signal through a ReLU layer (He et al. 2015). Each draw is made in f64 and
/// rounded once, in the order of memory: W1 row by row, then W2.
#[must_use]
pub fn init(shape: Shape, std: Option<f64>, seed: u64) -> Params<f32> {
    let mut random = Random::new(seed, Stream::Weights);
    let mut net = Params::zeros(shape);
    let mut fill = |weights: &mut [f32], fan_in: usize| {
        let std = std.unwrap_or_else(|| (2.0 / fan_in as f64).sqrt());
        weights.iter_mut().for_each(|w| *w = (random.normal() * std) as f32);
    };
    fill(net.w1_slice_mut(), shape.d());
    fill(net.w2_slice_mut(), shape.h());
    net
}
