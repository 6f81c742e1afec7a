//! The order contract as plain loops: what every operation computes, one rounding after the other.
//!
//! This file is the specification. It is slow and free of tricks, and every instruction set must equal it bit for bit on
//! every input (NaN payloads aside); `tests/` holds them to it. The f64 operations *are* these loops, but for
//! [`crate::matmul()`] and [`crate::Batch::gather`], whose own loops have their bits. What does not fit panics as it does
//! there.

use crate::arch::compact;
use crate::matmul::Epilogue;
use crate::reduce::check_columns;
use crate::softmax::check_rows;
use crate::update::check_lengths;
use crate::{Mat, MatMut, Momentum, Scalar, Source};

/// Partial sums of a reduction over a row: the softmax denominator.
pub const ROW_PARTIALS: usize = 16;
/// Partial sums of a reduction over a whole matrix: Σ x².
pub const MATRIX_PARTIALS: usize = 128;

/// C ← epilogue(A B): see [`crate::matmul()`].
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn matmul<'a, T: Scalar>(
    a: impl Into<Source<'a, T>>,
    b: Mat<'_, T>,
    mut c: MatMut<'_, T>,
    epilogue: Epilogue<'_, T>,
) {
    let a = a.into();
    crate::matmul::check_shapes(&a, &b, &c, &epilogue);
    for i in 0..c.rows() {
        for j in 0..c.cols() {
            let old = c.row(i)[j];
            let mut chain = if matches!(epilogue, Epilogue::Accumulate) { old } else { T::ZERO };
            for p in 0..a.cols() {
                chain = a.get(i, p).mul_add(b.get(p, j), chain);
            }
            c.row_mut(i)[j] = match epilogue {
                Epilogue::Store | Epilogue::Accumulate => chain,
                Epilogue::Bias(bias) => chain + bias[j],
                Epilogue::BiasRelu(bias) => relu(chain + bias[j]),
                Epilogue::ReluMask(h) => mask(h.get(i, j), chain),
                Epilogue::SgdStep { f, eta } => (-eta).mul_add(chain, f * old),
            };
        }
    }
}

/// max(0, x): +0 where x ≤ 0 (−0 included), else x; NaN stays NaN.
pub fn relu<T: Scalar>(x: T) -> T {
    if x <= T::ZERO { T::ZERO } else { x }
}

/// d where h > 0, else +0: the ReLU's slope, 0 at exactly 0 and where h is NaN.
pub fn mask<T: Scalar>(h: T, d: T) -> T {
    if h > T::ZERO { d } else { T::ZERO }
}

/// Σ of terms in P partial sums (a power of two): partial p sums the terms j ≡ p mod P in ascending j from +0 by
/// `add(partial, j)`; then partial p += partial p + P/2, + P/4, … + 1.
///
/// ```
/// use kernels::reference::reduction;
/// assert_eq!(reduction::<f32, 4>(3, |sum, _| sum + 1.0), 3.0);
/// ```
///
/// Another number of partial sums does not compile:
///
/// ```compile_fail,E0080
/// use kernels::reference::reduction;
/// assert_eq!(reduction::<f32, 3>(3, |sum, _| sum + 1.0), 3.0);
/// ```
pub fn reduction<T: Scalar, const P: usize>(len: usize, mut add: impl FnMut(T, usize) -> T) -> T {
    const { assert!(P.is_power_of_two()) }
    let mut partial = [T::ZERO; P];
    for j in 0..len {
        partial[j % P] = add(partial[j % P], j);
    }
    let mut half = P / 2;
    while half > 0 {
        for p in 0..half {
            partial[p] += partial[p + half];
        }
        half /= 2;
    }
    partial[0]
}

/// The largest element of a row; −∞ for an empty one. Elements that are NaN are passed over: what follows from
/// them is NaN anyway.
pub fn row_max<T: Scalar>(row: impl Iterator<Item = T>) -> T {
    row.fold(T::NEG_INFINITY, |max, x| {
        compact();
        if x > max { x } else { max }
    })
}

/// Each row of S becomes its softmax: see [`crate::softmax()`].
pub fn softmax<T: Scalar>(mut s: MatMut<'_, T>) {
    if s.cols() == 0 {
        return; // at once, for there may be any number of rows
    }
    for i in 0..s.rows() {
        let row = s.row_mut(i);
        let max = row_max(row.iter().copied());
        for x in row.iter_mut() {
            *x = (*x - max).exp();
        }
        let scale = T::ONE / reduction::<T, ROW_PARTIALS>(row.len(), |sum, j| sum + row[j]);
        for x in row {
            *x = *x * scale;
        }
    }
}

/// out_i ← ln Σ_j e^{S_ij}: see [`crate::log_sum_exp`].
///
/// # Panics
/// If `out` does not have one element a row.
#[track_caller]
pub fn log_sum_exp<T: Scalar>(s: Mat<'_, T>, out: &mut [T]) {
    check_rows(s.rows(), out.len());
    for (i, out) in out.iter_mut().enumerate() {
        let max = row_max((0..s.cols()).map(|j| s.get(i, j)));
        let sum = reduction::<T, ROW_PARTIALS>(s.cols(), |sum, j| sum + (s.get(i, j) - max).exp());
        *out = max + sum.ln();
    }
}

/// loss_i ← ln Σ_j e^{S_ij − max} − (S_iy − max) and, if asked for, dS ← (softmax(S) − onehot(y)) / N, given with
/// its N: see [`crate::cross_entropy()`].
///
/// # Panics
/// As [`crate::cross_entropy()`] and [`crate::cross_entropy_gradient`].
#[track_caller]
pub fn cross_entropy<T: Scalar>(
    s: Mat<'_, T>,
    labels: &[u32],
    loss: &mut [T],
    mut ds: Option<(MatMut<'_, T>, usize)>,
) {
    crate::cross_entropy::check(&s, labels, loss, ds.as_ref());
    for (i, (loss, &label)) in loss.iter_mut().zip(labels).enumerate() {
        let y = label as usize;
        let max = row_max((0..s.cols()).map(|j| s.get(i, j)));
        let e = |j: usize| (s.get(i, j) - max).exp();
        let sum = reduction::<T, ROW_PARTIALS>(s.cols(), |sum, j| sum + e(j));
        *loss = sum.ln() - (s.get(i, y) - max);
        if let Some((ds, n)) = &mut ds {
            let (scale, n) = (T::ONE / sum, T::from_count(*n));
            for (j, ds) in ds.row_mut(i).iter_mut().enumerate() {
                let p = e(j) * scale;
                *ds = if j == y { p - T::ONE } else { p } / n;
            }
        }
    }
}

/// The index of the largest element, the first of equals; the first NaN if there is one.
///
/// # Panics
/// If `x` is empty.
#[track_caller]
pub fn argmax<T: Scalar>(x: &[T]) -> usize {
    assert!(!x.is_empty(), "argmax of nothing");
    first_largest(x)
}

/// [`argmax`], and 0 of nothing.
pub(crate) fn first_largest<T: Scalar>(x: &[T]) -> usize {
    let (mut best, mut largest) = (0, T::NEG_INFINITY);
    for (j, &value) in x.iter().enumerate() {
        let no_larger = value <= largest;
        if !no_larger {
            (best, largest) = (j, value);
            if value.partial_cmp(&value).is_none() {
                break;
            }
        }
        compact();
    }
    best
}

/// out_j ← Σ_i A_ij, one ascending chain from +0.
///
/// # Panics
/// If `out` does not have one element a column.
#[track_caller]
pub fn column_sums<T: Scalar>(a: Mat<'_, T>, out: &mut [T]) {
    check_columns(a.cols(), out.len());
    for (j, out) in out.iter_mut().enumerate() {
        *out = (0..a.rows()).fold(T::ZERO, |sum, i| sum + a.get(i, j));
    }
}

/// Σ x², a reduction of multiply-adds over a whole matrix.
pub fn sum_of_squares<T: Scalar>(x: &[T]) -> T {
    reduction::<T, MATRIX_PARTIALS>(x.len(), |sum, j| x[j].mul_add(x[j], sum))
}

/// y ← a x + y, element by element.
///
/// # Panics
/// If `x` and `y` differ in length.
#[track_caller]
pub fn axpy<T: Scalar>(a: T, x: &[T], y: &mut [T]) {
    check_lengths(("x", x.len()), ("y", y.len()));
    for (y, &x) in y.iter_mut().zip(x) {
        *y = a.mul_add(x, *y);
    }
}

/// W ← f W − η G as fma(−η, g, f·w), element by element.
///
/// # Panics
/// If `w` and `g` differ in length.
#[track_caller]
pub fn sgd_step<T: Scalar>(w: &mut [T], g: &[T], f: T, eta: T) {
    check_lengths(("w", w.len()), ("g", g.len()));
    for (w, &g) in w.iter_mut().zip(g) {
        *w = (-eta).mul_add(g, f * *w);
    }
}

/// t = −η·fma(2λ, w, g); v ← fma(μ, v, t); w ← w + v, with Nesterov w ← w + fma(μ, v, t); element by element.
///
/// # Panics
/// If `w`, `v` and `g` differ in length.
#[track_caller]
pub fn momentum_step<T: Scalar>(w: &mut [T], v: &mut [T], g: &[T], rule: Momentum<T>) {
    check_lengths(("w", w.len()), ("g", g.len()));
    check_lengths(("w", w.len()), ("v", v.len()));
    let Momentum { eta, pull, mu, nesterov } = rule;
    for ((w, v), &g) in w.iter_mut().zip(v).zip(g) {
        let t = -eta * pull.mul_add(*w, g);
        *v = mu.mul_add(*v, t);
        *w += if nesterov { mu.mul_add(*v, t) } else { *v };
    }
}

/// x̂_j = (x_j − μ_j) · s_j, two roundings.
pub fn normalize(x: f32, mean: f32, scale: f32) -> f32 {
    (x - mean) * scale
}
