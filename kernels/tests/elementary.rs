//! exp and ln: accuracy over f32's whole range, the same bits on every instruction set, special values.
#![allow(missing_docs)]

use kernels::{Isa, Scalar};

/// The documented worst errors, in units of the last place of the exact result.
const EXP_ULP: f64 = 0.8913;
const LN_ULP: f64 = 0.8479;

/// |got − exact| in units of the last place of an f32 near `exact`.
fn ulps(got: f32, exact: f64) -> f64 {
    let exponent = ((exact.abs().to_bits() >> 52) as i32 - 1023).max(-126);
    (f64::from(got) - exact).abs() / 2f64.powi(exponent - 23)
}

/// Whether `got` is right: the nearest f32 where that is 0, ∞ or NaN, else within `bound`. NaN never is near.
fn fits(got: f32, exact: f64, bound: f64) -> bool {
    let nearest = exact as f32;
    if nearest.is_nan() || nearest.is_infinite() || got.is_infinite() {
        return got.to_bits() == nearest.to_bits() || (got.is_nan() && nearest.is_nan());
    }
    ulps(got, exact) <= bound
}

#[test]
fn the_checker_refuses_what_it_should() {
    assert!(fits(1.0, 1.0, 0.5));
    assert!(!fits(f32::NAN, 1.0, 1.0));
    assert!(!fits(1.0, f64::NAN, 1.0));
    assert!(!fits(1.0 + 2.0 * f32::EPSILON, 1.0, 1.0));
    assert!(!fits(f32::INFINITY, 1e30, 1.0));
    assert!(!fits(f32::MAX, f64::INFINITY, 1.0));
}

/// Checks a function at the bit patterns `bits`, on every instruction set, and those against each other.
fn check(
    name: &str,
    bits: impl Iterator<Item = u32>,
    all: fn(Isa, &mut [f32]),
    one: fn(f32) -> f32,
    exact: fn(f64) -> f64,
    bound: f64,
) {
    let x: Vec<f32> = bits.map(f32::from_bits).collect();
    for isa in Isa::available() {
        let mut y = x.clone();
        all(isa, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let scalar = one(x);
            let same = y.to_bits() == scalar.to_bits() || (y.is_nan() && scalar.is_nan());
            assert!(same, "{name}({x:e}) on {isa} is {y:e}, the scalar one {scalar:e}");
            assert!(
                fits(y, exact(f64::from(x)), bound),
                "{name}({x:e}) on {isa} is {y:e}: over {bound} ULP off"
            );
        }
    }
}

/// A prime stride through all bit patterns, and the neighbourhood of what is special.
fn sample() -> impl Iterator<Item = u32> {
    let centres =
        [0.0f32, 1.0, -1.0, 88.722_84, -103.972_084, -87.336_54, 0.707_098, f32::MIN_POSITIVE, f32::MAX];
    let near = centres.into_iter().flat_map(|x| {
        let bits = x.to_bits();
        (0..200u32).flat_map(move |d| [bits.wrapping_add(d), bits.wrapping_sub(d)])
    });
    let special = [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0].map(f32::to_bits);
    (0..=u32::MAX).step_by(16_411).chain(near).chain(special)
}

#[test]
fn exp_is_within_its_bound_and_the_same_everywhere() {
    check("exp", sample(), kernels::exp::<f32>, <f32 as Scalar>::exp, f64::exp, EXP_ULP);
}

#[test]
fn ln_is_within_its_bound_and_the_same_everywhere() {
    check("ln", sample(), kernels::ln::<f32>, <f32 as Scalar>::ln, f64::ln, LN_ULP);
}

/// All 2³² inputs on the fastest instruction set, in blocks.
fn exhaustive(name: &str, all: fn(Isa, &mut [f32]), exact: fn(f64) -> f64, bound: f64) {
    let mut worst = (0.0, 0.0);
    for block in 0..1u32 << 16 {
        let x: Vec<f32> = (0..1u32 << 16).map(|low| f32::from_bits(block << 16 | low)).collect();
        let mut y = x.clone();
        all(Isa::best(), &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let exact = exact(f64::from(x));
            assert!(fits(y, exact, bound), "{name}({x:e}) is {y:e}: over {bound} ULP off");
            if y.is_finite() && ulps(y, exact) > worst.0 {
                worst = (ulps(y, exact), x);
            }
        }
    }
    println!("{name}: worst error {:.5} ULP, at {:e}", worst.0, worst.1);
}

#[test]
#[ignore = "all 2^32 inputs: a minute or two; run with --ignored after a change of exp.rs"]
fn exp_exhaustive() {
    exhaustive("exp", kernels::exp::<f32>, f64::exp, EXP_ULP);
}

#[test]
#[ignore = "all 2^32 inputs: a minute or two; run with --ignored after a change of ln.rs"]
fn ln_exhaustive() {
    exhaustive("ln", kernels::ln::<f32>, f64::ln, LN_ULP);
}

/// A number of 106 bits as a sum of two f64, by which those of 53 are measured.
#[derive(Clone, Copy)]
struct Pair(f64, f64);

impl Pair {
    /// a + b, exactly.
    fn sum(a: f64, b: f64) -> Self {
        let (sum, of_b) = (a + b, a + b - a);
        Self(sum, (a - (sum - of_b)) + (b - of_b))
    }
    fn add(self, b: Self) -> Self {
        let high = Self::sum(self.0, b.0);
        Self::sum(high.0, high.1 + (self.1 + b.1))
    }
    fn mul(self, b: Self) -> Self {
        let high = self.0 * b.0;
        Self::sum(high, self.0.mul_add(b.0, -high) + (self.0 * b.1 + self.1 * b.0))
    }
    fn div(self, n: f64) -> Self {
        let high = self.0 / n;
        Self::sum(high, ((-high).mul_add(n, self.0) + self.1) / n)
    }
    /// x · 2ⁿ, exactly, for a result that is normal.
    fn scaled(x: f64, n: i32) -> f64 {
        x * 2f64.powi(n / 2) * 2f64.powi(n - n / 2)
    }
    /// e^x = p · 2ⁿ as (p, n), √½ ≤ p ≤ √2: the series of e^{r/256}, whose tenth term is below 2⁻¹⁰⁰, squared eight times. Its relative error
    /// is below 2⁻⁹⁰: 256 times the few 2⁻¹⁰⁵ of each step, and that of n ln 2.
    fn exp(x: f64) -> (Self, i32) {
        let n = (x * std::f64::consts::LOG2_E).round();
        let ln_2 = Self(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
        let r = Self(x, 0.0).add(ln_2.mul(Self(-n, 0.0)));
        let (r, one) = (Self(r.0 / 256.0, r.1 / 256.0), Self(1.0, 0.0));
        let series = (1..=9).rev().fold(one, |sum, i| one.add(sum.mul(r).div(f64::from(i))));
        ((0..8).fold(series, |p, _| p.mul(p)), n as i32)
    }
}

/// 2 to the exponent of x, which is normal.
fn power_of(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & 0x7ff << 52)
}

/// The error of e^x in units of the last place of the exact result, for x whose results neither overflow nor vanish.
fn exp_error(x: f64) -> f64 {
    let (p, n) = Pair::exp(x);
    let unit = power_of(p.0).max(2f64.powi((-1022 - n).max(-60))) * f64::EPSILON;
    ((Pair::scaled(Scalar::exp(x), -n) - p.0) - p.1).abs() / unit
}

/// The error of ln x: with y for it, x e^−y = 1 + d, so it is ln(1 + d) = d but for d² / 2, below 2⁻⁸⁰. Of x ≠ 1 that are not so near 1 that the
/// error of e^−y counts.
fn ln_error(x: f64) -> f64 {
    let y = Scalar::ln(x);
    let (p, n) = Pair::exp(-y);
    let product = p.mul(Pair(Pair::scaled(x, n), 0.0));
    ((product.0 - 1.0) + product.1).abs() / (power_of(y) * f64::EPSILON)
}

/// The bounds of the docs in so many random cases: of e^x half from all x, half near 0; of ln x from all bits, and near 1.
fn check_f64(cases: u32) {
    let (mut state, mut worst) = (1u64, (0.0f64, 0.0f64));
    for i in 0..cases {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        let x = if i % 2 == 0 { unit * 1454.8 - 745.1 } else { unit * 4.0 - 2.0 };
        let error = exp_error(x);
        assert!(error <= 0.80, "exp({x:e}) is {:e}: {error} ULP off", Scalar::exp(x));
        worst.0 = worst.0.max(error);
        let x = if i % 2 == 0 { f64::from_bits(state >> 1) } else { unit * 2.0 + 0.25 };
        if x.is_finite() && (x - 1.0).abs() > 1e-6 && x > 0.0 {
            let error = ln_error(x);
            assert!(error <= 0.87, "ln({x:e}) is {:e}: {error} ULP off", Scalar::ln(x));
            worst.1 = worst.1.max(error);
        }
    }
    println!("exp: worst error {:.4} ULP; ln: {:.4}", worst.0, worst.1);
}

#[test]
fn f64_is_within_its_bounds() {
    let e = Pair::exp(1.0);
    assert!(e.1 == 1 && 2.0 * e.0.0 == std::f64::consts::E);
    assert!((2.0 * e.0.1 - 1.445_646_891_729_250_2e-16).abs() < 1e-28, "what E lacks of e");
    check_f64(1_000_000);
}

#[test]
#[ignore = "eight million cases: ten seconds; run with --ignored after a change of exp.rs or ln.rs"]
fn f64_is_within_its_bounds_in_eight_million_cases() {
    check_f64(8_000_000);
}

#[test]
fn f64_special_values() {
    let same =
        |got: f64, want: f64| assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()));
    for (x, want) in [(0.0, 1.0), (-0.0, 1.0), (f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, 0.0)] {
        same(Scalar::exp(x), want);
    }
    same(Scalar::exp(f64::NAN), f64::NAN);
    // The last results that are finite and not 0, and the first that are not.
    same(Scalar::exp(-745.133_219_101_941), f64::from_bits(1));
    same(Scalar::exp(-745.133_219_101_942), 0.0);
    assert!(Scalar::exp(709.782_712_893_383_9f64).is_finite());
    same(Scalar::exp(709.782_712_893_384_1), f64::INFINITY);
    for (x, want) in
        [(1.0, 0.0), (0.0, f64::NEG_INFINITY), (-0.0, f64::NEG_INFINITY), (f64::INFINITY, f64::INFINITY)]
    {
        same(Scalar::ln(x), want);
    }
    same(Scalar::ln(-1.0), f64::NAN);
    same(Scalar::ln(f64::NEG_INFINITY), f64::NAN);
    same(Scalar::ln(f64::NAN), f64::NAN);
}
