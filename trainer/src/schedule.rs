//! How the learning rate falls.

/// The course of the learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Schedule {
    /// Times a factor after each record of an epoch.
    Decay,
    /// Half a cosine, from the first rate at the first step to almost 0 at the last.
    Cosine,
}

/// 1/(2k)! for k = 10 down to 0, with the sign of the series of the cosine.
const TERMS: [f64; 11] = {
    let mut terms = [1.0; 11];
    let (mut factorial, mut k) = (1.0, 1);
    while k <= 10 {
        factorial *= -((2 * k - 1) as f64) * (2 * k) as f64; // exact: 20! has 44 bits without its zeros
        terms[10 - k] = 1.0 / factorial;
        k += 1;
    }
    terms
};

/// η·½(1 + cos πt) of step number `done` + 1 out of `steps`, t = `done`/`steps`.
///
/// Computed as η·cos²(πt/2), the cosine as eleven terms of its series: only + − × ÷, so the bits are the same everywhere.
/// The first term left out is below 2·10⁻¹⁷.
///
/// ```
/// use trainer::schedule::cosine;
/// assert_eq!(cosine(0.5, 0, 100), 0.5);
/// assert!((cosine(0.5, 50, 100) - 0.25).abs() < 1e-16);
/// ```
#[must_use]
pub fn cosine(eta: f64, done: usize, steps: usize) -> f64 {
    let u = core::f64::consts::FRAC_PI_2 * (done as f64 / steps as f64);
    let square = u * u;
    let cos = TERMS.iter().fold(0.0, |sum, term| sum * square + term);
    eta * (cos * cos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Eleven roundings of numbers up to 1.3, and the term left out: below 4 units of 2⁻⁵².
    #[test]
    fn it_is_the_cosine() {
        for steps in [1, 2, 7, 1000] {
            for done in 0..=steps {
                let want = 0.5 * (1.0 + (core::f64::consts::PI * done as f64 / steps as f64).cos());
                let got = cosine(1.0, done, steps);
                assert!((got - want).abs() < 4.0 * f64::EPSILON, "{done} of {steps}: {got}, {want}");
            }
        }
    }

    #[test]
    fn it_falls_and_never_below_zero() {
        let rates: Vec<f64> = (0..1000).map(|done| cosine(0.4, done, 1000)).collect();
        assert!(rates.windows(2).all(|w| w[1] < w[0]) && rates[999] > 0.0);
    }

    /// Bits do not change from one machine or version to the next.
    #[test]
    fn the_bits_are_fixed() {
        let bits = [1, 2].map(|done| cosine(1.0, done, 3).to_bits());
        assert_eq!(bits, [0x3fe8_0000_0000_0001, 0x3fd0_0000_0000_0002]);
    }
}
