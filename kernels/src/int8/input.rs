//! Raw inputs to activations.

use crate::arch::compact;

/// q ← min(x, 254) − 127: bytes as they are (s = 1, z = −127), but 255 counts as 254. Writes the shorter of the two lengths.
///
/// ```
/// let mut q = [0; 4];
/// kernels::int8::quantize_bytes(&[0, 127, 254, 255], &mut q);
/// assert_eq!(q, [-127, 0, 127, 127]);
/// ```
pub fn quantize_bytes(x: &[u8], q: &mut [i8]) {
    for (q, &x) in q.iter_mut().zip(x) {
        // min(x, 254) + 1 saturates; the top bit flipped is 128 less.
        *q = (x.saturating_add(1) ^ 0x80) as i8;
        compact();
    }
}

/// q ← clamp(⌊x⌉, 0, 254) − 127, for inputs in units of the scale, counted from the lowest: x + ½ is cut to 0 .. 254, its
/// fraction dropped, and 127 taken away. So ties go up, and a NaN counts as 0. Writes the shorter of the two lengths.
///
/// ```
/// let mut q = [0; 5];
/// kernels::int8::quantize_numbers(&[-1.5, 0.5, 3.0, 1e9, f32::NAN], &mut q);
/// assert_eq!(q, [-127, -126, -124, 127, -127]);
/// ```
pub fn quantize_numbers(x: &[f32], q: &mut [i8]) {
    for (q, &x) in q.iter_mut().zip(x) {
        *q = (((x + 0.5) as u8).saturating_add(1) ^ 0x80) as i8;
        compact();
    }
}
