//! The integer arithmetic as plain loops: what every instruction set must equal. The names of the two steps of
//! rescaling are the specification's.

use super::Layer;

/// The results of a layer for all of its inputs `x`, as plain loops: [`super::try_dense`].
///
/// # Panics
/// If `x` does not have as many elements as the layer has inputs, or `out` as many as it has outputs.
#[track_caller]
pub fn dense(x: &[u8], layer: &Layer<'_>, out: &mut [u8]) {
    let w = layer.weights();
    assert!(x.len() == w.inputs(), "{} inputs for a layer of {}", x.len(), w.inputs());
    assert!(out.len() == w.outputs(), "{} results for a layer of {}", out.len(), w.outputs());
    for (j, out) in out.iter_mut().enumerate() {
        let mut a = i32::from_le_bytes(layer.numbers[j]);
        for (k, &u) in x.iter().enumerate() {
            a += i32::from(w.get(k, j)) * (i32::from(u.min(254)) - 127);
        }
        let rescale = layer.rescale(j).expect("a layer has good ones");
        *out = (rescale.apply(a) + i32::from(layer.zero)).clamp(0, 255) as u8;
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
