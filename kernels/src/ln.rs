//! ln x: x = m · 2ᵉ with √½ ≤ m < √2, a polynomial for ln m, then e ln 2 added.
//!
//! The coefficients are our own, found as those of `exp.rs`.

use crate::Isa;
use crate::arch::portable;
use crate::fma::mul_add;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};

/// x_j ← ln x_j.
///
/// f32: error at most 0.8479 ULP, measured over all 2³² inputs (at 0.70709795); f64: below 0.87 ULP in eight
/// million cases. ln ±0 = −∞, ln of a negative number is NaN, ln ∞ = ∞, ln NaN = NaN, ln 1 = +0.
///
/// ```
/// let mut x = [1.0f32, 2.0, 0.0];
/// kernels::ln(kernels::Isa::best(), &mut x);
/// assert_eq!(x, [0.0, core::f32::consts::LN_2, f32::NEG_INFINITY]);
/// ```
pub fn ln<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::ln_all(Inside(isa), x);
}

/// Constants for f32.
mod single {
    /// 2²³ makes any subnormal normal.
    pub(super) const LIFT: (f32, f32) = (8_388_608.0, 23.0);
    /// ln 2 in two parts (0x3f317200, 0x35bfbe8e): e times the first, of 15 bits, is exact.
    pub(super) const LN_2: (f32, f32) = (0.693_145_75, 1.428_606_8e-6);
    /// ln(1 + f) = f + f² (C₀ + C₁ f + … + C₈ f⁸) for √½ ≤ 1 + f < √2, relative error 2^−26.25. Bits:
    /// bf000000 3eaaaaab be800120 3e4cd028 be2a38f2 3e116a24 be06bfaa 3e02b9c2 bd9c677c.
    pub(super) const C: [f32; 9] = [
        -0.5,
        0.333_333_34,
        -0.250_008_58,
        0.200_012_8,
        -0.166_232_85,
        0.142_006_46,
        -0.131_590_52,
        0.127_661_73,
        -0.076_369_256,
    ];
}

/// ln x for one f32: the specification of [`ln_vector`].
pub(crate) fn ln_f32(x: f32) -> f32 {
    use single::{C, LIFT, LN_2};
    let small = f32::MIN_POSITIVE > x;
    let (m, e) = portable::split(if small { x * LIFT.0 } else { x });
    let (f, e) = (m - 1.0, e as f32 - if small { LIFT.1 } else { 0.0 });
    let (f2, f4) = (f * f, (f * f) * (f * f));
    let first = mul_add(mul_add(C[4], f, C[3]), f2, mul_add(C[2], f, C[1]));
    let second = mul_add(mul_add(C[8], f, C[7]), f2, mul_add(C[6], f, C[5]));
    let q = mul_add(mul_add(second, f4, first), f, C[0]);
    // high + low = e·ln 2 (first part) + f exactly, for |e·ln 2| is 0 or larger than |f|.
    let whole = e * LN_2.0;
    let high = whole + f;
    let low = mul_add(e, LN_2.1, f - (high - whole));
    let y = high + mul_add(f2, q, low);
    let y = if x > f32::MAX { x } else { y };
    // ±0 becomes −∞ and NaN stays NaN in the sum.
    let not_positive = if 0.0 > x { f32::NAN } else { f32::NEG_INFINITY + x };
    if x > 0.0 { y } else { not_positive }
}

/// ln x, lane by lane.
#[inline(always)]
pub(crate) fn ln_vector<S: Simd>(s: S, x: S::V) -> S::V {
    use single::{C, LIFT, LN_2};
    let (zero, tiny) = (s.splat(0.0), s.splat(f32::MIN_POSITIVE));
    let c = |i: usize| s.splat(C[i]);
    let (m, e) = s.split(s.select_gt(tiny, x, s.mul(x, s.splat(LIFT.0)), x));
    let (f, e) = (s.sub(m, s.splat(1.0)), s.sub(e, s.select_gt(tiny, x, s.splat(LIFT.1), zero)));
    let f2 = s.mul(f, f);
    let f4 = s.mul(f2, f2);
    let first = s.mul_add(s.mul_add(c(4), f, c(3)), f2, s.mul_add(c(2), f, c(1)));
    let second = s.mul_add(s.mul_add(c(8), f, c(7)), f2, s.mul_add(c(6), f, c(5)));
    let q = s.mul_add(s.mul_add(second, f4, first), f, c(0));
    let whole = s.mul(e, s.splat(LN_2.0));
    let high = s.add(whole, f);
    let low = s.mul_add(e, s.splat(LN_2.1), s.sub(f, s.sub(high, whole)));
    let y = s.add(high, s.mul_add(f2, q, low));
    let y = s.select_gt(x, s.splat(f32::MAX), x, y);
    let not_positive = s.select_gt(zero, x, s.splat(f32::NAN), s.add(s.splat(f32::NEG_INFINITY), x));
    s.select_gt(x, zero, y, not_positive)
}

/// [`ln()`] for f32, as a kernel.
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

/// Constants for f64.
mod double {
    /// 2⁵⁴ makes any subnormal normal.
    pub(super) const LIFT: (f64, f64) = (18_014_398_509_481_984.0, 54.0);
    /// The bits of the f64 nearest to √½.
    pub(super) const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    /// ln 2 in two parts (0x3fe62e42fefa3800, 0x3d2ef35793c76730): e times the first is exact.
    pub(super) const LN_2: (f64, f64) = (0.693_147_180_559_890_3, 5.497_923_018_708_371e-14);
    /// ln((1 + s)/(1 − s)) = 2s + s z (C₀ + C₁ z + … + C₆ z⁶), z = s² ≤ (3 − 2√2)², relative error 2^−59.49.
    pub(super) const C: [f64; 7] = [
        0.666_666_666_666_673_4,
        0.399_999_999_994_170_46,
        0.285_714_287_418_923_35,
        0.222_221_986_216_883_27,
        0.181_835_619_008_195_06,
        0.153_141_105_607_695_48,
        0.147_953_669_331_253_45,
    ];
}

/// ln x for one f64: products and sums of their own, one division.
pub(crate) fn ln_f64(x: f64) -> f64 {
    use double::{C, LIFT, LN_2, SQRT_HALF};
    let small = f64::MIN_POSITIVE > x;
    let bits = if small { x * LIFT.0 } else { x }.to_bits();
    let e = (bits.wrapping_sub(SQRT_HALF) as i64) >> 52;
    let f = f64::from_bits(bits.wrapping_sub((e << 52) as u64)) - 1.0;
    let e = e as f64 - if small { LIFT.1 } else { 0.0 };
    // ln(1 + f) = f − f²/2 + s (f²/2 + R(s²)) with s = f/(2 + f).
    let (s, half) = (f / (2.0 + f), 0.5 * f * f);
    let z = s * s;
    let (z2, z4) = (z * z, (z * z) * (z * z));
    let p = ((C[0] + C[1] * z) + (C[2] + C[3] * z) * z2) + ((C[4] + C[5] * z) + C[6] * z2) * z4;
    let y = s * (half + z * p);
    let whole = e * LN_2.0;
    let high = whole + f;
    let low = (f - (high - whole)) + e * LN_2.1;
    let y = high + ((y + low) - half);
    let y = if x > f64::MAX { x } else { y };
    let not_positive = if 0.0 > x { f64::NAN } else { f64::NEG_INFINITY + x };
    if x > 0.0 { y } else { not_positive }
}
