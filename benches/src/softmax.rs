//! Softmax of rows of scores: ours, and as a careful programmer writes it over somebody's e^x.

use kernels::{Isa, MatMut, softmax};

use crate::data::filled;
use crate::lines::OnLines;

/// N and C: the net's scores, and rows longer than the L1 cache is wide.
pub const SOFTMAXES: [(usize, usize); 2] = [(200, 10), (64, 1000)];

/// N rows of C scores, and what becomes of them.
pub struct Softmax {
    rows: usize,
    cols: usize,
    scores: OnLines<f32>,
    result: OnLines<f32>,
}

impl Softmax {
    /// Scores in ±8.
    pub fn new(rows: usize, cols: usize) -> Self {
        let mut scores = OnLines::of(&filled(rows * cols, 3));
        scores.iter_mut().for_each(|x| *x *= 8.0);
        Self { rows, cols, result: OnLines::new(f32::NAN, scores.len()), scores }
    }

    /// By our kernel, on this instruction set. The scores are copied first, because they are overwritten.
    pub fn run(&mut self, isa: Isa) {
        self.result.copy_from_slice(&self.scores);
        softmax(isa, MatMut::new(&mut self.result, self.rows, self.cols));
    }

    /// By a peer, on a copy as well.
    pub fn run_peer(&mut self, peer: fn(&mut [f32], usize)) {
        self.result.copy_from_slice(&self.scores);
        peer(&mut self.result, self.cols);
    }

    /// Compares the result with the definition in f64, and spoils it.
    ///
    /// # Panics
    /// If an element is further off than e^x to 1 ULP of a difference that is rounded once, a sum of C terms, a reciprocal and a
    /// product allow.
    pub fn check(&mut self, name: &str) {
        let (rows, cols) = (self.rows, self.cols);
        for (got, x) in self.result.chunks_exact(cols).zip(self.scores.chunks_exact(cols)) {
            let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let exps: Vec<f64> = x.iter().map(|&x| (f64::from(x) - f64::from(max)).exp()).collect();
            let sum: f64 = exps.iter().sum();
            // A difference of at most 16 is off by half of 2⁻²⁰, and its e^x by as much of itself: eight roundings.
            let bound = (cols + 2 * 8 + 4) as f64 * f64::from(f32::EPSILON);
            let fits = got.iter().zip(exps).all(|(&got, e)| (f64::from(got) * sum / e - 1.0).abs() <= bound);
            assert!(fits, "softmax {rows} x {cols} by {name} is not e^x over its sum");
        }
        self.result.fill(f32::NAN);
    }
}

/// Floats of the widest vector: the parts of a maximum or a sum that do not wait for each other.
const LANES: usize = 16;

/// Each row of `cols` scores becomes its softmax: its maximum is taken off, `exp` is called once for all rows, and each is multiplied
/// by the reciprocal of its sum.
#[inline(always)]
pub(crate) fn softmax_over(exp: impl Fn(&mut [f32]), scores: &mut [f32], cols: usize) {
    for row in scores.chunks_exact_mut(cols) {
        let max = fold(row, f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
        row.iter_mut().for_each(|x| *x -= max);
    }
    exp(scores);
    for row in scores.chunks_exact_mut(cols) {
        let factor = 1.0 / fold(row, 0.0, |a, b| a + b);
        row.iter_mut().for_each(|x| *x *= factor);
    }
}

/// The row folded in sixteen parts, which the compiler keeps in vectors, and then these.
#[inline(always)]
fn fold(row: &[f32], start: f32, by: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut parts = [start; LANES];
    for chunk in chunks {
        for (part, &x) in parts.iter_mut().zip(chunk) {
            *part = by(*part, x);
        }
    }
    parts.iter().chain(rest).fold(start, |a, &b| by(a, b))
}
