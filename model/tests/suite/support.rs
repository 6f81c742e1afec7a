//! What the tests share: random cases, one pass over a case, and comparisons that fail on NaN.

use kernels::{Isa, Mat, MatMut, Scalar};
use model::{Engine, Labels, Loss, Params, Shape, Workspace, backward, forward};

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In −1..1, a multiple of 2⁻¹⁶: exact in f32, and so is the sum with a step of 2⁻¹⁷.
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.bits() % (1 << 17)) as f64 / 65536.0 - 1.0
    }

    pub(crate) fn fractions(&mut self, len: usize, size: f64) -> Vec<f64> {
        (0..len).map(|_| self.fraction() * size).collect()
    }

    /// Whole numbers in −size..=size: sums and products of a few are exact.
    pub(crate) fn integers(&mut self, len: usize, size: i64) -> Vec<f64> {
        (0..len).map(|_| (self.bits() % (2 * size as u64 + 1)) as f64 - size as f64).collect()
    }

    pub(crate) fn labels(&mut self, len: usize, classes: usize) -> Vec<u16> {
        (0..len).map(|_| (self.bits() % classes as u64) as u16).collect()
    }
}

/// A net, a batch and λ: exact in f32, kept in f64.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) shape: Shape,
    pub(crate) x: Vec<f64>,
    pub(crate) y: Vec<u16>,
    pub(crate) net: Vec<f64>,
    pub(crate) lambda: f64,
}

impl Case {
    /// N, D, H, C and a seed.
    pub(crate) fn random(n: usize, (d, h, c): (usize, usize, usize), lambda: f64, seed: u64) -> Self {
        let (mut random, shape) = (Random(seed), shape(d, h, c));
        let (x, net) = (random.fractions(n * d, 2.0), random.fractions(shape.params(), 1.0));
        Self { shape, x, y: random.labels(n, c), net, lambda }
    }

    /// The same with small whole numbers everywhere: the forward pass is exact.
    pub(crate) fn integers(n: usize, (d, h, c): (usize, usize, usize), seed: u64) -> Self {
        let (mut random, shape) = (Random(seed), shape(d, h, c));
        let (x, net) = (random.integers(n * d, 4), random.integers(shape.params(), 3));
        Self { shape, x, y: random.labels(n, c), net, lambda: 0.0 }
    }

    pub(crate) fn n(&self) -> usize {
        self.y.len()
    }

    pub(crate) fn net<T: Scalar>(&self) -> Params<T> {
        Params::from_vec(self.shape, cast(&self.net)).unwrap()
    }

    pub(crate) fn labels(&self) -> Labels<'_> {
        Labels::new(&self.y, self.shape.c()).unwrap()
    }

    /// Forward and backward, all gradients, on the best instruction set.
    pub(crate) fn pass<T: Scalar>(&self) -> Pass<T> {
        self.pass_on(Engine::default())
    }

    /// Forward and backward into outputs that start as NaN, so that a cell which is read or left out shows.
    pub(crate) fn pass_on<T: Scalar>(&self, engine: Engine<'_>) -> Pass<T> {
        let (n, d) = (self.n(), self.shape.d());
        let (net, x) = (self.net::<T>(), cast::<T>(&self.x));
        let mut ws = Workspace::new(self.shape, n, engine.pool.width());
        let mut grads = Params::zeros(self.shape);
        grads.as_mut_slice().fill(nan());
        let mut dx = vec![nan(); n * d];
        let lambda = T::from_f64(self.lambda);
        let view = Mat::new(&x, n, d);
        forward(engine, &net, view, &mut ws);
        let into = Some(MatMut::new(&mut dx, n, d));
        let loss = backward(engine, &net, view, self.labels(), lambda, &mut ws, &mut grads, into);
        Pass { net, x, ws, grads, dx, loss }
    }
}

/// What a forward and a backward pass leave behind.
pub(crate) struct Pass<T> {
    pub(crate) net: Params<T>,
    pub(crate) x: Vec<T>,
    pub(crate) ws: Workspace<T>,
    pub(crate) grads: Params<T>,
    pub(crate) dx: Vec<T>,
    pub(crate) loss: Loss<T>,
}

impl<T: Scalar> Pass<T> {
    pub(crate) fn x(&self) -> Mat<'_, T> {
        Mat::new(&self.x, self.ws.rows(), self.net.shape().d())
    }

    pub(crate) fn dx(&self) -> Mat<'_, T> {
        Mat::new(&self.dx, self.ws.rows(), self.net.shape().d())
    }
}

pub(crate) fn shape(d: usize, h: usize, c: usize) -> Shape {
    Shape::new(d, h, c).unwrap()
}

pub(crate) fn nan<T: Scalar>() -> T {
    T::from_f64(f64::NAN)
}

/// The portable engine and the best one: what each test of exact bits runs on at least.
pub(crate) fn every_isa() -> impl Iterator<Item = Engine<'static>> {
    Isa::available().map(Engine::serial)
}

pub(crate) fn cast<T: Scalar>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::from_f64(v)).collect()
}

/// Elements row after row, in f64.
pub(crate) fn values<T: Scalar>(a: Mat<'_, T>) -> Vec<f64> {
    (0..a.rows()).flat_map(|i| (0..a.cols()).map(move |j| a.get(i, j).to_f64())).collect()
}

pub(crate) fn vector<T: Scalar>(a: &[T]) -> Mat<'_, T> {
    Mat::new(a, 1, a.len())
}

/// A number that equals another if its bits do, as far as they are promised: every NaN counts as the same. A test that fails
/// shows it as a number.
#[derive(Clone, Copy)]
pub(crate) struct Bits(f64);

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || self.0.is_nan() && other.0.is_nan()
    }
}

impl std::fmt::Debug for Bits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Bits of f32 and f64 alike, since f32 → f64 is exact.
pub(crate) fn bits<T: Scalar>(a: &[T]) -> Vec<Bits> {
    a.iter().map(|v| Bits(v.to_f64())).collect()
}

/// Every |got − want| ≤ bound; a NaN anywhere fails.
#[track_caller]
pub(crate) fn assert_within(what: &str, got: &[f64], want: &[f64], bound: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}: lengths");
    assert_eq!(got.len(), bound.len(), "{what}: lengths");
    for (i, ((got, want), bound)) in got.iter().zip(want).zip(bound).enumerate() {
        // With `>` in place of `!(<=)` a NaN would pass.
        let within = (got - want).abs() <= *bound;
        assert!(within, "{what}[{i}]: got {got:e}, want {want:e} within {bound:e}");
    }
}

/// Every |got − want| ≤ tolerance · the largest |want|; a NaN anywhere fails.
#[track_caller]
pub(crate) fn assert_close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    // The largest subnormal or so: an array of zeros has nothing to be relative to.
    let bound = tolerance * (largest(want) + f64::MIN_POSITIVE);
    assert_within(what, got, want, &vec![bound; want.len()]);
}

pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |max, v| v.abs().max(max))
}

/// The unit roundoff u of an element type.
pub(crate) fn unit<T: Scalar>() -> f64 {
    T::EPSILON.to_f64() / 2.0
}

/// γ_k = k u / (1 − k u): the relative error of k roundings (Higham, Accuracy and Stability of Numerical Algorithms,
/// lemma 3.1).
pub(crate) fn gamma<T: Scalar>(k: usize) -> f64 {
    let ku = k as f64 * unit::<T>();
    ku / (1.0 - ku)
}

/// A B by plain loops in f64, and how far a chain of multiply-adds of type T may be from it: γ_{k+1} Σ |a b| for T
/// (an f64 product has a rounding of its own), and as much again for the f64 loop here.
pub(crate) fn naive_product<T: Scalar>(a: Mat<'_, T>, b: Mat<'_, T>) -> (Vec<f64>, Vec<f64>) {
    assert_eq!(a.cols(), b.rows());
    let gamma = 2.0 * gamma::<T>(a.cols() + 1);
    let element = |i, j| {
        let terms = (0..a.cols()).map(|p| a.get(i, p).to_f64() * b.get(p, j).to_f64());
        terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + gamma * t.abs()))
    };
    (0..a.rows()).flat_map(|i| (0..b.cols()).map(move |j| element(i, j))).unzip()
}

#[test]
fn a_comparison_accepts_what_is_within() {
    assert_within("equal", &[1.0, 2.0], &[1.0, 2.5], &[0.0, 0.5]);
    assert_close("zeros", &[0.0, 0.0], &[0.0, 0.0], 1e-12);
}

#[test]
#[should_panic(expected = "v[1]: got 2e0, want 2.5e0 within 4.99e-1")]
fn a_comparison_refuses_what_is_not() {
    assert_within("v", &[1.0, 2.0], &[1.0, 2.5], &[0.0, 0.499]);
}

#[test]
fn a_comparison_refuses_nan_on_either_side_and_in_the_bound() {
    let one = [1.0];
    for (got, want, bound) in [([f64::NAN], one, one), (one, [f64::NAN], one), (one, one, [f64::NAN])] {
        assert!(std::panic::catch_unwind(|| assert_within("nan", &got, &want, &bound)).is_err());
    }
    assert!(std::panic::catch_unwind(|| assert_close("nan", &[1.0, f64::NAN], &[1.0, 1.0], 1.0)).is_err());
    assert!(std::panic::catch_unwind(|| assert_close("nan", &[1.0, 1.0], &[1.0, f64::NAN], 1.0)).is_err());
}

#[test]
fn a_comparison_refuses_other_lengths() {
    assert!(std::panic::catch_unwind(|| assert_close("length", &[], &[1.0], 1.0)).is_err());
    assert!(std::panic::catch_unwind(|| assert_within("length", &[1.0], &[1.0], &[])).is_err());
}
