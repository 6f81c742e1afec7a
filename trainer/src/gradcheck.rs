//! Gradients against central differences, in f64, through the very code that trains in f32.
//!
//! For a parameter w the loss L is computed at w + h and w − h; (L₊ − L₋) / 2h differs from ∂L/∂w by h²/6 · L‴ and by
//! the rounding of L, about 10⁻¹⁵/h. For an input L is the loss of its row. With h = 2⁻¹⁶ both are near 10⁻¹⁰ for inputs, weights and losses of size 1. Where
//! the ReLU of some row switches between the two points, L has a corner there and the difference means nothing: such
//! elements are left out and counted.

use std::ops::Range;

use kernels::{Mat, MatMut};
use model::{Engine, Labels, Params, Shape, Workspace, backward, forward, loss};

use crate::random::{Random, Stream};

/// Half the distance of the two points: a power of two, so that it is exact.
const STEP: f64 = 1.0 / 65536.0;
/// Elements that are compared of each group.
const SAMPLES: u32 = 100;

/// Rows, labels and a net in f64.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The net.
    pub net: Params<f64>,
    /// X, N × D.
    pub x: Vec<f64>,
    /// y, N labels below C.
    pub y: Vec<u16>,
    /// Strength λ of the penalty.
    pub lambda: f64,
}

/// How one group of elements did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group {
    /// `W1`, `b1`, `W2`, `b2` or `X`.
    pub name: &'static str,
    /// Elements compared.
    pub checked: usize,
    /// Elements left out because a ReLU switched.
    pub skipped: usize,
    /// The largest difference, relative to the largest gradient of the group. NaN if anything was.
    pub worst: f64,
}

impl Problem {
    /// Random weights of standard deviation √(2/fan-in) and biases of 0.1, so that no ReLU sits on its corner.
    #[must_use]
    pub fn new(shape: Shape, x: Vec<f64>, y: Vec<u16>, lambda: f64, random: &mut Random) -> Self {
        let mut net = Params::zeros(shape);
        let mut fill =
            |values: &mut [f64], std: f64| values.iter_mut().for_each(|w| *w = random.normal() * std);
        fill(net.w1_slice_mut(), (2.0 / shape.d() as f64).sqrt());
        fill(net.b1_mut(), 0.1);
        fill(net.w2_slice_mut(), (2.0 / shape.h() as f64).sqrt());
        fill(net.b2_mut(), 0.1);
        Self { net, x, y, lambda }
    }

    /// Random rows too: a small net of which every element is checked.
    #[must_use]
    pub fn random(shape: Shape, rows: usize, lambda: f64, random: &mut Random) -> Self {
        let x = (0..rows * shape.d()).map(|_| random.normal()).collect();
        let y = (0..rows).map(|_| random.below(shape.c().min(1 << 16) as u32) as u16).collect();
        Self::new(shape, x, y, lambda, random)
    }

    /// Compares up to 100 elements of each group, drawn by the seed. Source: eq. (7)-(41), dX included.
    ///
    /// # Panics
    /// If rows, labels and net do not fit each other, or if there are no rows.
    #[must_use]
    pub fn check(&mut self, engine: Engine<'_>, seed: u64) -> Vec<Group> {
        let (d, h, c) = self.net.shape().sizes();
        let mut ws = Workspace::new(self.net.shape(), self.y.len(), engine.pool.width());
        let (gradient, dx) = self.gradient(engine, &mut ws);
        let mut random = Random::new(seed, Stream::Check);
        let sizes = [("W1", d * h), ("b1", h), ("W2", h * c), ("b2", c)];
        let mut first = 0;
        let mut groups = Vec::new();
        for (name, len) in sizes {
            let analytic = &gradient.as_slice()[first..][..len];
            groups.push(compare(name, analytic, &mut random, |i, by| {
                self.net.as_mut_slice()[first + i] += by;
                let found = self.loss(engine, &mut ws);
                self.net.as_mut_slice()[first + i] -= by;
                found
            }));
            first += len;
        }
        // Of all losses an input moves that of its row alone. The mean would be rounded as coarsely, and its slope is N times flatter.
        let rows = self.y.len() as f64;
        groups.push(compare("X", &dx, &mut random, |i, by| {
            self.x[i] += by;
            let row = i / d..i / d + 1;
            let (loss, on) = self.losses(engine, row, 0.0, &mut ws);
            self.x[i] -= by;
            (loss / rows, on)
        }));
        groups
    }

    /// dW1, db1, dW2, db2 and dX by the backward pass.
    fn gradient(&self, engine: Engine<'_>, ws: &mut Workspace<f64>) -> (Params<f64>, Vec<f64>) {
        let (n, d) = (self.y.len(), self.net.shape().d());
        let (mut gradient, mut dx) = (Params::zeros(self.net.shape()), vec![0.0; n * d]);
        let x = Mat::new(&self.x, n, d);
        forward(engine, &self.net, x, ws);
        let dx_view = MatMut::new(&mut dx, n, d);
        backward(engine, &self.net, x, self.labels(), self.lambda, ws, &mut gradient, Some(dx_view));
        (gradient, dx)
    }

    /// L, and which hidden units are on.
    fn loss(&self, engine: Engine<'_>, ws: &mut Workspace<f64>) -> (f64, Vec<bool>) {
        self.losses(engine, 0..self.y.len(), self.lambda, ws)
    }

    /// The loss of these rows alone with a penalty of such strength, and which hidden units are on.
    fn losses(
        &self,
        engine: Engine<'_>,
        rows: Range<usize>,
        lambda: f64,
        ws: &mut Workspace<f64>,
    ) -> (f64, Vec<bool>) {
        let shape = self.net.shape();
        let x = Mat::new(&self.x, self.y.len(), shape.d()).row_range(rows.clone());
        forward(engine, &self.net, x, ws);
        let hidden = ws.hidden();
        let on = (0..hidden.rows()).flat_map(|i| (0..hidden.cols()).map(move |j| hidden.get(i, j) > 0.0));
        let on = on.collect();
        let labels = Labels::new(&self.y[rows], shape.c()).expect("labels below C");
        (loss(engine, &self.net, labels, lambda, ws).total(), on)
    }

    fn labels(&self) -> Labels<'_> {
        Labels::new(&self.y, self.net.shape().c()).expect("labels below C")
    }
}

/// Compares a group; `at(i, by)` is the loss with element i moved.
fn compare(
    name: &'static str,
    analytic: &[f64],
    random: &mut Random,
    mut at: impl FnMut(usize, f64) -> (f64, Vec<bool>),
) -> Group {
    let mut group = Group { name, checked: 0, skipped: 0, worst: 0.0 };
    let scale = analytic.iter().fold(f64::MIN_POSITIVE, |max, g| max.max(g.abs()));
    for i in sample(analytic.len(), random) {
        let ((above, on_above), (below, on_below)) = (at(i, STEP), at(i, -STEP));
        if on_above != on_below {
            group.skipped += 1;
            continue;
        }
        group.checked += 1;
        let error = ((above - below) / (2.0 * STEP) - analytic[i]).abs() / scale;
        group.worst = worse(group.worst, error);
    }
    group
}

/// The larger of two errors, a NaN above all: `f64::max` would forget it.
#[must_use]
pub fn worse(a: f64, b: f64) -> f64 {
    if a.abs().total_cmp(&b.abs()).is_ge() { a } else { b }
}

/// All of `len` elements if they are few, else so many drawn at random.
fn sample(len: usize, random: &mut Random) -> Vec<usize> {
    match u32::try_from(len) {
        Ok(len) if len <= SAMPLES => (0..len as usize).collect(),
        Ok(len) => (0..SAMPLES).map(|_| random.below(len) as usize).collect(),
        Err(_) => (0..SAMPLES).map(|_| random.below(u32::MAX) as usize).collect(),
    }
}
