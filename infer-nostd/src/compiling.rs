//! The two loops over all bytes of a file once more, for [`include_net!`](crate::include_net): the compiler interprets them, and to it
//! a step over eight or sixteen bytes from large tables is as dear as one over half a byte. No program links them.

/// For each byte its remainder when no, one, … seven bytes follow: the tables of "slicing by eight".
static REMAINDERS: [[u32; 256]; 8] = remainders();

const fn remainders() -> [[u32; 256]; 8] {
    let mut table = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        table[0][byte] = !(crate::crc::crc32(&[byte as u8 ^ 0xFF]) ^ 0x00FF_FFFF); // without the inversions at start and end
        byte += 1;
    }
    let mut i = 256;
    while i < 8 * 256 {
        let shorter = table[i / 256 - 1][i % 256];
        table[i / 256][i % 256] = shorter >> 8 ^ table[0][(shorter & 255) as usize];
        i += 1;
    }
    table
}

/// [`crc32`](crate::crc::crc32), eight bytes a step.
pub(crate) const fn crc32(bytes: &[u8]) -> u32 {
    let (groups, rest) = bytes.as_chunks::<8>();
    let mut crc = !0;
    let mut i = 0;
    while i < groups.len() {
        let x = u64::from_le_bytes(groups[i]) ^ crc as u64;
        crc = REMAINDERS[7][(x & 255) as usize]
            ^ REMAINDERS[6][(x >> 8 & 255) as usize]
            ^ REMAINDERS[5][(x >> 16 & 255) as usize]
            ^ REMAINDERS[4][(x >> 24 & 255) as usize]
            ^ REMAINDERS[3][(x >> 32 & 255) as usize]
            ^ REMAINDERS[2][(x >> 40 & 255) as usize]
            ^ REMAINDERS[1][(x >> 48 & 255) as usize]
            ^ REMAINDERS[0][(x >> 56) as usize];
        i += 1;
    }
    let mut i = 0;
    while i < rest.len() {
        crc = crc >> 8 ^ REMAINDERS[0][((crc ^ rest[i] as u32) & 255) as usize];
        i += 1;
    }
    !crc
}

/// [`format::not_finite`](crate::format), four numbers a step: an exponent of all ones carries into the sign's place.
pub(crate) const fn not_finite(numbers: &[[u8; 4]]) -> Option<usize> {
    const EACH: u128 = 1 << 96 | 1 << 64 | 1 << 32 | 1;
    const EXPONENT: u128 = 0x7F80_0000 * EACH;
    const SIGN: u128 = (1 << 31) * EACH;
    let (fours, _) = numbers.as_flattened().as_chunks::<16>();
    let mut i = 0;
    while i < fours.len() {
        let carried = (u128::from_le_bytes(fours[i]) & EXPONENT) + (1 << 23) * EACH;
        if carried & SIGN != 0 {
            break;
        }
        i += 1;
    }
    let (_, rest) = numbers.split_at(4 * i);
    match crate::format::not_finite(rest) {
        Some(j) => Some(4 * i + j),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{crc32, not_finite};

    #[test]
    fn checksums_are_those_of_programs() {
        let bytes: [u8; 70] = core::array::from_fn(|i| (i * i) as u8 ^ 0xA5);
        for end in 0..=bytes.len() {
            for start in 0..=end.min(8) {
                assert_eq!(
                    crc32(&bytes[start..end]),
                    crate::crc::crc32(&bytes[start..end]),
                    "{start}..{end}"
                );
            }
        }
    }

    #[test]
    fn the_first_number_that_is_not_finite_is_found_wherever_it_is() {
        for len in 0..11 {
            for bad in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
                let mut numbers = [f32::MAX.to_le_bytes(); 11];
                numbers[1] = (-f32::MAX).to_le_bytes();
                assert_eq!(not_finite(&numbers[..len]), None);
                for at in (0..len).rev() {
                    numbers[at] = bad.to_le_bytes(); // those behind it stay bad
                    assert_eq!(not_finite(&numbers[..len]), Some(at), "{bad} at {at} of {len}");
                }
            }
        }
    }
}
