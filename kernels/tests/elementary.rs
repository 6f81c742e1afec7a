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

/// The f64 functions beside the host's, whose own error is near half an ULP: they may lie two steps apart.
#[test]
fn f64_agrees_with_the_host() {
    let near = |got: f64, want: f64| got == want || got.to_bits().abs_diff(want.to_bits()) <= 2;
    let mut state = 1u64;
    for _ in 0..1_000_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        let x = unit * 1460.0 - 748.0;
        assert!(
            near(Scalar::exp(x), x.exp()),
            "exp({x:e}) is {:e}, the host says {:e}",
            Scalar::exp(x),
            x.exp()
        );
        let x = f64::from_bits(state >> 1);
        if x.is_finite() {
            assert!(
                near(Scalar::ln(x), x.ln()),
                "ln({x:e}) is {:e}, the host says {:e}",
                Scalar::ln(x),
                x.ln()
            );
        }
    }
}

#[test]
fn f64_special_values() {
    let same =
        |got: f64, want: f64| assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()));
    for (x, want) in [(0.0, 1.0), (-0.0, 1.0), (f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, 0.0)] {
        same(Scalar::exp(x), want);
    }
    same(Scalar::exp(f64::NAN), f64::NAN);
    for (x, want) in
        [(1.0, 0.0), (0.0, f64::NEG_INFINITY), (-0.0, f64::NEG_INFINITY), (f64::INFINITY, f64::INFINITY)]
    {
        same(Scalar::ln(x), want);
    }
    same(Scalar::ln(-1.0), f64::NAN);
    same(Scalar::ln(f64::NEG_INFINITY), f64::NAN);
    same(Scalar::ln(f64::NAN), f64::NAN);
}
