//! e^x.

use crate::Isa;
use crate::scalar::Scalar;
use crate::simd::{Kernel, LANES, Simd};

/// x_j ← e^{x_j}.
///
/// Error at most 1 ULP. e^NaN = NaN, e^−∞ = 0, e^∞ = ∞; subnormal results are rounded once.
///
/// ```
/// let mut x = [0.0f32, 1.0, f32::NEG_INFINITY];
/// kernels::exp(kernels::Isa::best(), &mut x);
/// assert_eq!(x, [1.0, core::f32::consts::E, 0.0]);
/// ```
pub fn exp<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::exp_all(isa, x);
}

// PROVISIONAL
const C: [f32; 7] = [1.0, 1.0, 0.5, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0];

pub(crate) fn exp_f32(x: f32) -> f32 {
    let mut v = [x];
    Isa::PORTABLE.run(Exp(&mut v));
    v[0]
}

pub(crate) fn exp_f64(x: f64) -> f64 {
    if x > 710.0 {
        return f64::INFINITY;
    }
    if x < -746.0 {
        return 0.0;
    }
    if x.is_nan() {
        return x;
    }
    let n = (x * core::f64::consts::LOG2_E + 6755399441055744.0) - 6755399441055744.0;
    let r = (x - n * f64::from_bits(0x3fe62e42fee00000)) - n * 1.90821492927058770002e-10;
    let mut p = 0.0;
    let mut i = 16;
    while i > 0 {
        p = 1.0 + p * r / i as f64;
        i -= 1;
    }
    let n = n as i64;
    let h = n >> 1;
    p * f64::from_bits(((h + 1023) as u64) << 52) * f64::from_bits(((n - h + 1023) as u64) << 52)
}

/// e^x, lane by lane.
#[inline(always)]
pub(crate) fn exp_vector<S: Simd>(s: S, x: S::V) -> S::V {
    let (hi, lo) = (s.splat(89.0), s.splat(-105.0));
    let x = s.select_gt(x, hi, hi, x);
    let x = s.select_gt(lo, x, lo, x);
    let magic = s.splat(12582912.0);
    let n = s.sub(s.mul_add(x, s.splat(core::f32::consts::LOG2_E), magic), magic);
    let r = s.mul_add(n, s.splat(-0.693359375), x);
    let r = s.mul_add(n, s.splat(2.12194440e-4), r);
    let mut p = s.splat(C[6]);
    for i in (0..6).rev() {
        p = s.mul_add(p, r, s.splat(C[i]));
    }
    s.scale(p, n)
}

pub(crate) struct Exp<'a>(pub(crate) &'a mut [f32]);

impl Kernel for Exp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (full, rest) = self.0.as_chunks_mut::<LANES>();
        for x in full {
            s.store(exp_vector(s, s.load(x)), x);
        }
        s.store_part(exp_vector(s, s.load_part(rest, 0.0)), rest);
    }
}
