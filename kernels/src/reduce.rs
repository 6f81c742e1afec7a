//! Reductions: column sums, sum of squares, argmax.

use crate::floats::{load_at, store_at};
use crate::reference::MATRIX_PARTIALS;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};
use crate::{Isa, Mat, reference};

/// Vectors of partial sums over a matrix: eight chains in flight hide the latency of the multiply-add.
const VECTORS: usize = MATRIX_PARTIALS / LANES;

/// out_j ← Σ_i A_ij, one chain over i ascending from +0.
///
/// Error of an element at most γ Σ_i |A_ij|, γ = (m − 1)u/(1 − (m − 1)u), u = 2⁻²⁴ (f32) or 2⁻⁵³ (f64), barring
/// overflow; sums do not underflow.
/// Source: ∂L/∂b = the sum of dS over the rows.
///
/// # Panics
/// If `out` does not have one element a column.
///
/// ```
/// let a = [1.0f32, 2.0, 3.0, 4.0];
/// let mut sums = [0.0; 2];
/// kernels::column_sums(kernels::Isa::best(), kernels::Mat::new(&a, 2, 2), &mut sums);
/// assert_eq!(sums, [4.0, 6.0]);
/// ```
#[track_caller]
pub fn column_sums<T: Scalar>(isa: Isa, a: Mat<'_, T>, out: &mut [T]) {
    check_columns(a.cols(), out.len());
    T::column_sums(Inside(isa), a, out);
}

/// Panics with both numbers where there is not one element a column.
#[track_caller]
pub(crate) fn check_columns(cols: usize, got: usize) {
    assert!(got == cols, "out has {got} elements, A has {cols} columns: they must be equal");
}

/// Σ x², in 128 partial sums of multiply-adds (the order contract's reduction over a matrix).
///
/// Error at most γ Σ x², γ = ru/(1 − ru) of r = ⌈len/128⌉ + 7 roundings with u = 2⁻²⁴ (f32) or 2⁻⁵³ (f64), and for squares that underflow
/// half the smallest subnormal an element, 2⁻¹⁵⁰ or 2⁻¹⁰⁷⁵; barring overflow. Source: the penalty of eq. (1), (39).
///
/// ```
/// assert_eq!(kernels::sum_of_squares(kernels::Isa::best(), &[3.0f32, 4.0]), 25.0);
/// ```
pub fn sum_of_squares<T: Scalar>(isa: Isa, x: &[T]) -> T {
    T::sum_of_squares(Inside(isa), x)
}

/// The index of the largest element, the first of equals; the first NaN if there is one. Exact.
///
/// Source: eq. (6); the largest score has the largest softmax probability.
///
/// # Panics
/// If `x` is empty.
///
/// ```
/// assert_eq!(kernels::argmax(&[0.5f32, 2.0, 2.0]), 1);
/// assert_eq!(kernels::argmax(&[0.5, f32::NAN, f32::INFINITY]), 1);
/// ```
#[track_caller]
pub fn argmax<T: Scalar>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "argmax of nothing");
    T::argmax(Inside(Isa::PORTABLE), x)
}

/// [`argmax`] for rows that may be empty: None then. Never panics.
///
/// ```
/// assert_eq!(kernels::try_argmax(&[0.5f32, 2.0]), Some(1));
/// assert_eq!(kernels::try_argmax::<f32>(&[]), None);
/// ```
pub fn try_argmax<T: Scalar>(x: &[T]) -> Option<usize> {
    (!x.is_empty()).then(|| T::argmax(Inside(Isa::PORTABLE), x))
}

pub(crate) struct ColumnSums<'a> {
    pub(crate) a: Mat<'a, f32>,
    pub(crate) out: &'a mut [f32],
}

impl Kernel for ColumnSums<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        if self.a.col_stride() != 1 {
            return reference::column_sums(self.a, self.out);
        }
        // Eight vectors of columns at a time, so that as many chains are in flight; then two.
        let whole = self.out.len() - self.out.len() % (VECTORS * LANES);
        let (wide, rest) = self.out.split_at_mut(whole);
        for (strip, out) in wide.chunks_exact_mut(VECTORS * LANES).enumerate() {
            strips::<S, VECTORS>(s, self.a, strip * VECTORS * LANES, out);
        }
        for (strip, out) in rest.chunks_mut(2 * LANES).enumerate() {
            let first = whole + strip * 2 * LANES;
            if out.len() > LANES {
                strips::<S, 2>(s, self.a, first, out);
            } else {
                strips::<S, 1>(s, self.a, first, out);
            }
        }
    }
}

/// The sums of the columns from `first` on: V vectors, the last one as far as `out` goes.
#[inline(always)]
fn strips<S: Simd, const V: usize>(s: S, a: Mat<'_, f32>, first: usize, out: &mut [f32]) {
    let mut sums = [s.splat(0.0); V];
    for row in 0..a.rows() {
        let row = &a.data()[row * a.row_stride() + first..][..out.len()];
        for (v, sum) in sums.iter_mut().enumerate() {
            *sum = s.add(*sum, load_at(s, row, v * LANES));
        }
    }
    for (v, sum) in sums.into_iter().enumerate() {
        store_at(s, sum, out, v * LANES);
    }
}

pub(crate) struct SumOfSquares<'a>(pub(crate) &'a [f32]);

/// Σ x² of an x that comes in parts.
pub(crate) struct Squares {
    sums: [[f32; LANES]; VECTORS],
    /// Elements that are in the sums.
    done: usize,
}

impl Squares {
    pub(crate) const NONE: Self = Self { sums: [[0.0; LANES]; VECTORS], done: 0 };

    /// x as far as it is there: the elements before `end`, but for those that fill no row of partial sums and may be followed by
    /// more.
    #[inline(always)]
    pub(crate) fn take<S: Simd>(&mut self, s: S, x: &[f32], end: usize) {
        let mut sums = self.load(s);
        let (blocks, rest) = x[self.done..end].as_chunks::<MATRIX_PARTIALS>();
        for x in blocks {
            squares(s, x, &mut sums);
        }
        self.done = end - rest.len();
        if end == x.len() {
            squares(s, rest, &mut sums);
            self.done = end;
        }
        for (sum, to) in sums.into_iter().zip(&mut self.sums) {
            s.store(sum, to);
        }
    }

    #[inline(always)]
    fn load<S: Simd>(&self, s: S) -> [S::V; VECTORS] {
        let mut sums = [s.splat(0.0); VECTORS];
        for (sum, from) in sums.iter_mut().zip(&self.sums) {
            *sum = s.load(from);
        }
        sums
    }

    /// Σ x².
    #[inline(always)]
    pub(crate) fn total<S: Simd>(&self, s: S) -> f32 {
        let mut sums = self.load(s);
        let mut half = VECTORS / 2;
        while half > 0 {
            for v in 0..half {
                sums[v] = s.add(sums[v], sums[v + half]);
            }
            half /= 2;
        }
        s.reduce_sum(sums[0])
    }
}

impl Kernel for SumOfSquares<'_> {
    type Output = f32;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f32 {
        let mut squares = Squares::NONE;
        squares.take(s, self.0, self.0.len());
        squares.total(s)
    }
}

/// The squares of up to 128 elements to the partial sums.
#[inline(always)]
fn squares<S: Simd>(s: S, x: &[f32], sums: &mut [S::V; VECTORS]) {
    for (v, sum) in sums.iter_mut().enumerate() {
        // Past the end 0·0 is added to sums that are never −0: no bit changes.
        let x = load_at(s, x, v * LANES);
        *sum = s.mul_add(x, x, *sum);
    }
}
