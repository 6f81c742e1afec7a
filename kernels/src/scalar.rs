//! The two element types, f32 and f64, and how their public operations reach code compiled in this crate.
//!
//! A generic function is compiled in the crate that calls it, at that crate's optimisation level: a debug build
//! of a caller would run its loops 26 times slower. So no public generic function holds a loop, but for those of [`mod@reference`],
//! which need no speed. Each forwards to a method of [`Ops`], whose two implementations below are not generic and so are compiled
//! here.

use core::fmt::{Debug, Display};
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use crate::arch::SMALL;
use crate::batch::{Batch, Gather, gather_f64};
use crate::cross_entropy::CrossEntropy;
use crate::exp::Exp;
use crate::ln::Ln;
use crate::matmul::Epilogue;
use crate::reduce::{ColumnSums, SumOfSquares};
use crate::relu::{Relu, ReluBackward};
use crate::softmax::{LogSumExp, Softmax};
use crate::update::{Momentum, MomentumStep, Update};
use crate::{Isa, Mat, MatMut, Source, reference};

/// An element type of the kernels: f32, or f64 for gradient checks. Sealed: no other type can be one.
///
/// ```
/// use kernels::Scalar;
/// fn sigmoid<T: Scalar>(x: T) -> T {
///     T::ONE / (T::ONE + (-x).exp())
/// }
/// assert_eq!(sigmoid(0.0f32), 0.5);
/// assert_eq!(sigmoid(0.0f64), 0.5);
/// ```
pub trait Scalar:
    Ops
    + Copy
    + Debug
    + Display
    + Default
    + PartialEq
    + PartialOrd
    + Add<Output = Self>
    + AddAssign
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// −∞.
    const NEG_INFINITY: Self;
    /// The distance from 1 to the next larger number: twice the unit roundoff.
    const EPSILON: Self;
    /// The nearest value to `x`, ties to even.
    fn from_f64(x: f64) -> Self;
    /// The nearest value to `n`, ties to even: rounded once.
    fn from_count(n: usize) -> Self;
    /// The same value in f64, exactly.
    fn to_f64(self) -> f64;
    /// `self · a + b` as the order contract has it: rounded once in f32, twice (after the product and after the
    /// sum) in f64.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// e to the power of `self`; accuracy and special values as [`crate::exp()`] has them.
    fn exp(self) -> Self;
    /// Natural logarithm; accuracy and special values as [`crate::ln()`] has them.
    fn ln(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// What an operation of [`Ops`] is done by. Only this crate makes one: the public functions look at lengths first, and there is
/// no way around them.
///
/// ```compile_fail,E0308
/// use kernels::{Isa, Scalar};
/// fn relu<T: Scalar>(x: &mut [T]) {
///     T::relu(Isa::best(), x);
/// }
/// ```
pub struct Inside(pub(crate) Isa);

/// The operations behind the public generic functions; each is documented there.
pub trait Ops: Sized {
    #![allow(missing_docs)] // each method is documented at the public function of its name
    fn gather(by: Inside, batch: Batch<'_>, x: MatMut<'_, Self>);
    fn matmul(
        by: Inside,
        a: &Source<'_, Self>,
        b: Mat<'_, Self>,
        c: MatMut<'_, Self>,
        e: Epilogue<'_, Self>,
        ws: &mut [Self],
        squares: Option<&mut Self>,
    );
    fn relu(by: Inside, x: &mut [Self]);
    fn relu_backward(by: Inside, h: &[Self], d: &mut [Self]);
    fn exp_all(by: Inside, x: &mut [Self]);
    fn ln_all(by: Inside, x: &mut [Self]);
    fn softmax(by: Inside, s: MatMut<'_, Self>);
    fn cross_entropy(
        by: Inside,
        s: Mat<'_, Self>,
        labels: &[u32],
        loss: &mut [Self],
        ds: Option<(MatMut<'_, Self>, usize)>,
    );
    fn log_sum_exp(by: Inside, s: Mat<'_, Self>, out: &mut [Self]);
    fn argmax(by: Inside, x: &[Self]) -> usize;
    fn column_sums(by: Inside, a: Mat<'_, Self>, out: &mut [Self]);
    fn sum_of_squares(by: Inside, x: &[Self]) -> Self;
    fn axpy(by: Inside, a: Self, x: &[Self], y: &mut [Self]);
    fn sgd_step(by: Inside, w: &mut [Self], g: &[Self], f: Self, eta: Self);
    fn momentum_step(by: Inside, w: &mut [Self], v: &mut [Self], g: &[Self], rule: Momentum<Self>);
}

impl Scalar for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const NEG_INFINITY: Self = f32::NEG_INFINITY;
    const EPSILON: Self = f32::EPSILON;

    fn from_f64(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn from_count(n: usize) -> Self {
        n as f32
    }
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn mul_add(self, a: Self, b: Self) -> Self {
        crate::fma::mul_add(self, a, b)
    }
    fn exp(self) -> Self {
        crate::exp::exp_f32(self)
    }
    fn ln(self) -> Self {
        crate::ln::ln_f32(self)
    }
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
}

impl Scalar for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;
    const NEG_INFINITY: Self = f64::NEG_INFINITY;
    const EPSILON: Self = f64::EPSILON;

    fn from_f64(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn from_count(n: usize) -> Self {
        n as f64
    }
    fn to_f64(self) -> f64 {
        self
    }
    fn mul_add(self, a: Self, b: Self) -> Self {
        self * a + b
    }
    fn exp(self) -> Self {
        crate::exp::exp_f64(self)
    }
    fn ln(self) -> Self {
        crate::ln::ln_f64(self)
    }
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
}

/// A small processor has no vectors: what is long in code goes by the reference loops there. These are a hundredth of it, and compiled in
/// no time.
impl Ops for f32 {
    fn gather(Inside(isa): Inside, batch: Batch<'_>, x: MatMut<'_, f32>) {
        isa.run(Gather { batch, x, prefetched: false, next: None });
    }
    fn matmul(
        Inside(isa): Inside,
        a: &Source<'_, f32>,
        b: Mat<'_, f32>,
        c: MatMut<'_, f32>,
        e: Epilogue<'_, f32>,
        ws: &mut [f32],
        squares: Option<&mut f32>,
    ) {
        crate::matmul::matmul_f32(isa, a, b, c, e, ws, squares);
    }
    fn relu(Inside(isa): Inside, x: &mut [f32]) {
        isa.run(Relu(x));
    }
    fn relu_backward(Inside(isa): Inside, h: &[f32], d: &mut [f32]) {
        isa.run(ReluBackward { h, d });
    }
    fn exp_all(Inside(isa): Inside, x: &mut [f32]) {
        isa.run(Exp(x));
    }
    fn ln_all(Inside(isa): Inside, x: &mut [f32]) {
        isa.run(Ln(x));
    }
    fn softmax(Inside(isa): Inside, s: MatMut<'_, f32>) {
        if SMALL { reference::softmax(s) } else { isa.run(Softmax(s)) }
    }
    fn cross_entropy(
        Inside(isa): Inside,
        s: Mat<'_, f32>,
        labels: &[u32],
        loss: &mut [f32],
        ds: Option<(MatMut<'_, f32>, usize)>,
    ) {
        match SMALL {
            true => reference::cross_entropy(s, labels, loss, ds),
            false => isa.run(CrossEntropy { s, labels, loss, ds }),
        }
    }
    fn log_sum_exp(Inside(isa): Inside, s: Mat<'_, f32>, out: &mut [f32]) {
        if SMALL { reference::log_sum_exp(s, out) } else { isa.run(LogSumExp { s, out }) }
    }
    fn argmax(_: Inside, x: &[f32]) -> usize {
        reference::first_largest(x)
    }
    fn column_sums(Inside(isa): Inside, a: Mat<'_, f32>, out: &mut [f32]) {
        isa.run(ColumnSums { a, out });
    }
    fn sum_of_squares(Inside(isa): Inside, x: &[f32]) -> f32 {
        isa.run(SumOfSquares(x))
    }
    fn axpy(Inside(isa): Inside, a: f32, x: &[f32], y: &mut [f32]) {
        isa.run(Update { a, x, f: 1.0, y });
    }
    fn sgd_step(Inside(isa): Inside, w: &mut [f32], g: &[f32], f: f32, eta: f32) {
        isa.run(Update { a: -eta, x: g, f, y: w });
    }
    fn momentum_step(Inside(isa): Inside, w: &mut [f32], v: &mut [f32], g: &[f32], rule: Momentum<f32>) {
        isa.run(MomentumStep { w, v, g, rule });
    }
}

/// f64 exists for gradient checks: the reference loops, on every processor.
impl Ops for f64 {
    fn gather(_: Inside, batch: Batch<'_>, x: MatMut<'_, f64>) {
        gather_f64(batch, x);
    }
    fn matmul(
        _: Inside,
        a: &Source<'_, f64>,
        b: Mat<'_, f64>,
        c: MatMut<'_, f64>,
        e: Epilogue<'_, f64>,
        _: &mut [f64],
        squares: Option<&mut f64>,
    ) {
        if let Some(sum) = squares {
            *sum = reference::sum_of_squares(b.data());
        }
        crate::matmul::matmul_f64(*a, b, c, e);
    }
    fn relu(_: Inside, x: &mut [f64]) {
        x.iter_mut().for_each(|x| *x = reference::relu(*x));
    }
    fn relu_backward(_: Inside, h: &[f64], d: &mut [f64]) {
        d.iter_mut().zip(h).for_each(|(d, &h)| *d = reference::mask(h, *d));
    }
    fn exp_all(_: Inside, x: &mut [f64]) {
        x.iter_mut().for_each(|x| *x = crate::exp::exp_f64(*x));
    }
    fn ln_all(_: Inside, x: &mut [f64]) {
        x.iter_mut().for_each(|x| *x = crate::ln::ln_f64(*x));
    }
    fn softmax(_: Inside, s: MatMut<'_, f64>) {
        reference::softmax(s);
    }
    fn cross_entropy(
        _: Inside,
        s: Mat<'_, f64>,
        labels: &[u32],
        loss: &mut [f64],
        ds: Option<(MatMut<'_, f64>, usize)>,
    ) {
        reference::cross_entropy(s, labels, loss, ds);
    }
    fn log_sum_exp(_: Inside, s: Mat<'_, f64>, out: &mut [f64]) {
        reference::log_sum_exp(s, out);
    }
    fn argmax(_: Inside, x: &[f64]) -> usize {
        reference::first_largest(x)
    }
    fn column_sums(_: Inside, a: Mat<'_, f64>, out: &mut [f64]) {
        reference::column_sums(a, out);
    }
    fn sum_of_squares(_: Inside, x: &[f64]) -> f64 {
        reference::sum_of_squares(x)
    }
    fn axpy(_: Inside, a: f64, x: &[f64], y: &mut [f64]) {
        reference::axpy(a, x, y);
    }
    fn sgd_step(_: Inside, w: &mut [f64], g: &[f64], f: f64, eta: f64) {
        reference::sgd_step(w, g, f, eta);
    }
    fn momentum_step(_: Inside, w: &mut [f64], v: &mut [f64], g: &[f64], rule: Momentum<f64>) {
        reference::momentum_step(w, v, g, rule);
    }
}

#[cfg(test)]
mod tests {
    use super::{Inside, Ops};
    use crate::Isa;
    use crate::exp::exp_f64;
    use crate::ln::ln_f64;

    /// std is there in unit tests, and its methods of the same names would come first.
    #[test]
    fn f64_has_our_exp_and_ln() {
        let x: [f64; 4000] = core::array::from_fn(|i| (i + 1) as f64 / 64.0);
        let (mut exp, mut ln) = (x, x);
        f64::exp_all(Inside(Isa::best()), &mut exp);
        f64::ln_all(Inside(Isa::best()), &mut ln);
        assert_eq!(exp.map(f64::to_bits), x.map(|x| exp_f64(x).to_bits()));
        assert_eq!(ln.map(f64::to_bits), x.map(|x| ln_f64(x).to_bits()));
    }
}
