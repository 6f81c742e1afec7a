//! What f64 says of a row of scores, and how far f32 may be from it.

/// Unit roundoff of f32.
pub(crate) const U: f64 = f64::EPSILON * (1u64 << 28) as f64;

/// The smallest subnormal of f32.
pub(crate) const TINY: f64 = 1.401298464324817e-45;

/// What f64 says of a row, for the bounds below.
pub(crate) struct Exact {
    /// e^{s_j − max} / Σ.
    pub(crate) p: Vec<f64>,
    pub(crate) log: f64,
    /// |s_j − max|.
    pub(crate) distance: Vec<f64>,
    /// Relative error of the computed sum, in units of U, to first order: each term e^d has the rounding of d
    /// (|d| U relative after exp) and 1 ULP of exp (2 U); then ⌈n/16⌉ − 1 additions to a partial sum (the first, to
    /// +0, is exact) and 4 in the tree, none of which cancels.
    pub(crate) sum_error: f64,
}

impl Exact {
    pub(crate) fn of(s: &[f32]) -> Self {
        let max = f64::from(s.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let distance: Vec<f64> = s.iter().map(|&x| max - f64::from(x)).collect();
        let sum: f64 = distance.iter().map(|d| (-d).exp()).sum();
        let p: Vec<f64> = distance.iter().map(|d| (-d).exp() / sum).collect();
        let spread: f64 = distance.iter().zip(&p).map(|(d, p)| d * p).sum();
        let sum_error = spread + 2.0 + (s.len().div_ceil(16) - 1) as f64 + 4.0;
        Self { p, log: max + sum.ln(), distance, sum_error }
    }
}

/// Second-order terms: at most 1000 roundings of 2⁻²⁴ each add less than 1 % to a bound of first order.
pub(crate) const SLACK: f64 = 1.01;
