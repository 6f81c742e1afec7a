//! ReLU, forward and backward.

use crate::Isa;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};

/// x_j ← max(0, x_j): +0 where x ≤ 0 (so −0 becomes +0), x elsewhere; NaN stays NaN. Exact.
///
/// Source: eq. (3), (29). Fused into the product as [`crate::Epilogue::BiasRelu`].
///
/// ```
/// let mut x = [-1.0f32, -0.0, 2.0];
/// kernels::relu(kernels::Isa::best(), &mut x);
/// assert_eq!(x.map(f32::to_bits), [0.0f32, 0.0, 2.0].map(f32::to_bits));
/// ```
pub fn relu<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::relu(Inside(isa), x);
}

/// d_j ← d_j where h_j > 0, else +0: the gradient before the ReLU from the one after it. The slope at exactly 0
/// is 0. Exact.
///
/// Source: eq. (26)-(28), (30). Fused into the product as [`crate::Epilogue::ReluMask`].
///
/// # Panics
/// If `h` and `d` differ in length.
///
/// ```
/// let mut d = [5.0f32, 6.0, 7.0];
/// kernels::relu_backward(kernels::Isa::best(), &[1.0, 0.0, 0.5], &mut d);
/// assert_eq!(d, [5.0, 0.0, 7.0]);
/// ```
#[track_caller]
pub fn relu_backward<T: Scalar>(isa: Isa, h: &[T], d: &mut [T]) {
    assert!(h.len() == d.len(), "h has {} elements, d has {}: they must be equal", h.len(), d.len());
    T::relu_backward(Inside(isa), h, d);
}

pub(crate) struct Relu<'a>(pub(crate) &'a mut [f32]);

impl Kernel for Relu<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (full, rest) = self.0.as_chunks_mut::<LANES>();
        for x in full {
            s.store(s.relu(s.load(x)), x);
        }
        s.store_part(s.relu(s.load_part(rest, 0.0)), rest);
    }
}

pub(crate) struct ReluBackward<'a> {
    pub(crate) h: &'a [f32],
    pub(crate) d: &'a mut [f32],
}

impl Kernel for ReluBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let zero = s.splat(0.0);
        let (h, h_rest) = self.h.as_chunks::<LANES>();
        let (d, d_rest) = self.d.as_chunks_mut::<LANES>();
        for (h, d) in h.iter().zip(d) {
            s.store(s.keep_gt(s.load(h), zero, s.load(d)), d);
        }
        let rest = s.keep_gt(s.load_part(h_rest, 0.0), zero, s.load_part(d_rest, 0.0));
        s.store_part(rest, d_rest);
    }
}
