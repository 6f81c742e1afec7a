//! Softmax and log-sum-exp, row by row.

mod rows;
pub(crate) mod short;

pub(crate) use rows::{
    Beside, exponentials, height, lanes, largest, max_row, max_rows, over, row_maxima, row_or_none, sum_row,
    sum_rows,
};

use crate::arch::SMALL;
#[cfg(cortex_m_fpu)]
use crate::arch::cortex_m4::softmax::row as small;
use crate::floats::store_at;
use crate::ln::ln_vector;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Lines, Simd};
use crate::{Isa, Mat, MatMut, reference};
#[cfg(not(cortex_m_fpu))]
use crate::{
    arch::{compact, kept},
    exp::exp_f32,
};

/// Each row of S becomes its softmax: S_ij ← e^{S_ij − max} · (1 / Σ_j e^{S_ij − max}).
///
/// The row maximum is taken off first, so no exponential overflows. The sum is a row reduction of the order
/// contract; one division a row. A −∞ among finite scores gives 0; a row that holds a NaN or +∞, or nothing but
/// −∞, becomes NaN throughout. Source: eq. (6), (7)-(16).
///
/// Relative error of p_j to first order at most u (d_j + θ + 4), where d_j = max − S_ij is its distance from the maximum,
/// θ = Σ_j p_j d_j + ⌈C/16⌉ + 5 bounds the error of the sum in units of u, and u = 2⁻²⁴ in f32 or 2⁻⁵³ in f64. A row sums to 1
/// within u (⌈C/16⌉ + 5). To both, subnormal results add up to 1.5 of the smallest number each.
///
/// ```
/// use kernels::{Isa, MatMut, softmax};
/// let mut s = [1e4f32, 1e4, f32::NEG_INFINITY];
/// softmax(Isa::best(), MatMut::new(&mut s, 1, 3));
/// assert_eq!(s, [0.5, 0.5, 0.0]);
/// ```
pub fn softmax<T: Scalar>(isa: Isa, s: MatMut<'_, T>) {
    T::softmax(Inside(isa), s);
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

/// The way of processors without vectors and without assembly of ours.
#[cfg(not(cortex_m_fpu))]
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
    let mut half = kept(LANES / 2);
    while half > 0 {
        for p in 0..half {
            partial[p % LANES] += partial[(p + half) % LANES];
            compact();
        }
        half /= 2;
    }
    let scale = 1.0 / partial[0];
    for x in row {
        *x *= scale;
        compact();
    }
}

/// out_i ← ln Σ_j e^{S_ij} = max + ln Σ_j e^{S_ij − max}.
///
/// The loss of example i is out_i − S_iy: finite wherever the scores are, unlike the log of a probability that may
/// be 0. A row that holds a NaN or +∞, or nothing but −∞, gives NaN. Source: eq. (5), (39).
///
/// Error to first order at most u (θ + 2 ln Σ + |out_i|), with Σ ≥ 1 the sum and θ as for [`softmax`].
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
#[track_caller]
pub fn log_sum_exp<T: Scalar>(isa: Isa, s: Mat<'_, T>, out: &mut [T]) {
    check_rows(s.rows(), out.len());
    T::log_sum_exp(Inside(isa), s, out);
}

/// Panics with both numbers where there is not one element a row.
#[track_caller]
pub(crate) fn check_rows(rows: usize, got: usize) {
    assert!(rows == got, "out has {got} elements, S has {rows} rows: they must be equal");
}

pub(crate) struct Softmax<'a>(pub(crate) MatMut<'a, f32>);

impl Kernel for Softmax<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut scores = self.0;
        let (n, c) = (scores.rows(), scores.cols());
        if c == 0 {
            return;
        }
        if c > LANES || n <= 2 {
            return long(s, &mut scores); // One or two rows go one by one there: a group's steps are for sixteen.
        }
        let stride = scores.row_stride();
        if stride != c {
            for first in (0..n).step_by(short::ROWS) {
                elsewhere::<S, { short::ROWS }>(s, &mut scores, first);
            }
            return;
        }
        let whole = n - n % LANES;
        if whole < n {
            elsewhere::<S, LANES>(s, &mut scores, whole); // First: what waits there at the end need not be waited for.
        }
        for x in scores.data_mut()[..whole * c].chunks_mut(short::ROWS * c) {
            let rows = x.len() / c;
            s.enter(Few { x, c, rows });
        }
    }
}

/// The softmax of the first `rows` of short rows without gaps, a whole number of groups.
struct Few<'a> {
    x: &'a mut [f32],
    c: usize,
    rows: usize,
}

impl Kernel for Few<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { x, c, rows } = self;
        let (_, sum) = short::exponentials(s, x, c, rows);
        short::normalise(s, x, c, rows, &sum);
    }
}

/// The softmax of up to `ROWS` short rows from `first` on, in a copy of whole groups.
#[inline(always)]
fn elsewhere<S: Simd, const ROWS: usize>(s: S, scores: &mut MatMut<'_, f32>, first: usize) {
    let (c, rows) = (scores.cols(), ROWS.min(scores.rows() - first));
    let mut room = Lines([[0.0; LANES]; ROWS]);
    let room = room.0.as_flattened_mut();
    copy_rows(scores.as_mat(), first, &mut room[..rows * c]);
    s.enter(Few { x: &mut room[..rows.next_multiple_of(LANES) * c], c, rows });
    for (r, row) in room[..rows * c].chunks_exact(c).enumerate() {
        scores.row_mut(first + r).copy_from_slice(row);
    }
}

/// As many rows of `a`, from row `first` on, as `out` has room for, without gaps.
pub(crate) fn copy_rows(a: Mat<'_, f32>, first: usize, out: &mut [f32]) {
    let (c, stride) = (a.cols(), a.row_stride());
    if stride == c {
        return out.copy_from_slice(&a.data()[first * c..][..out.len()]);
    }
    for (r, out) in out.chunks_exact_mut(c).enumerate() {
        out.copy_from_slice(&a.data()[(first + r) * stride..][..c]);
    }
}

/// Groups of no more rows than this go row by row, and so do one or two rows: what a group shares is not worth that its rows wait for
/// each other where it ends.
pub(crate) const LOW: usize = 6;

/// Longer rows, in groups: while the exponentials of one are taken, the maxima of the next are found and the last one is scaled.
#[inline(always)]
fn long<S: Simd>(s: S, scores: &mut MatMut<'_, f32>) {
    let (n, step) = (scores.rows(), height(scores.cols(), 3));
    if step <= LOW || n <= 2 {
        return one_by_one(s, scores);
    }
    let mut max = row_maxima(s, scores.as_mat(), step);
    let mut factors = [0.0; LANES];
    for first in (0..n + step).step_by(step) {
        let (maxima, mut largest, mut sums) = (lanes(s, max), [s.splat(0.0); LANES], [s.splat(0.0); LANES]);
        for r in 0..step {
            let [done, row, next] = three_rows(scores, first + r, step);
            let mut beside = Beside { done, factor: s.splat(factors[r]), ..Beside::maximum(s, next) };
            if row.is_empty() {
                beside.alone(s);
                continue;
            }
            sums[r] = exponentials::<S, _, false>(s, row, s.splat(maxima[r]), &mut beside);
            largest[r] = beside.largest;
        }
        max = max_rows(s, &largest);
        factors = lanes(s, s.div(s.splat(1.0), sum_rows(s, &sums)));
    }
}

/// The same row by row. What the end of a row tells, the maximum of one and the sum of another, is not wanted until a row later:
/// no row waits for it.
#[inline(always)]
fn one_by_one<S: Simd>(s: S, scores: &mut MatMut<'_, f32>) {
    let n = scores.rows();
    let (first, second) = (row_or_none(scores.as_mat(), 0), row_or_none(scores.as_mat(), 1));
    let (mut max, mut next_max) = (max_row(s, largest(s, first)), max_row(s, largest(s, second)));
    let (mut factor, mut next_factor) = (s.splat(0.0), s.splat(0.0));
    for i in 0..n + 2 {
        let [done, row, next] = three_rows(scores, i, 2);
        let mut beside = Beside { done, factor, ..Beside::maximum(s, next) };
        factor = next_factor;
        if row.is_empty() {
            beside.alone(s);
            continue;
        }
        let sum = exponentials::<S, _, true>(s, row, max, &mut beside);
        (max, next_max) = (next_max, max_row(s, beside.largest));
        next_factor = s.div(s.splat(1.0), sum_row(s, sum));
    }
}

/// The rows i − step, i and i + step; those that are not there are empty.
#[inline(always)]
pub(crate) fn three_rows<'a>(scores: &'a mut MatMut<'_, f32>, i: usize, step: usize) -> [&'a mut [f32]; 3] {
    let (n, c, stride) = (scores.rows(), scores.cols(), scores.row_stride());
    let mut rows = [&mut [][..], &mut [], &mut []];
    let (mut rest, mut passed) = (scores.data_mut(), 0);
    for (row, i) in rows.iter_mut().zip([i.wrapping_sub(step), i, i + step]) {
        if i < n {
            let (head, tail) = rest.split_at_mut(i * stride + c - passed);
            let at = head.len() - c;
            (*row, rest, passed) = (&mut head[at..], tail, i * stride + c);
        }
    }
    rows
}

pub(crate) struct LogSumExp<'a> {
    pub(crate) s: Mat<'a, f32>,
    pub(crate) out: &'a mut [f32],
}

impl Kernel for LogSumExp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let c = self.s.cols();
        if self.s.col_stride() != 1 || c == 0 {
            return reference::log_sum_exp(self.s, self.out);
        }
        if c <= LANES {
            let mut room = [0.0; short::ROWS * LANES];
            for (block, out) in self.out.chunks_mut(short::ROWS).enumerate() {
                copy_rows(self.s, block * short::ROWS, &mut room[..out.len() * c]);
                let e = &mut room[..out.len().next_multiple_of(LANES) * c];
                let (max, sum) = short::exponentials(s, e, c, out.len());
                for (g, out) in out.chunks_mut(LANES).enumerate() {
                    store_at(s, s.add(max[g], ln_vector(s, sum[g])), out, 0);
                }
            }
            return;
        }
        if c < 7 * LANES { self.long::<S, false>(s) } else { self.long::<S, true>(s) }
    }
}

impl LogSumExp<'_> {
    /// Longer rows, in groups.
    #[inline(always)]
    fn long<S: Simd, const LONG: bool>(self, s: S) {
        let step = height(self.s.cols(), 2);
        let mut max = row_maxima(s, self.s, step);
        for (block, out) in self.out.chunks_mut(step).enumerate() {
            let (maxima, mut largest, mut sums) =
                (lanes(s, max), [s.splat(0.0); LANES], [s.splat(0.0); LANES]);
            for r in 0..out.len() {
                let i = block * step + r;
                let mut beside = Beside::maximum(s, row_or_none(self.s, i + step));
                sums[r] =
                    exponentials::<S, _, LONG>(s, row_or_none(self.s, i), s.splat(maxima[r]), &mut beside);
                largest[r] = beside.largest;
            }
            // The logarithms of all the rows at a time: one is as dear.
            store_at(s, s.add(max, ln_vector(s, sum_rows(s, &sums))), out, 0);
            max = max_rows(s, &largest);
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
