//! The fused multiply-add for processors that have none: exact, in double precision.

/// round(a·b + c): one rounding, as the FMA instruction does it, for every input (NaN payloads aside).
#[inline(always)]
pub(crate) fn mul_add(a: f32, b: f32, c: f32) -> f32 {
    #[cfg(cortex_m_fpu)]
    return crate::arch::cortex_m4::mul_add(a, b, c);
    #[cfg(not(cortex_m_fpu))]
    if crate::arch::SMALL { in_f64_once(a, b, c) } else { in_f64(a, b, c) }
}

/// [`in_f64`], compiled once and not where it is called: a few hundred bytes where f64 is emulated too.
#[inline(never)]
#[allow(dead_code)] // where there is an instruction
fn in_f64_once(a: f32, b: f32, c: f32) -> f32 {
    in_f64(a, b, c)
}

/// The same by f64 arithmetic.
///
/// The product of two f32 is exact in f64 (24 + 24 ≤ 53 bits). The f64 sum s = a·b + c is not; its error e is
/// known exactly from a two-sum. Rounding s *to odd* — where inexact, take the neighbour with the odd last
/// bit — keeps the sticky information that the final rounding to f32 needs (53 ≥ 24 + 2), so rounding twice
/// gives what rounding once would (S. Boldo and G. Melquiond, "Emulation of FMA and correctly rounded sums:
/// proved algorithms using rounding to odd", IEEE Transactions on Computers 57(4), 2008).
///
/// Written without a branch, so that a loop over it vectorises.
#[inline(always)]
#[allow(dead_code)] // where there is an instruction
fn in_f64(a: f32, b: f32, c: f32) -> f32 {
    let (p, c) = (f64::from(a) * f64::from(b), f64::from(c));
    let s = p + c;
    // Two-sum (Knuth): s + e = p + c exactly. An infinite s gives a NaN here, which counts as exact.
    let t = s - p;
    let e = (p - (s - t)) + (c - t);
    let inexact = (e < 0.0) | (e > 0.0);
    let bits = s.to_bits();
    let even = bits & 1 == 0;
    // s rounded to an even last bit: the true sum lies towards e, and the odd neighbour is the next one there:
    // one up in magnitude if e has the sign of s, else one down. s is not 0, for then e would be 0.
    let away = (e.to_bits() ^ bits) >> 63 == 0;
    let step = if away { 1u64 } else { u64::MAX };
    let odd = bits.wrapping_add(if inexact & even { step } else { 0 });
    f64::from_bits(odd) as f32
}

#[cfg(test)]
mod tests {
    use super::mul_add;

    #[test]
    fn rounds_once_where_two_roundings_differ() {
        // 1 + 2^-24 + 2^-60: half way between two f32 but for the last bit, which f64 cannot hold.
        let up = mul_add(f32::from_bits(0x3f80_0001), 1.0, f32::from_bits(0x3380_0000));
        assert_eq!(up, f32::from_bits(0x3f80_0002));
        let tiny = 2f32.powi(-60);
        assert_eq!(mul_add(tiny, 1.0, 1.0 + f32::EPSILON), 1.0 + f32::EPSILON);
        let half = f32::EPSILON / 2.0;
        // (1 + ε)·(ε/2) + 1 = 1 + ε/2 + ε²/2: just above the tie, so up; plain f64 rounding would tie to even.
        assert_eq!(mul_add(1.0 + f32::EPSILON, half, 1.0), 1.0 + f32::EPSILON);
    }

    #[test]
    fn zeros_infinities_and_subnormals_follow_ieee() {
        assert_eq!(mul_add(-0.0, 1.0, 0.0).to_bits(), 0.0f32.to_bits());
        assert_eq!(mul_add(-0.0, 1.0, -0.0).to_bits(), (-0.0f32).to_bits());
        assert_eq!(mul_add(2.0, -3.0, 6.0).to_bits(), 0.0f32.to_bits());
        assert_eq!(mul_add(f32::MAX, 2.0, 0.0), f32::INFINITY);
        assert_eq!(mul_add(f32::MAX, 2.0, f32::NEG_INFINITY), f32::NEG_INFINITY);
        assert!(mul_add(f32::INFINITY, 0.0, 1.0).is_nan());
        assert!(mul_add(f32::INFINITY, 1.0, f32::NEG_INFINITY).is_nan());
        assert_eq!(mul_add(f32::MIN_POSITIVE, 0.25, f32::from_bits(1)), f32::from_bits(0x0020_0001));
    }
}
