//! The gradients of backward against differences of the loss, in f64, through the code that ships.
//!
//! The slope (L(t + h) − L(t − h)) / 2h differs from ∂L/∂t by
//!
//! - truncation: h²/6 · |L'''| somewhere between. Where no hidden unit switches, scores are linear in t: S + t v. Along
//!   v the third derivative of ln Σ e^S is the third central moment of the numbers v_j under the probabilities
//!   softmax(S). If they lie R apart at most, that is at most R · variance ≤ R · R²/4. The label's score is linear, and
//!   the penalty a parabola: neither has a third derivative. So |L'''| ≤ 1/N Σ_i R_i³/4, whatever the point between.
//! - rounding: each of both losses is off by some δ, the slope by δ/h. A score is off by at most
//!   γ_{2(D + H) + 4} A, A = the largest Σ_p (Σ_q |x_q W1_qp| + |b1_p|) |W2_pj| + |b2_j|. A loss moves by at most twice
//!   that, and adds a few roundings of its own per class and row; the penalty has one for every sixteen weights and
//!   a few more.
//!
//! h is a power of two and the parameters are multiples of 2⁻¹⁶, so that t ± h is exact. Where a unit does switch between
//! t − h and t + h (it would have to be within h of its corner) the entry is left out; at most one in fifty may be.

use kernels::Mat;
use model::{Engine, Params, Workspace, forward, loss};

use crate::support::{Case, gamma, largest, values};

const STEP: f64 = 1.0 / (1 << 17) as f64;

/// L, S and which hidden units are on.
fn evaluate(case: &Case) -> (f64, Vec<f64>, Vec<bool>) {
    let (n, d) = (case.n(), case.shape.d());
    let (engine, net) = (Engine::default(), case.net::<f64>());
    let mut ws = Workspace::new(case.shape, n, 1);
    forward(engine, &net, Mat::new(&case.x, n, d), &mut ws);
    let on = values(ws.hidden()).iter().map(|&h| h > 0.0).collect();
    let scores = values(ws.scores());
    (loss(engine, &net, case.labels(), case.lambda, &mut ws).total(), scores, on)
}

/// How far a computed loss may be from the exact one.
fn rounding(case: &Case) -> f64 {
    let (d, h, c) = case.shape.sizes();
    // The same net and inputs with their signs off and no unit off.
    let absolute = |v: &[f64]| v.iter().map(|v| v.abs()).collect::<Vec<_>>();
    let sizes = Case { x: absolute(&case.x), net: absolute(&case.net), ..case.clone() };
    let (_, scores, _) = evaluate(&sizes);
    let of_scores = gamma::<f64>(2 * (d + h) + 4) * largest(&scores) * 1.01; // its own rounding
    let loss = 2.0 * largest(&scores) + (c as f64).ln();
    let penalty = case.lambda * case.net.iter().map(|w| w * w).sum::<f64>();
    2.0 * of_scores + gamma::<f64>(case.n() + c + 16) * loss + gamma::<f64>(d * h + h * c + 8) * penalty
}

/// R³ of each row, on average: the spread of the slopes of its scores.
fn third_moment(plus: &[f64], minus: &[f64], c: usize) -> f64 {
    let slopes: Vec<f64> = plus.iter().zip(minus).map(|(p, m)| (p - m) / (2.0 * STEP)).collect();
    let spread = |row: &[f64]| {
        let (least, most) = row.iter().fold((f64::MAX, f64::MIN), |(a, b), &v| (a.min(v), b.max(v)));
        most - least
    };
    slopes.chunks(c).map(|row| spread(row).powi(3)).sum::<f64>() * c as f64 / slopes.len() as f64
}

/// Checks one entry of the net or of X; `None` where a unit switches.
fn entry(case: &Case, place: impl Fn(&mut Case) -> &mut f64, gradient: f64, rounding: f64) -> Option<()> {
    let (mut plus, mut minus) = (case.clone(), case.clone());
    let t = *place(&mut plus);
    *place(&mut plus) = t + STEP;
    *place(&mut minus) = t - STEP;
    assert!(*place(&mut plus) - t == STEP && t - *place(&mut minus) == STEP, "t ± h is exact");
    let ((above, s_above, on_above), (below, s_below, on_below)) = (evaluate(&plus), evaluate(&minus));
    if on_above != on_below {
        return None;
    }
    let slope = (above - below) / (2.0 * STEP);
    // 1e-3 more for the slopes of the scores, which are themselves differences.
    let truncation = STEP * STEP / 6.0 * third_moment(&s_above, &s_below, case.shape.c()) / 4.0 * 1.001;
    // The gradient itself is good to 1e-12 of its size: the golden vectors hold it to that.
    let bound = truncation + rounding / STEP + 1e-12 * (1.0 + gradient.abs());
    let within = (slope - gradient).abs() <= bound;
    assert!(within, "slope {slope:e}, gradient {gradient:e}, bound {bound:e}");
    assert!(bound < 1e-7, "a bound of {bound:e} proves little");
    Some(())
}

/// Every entry of the net and of X.
fn check(case: &Case) {
    let (pass, rounding) = (case.pass::<f64>(), rounding(case));
    let net = (0..case.net.len()).map(|k| entry(case, |c| &mut c.net[k], pass.grads.as_slice()[k], rounding));
    let x = (0..case.x.len()).map(|k| entry(case, |c| &mut c.x[k], pass.dx[k], rounding));
    let results: Vec<_> = net.chain(x).collect();
    assert_eq!(results.len(), case.shape.params() + case.n() * case.shape.d());
    let skipped = results.iter().filter(|r| r.is_none()).count();
    assert!(skipped * 50 <= results.len(), "{skipped} of {} entries left out", results.len());
}

#[test]
fn every_gradient_is_the_slope_of_the_loss() {
    for (n, sizes, lambda, seed) in [
        (5, (4, 10, 3), 0.0, 1),
        (5, (4, 10, 3), 0.25, 2),
        (7, (6, 5, 4), 0.0625, 3),
        (12, (3, 8, 5), 0.0, 4),
    ] {
        check(&Case::random(n, sizes, lambda, seed));
    }
}

#[test]
fn every_gradient_of_a_batch_of_one() {
    check(&Case::random(1, (6, 5, 4), 0.0, 5));
    check(&Case::random(1, (1, 1, 2), 0.5, 6));
}

#[test]
fn every_gradient_of_two_classes() {
    check(&Case::random(8, (5, 6, 2), 0.0, 7));
    check(&Case::random(8, (5, 6, 2), 1.0, 8));
}

#[test]
fn the_check_notices_a_gradient_that_is_wrong() {
    let case = Case::random(5, (4, 10, 3), 0.25, 9);
    let rounding = rounding(&case);
    let grads: Params<f64> = case.pass().grads;
    let first = 4 * 10 + 10; // W2 (0, 0)
    let try_with = |gradient| {
        std::panic::catch_unwind(|| entry(&case, |c| &mut c.net[first], gradient, rounding)).is_ok()
    };
    let right = grads.as_slice()[first];
    assert!(try_with(right));
    // A penalty with the ½ that is not there; a wrong sign; one part in a million.
    let half_penalty = right - 0.25 * case.net[first];
    for wrong in [half_penalty, -right, right * (1.0 + 1e-6), f64::NAN] {
        assert!(!try_with(wrong), "{wrong:e} for {right:e}");
    }
}
