//! Raw inputs to activations, and activations to the signed bytes that are multiplied.

use crate::arch::compact;

/// u ← ⌊x⌉ cut to 0 .. 255, for inputs in units of the scale, counted from the lowest: the whole part of x + ½, a sum of floats,
/// rounded once. So ties go up, as does the float just below ½, whose sum is 1, and a NaN counts as 0. Writes the shorter of the
/// two lengths.
///
/// ```
/// let mut u = [0; 6];
/// kernels::int8::quantize(&[-1.5, 0.5, 0.5f32.next_down(), 3.0, 1e9, f32::NAN], &mut u);
/// assert_eq!(u, [0, 1, 1, 3, 255, 0]);
/// ```
pub fn quantize(x: &[f32], u: &mut [u8]) {
    for (u, &x) in u.iter_mut().zip(x) {
        *u = (x + 0.5) as u8;
        compact();
    }
}

/// q ← min(u, 254) − 127.
#[cfg(any(test, not(armv7e_m)))]
#[inline(always)]
pub(super) fn signed(u: &[u8], q: &mut [i8]) {
    for (q, &u) in q.iter_mut().zip(u) {
        // min(u, 254) + 1 saturates; the top bit flipped is 128 less.
        *q = (u.saturating_add(1) ^ 0x80) as i8;
        compact();
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_byte_counts_from_its_middle() {
        for u in 0..=255u8 {
            let mut q = [99];
            super::signed(&[u], &mut q);
            assert_eq!(i32::from(q[0]), i32::from(u).min(254) - 127);
        }
    }
}
