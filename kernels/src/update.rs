//! Updates of one vector by another: the step of gradient descent, and y ← a x + y.

use crate::Isa;
use crate::scalar::Scalar;
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
pub fn axpy<T: Scalar>(isa: Isa, a: T, x: &[T], y: &mut [T]) {
    assert!(x.len() == y.len(), "x has {} elements, y has {}: they must be equal", x.len(), y.len());
    T::axpy(isa, a, x, y);
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
pub fn sgd_step<T: Scalar>(isa: Isa, w: &mut [T], g: &[T], f: T, eta: T) {
    assert!(w.len() == g.len(), "w has {} elements, g has {}: they must be equal", w.len(), g.len());
    T::sgd_step(isa, w, g, f, eta);
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
