//! The integer arithmetic as plain loops: what every instruction set must equal. The names of the two steps of
//! rescaling are the specification's.

use super::{INPUTS, OUTPUTS, Weights};

/// [`super::accumulate`] as plain loops.
///
/// # Panics
/// If the lengths do not fit.
pub fn accumulate(x: &[i8], w: Weights<'_>, first: usize, sums: &mut [i32]) {
    assert!(first.is_multiple_of(INPUTS) && x.len().is_multiple_of(INPUTS), "parts of {INPUTS} inputs");
    assert!(sums.len() == w.blocks() * OUTPUTS, "{} sums for {} blocks of outputs", sums.len(), w.blocks());
    for (j, sum) in sums.iter_mut().enumerate() {
        for (k, &x) in x.iter().enumerate() {
            *sum = sum.wrapping_add(i32::from(w.get(first + k, j)) * i32::from(x));
        }
    }
}

/// ⌊a b / 2³¹⌉, ties towards +∞, and i32::MAX for the one product that does not fit (−2³¹ times itself): the specification's
/// SaturatingRoundingDoublingHighMul, in its own steps: a nudge of ½ away from zero (less one unit below it), then a division
/// that drops the rest.
#[cfg(test)]
pub(crate) fn saturating_rounding_doubling_high_mul(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    let product = i64::from(a) * i64::from(b);
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    ((product + nudge) / (1 << 31)) as i32
}

/// ⌊x / 2ᵉ⌉, ties away from zero: the specification's RoundingDivideByPOT.
#[cfg(test)]
pub(crate) fn rounding_divide_by_power_of_two(x: i32, e: u32) -> i32 {
    let mask = ((1i64 << e) - 1) as i32;
    let (remainder, threshold) = (x & mask, (mask >> 1) + i32::from(x < 0));
    (x >> e) + i32::from(remainder > threshold)
}
