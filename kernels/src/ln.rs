//! ln x.

use crate::Isa;
use crate::scalar::Scalar;
use crate::simd::{Kernel, LANES, Simd};

/// x_j ← ln x_j.
///
/// Error at most 1 ULP. ln ±0 = −∞, ln of a negative number is NaN, ln ∞ = ∞, ln NaN = NaN, ln 1 = +0.
///
/// ```
/// let mut x = [1.0f32, core::f32::consts::E, 0.0];
/// kernels::ln(kernels::Isa::best(), &mut x);
/// assert_eq!(x, [0.0, 1.0, f32::NEG_INFINITY]);
/// ```
pub fn ln<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::ln_all(isa, x);
}

pub(crate) fn ln_f32(x: f32) -> f32 {
    let mut v = [x];
    Isa::PORTABLE.run(Ln(&mut v));
    v[0]
}

pub(crate) fn ln_f64(x: f64) -> f64 {
    if x == 1.0 {
        return 0.0;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if !(x > 0.0) {
        return f64::NAN;
    }
    if x == f64::INFINITY {
        return x;
    }
    // PROVISIONAL: Newton on exp
    let mut y = ((x.to_bits() >> 52) as f64 - 1022.5) * core::f64::consts::LN_2;
    for _ in 0..8 {
        let e = crate::exp::exp_f64(-y) * x;
        y += 2.0 * (e - 1.0) / (e + 1.0);
    }
    y
}

/// ln x, lane by lane.
#[inline(always)]
pub(crate) fn ln_vector<S: Simd>(s: S, x: S::V) -> S::V {
    let (zero, one) = (s.splat(0.0), s.splat(1.0));
    let tiny = s.splat(f32::MIN_POSITIVE);
    let bias = s.select_gt(tiny, x, s.splat(-23.0), zero);
    let scaled = s.select_gt(tiny, x, s.mul(x, s.splat(8388608.0)), x);
    let (m, e) = s.split(scaled);
    let (f, e) = (s.sub(m, one), s.add(e, bias));
    let mut p = s.splat(-1.0 / 20.0);
    for i in (1..20).rev() {
        let c = if i % 2 == 0 { -1.0 } else { 1.0 } / i as f32;
        p = s.mul_add(p, f, s.splat(c));
    }
    let r = s.mul_add(e, s.splat(core::f32::consts::LN_2), s.mul(p, f));
    let inf = s.splat(f32::MAX);
    let r = s.select_gt(x, inf, x, r);
    let bad = s.select_gt(zero, x, s.splat(f32::NAN), s.add(s.splat(f32::NEG_INFINITY), x));
    s.select_gt(x, zero, r, bad)
}

pub(crate) struct Ln<'a>(pub(crate) &'a mut [f32]);

impl Kernel for Ln<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (full, rest) = self.0.as_chunks_mut::<LANES>();
        for x in full {
            s.store(ln_vector(s, s.load(x)), x);
        }
        s.store_part(ln_vector(s, s.load_part(rest, 1.0)), rest);
    }
}
