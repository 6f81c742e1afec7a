//! Numbers whose products and sums are exact in 128 bits, and how far from these computed ones are.

use kernels::Scalar;

use super::Rng;

/// Unit roundoff.
pub(crate) fn roundoff<T: Scalar>() -> f64 {
    T::EPSILON.to_f64() / 2.0
}

/// Half the smallest subnormal, as a power of two.
pub(crate) fn half_of_smallest<T: Scalar>() -> i32 {
    if size_of::<T>() == 4 { -150 } else { -1075 }
}

/// γ of n roundings.
pub(crate) fn gamma<T: Scalar>(n: usize) -> f64 {
    let nu = n as f64 * roundoff::<T>();
    nu / (1.0 - nu)
}

/// x · 2ᵉ, for results that f64 holds exactly.
fn scaled(x: f64, e: i32) -> f64 {
    x * 2f64.powi(e / 2) * 2f64.powi(e - e / 2)
}

/// Numbers i · 2⁻ᵉ of any size that the significand allows, and their i.
pub(crate) fn numbers<T: Scalar>(rng: &mut Rng, len: usize, e: i32) -> (Vec<T>, Vec<i128>) {
    let bits = if size_of::<T>() == 4 { 24 } else { 53 };
    let number = |_| {
        let i = i128::from(rng.next() >> (64 - bits + rng.below(bits))) * [1, -1][rng.below(2)];
        (T::from_f64(scaled(i as f64, -e)), i)
    };
    (0..len).map(number).unzip()
}

/// |x − exact · 2⁻ᵉ| · 2ᵉ for an x computed from such numbers, which is a whole multiple of 2⁻ᵉ; ∞ where x is NaN or infinite.
pub(crate) fn error<T: Scalar>(x: T, exact: i128, e: i32) -> f64 {
    if !x.is_finite() {
        return f64::INFINITY;
    }
    let x = scaled(x.to_f64(), e);
    assert!(x.fract() == 0.0 && x.abs() < 2f64.powi(127), "{x} is no integer of 128 bits");
    (x as i128 - exact).unsigned_abs() as f64
}
