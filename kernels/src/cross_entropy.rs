//! The cross-entropy of scores and labels, and its gradient: the loss of the net, row by row.

use crate::floats::store_at;
use crate::ln::ln_vector;
use crate::scalar::Scalar;
use crate::simd::{Kernel, LANES, Simd};
use crate::softmax::{Short, exponentials, row_max, sum_of_exponentials};
use crate::{Isa, Mat, MatMut, reference};

/// loss_i ← ln Σ_j e^{S_ij − max} − (S_iy − max), with y = `labels[i]` and max the largest of row i.
///
/// The loss of one example, −ln softmax(S)_y. On scores less their maximum it is finite wherever they are, never
/// negative, and does not lose its digits where scores are large. A row that holds a NaN or +∞, or nothing but −∞,
/// gives NaN. Source: eq. (5), (39).
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
        for i in (0..n).step_by(LANES) {
            let rows = LANES.min(n - i);
            let (sum, own) = if c <= LANES { self.short(s, i, rows) } else { self.long(s, i, rows) };
            store_at(s, s.sub(ln_vector(s, sum), own), &mut self.loss[..i + rows], i);
        }
    }
}

impl CrossEntropy<'_> {
    /// Σ e^{S − max} and S_y − max of the rows from i on, one lane a row; their part of dS. For C ≤ 16.
    #[inline(always)]
    fn short<S: Simd>(&mut self, s: S, i: usize, rows: usize) -> (S::V, S::V) {
        let (stride, c) = (self.s.row_stride(), self.s.cols());
        let Short { mut e, shifted, sum, .. } = Short::new(s, &self.s.data()[i * stride..], stride, rows, c);
        let mut label = [0.0; LANES];
        for (lane, &y) in label.iter_mut().zip(&self.labels[i..i + rows]) {
            *lane = y as f32;
        }
        let label = s.load(&label);
        let mut own = s.splat(0.0);
        for j in 0..LANES {
            if j < c {
                own = where_equal(s, label, j, shifted[j], own);
            }
        }
        if let Some((ds, n)) = &mut self.ds {
            let n = s.splat(*n as f32);
            let factor = s.div(s.splat(1.0), sum);
            for j in 0..LANES {
                if j < c {
                    let p = s.mul(e[j], factor);
                    e[j] = s.div(where_equal(s, label, j, s.sub(p, s.splat(1.0)), p), n);
                }
            }
            let stride = ds.row_stride();
            Short::store(s, e, &mut ds.data_mut()[i * stride..], stride, rows, c);
        }
        (sum, own)
    }

    /// The same for longer rows, one at a time.
    #[inline(always)]
    fn long<S: Simd>(&mut self, s: S, i: usize, rows: usize) -> (S::V, S::V) {
        let (mut sums, mut owns) = ([1.0; LANES], [0.0; LANES]);
        for r in 0..rows {
            let (row, y) = (self.s.row(i + r).unwrap_or(&[]), self.labels[i + r] as usize);
            let max = row_max(s, row);
            owns[r] = row[y] - max;
            let Some((ds, n)) = &mut self.ds else {
                sums[r] = sum_of_exponentials(s, row, max);
                continue;
            };
            let (ds, n) = (ds.row_mut(i + r), *n as f32);
            ds.copy_from_slice(row);
            sums[r] = exponentials(s, ds, max);
            let factor = 1.0 / sums[r];
            let own = (ds[y] * factor - 1.0) / n;
            for x in ds.chunks_mut(LANES) {
                let p = s.mul(crate::floats::load_at(s, x, 0), s.splat(factor));
                store_at(s, s.div(p, s.splat(n)), x, 0);
            }
            ds[y] = own;
        }
        (s.load(&sums), s.load(&owns))
    }
}

/// Lane by lane: x where the label is j, else y.
#[inline(always)]
fn where_equal<S: Simd>(s: S, label: S::V, j: usize, x: S::V, y: S::V) -> S::V {
    let (below, above) = (s.splat(j as f32 - 0.5), s.splat(j as f32 + 0.5));
    s.select_gt(label, below, s.select_gt(above, label, x, y), y)
}
