//! Updates of one vector by another: the step of gradient descent, with and without velocity, and y ← a x + y.

use crate::Isa;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};

/// y_j ← a x_j + y_j, one multiply-add each. Source: eq. (40), (41), dW += 2λ W.
///
/// # Panics
/// If `x` and `y` differ in length.
///
/// ```
/// let mut y = [1.0f32, 1.0];
/// kernels::axpy(kernels::Isa::best(), 2.0, &[3.0, 4.0], &mut y);
/// assert_eq!(y, [7.0, 9.0]);
/// ```
#[track_caller]
pub fn axpy<T: Scalar>(isa: Isa, a: T, x: &[T], y: &mut [T]) {
    check_lengths(("x", x.len()), ("y", y.len()));
    T::axpy(Inside(isa), a, x, y);
}

/// The step: w_j ← fma(−η, g_j, f·w_j), with f = 1 − 2λη for weights under the penalty λΣW² and f = 1 for biases.
///
/// g is the gradient of the data loss alone: the penalty's is in f. Fused into the product that computes g as
/// [`crate::Epilogue::SgdStep`], with the same bits.
///
/// # Panics
/// If `w` and `g` differ in length.
///
/// ```
/// let mut w = [1.0f32, 2.0];
/// kernels::sgd_step(kernels::Isa::best(), &mut w, &[0.5, -0.5], 1.0, 2.0);
/// assert_eq!(w, [0.0, 3.0]);
/// ```
#[track_caller]
pub fn sgd_step<T: Scalar>(isa: Isa, w: &mut [T], g: &[T], f: T, eta: T) {
    check_lengths(("w", w.len()), ("g", g.len()));
    T::sgd_step(Inside(isa), w, g, f, eta);
}

/// What a step with velocity is made of, besides its vectors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Momentum<T> {
    /// The learning rate η.
    pub eta: T,
    /// 2λ for weights under the penalty λΣW², 0 for biases.
    pub pull: T,
    /// What is kept of the velocity, μ.
    pub mu: T,
    /// Whether the step looks ahead (Nesterov).
    pub nesterov: bool,
}

/// The step with velocity: t = −η·fma(2λ, w_j, g_j); v_j ← fma(μ, v_j, t); w_j ← w_j + v_j, or with Nesterov's look ahead
/// w_j ← w_j + fma(μ, v_j, t), v_j being the new one.
///
/// g is the gradient of the data loss alone: the penalty's, 2λ w, is added here.
///
/// # Panics
/// If `w`, `v` and `g` differ in length.
///
/// ```
/// use kernels::{Isa, Momentum, momentum_step};
/// let (mut w, mut v) = ([1.0f32], [2.0]);
/// let rule = Momentum { eta: 0.5, pull: 0.0, mu: 0.5, nesterov: false };
/// momentum_step(Isa::best(), &mut w, &mut v, &[4.0], rule);
/// assert_eq!((w, v), ([0.0], [-1.0])); // v = ½·2 − ½·4
/// ```
#[track_caller]
pub fn momentum_step<T: Scalar>(isa: Isa, w: &mut [T], v: &mut [T], g: &[T], rule: Momentum<T>) {
    check_lengths(("w", w.len()), ("g", g.len()));
    check_lengths(("w", w.len()), ("v", v.len()));
    T::momentum_step(Inside(isa), w, v, g, rule);
}

/// Panics with both names and numbers where lengths differ.
#[track_caller]
pub(crate) fn check_lengths((a, of_a): (&str, usize), (b, of_b): (&str, usize)) {
    assert!(of_a == of_b, "{a} has {of_a} elements, {b} has {of_b}: they must be equal");
}

/// [`momentum_step`], as a kernel.
pub(crate) struct MomentumStep<'a> {
    pub(crate) w: &'a mut [f32],
    pub(crate) v: &'a mut [f32],
    pub(crate) g: &'a [f32],
    pub(crate) rule: Momentum<f32>,
}

impl Kernel for MomentumStep<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Momentum { eta, pull, mu, nesterov } = self.rule;
        let (eta, pull, mu) = (s.splat(-eta), s.splat(pull), s.splat(mu));
        let (g, g_rest) = self.g.as_chunks::<LANES>();
        let (w, w_rest) = self.w.as_chunks_mut::<LANES>();
        let (v, v_rest) = self.v.as_chunks_mut::<LANES>();
        for ((g, w), v) in g.iter().zip(w).zip(v) {
            let old = s.load(w);
            let t = s.mul(eta, s.mul_add(pull, old, s.load(g)));
            let new = s.mul_add(mu, s.load(v), t);
            s.store(new, v);
            s.store(s.add(old, if nesterov { s.mul_add(mu, new, t) } else { new }), w);
        }
        let old = s.load_part(w_rest, 0.0);
        let t = s.mul(eta, s.mul_add(pull, old, s.load_part(g_rest, 0.0)));
        let new = s.mul_add(mu, s.load_part(v_rest, 0.0), t);
        s.store_part(new, v_rest);
        s.store_part(s.add(old, if nesterov { s.mul_add(mu, new, t) } else { new }), w_rest);
    }
}

/// y ← fma(a, x, f·y): both updates (f = 1 changes no bit of y).
pub(crate) struct Update<'a> {
    pub(crate) a: f32,
    pub(crate) x: &'a [f32],
    pub(crate) f: f32,
    pub(crate) y: &'a mut [f32],
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (a, f) = (s.splat(self.a), s.splat(self.f));
        let (x, x_rest) = self.x.as_chunks::<LANES>();
        let (y, y_rest) = self.y.as_chunks_mut::<LANES>();
        for (x, y) in x.iter().zip(y) {
            s.store(s.mul_add(a, s.load(x), s.mul(f, s.load(y))), y);
        }
        let rest = s.mul_add(a, s.load_part(x_rest, 0.0), s.mul(f, s.load_part(y_rest, 0.0)));
        s.store_part(rest, y_rest);
    }
}
