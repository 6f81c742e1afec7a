//! From sums of 32 bits back to bytes.

use core::fmt;

#[cfg(not(armv7e_m))]
use super::{Layer, OUTPUTS};
#[cfg(not(armv7e_m))]
use crate::Isa;
#[cfg(not(armv7e_m))]
use crate::arch::{SMALL, compact, int8::bytes};
#[cfg(not(armv7e_m))]
use crate::simd::{Kernel, LANES, Simd};

/// A positive factor below ½ as integers: M = m 2⁻³¹⁻ᵉ, with 2³⁰ ≤ m < 2³¹ (or 0 for a factor that vanishes) and 1 ≤ e ≤ 31.
///
/// This is the specification's MultiplyByQuantizedMultiplier in its variant of two roundings, the default of TensorFlow Lite:
/// a M is first a m / 2³¹, rounded to nearest with ties towards +∞ (SaturatingRoundingDoublingHighMul), then that
/// / 2ᵉ, rounded to nearest with ties away from zero (RoundingDivideByPOT).
///
/// ```
/// use kernels::int8::Rescale;
/// let m = Rescale::from_factor(0.01).unwrap();
/// assert_eq!(m.apply(12_345), 123);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale {
    multiplier: i32,
    shift: u8,
}

/// Why numbers do not make a [`Rescale`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RescaleError {
    /// The factor is not in 0 ≤ M < ½.
    Factor(f64),
    /// The multiplier is not 0 and not in 2³⁰ ≤ m < 2³¹.
    Multiplier(i32),
    /// The shift is not in 1 ≤ e ≤ 31.
    Shift(u8),
}

impl fmt::Display for RescaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Factor(got) => write!(f, "a factor of {got}: it must be 0 or more and less than 1/2"),
            Self::Multiplier(got) => write!(f, "a multiplier of {got}: it must be 0, or 2^30 or more"),
            Self::Shift(got) => write!(f, "a shift by {got}: it must be 1 to 31"),
        }
    }
}

impl core::error::Error for RescaleError {}

impl Rescale {
    /// From its integers.
    ///
    /// # Errors
    /// If one is not in its range.
    pub const fn new(multiplier: i32, shift: u8) -> Result<Self, RescaleError> {
        if multiplier != 0 && multiplier < 1 << 30 {
            return Err(RescaleError::Multiplier(multiplier));
        }
        if shift < 1 || shift > 31 {
            return Err(RescaleError::Shift(shift));
        }
        Ok(Self { multiplier, shift })
    }

    /// The nearest to a factor: m = ⌊M 2³¹⁺ᵉ⌉, ties away from zero, as the specification's QuantizeMultiplier. Below 2⁻³² it is 0.
    ///
    /// # Errors
    /// If the factor is negative, NaN, or ½ or more after rounding.
    pub fn from_factor(factor: f64) -> Result<Self, RescaleError> {
        if !(0.0..0.5).contains(&factor) {
            return Err(RescaleError::Factor(factor));
        }
        // factor = fraction · 2^exponent with ½ ≤ fraction < 1, by its bits.
        let exponent = (factor.to_bits() >> 52 & 0x7ff) as i32 - 1022; // without the sign, which −0 has
        if exponent < -31 {
            return Ok(Self { multiplier: 0, shift: 31 });
        }
        let fraction = f64::from_bits(factor.to_bits() & !(0x7ff << 52) | 1022 << 52);
        let rounded = (fraction * (1u64 << 31) as f64 + 0.5) as i64; // exact: 53 bits hold it
        let (rounded, exponent) =
            if rounded == 1 << 31 { (1 << 30, exponent + 1) } else { (rounded, exponent) };
        match u8::try_from(-exponent) {
            Ok(shift @ 1..) => Ok(Self { multiplier: rounded as i32, shift }),
            _ => Err(RescaleError::Factor(factor)),
        }
    }

    /// m.
    pub const fn multiplier(self) -> i32 {
        self.multiplier
    }

    /// e.
    pub const fn shift(self) -> u8 {
        self.shift
    }

    /// M, exactly.
    pub fn factor(self) -> f64 {
        f64::from(self.multiplier) / (1u64 << (31 + self.shift)) as f64
    }

    /// ⌊a M⌉ with the two roundings above. m < 2³¹, so there is nothing to saturate.
    #[inline(always)]
    pub const fn apply(self, a: i32) -> i32 {
        // The nudge of the specification and the division that drops the rest make a floor of one half more.
        let high = ((a as i64 * self.multiplier as i64 + (1 << 30)) >> 31) as i32;
        // Ties away from zero: a negative number is one less before ½ is added. The bit below the last one that stays is that ½.
        let high = high + (high >> 31);
        (high >> (self.shift & 31)) + (high >> (self.shift.wrapping_sub(1) & 31) & 1)
    }
}

/// The first bytes of `sums` ← clamp(⌊sums_j M_j⌉ + z, 0, 255).
#[cfg(not(armv7e_m))]
pub(super) fn rescale(isa: Isa, sums: &mut [i32], layer: &Layer<'_>) {
    if SMALL {
        for first in 0..sums.len() {
            some::<1>(sums, layer, first);
            compact();
        }
    } else {
        isa.run(Whole { sums, layer });
    }
}

/// All the sums, sixteen at a time and then four. The loops are plain ones: the compiler makes vectors of them, those of the
/// instruction set whose entry this is inlined into.
#[cfg(not(armv7e_m))]
struct Whole<'a> {
    sums: &'a mut [i32],
    layer: &'a Layer<'a>,
}

#[cfg(not(armv7e_m))]
impl Kernel for Whole<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        let Self { sums, layer } = self;
        let (n, whole) = (sums.len(), sums.len() / LANES * LANES);
        for first in (0..whole).step_by(LANES) {
            some::<LANES>(sums, layer, first);
        }
        for first in (whole..n).step_by(OUTPUTS) {
            some::<OUTPUTS>(sums, layer, first);
        }
    }
}

/// N of them, from number `first` on: the bytes lie in front of the sums that are still to come, or in these.
#[cfg(not(armv7e_m))]
#[inline(always)]
fn some<const N: usize>(sums: &mut [i32], layer: &Layer<'_>, first: usize) {
    let (Some(a), Some(m), Some(e)) = (
        chunk::<N, _>(sums, first),
        chunk::<N, _>(layer.multipliers(), first),
        chunk::<N, _>(layer.shift, first),
    ) else {
        return;
    };
    let mut results = [0; N];
    for j in 0..N {
        let m = Rescale { multiplier: i32::from_le_bytes(m[j]), shift: e[j] };
        results[j] = m.apply(a[j]).wrapping_add(i32::from(layer.zero)).clamp(0, 255) as u8;
    }
    if let Some(to) = bytes(sums).get_mut(first..).and_then(<[u8]>::first_chunk_mut) {
        *to = results;
    }
}

#[cfg(not(armv7e_m))]
#[inline(always)]
fn chunk<const N: usize, T: Copy>(from: &[T], first: usize) -> Option<[T; N]> {
    from.get(first..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::super::reference::{rounding_divide_by_power_of_two, saturating_rounding_doubling_high_mul};
    use super::{Rescale, RescaleError};

    /// Sums where something could go wrong: around powers of two, around their multiples, at both ends.
    fn sums() -> impl Iterator<Item = i32> {
        let near = |x: i32| (-3..=3).map(move |d| x.wrapping_add(d));
        let powers = (0..32).flat_map(move |e| near(1i32 << e).chain(near((1i32 << e).wrapping_neg())));
        let halves = (1..31).flat_map(move |e| near((1i32 << e) | (1 << e >> 1)));
        powers.chain(halves).chain((0..4000).map(|i: i32| i.wrapping_mul(1_103_515_245) ^ (i << 7)))
    }

    #[test]
    fn equals_the_specification_step_by_step() {
        let multipliers = [1 << 30, (1 << 30) + 1, 0x5555_5555, 0x6000_0000, i32::MAX - 1, i32::MAX, 0];
        for m in multipliers {
            for e in 1..=31 {
                let rescale = Rescale::new(m, e).unwrap();
                for a in sums() {
                    let high = saturating_rounding_doubling_high_mul(a, m);
                    let want = rounding_divide_by_power_of_two(high, u32::from(e));
                    assert_eq!(rescale.apply(a), want, "{a} {m} {e}");
                }
            }
        }
    }

    /// Every sum of sixteen bits, for every shift: all ties of the second rounding are among them.
    #[test]
    fn equals_the_specification_on_all_small_sums() {
        for m in [1 << 30, 0x7fff_ffff, 0x4b1d_0c0d] {
            for e in 1..=31 {
                for a in i32::from(i16::MIN)..=i32::from(i16::MAX) {
                    let high = saturating_rounding_doubling_high_mul(a, m);
                    let want = rounding_divide_by_power_of_two(high, u32::from(e));
                    assert_eq!(Rescale::new(m, e).unwrap().apply(a), want, "{a} {m} {e}");
                }
            }
        }
    }

    #[test]
    fn factors_come_back() {
        for factor in [0.25, 0.3, 0.4999, 1e-3, 1.0 / 3e7, 2f64.powi(-32)] {
            let rescale = Rescale::from_factor(factor).unwrap();
            assert!((rescale.factor() / factor - 1.0).abs() <= 2f64.powi(-31), "{factor}");
            assert_eq!(Rescale::new(rescale.multiplier(), rescale.shift()), Ok(rescale));
        }
        // The fraction rounds up to 1: half of it, and a shift less.
        let almost = f64::from_bits(0.25f64.to_bits() - 1);
        assert_eq!(Rescale::from_factor(almost), Rescale::new(1 << 30, 1));
        assert_eq!(Rescale::from_factor(0.0), Rescale::new(0, 31));
        assert_eq!(Rescale::from_factor(-0.0), Rescale::new(0, 31));
        assert_eq!(Rescale::from_factor(2f64.powi(-33)), Rescale::new(0, 31));
    }

    #[test]
    fn what_is_refused() {
        for factor in [0.5, -0.1, f64::NAN, f64::INFINITY, f64::from_bits(0.5f64.to_bits() - 1)] {
            assert!(matches!(Rescale::from_factor(factor), Err(RescaleError::Factor(_))), "{factor}");
        }
        assert_eq!(Rescale::new((1 << 30) - 1, 1), Err(RescaleError::Multiplier((1 << 30) - 1)));
        assert_eq!(Rescale::new(-1, 1), Err(RescaleError::Multiplier(-1)));
        assert_eq!(Rescale::new(1 << 30, 0), Err(RescaleError::Shift(0)));
        assert_eq!(Rescale::new(1 << 30, 32), Err(RescaleError::Shift(32)));
    }
}
