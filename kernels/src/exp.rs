//! e^x: x = n ln 2 + r, a polynomial for e^r, then the scaling by 2ⁿ.
//!
//! The coefficients are our own: a weighted Remez fit in 50 digits, rounded one at a time with the others fitted
//! anew, and in f32 a search of the neighbours against the error measured over all inputs.

use crate::Isa;
use crate::arch::{compact, kept, portable};
use crate::floats::{load_at, store_at, store_end_at};
use crate::fma::mul_add;
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, LANES, Simd};

/// x_j ← e^{x_j}.
///
/// f32: error at most 0.8913 ULP, measured over all 2³² inputs (at 5.2016387); ∞ from 88.72284 on and 0 from −103.972084 down,
/// where rounding gives them. f64: below 0.80 ULP in eight million cases. e^NaN = NaN, e^−∞ = 0, e^∞ = ∞.
///
/// ```
/// let mut x = [0.0f32, 1.0, f32::NEG_INFINITY];
/// kernels::exp(kernels::Isa::best(), &mut x);
/// assert_eq!(x, [1.0, core::f32::consts::E, 0.0]);
/// ```
pub fn exp<T: Scalar>(isa: Isa, x: &mut [T]) {
    T::exp_all(Inside(isa), x);
}

/// Constants for f32.
pub(crate) mod single {
    /// e^x is ∞ beyond the upper end and 0 beyond the lower one, where n is −151; in between −150 ≤ n ≤ 128.
    pub(crate) const ENDS: (f32, f32) = (-105.0, 89.0);
    pub(crate) const LOG2_E: f32 = core::f32::consts::LOG2_E;
    /// 1.5 · 2²³: adding it and taking it off again rounds to an integer.
    pub(crate) const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts (0x3f317218, 0xb102e308): with the first, x − n·ln 2 is exact in a fused multiply-add.
    pub(crate) const LN_2: (f32, f32) = (core::f32::consts::LN_2, -1.904_654_2e-9);
    /// e^r = 1 + r (1 + r (C₀ + C₁ r + … + C₄ r⁴)) for |r| ≤ ½ ln 2, relative error 2^−28.09 (the best
    /// possible of this degree is 2^−28.29). Bits: 3efffffe 3e2aaa45 3d2aac25 3c091ef0 3ab563a6.
    pub(crate) const C: [f32; 5] =
        [0.499_999_94, 0.166_665_15, 0.041_668_076, 0.008_369_192_5, 0.001_383_890_2];
}

/// e^x for one f32: the specification of [`exp_vectors`].
pub(crate) fn exp_f32(x: f32) -> f32 {
    use single::{C, ENDS, LN_2, LOG2_E, ROUND};
    let x = if x > ENDS.1 { ENDS.1 } else { x };
    let x = if ENDS.0 > x { ENDS.0 } else { x };
    let n = mul_add(x, LOG2_E, ROUND) - ROUND;
    let r = mul_add(n, -LN_2.0, x);
    let r = mul_add(n, -LN_2.1, r);
    let mut q = C[4];
    for &c in kept(&[C[3], C[2], C[1], C[0], 1.0, 1.0][..]) {
        q = mul_add(q, r, c);
        compact();
    }
    // A NaN has come through to q; n is 0 then.
    portable::scale(q, n as i32)
}

/// e^x, lane by lane.
#[inline(always)]
pub(crate) fn exp_vectors<S: Simd, const N: usize>(s: S, mut x: [S::V; N]) -> [S::V; N] {
    if !S::SCALES_ANY {
        let last = s.splat(single::ENDS.1);
        for i in 0..N {
            x[i] = s.min(last, x[i]);
        }
    }
    exp_of_bounded(s, x)
}

/// e^x, lane by lane, for x ≤ 89 or NaN: scores less their maximum.
///
/// Horner's rule has the fewest operations, each of which waits for the last one: N vectors go side by side.
#[inline(always)]
pub(crate) fn exp_of_bounded<S: Simd, const N: usize>(s: S, x: [S::V; N]) -> [S::V; N] {
    use single::{ENDS, LOG2_E, ROUND};
    let (round, log2_e) = (s.splat(ROUND), s.splat(LOG2_E));
    let (mut r, mut raised, mut n) = (x, x, x);
    if !S::SCALES_ANY {
        let first = s.splat(ENDS.0);
        for i in 0..N {
            r[i] = s.max(first, x[i]);
        }
    }
    for i in 0..N {
        raised[i] = s.mul_add(r[i], log2_e, round);
    }
    for i in 0..N {
        n[i] = s.sub(raised[i], round);
    }
    if s.near(&n) {
        return s.scale_near(exp_of_rest(s, r, n), raised);
    }
    s.scale(exp_of_rest(s, r, n), n)
}

/// e^r of what is left of x without n ln 2.
#[inline(always)]
fn exp_of_rest<S: Simd, const N: usize>(s: S, x: [S::V; N], n: [S::V; N]) -> [S::V; N] {
    use single::{C, LN_2};
    let (high, low) = (s.splat(-LN_2.0), s.splat(-LN_2.1));
    let (mut r, mut q) = (x, [s.splat(C[4]); N]);
    for i in 0..N {
        r[i] = s.mul_add(n[i], high, r[i]);
    }
    for i in 0..N {
        r[i] = s.mul_add(n[i], low, r[i]);
    }
    for c in [C[3], C[2], C[1], C[0], 1.0, 1.0] {
        let c = s.splat(c);
        for i in 0..N {
            q[i] = s.mul_add(q[i], r[i], c);
        }
        if N > 1 {
            q = s.in_order(q);
        }
    }
    q
}

/// [`exp()`] for f32, as a kernel.
pub(crate) struct Exp<'a>(pub(crate) &'a mut [f32]);

impl Kernel for Exp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let rest = if S::MANY_REGISTERS { in_blocks::<S, 8>(s, self.0) } else { self.0 };
        let rest = in_blocks::<S, 2>(s, rest);
        for x in rest.chunks_mut(LANES) {
            let [y] = exp_vectors(s, [load_at(s, x, 0)]);
            store_end_at(s, y, x, 0);
        }
    }
}

/// N vectors at a time, as far as that goes; returns what is left.
#[inline(always)]
fn in_blocks<S: Simd, const N: usize>(s: S, x: &mut [f32]) -> &mut [f32] {
    let (whole, rest) = x.split_at_mut(x.len() - x.len() % (N * LANES));
    for block in whole.chunks_exact_mut(N * LANES) {
        let mut v = [s.splat(0.0); N];
        for i in 0..N {
            v[i] = load_at(s, block, i * LANES);
        }
        let v = exp_vectors(s, v);
        for i in 0..N {
            store_at(s, v[i], block, i * LANES);
        }
    }
    rest
}

/// Constants for f64.
mod double {
    /// e^x is ∞ beyond the upper end and 0 beyond the lower one; in between −1076 ≤ n ≤ 1024.
    pub(super) const ENDS: (f64, f64) = (-746.0, 710.0);
    /// 1.5 · 2⁵².
    pub(super) const ROUND: f64 = 6_755_399_441_055_744.0;
    /// ln 2 in two parts (0x3fe62e42fefa3800, 0x3d2ef35793c76730): n times the first, a multiple of 2⁻⁴², is exact.
    pub(super) const LN_2: (f64, f64) = (0.693_147_180_559_890_3, 5.497_923_018_708_371e-14);
    /// e^r = 1 + r + r² (C₀ + C₁ r + … + C₉ r⁹) for |r| ≤ ½ ln 2, relative error 2^−57.37 (best 2^−57.94).
    pub(super) const C: [f64; 10] = [
        0.5,
        0.166_666_666_666_664_33,
        0.041_666_666_666_604_034,
        0.008_333_333_333_500_385,
        0.001_388_888_892_676_555_3,
        0.000_198_412_694_655_904_44,
        2.480_150_872_146_014e-5,
        2.755_764_138_670_797_2e-6,
        2.762_517_112_234_099_3e-7,
        2.497_821_550_305_258_6e-8,
    ];
}

/// e^x for one f64: products and sums of their own.
pub(crate) fn exp_f64(x: f64) -> f64 {
    use double::{C, ENDS, LN_2, ROUND};
    let x = if x > ENDS.1 { ENDS.1 } else { x };
    let x = if ENDS.0 > x { ENDS.0 } else { x };
    let n = (x * core::f64::consts::LOG2_E + ROUND) - ROUND;
    let (high, low) = (x - n * LN_2.0, n * LN_2.1);
    let r = high - low;
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let first = (C[0] + C[1] * r) + (C[2] + C[3] * r) * r2;
    let second = (C[4] + C[5] * r) + (C[6] + C[7] * r) * r2;
    let q = first + (second + (C[8] + C[9] * r) * r4) * r4;
    // 1 + r + r² q, with the rounding error of 1 + high carried on.
    let sum = 1.0 + high;
    let lost = high - (sum - 1.0);
    let p = sum + ((lost - low) + r2 * q);
    // Two factors, the first exact, so that a subnormal result is rounded once. A NaN is in p; n counts as 0.
    let n = n as i64;
    let half = n >> 1;
    let power_of_two = |n: i64| f64::from_bits(((n + 1023) as u64) << 52);
    p * power_of_two(half) * power_of_two(n - half)
}
