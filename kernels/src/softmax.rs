//! Softmax and log-sum-exp, row by row.

use crate::arch::{SMALL, compact};
use crate::exp::{exp_f32, exp_vector};
use crate::floats::{load_at, store_at};
use crate::ln::ln_vector;
use crate::scalar::Scalar;
use crate::simd::{Kernel, LANES, Simd};
use crate::{Isa, Mat, MatMut, reference};

/// Each row of S becomes its softmax: S_ij ← e^{S_ij − max} · (1 / Σ_j e^{S_ij − max}).
///
/// The row maximum is taken off first, so no exponential overflows. The sum is a row reduction of the order
/// contract; one division a row. A −∞ among finite scores gives 0; a row that holds a NaN or +∞, or nothing but
/// −∞, becomes NaN throughout. Source: eq. (6), (7)-(16).
///
/// ```
/// use kernels::{Isa, MatMut, softmax};
/// let mut s = [1e4f32, 1e4, f32::NEG_INFINITY];
/// softmax(Isa::best(), MatMut::new(&mut s, 1, 3));
/// assert_eq!(s, [0.5, 0.5, 0.0]);
/// ```
pub fn softmax<T: Scalar>(isa: Isa, s: MatMut<'_, T>) {
    T::softmax(isa, s, None);
}

/// [`softmax`] of one row, in code that never panics: for firmware.
///
/// ```
/// let mut s = [1e4f32, 1e4, f32::NEG_INFINITY];
/// kernels::softmax_row(kernels::Isa::best(), &mut s);
/// assert_eq!(s, [0.5, 0.5, 0.0]);
/// ```
pub fn softmax_row(isa: Isa, row: &mut [f32]) {
    if SMALL {
        return small(row);
    }
    let columns = row.len();
    if let Ok(s) = MatMut::try_new(row, 1, columns) {
        softmax(isa, s);
    }
}

/// The way of processors without vectors.
fn small(row: &mut [f32]) {
    let max = reference::row_max(row.iter().copied());
    let mut partial = [0.0; LANES];
    for block in row.chunks_mut(LANES) {
        for (x, partial) in block.iter_mut().zip(&mut partial) {
            *x = exp_f32(*x - max);
            *partial += *x;
            compact();
        }
    }
    let mut half = LANES / 2;
    while let Some((low, high)) = partial.split_at_mut_checked(half)
        && half > 0
    {
        for (low, high) in low.iter_mut().zip(high) {
            *low += *high;
            compact();
        }
        half /= 2;
    }
    let [sum, ..] = partial;
    let scale = 1.0 / sum;
    for x in row {
        *x *= scale;
        compact();
    }
}

/// [`softmax`] and, from the same exponentials, [`log_sum_exp`]: what training needs of the scores.
///
/// # Panics
/// If `out` does not have one element a row.
pub fn softmax_log_sum_exp<T: Scalar>(isa: Isa, s: MatMut<'_, T>, out: &mut [T]) {
    check_rows(s.rows(), out.len());
    T::softmax(isa, s, Some(out));
}

/// out_i ← ln Σ_j e^{S_ij} = max + ln Σ_j e^{S_ij − max}.
///
/// The loss of example i is out_i − S_iy: finite wherever the scores are, unlike the log of a probability that may
/// be 0. A row that holds a NaN or +∞, or nothing but −∞, gives NaN. Source: eq. (5), (39).
///
/// # Panics
/// If `out` does not have one element a row.
///
/// ```
/// use kernels::{Isa, Mat, log_sum_exp};
/// let mut out = [0.0f32];
/// log_sum_exp(Isa::best(), Mat::new(&[-1e4, 1e4], 1, 2), &mut out);
/// assert_eq!(out, [1e4]);
/// ```
pub fn log_sum_exp<T: Scalar>(isa: Isa, s: Mat<'_, T>, out: &mut [T]) {
    check_rows(s.rows(), out.len());
    T::log_sum_exp(isa, s, out);
}

fn check_rows(rows: usize, out: usize) {
    assert!(rows == out, "out has {out} elements, S has {rows} rows: they must be equal");
}

pub(crate) struct Softmax<'a> {
    pub(crate) s: MatMut<'a, f32>,
    pub(crate) log_sum_exp: Option<&'a mut [f32]>,
}

impl Kernel for Softmax<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let mut logs = Logs::new();
        for i in 0..self.s.rows() {
            let row = self.s.row_mut(i);
            let max = row_max(s, row);
            let sum = exponentials(s, row, max);
            scale(s, row, 1.0 / sum);
            if let Some(out) = &mut self.log_sum_exp {
                logs.push(s, max, sum, i, out);
            }
        }
    }
}

pub(crate) struct LogSumExp<'a> {
    pub(crate) s: Mat<'a, f32>,
    pub(crate) out: &'a mut [f32],
}

impl Kernel for LogSumExp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut logs = Logs::new();
        for i in 0..self.s.rows() {
            let Some(row) = self.s.row(i) else {
                return reference::log_sum_exp(self.s, self.out);
            };
            let max = row_max(s, row);
            let mut sum = s.splat(0.0);
            for j in (0..row.len()).step_by(LANES) {
                sum = s.add(sum, exponential(s, row, j, max));
            }
            logs.push(s, max, s.reduce_sum(sum), i, self.out);
        }
    }
}

/// The largest element of a row; which zero, or what a NaN does here, changes nothing later.
#[inline(always)]
fn row_max<S: Simd>(s: S, row: &[f32]) -> f32 {
    let (full, rest) = row.as_chunks::<LANES>();
    let mut max = s.load_part(rest, f32::NEG_INFINITY);
    for x in full {
        max = s.max(s.load(x), max);
    }
    s.reduce_max(max)
}

/// e^{x − max} of the vector at `row[j]`, +0 past the end.
#[inline(always)]
fn exponential<S: Simd>(s: S, row: &[f32], j: usize, max: f32) -> S::V {
    let x = match row[j..].first_chunk::<LANES>() {
        Some(full) => s.load(full),
        None => s.load_part(&row[j..], f32::NEG_INFINITY),
    };
    exp_vector(s, s.sub(x, s.splat(max)))
}

/// row ← e^{row − max}; returns the sum. Lanes past the end add +0 to sums that are never −0: no bit changes.
#[inline(always)]
fn exponentials<S: Simd>(s: S, row: &mut [f32], max: f32) -> f32 {
    let mut sum = s.splat(0.0);
    for j in (0..row.len()).step_by(LANES) {
        let e = exponential(s, row, j, max);
        sum = s.add(sum, e);
        store_at(s, e, row, j);
    }
    s.reduce_sum(sum)
}

/// row ← row · factor.
#[inline(always)]
fn scale<S: Simd>(s: S, row: &mut [f32], factor: f32) {
    let factor = s.splat(factor);
    for j in (0..row.len()).step_by(LANES) {
        store_at(s, s.mul(load_at(s, row, j), factor), row, j);
    }
}

/// max + ln Σ of up to sixteen rows at once: one logarithm is as dear as sixteen.
struct Logs {
    max: [f32; LANES],
    sum: [f32; LANES],
}

impl Logs {
    #[inline(always)]
    fn new() -> Self {
        Self { max: [0.0; LANES], sum: [1.0; LANES] }
    }

    /// Takes row i; after the sixteenth and after the last one writes their results to `out`.
    #[inline(always)]
    fn push<S: Simd>(&mut self, s: S, max: f32, sum: f32, i: usize, out: &mut [f32]) {
        let lane = i % LANES;
        (self.max[lane], self.sum[lane]) = (max, sum);
        if lane == LANES - 1 || i + 1 == out.len() {
            let logs = s.add(s.load(&self.max), ln_vector(s, s.load(&self.sum)));
            store_at(s, logs, &mut out[..=i], i - lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::small;
    use crate::{MatMut, reference};

    #[test]
    fn one_number_at_a_time_gives_the_same_bits() {
        for n in 0..70 {
            let mut row: [f32; 70] = core::array::from_fn(|j| ((j * 37 % 70) as f32 - 30.0) * 0.37);
            let mut expected = row;
            small(&mut row[..n]);
            reference::softmax(MatMut::new(&mut expected[..n], 1, n));
            assert_eq!(row.map(f32::to_bits), expected.map(f32::to_bits), "{n}");
        }
    }
}
