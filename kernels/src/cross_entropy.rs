//! The cross-entropy of scores and labels, and its gradient: the loss of the net, row by row.

use crate::exp::exp_of_bounded;
use crate::floats::{load_at, store_at};
use crate::ln::ln_vector;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};
use crate::softmax::{
    Beside, LOW, copy_rows, exponentials, height, lanes, largest, max_row, max_rows, over, row_maxima,
    row_or_none, short, sum_row, sum_rows, three_rows,
};
use crate::{Isa, Mat, MatMut, reference};

/// loss_i ← ln Σ_j e^{S_ij − max} − (S_iy − max), with y = `labels[i]` and max the largest of row i.
///
/// The loss of one example, −ln softmax(S)_y. On scores less their maximum it is finite wherever they are, never
/// negative, and does not lose its digits where scores are large. A row that holds a NaN or +∞, or nothing but −∞,
/// gives NaN. Source: eq. (5), (39).
///
/// Error to first order at most u (θ + 2 ln Σ + d_y + loss_i), with Σ ≥ 1 the sum, d_y = max − S_iy, and u and θ as for
/// [`softmax`](crate::softmax()).
///
/// # Panics
/// If labels or `loss` do not have one element a row, or if a label is not below the number of columns.
///
/// ```
/// use kernels::{Isa, Mat, cross_entropy};
/// let mut loss = [0.0f32; 2];
/// cross_entropy(Isa::best(), Mat::new(&[1e4, -1e4, 0.0, 0.0], 2, 2), &[1, 0], &mut loss);
/// assert_eq!(loss, [2e4, core::f32::consts::LN_2]);
/// ```
#[track_caller]
pub fn cross_entropy<T: Scalar>(isa: Isa, s: Mat<'_, T>, labels: &[u32], loss: &mut [T]) {
    check(&s, labels, loss, None);
    T::cross_entropy(Inside(isa), s, labels, loss, None);
}

/// [`cross_entropy`] and the gradient of its mean over a batch of `n` rows, of which these may be a part (`n` may be 0 where
/// S has no rows): dS ← (softmax(S) − onehot(y)) / N, from the same exponentials.
///
/// softmax as [`crate::softmax()`] has it; then one subtraction in column y, and one division by the float nearest to N.
/// Source: eq. (7)-(16).
///
/// Error of N·dS_ij to first order at most u ((d_j + θ + 4) p_j + 2 |p_j − onehot(y)_j|), with d, θ, u as for softmax.
///
/// # Panics
/// As [`cross_entropy`], or if dS does not have the shape of S, or if `n` is less than its rows.
///
/// ```
/// use kernels::{Isa, Mat, MatMut, cross_entropy_gradient};
/// let (mut ds, mut loss) = ([0.0f32; 2], [0.0]);
/// let s = Mat::new(&[3.0, 3.0], 1, 2);
/// cross_entropy_gradient(Isa::best(), s, &[1], 1, MatMut::new(&mut ds, 1, 2), &mut loss);
/// assert_eq!((ds, loss), ([0.5, -0.5], [core::f32::consts::LN_2]));
/// ```
#[track_caller]
pub fn cross_entropy_gradient<T: Scalar>(
    isa: Isa,
    s: Mat<'_, T>,
    labels: &[u32],
    n: usize,
    ds: MatMut<'_, T>,
    loss: &mut [T],
) {
    let ds = Some((ds, n));
    check(&s, labels, loss, ds.as_ref());
    T::cross_entropy(Inside(isa), s, labels, loss, ds);
}

/// Panics with both numbers where something does not fit S.
#[track_caller]
pub(crate) fn check<T: Scalar>(
    s: &Mat<'_, T>,
    labels: &[u32],
    loss: &[T],
    ds: Option<&(MatMut<'_, T>, usize)>,
) {
    let (rows, cols, given, loss) = (s.rows(), s.cols(), labels.len(), loss.len());
    assert!(rows == given, "{given} labels for {rows} rows: they must be equal");
    assert!(rows == loss, "loss has {loss} elements, S has {rows} rows: they must be equal");
    for (i, &label) in labels.iter().enumerate() {
        assert!(
            (label as usize) < cols,
            "label {label} of row {i} is not below {cols}, the number of columns"
        );
    }
    if let Some((ds, n)) = ds {
        let got = (ds.rows(), ds.cols());
        assert!(got == (rows, cols), "dS is {} x {}, S is {rows} x {cols}: they must be equal", got.0, got.1);
        assert!(*n >= rows, "S has {rows} rows, the batch {n}: it must have as many or more");
    }
}

/// Both functions, as a kernel.
pub(crate) struct CrossEntropy<'a> {
    pub(crate) s: Mat<'a, f32>,
    pub(crate) labels: &'a [u32],
    pub(crate) loss: &'a mut [f32],
    /// dS, and the rows of the whole batch.
    pub(crate) ds: Option<(MatMut<'a, f32>, usize)>,
}

impl Kernel for CrossEntropy<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (n, c) = (self.s.rows(), self.s.cols());
        if self.s.col_stride() != 1 || c == 0 {
            return reference::cross_entropy(self.s, self.labels, self.loss, self.ds);
        }
        if c <= LANES {
            let in_place = self.ds.as_ref().is_some_and(|(ds, _)| ds.row_stride() == c);
            if !in_place {
                let room = &mut [0.0; short::ROWS * LANES];
                for first in (0..n).step_by(short::ROWS) {
                    s.enter(Short { all: &mut self, first, rows: short::ROWS.min(n - first), room });
                }
                return;
            }
            let whole = n - n % LANES;
            if whole < n {
                let room = &mut [0.0; LANES * LANES];
                s.enter(Short { all: &mut self, first: whole, rows: n - whole, room });
            }
            for first in (0..whole).step_by(short::ROWS) {
                let rows = short::ROWS.min(whole - first);
                s.enter(Short { all: &mut self, first, rows, room: &mut [] });
            }
            return;
        }
        if self.ds.is_some() { self.long::<S, true>(s) } else { self.long::<S, false>(s) }
    }
}

impl CrossEntropy<'_> {
    /// loss ← ln Σ e^{S − max} − (S_y − max) for up to sixteen rows from i on; returns S_y − max.
    #[inline(always)]
    fn losses<S: Simd>(&mut self, s: S, i: usize, rows: usize, max: S::V, sum: S::V) -> S::V {
        let mut own = [0.0; LANES];
        for (r, own) in own[..rows].iter_mut().enumerate() {
            *own = self.s.get(i + r, self.labels[i + r] as usize);
        }
        let own = s.sub(s.load(&own), max);
        store_at(s, s.sub(ln_vector(s, sum), own), &mut self.loss[..i + rows], i);
        own
    }

    /// All of it for longer rows, in groups as softmax has them. Compiled with dS and without, which has no rows to scale.
    #[inline(always)]
    fn long<S: Simd, const GRADIENT: bool>(&mut self, s: S) {
        let (n, by) = (self.s.rows(), self.ds.as_ref().map_or(1, |ds| ds.1));
        let step = height(self.s.cols(), if GRADIENT { 3 } else { 2 });
        if GRADIENT && (step <= LOW || n <= 2) {
            return self.one_by_one(s, n, by);
        }
        let mut max = row_maxima(s, self.s, step);
        let (mut factors, mut own) = ([0.0; LANES], [0.0; LANES]);
        for first in (0..n + step).step_by(step) {
            let (maxima, mut largest, mut sums) =
                (lanes(s, max), [s.splat(0.0); LANES], [s.splat(0.0); LANES]);
            for r in 0..step {
                let i = first + r;
                let [done, e, _] = match &mut self.ds {
                    Some((ds, _)) if GRADIENT => three_rows(ds, i, step),
                    _ => [&mut [][..], &mut [], &mut []],
                };
                let (row, next) = (row_or_none(self.s, i), row_or_none(self.s, i + step));
                let mut beside = Beside { done, factor: s.splat(factors[r]), by, ..Beside::maximum(s, next) };
                if row.is_empty() {
                    beside.alone(s);
                } else {
                    sums[r] = exponentials::<S, _, false>(s, (row, e), s.splat(maxima[r]), &mut beside);
                    largest[r] = beside.largest;
                }
                if !beside.done.is_empty() {
                    beside.done[self.labels[i - step] as usize] = own[r];
                }
            }
            if first >= n {
                break; // The last group's part of dS is done.
            }
            let sum = sum_rows(s, &sums);
            let shifted = self.losses(s, first, step.min(n - first), max, sum);
            if GRADIENT {
                let factor = s.div(s.splat(1.0), sum);
                (factors, own) = (lanes(s, factor), lanes(s, own_gradient(s, shifted, factor, by)));
            }
            max = max_rows(s, &largest);
        }
    }

    /// The same with dS row by row, as softmax has it; losses wait for each other in sixteens.
    #[inline(always)]
    fn one_by_one<S: Simd>(&mut self, s: S, n: usize, by: usize) {
        let (first, second) = (row_or_none(self.s, 0), row_or_none(self.s, 1));
        let (mut max, mut next_max) = (max_row(s, largest(s, first)), max_row(s, largest(s, second)));
        let (mut factor, mut next_factor) = (s.splat(0.0), s.splat(0.0));
        let (mut maxima, mut sums) = ([0.0; LANES], [0.0; LANES]);
        for i in 0..n + 2 {
            let [done, e, _] = match &mut self.ds {
                Some((ds, _)) => three_rows(ds, i, 2),
                None => return,
            };
            let (row, next) = (row_or_none(self.s, i), row_or_none(self.s, i + 2));
            let mut beside = Beside { done, factor, by, ..Beside::maximum(s, next) };
            let mut own = 0.0;
            if !beside.done.is_empty() {
                let p = beside.done[self.labels[i - 2] as usize] * lanes(s, factor)[0];
                own = (p - 1.0) / f32::from_count(by);
            }
            factor = next_factor;
            let mut sum = s.splat(0.0);
            if row.is_empty() {
                beside.alone(s);
            } else {
                sum = sum_row(s, exponentials::<S, _, true>(s, (row, e), max, &mut beside));
            }
            if !beside.done.is_empty() {
                beside.done[self.labels[i - 2] as usize] = own;
            }
            next_factor = s.div(s.splat(1.0), sum);
            let largest = beside.largest;
            if i < n {
                (maxima[i % LANES], sums[i % LANES]) = (lanes(s, max)[0], lanes(s, sum)[0]);
                if i % LANES == LANES - 1 || i == n - 1 {
                    let first = i - i % LANES;
                    self.losses(s, first, i + 1 - first, s.load(&maxima), s.load(&sums));
                }
            }
            (max, next_max) = (next_max, max_row(s, largest));
        }
    }
}

/// Losses of some rows of C ≤ 16, and their part of dS.
struct Short<'a, 'b> {
    all: &'a mut CrossEntropy<'b>,
    first: usize,
    rows: usize,
    /// Where the exponentials go: whole groups of rows; or nothing, then they go to dS, whose rows are whole groups without a gap.
    room: &'a mut [f32],
}

impl Kernel for Short<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { all, first, rows, room } = self;
        let (c, n) = (all.s.cols(), all.ds.as_ref().map(|ds| ds.1));
        let mut ds = all.ds.take();
        let (e, out) = match &mut ds {
            Some((ds, _)) if room.is_empty() => (&mut ds.data_mut()[first * c..][..rows * c], None),
            ds => (&mut room[..rows.next_multiple_of(LANES) * c], ds.as_mut()),
        };
        copy_rows(all.s, first, &mut e[..rows * c]);
        let (max, sum) = short::exponentials(s, e, c, rows);
        for (g, e) in e.chunks_exact_mut(c * LANES).enumerate() {
            let at = g * LANES;
            let own = all.losses(s, first + at, LANES.min(rows - at), max[g], sum[g]);
            if let Some(n) = n {
                gradient(s, e, c, own, sum[g], &all.labels[first + at..], n);
            }
        }
        if let Some((ds, _)) = out {
            for (r, row) in e[..rows * c].chunks_exact(c).enumerate() {
                ds.row_mut(first + r).copy_from_slice(row);
            }
        }
        all.ds = ds;
    }
}

/// e ← (e / sum − onehot) / n for up to sixteen rows of exponentials; `own` are S_y − max.
#[inline(always)]
fn gradient<S: Simd>(s: S, e: &mut [f32], c: usize, own: S::V, sum: S::V, labels: &[u32], n: usize) {
    let factor = s.div(s.splat(1.0), sum);
    // The right class: its exponential once more, so that nothing waits for what was just written.
    let own = lanes(s, own_gradient(s, own, factor, n));
    let factors = lanes(s, factor);
    for (x, row_of) in e.chunks_mut(LANES).zip(&short::ROW_OF[c]) {
        let p = s.mul(load_at(s, x, 0), s.pick(&factors, row_of));
        store_at(s, over(s, p, n), x, 0);
    }
    for ((e, &y), own) in e.chunks_exact_mut(c).zip(labels).zip(own) {
        e[y as usize] = own;
    }
}

/// (e^shifted · factor − 1) / n: the gradient in the right classes' columns, a lane a row.
#[inline(always)]
fn own_gradient<S: Simd>(s: S, shifted: S::V, factor: S::V, n: usize) -> S::V {
    let [e] = exp_of_bounded(s, [shifted]);
    over(s, s.sub(s.mul(e, factor), s.splat(1.0)), n)
}
