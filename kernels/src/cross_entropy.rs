//! The cross-entropy of scores and labels, and its gradient: the loss of the net, row by row.

use crate::arch::rows::ShortRows;
use crate::floats::{load_at, store_at};
use crate::ln::ln_vector;
use crate::scalar::Scalar;
use crate::simd::{Kernel, LANES, Simd};
use crate::softmax::{
    exponentials, height, lanes, row_maxima, short_exponentials, short_maxima, sum_of_exponentials, sum_rows,
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
pub fn cross_entropy<T: Scalar>(isa: Isa, s: Mat<'_, T>, labels: &[u32], loss: &mut [T]) {
    check((s.rows(), s.cols()), labels, loss.len());
    T::cross_entropy(isa, s, labels, loss, None);
}

/// [`cross_entropy`] and the gradient of its mean over a batch of `n` rows, of which these may be a part:
/// dS ← (softmax(S) − onehot(y)) / N, from the same exponentials.
///
/// softmax as [`crate::softmax()`] has it; then one subtraction in column y, and one division. Source: eq. (7)-(16).
///
/// Error of N·dS_ij to first order at most u ((d_j + θ + 4) p_j + 2 |p_j − onehot(y)_j|), with d, θ, u as for softmax.
///
/// # Panics
/// As [`cross_entropy`], or if dS does not have the shape of S.
///
/// ```
/// use kernels::{Isa, Mat, MatMut, cross_entropy_gradient};
/// let (mut ds, mut loss) = ([0.0f32; 2], [0.0]);
/// let s = Mat::new(&[3.0, 3.0], 1, 2);
/// cross_entropy_gradient(Isa::best(), s, &[1], 1, MatMut::new(&mut ds, 1, 2), &mut loss);
/// assert_eq!((ds, loss), ([0.5, -0.5], [core::f32::consts::LN_2]));
/// ```
pub fn cross_entropy_gradient<T: Scalar>(
    isa: Isa,
    s: Mat<'_, T>,
    labels: &[u32],
    n: usize,
    ds: MatMut<'_, T>,
    loss: &mut [T],
) {
    let (shape, got) = ((s.rows(), s.cols()), (ds.rows(), ds.cols()));
    check(shape, labels, loss.len());
    assert!(shape == got, "dS is {} x {}, S is {} x {}: they must be equal", got.0, got.1, shape.0, shape.1);
    T::cross_entropy(isa, s, labels, loss, Some((ds, n)));
}

fn check((rows, cols): (usize, usize), labels: &[u32], loss: usize) {
    let given = labels.len();
    assert!(rows == given, "{given} labels for {rows} rows: they must be equal");
    assert!(rows == loss, "loss has {loss} elements, S has {rows} rows: they must be equal");
    for (i, &label) in labels.iter().enumerate() {
        assert!(
            (label as usize) < cols,
            "label {label} of row {i} is not below {cols}, the number of columns"
        );
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
        let step = if c <= LANES { LANES } else { height(c) };
        for i in (0..n).step_by(step) {
            let rows = step.min(n - i);
            let mut own = [0.0; LANES];
            for (r, own) in own[..rows].iter_mut().enumerate() {
                *own = self.s.get(i + r, self.labels[i + r] as usize);
            }
            let (max, sum) = if c <= LANES { self.short(s, i, rows) } else { self.long(s, i, rows) };
            let own = s.sub(s.load(&own), max);
            store_at(s, s.sub(ln_vector(s, sum), own), &mut self.loss[..i + rows], i);
        }
    }
}

/// A one among zeros: sixteen from `15 - y` on are the one-hot vector of label y.
const ONE_HOT: [f32; 2 * LANES - 1] = {
    let mut x = [0.0; 2 * LANES - 1];
    x[LANES - 1] = 1.0;
    x
};

impl CrossEntropy<'_> {
    /// max and Σ e^{S − max} of the rows from i on, one lane a row; their part of dS. For C ≤ 16.
    #[inline(always)]
    fn short<S: Simd>(&mut self, s: S, i: usize, rows: usize) -> (S::V, S::V) {
        let (stride, c) = (self.s.row_stride(), self.s.cols());
        let (scores, block) = (&self.s.data()[i * stride..], ShortRows::new(stride, rows, c));
        let max = short_maxima(s, &block, scores);
        let mut e = short_exponentials(s, &block, scores, &lanes(s, max));
        let sum = sum_rows(s, &e);
        if let Some((ds, n)) = &mut self.ds {
            let n = s.splat(*n as f32);
            let factors = lanes(s, s.div(s.splat(1.0), sum));
            for r in 0..LANES {
                let y = self.labels[(i + r).min(i + rows - 1)] as usize;
                let p = s.mul(e[r], s.splat(factors[r]));
                e[r] = s.div(s.sub(p, load_at(s, &ONE_HOT, LANES - 1 - y.min(LANES - 1))), n);
            }
            let stride = ds.row_stride();
            ShortRows::new(stride, rows, c).store(s, &e, &mut ds.data_mut()[i * stride..]);
        }
        (max, sum)
    }

    /// The same for longer rows.
    #[inline(always)]
    fn long<S: Simd>(&mut self, s: S, i: usize, rows: usize) -> (S::V, S::V) {
        let (stride, c) = (self.s.row_stride(), self.s.cols());
        let scores = &self.s.data()[i * stride..];
        let max = row_maxima(s, scores, stride, rows, c);
        let (maxima, mut sums) = (lanes(s, max), [s.splat(0.0); LANES]);
        for r in 0..rows {
            let row = &scores[r * stride..][..c];
            sums[r] = match &mut self.ds {
                None => sum_of_exponentials(s, row, maxima[r]),
                Some((ds, _)) => {
                    let ds = ds.row_mut(i + r);
                    ds.copy_from_slice(row);
                    exponentials(s, ds, maxima[r])
                }
            };
        }
        let sum = sum_rows(s, &sums);
        let Some((ds, n)) = &mut self.ds else { return (max, sum) };
        let (n, factors) = (*n as f32, lanes(s, s.div(s.splat(1.0), sum)));
        for r in 0..rows {
            let (ds, y) = (ds.row_mut(i + r), self.labels[i + r] as usize);
            let own = (ds[y] * factors[r] - 1.0) / n;
            for x in ds.chunks_mut(LANES) {
                let p = s.mul(load_at(s, x, 0), s.splat(factors[r]));
                store_at(s, s.div(p, s.splat(n)), x, 0);
            }
            ds[y] = own;
        }
        (max, sum)
    }
}
