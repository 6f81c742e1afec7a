//! Eq. (1), (5), (39), and the gradient of the loss with respect to the scores, (7)-(16).

use approx::{assert_abs_diff_eq, assert_relative_eq};
use kernels::{Mat, Scalar};
use model::{Engine, Labels, Params, Step, Workspace, add_losses, forward, loss, sgd_step};

use crate::support::{Case, assert_within, bits, cast, gamma, shape, unit, values};

/// The data loss and dS of scores that are given: a net whose hidden units are all off passes b2 on as its scores, so
/// it takes one net a row.
fn of_scores<T: Scalar>(scores: &[f64], y: u16) -> (f64, Vec<f64>) {
    let shape = shape(1, 1, scores.len());
    let mut case = Case { shape, x: vec![0.0], y: vec![y], net: vec![0.0; shape.params()], lambda: 0.0 };
    let first = shape.params() - scores.len();
    case.net[first..].copy_from_slice(scores);
    let mut pass = case.pass::<T>();
    assert_eq!(values(pass.ws.scores()), scores);
    let ds = values(pass.ws.score_gradient());
    // `loss` computes it by `add_losses`, the backward pass beside dS.
    let alone = loss(Engine::default(), &pass.net, case.labels(), T::ZERO, &mut pass.ws);
    assert_eq!(bits(&[alone.total()]), bits(&[pass.loss.total()]));
    (alone.total().to_f64(), ds)
}

/// e^{S_j} / Σ_j e^{S_j}, as it stands in the book. Only for scores of moderate size.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let sum: f64 = scores.iter().map(|s| s.exp()).sum();
    scores.iter().map(|s| s.exp() / sum).collect()
}

/// Roundings between the scores and an element of dS or a loss of scores below 4 in size: the shift moves an exponent
/// by at most 8u, above and below the line, exp and ln are within 2u, a sum of C terms takes fewer than C roundings.
fn roundings(c: usize) -> usize {
    c + 32
}

const SCORES: [f64; 5] = [1.5, -2.0, 0.25, 3.0, -0.75];

#[test]
fn eq_5_loss_of_one_row() {
    fn check<T: Scalar>() {
        for y in 0..5 {
            let want = -softmax(&SCORES)[y].ln();
            let (got, _) = of_scores::<T>(&SCORES, y as u16);
            // The loss is at most 6 here.
            assert_abs_diff_eq!(got, want, epsilon = 6.0 * gamma::<T>(roundings(5)));
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_1_and_39_mean_over_rows_and_penalty() {
    fn check<T: Scalar>() {
        let case = Case::random(7, (3, 6, 4), 0.5, 1);
        let mut pass = case.pass::<T>();
        let (s, mut sum) = (pass.ws.scores(), 0.0);
        for (i, &y) in case.y.iter().enumerate() {
            let row: Vec<f64> = s.row(i).unwrap().iter().map(|s| s.to_f64()).collect();
            sum -= softmax(&row)[y as usize].ln();
        }
        let squares: f64 =
            pass.net.w1_slice().iter().chain(pass.net.w2_slice()).map(|w| w.to_f64().powi(2)).sum();
        // One rounding a row, one for the division; one a square, and a few.
        let relative = gamma::<T>(roundings(4) + 7 + 1) * 4.0;
        assert_relative_eq!(pass.loss.data.to_f64(), sum / 7.0, max_relative = relative);
        assert_relative_eq!(pass.loss.penalty.to_f64(), 0.5 * squares, max_relative = gamma::<T>(42 + 8));
        assert_eq!(pass.loss.total(), pass.loss.data + pass.loss.penalty);
        // That is the backward pass's. Of a forward pass alone, and of a step, it is the same.
        let (engine, lambda) = (Engine::default(), T::from_f64(0.5));
        assert_eq!(loss(engine, &pass.net, case.labels(), lambda, &mut pass.ws), pass.loss);
        let (mut net, x) = (pass.net.clone(), Mat::new(&pass.x, 7, 3));
        let step = Step { eta: T::ONE, lambda };
        assert_eq!(sgd_step(engine, &mut net, x, case.labels(), step, &mut pass.ws), pass.loss);
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_7_to_11_right_class() {
    fn check<T: Scalar>() {
        for y in 0..5 {
            let (_, ds) = of_scores::<T>(&SCORES, y as u16);
            let want = softmax(&SCORES)[y] - 1.0;
            assert_abs_diff_eq!(ds[y], want, epsilon = gamma::<T>(roundings(5)));
            assert!(ds[y] < 0.0, "a larger score of the right class makes the loss smaller");
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_12_to_16_other_classes() {
    fn check<T: Scalar>() {
        for y in 0..5 {
            let (_, ds) = of_scores::<T>(&SCORES, y as u16);
            let want = softmax(&SCORES);
            for j in (0..5).filter(|&j| j != y) {
                assert_relative_eq!(ds[j], want[j], max_relative = gamma::<T>(roundings(5)));
            }
            // Probabilities sum to 1, so a row of dS sums to 0.
            assert_abs_diff_eq!(ds.iter().sum::<f64>(), 0.0, epsilon = 2.0 * gamma::<T>(roundings(5)));
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_7_to_16_from_one_row_to_n_divides_by_n() {
    fn check<T: Scalar>() {
        let case = Case::random(7, (3, 6, 4), 0.0, 2);
        let (all, x) = (case.pass::<T>(), case.x.chunks(3));
        for (i, (x, &y)) in x.zip(&case.y).enumerate() {
            let one = Case { x: x.to_vec(), y: vec![y], ..case.clone() }.pass::<T>();
            let ds = one.ws.score_gradient().row(0).unwrap();
            let want: Vec<T> = ds.iter().map(|&ds| ds / T::from_f64(7.0)).collect();
            assert_eq!(bits(all.ws.score_gradient().row(i).unwrap()), bits(&want));
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn the_shift_changes_nothing() {
    fn check<T: Scalar>() {
        // Whole numbers: adding 1000 is exact, so the shifted scores are the same numbers, and so is all that follows.
        let scores = [3.0, -7.0, 0.0, 12.0];
        let far: Vec<f64> = scores.iter().map(|s| s + 1000.0).collect();
        for y in 0..4 {
            assert_eq!(of_scores::<T>(&scores, y), of_scores::<T>(&far, y));
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn finite_scores_have_a_finite_loss_that_is_never_negative() {
    fn check<T: Scalar>(huge: f64) {
        let tiny = 2f64.powi(-100);
        for scores in [[1e4, -1e4, 0.0], [huge, -huge, huge], [-huge; 3], [-tiny, tiny, 0.0]] {
            for y in 0..3 {
                let (loss, ds) = of_scores::<T>(&scores, y);
                assert!(loss >= 0.0 && loss.is_finite(), "{scores:?}, {y}: {loss}");
                assert!(ds.iter().all(|ds| ds.abs() <= 1.0), "{scores:?}, {y}: {ds:?}");
            }
        }
        assert_eq!(of_scores::<T>(&[1e4, -1e4], 1), (2e4, vec![1.0, -1.0]));
        assert_eq!(of_scores::<T>(&[1e4, -1e4], 0), (0.0, vec![0.0, 0.0]));
    }
    // A difference of scores must be finite too.
    check::<f32>(2f64.powi(126));
    check::<f64>(2f64.powi(1022));
}

#[test]
fn a_small_loss_of_large_scores_is_accurate() {
    fn check<T: Scalar>() {
        // As max + ln Σ less S_y it would be off by the spacing of numbers near 10⁴: 10⁻³ in f32.
        let (loss, _) = of_scores::<T>(&[1e4, 1e4, -1e4], 1);
        assert_relative_eq!(loss, 2f64.ln(), max_relative = 4.0 * unit::<T>());
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn a_score_that_is_no_number_shows() {
    for bad in [f64::NAN, f64::INFINITY] {
        let shape = shape(1, 1, 3);
        let mut case = Case { shape, x: vec![0.0], y: vec![1], net: vec![0.0; shape.params()], lambda: 0.0 };
        case.net[shape.params() - 1] = bad;
        assert!(case.pass::<f32>().loss.total().is_nan());
        assert!(case.pass::<f64>().loss.total().is_nan());
    }
}

#[test]
fn loss_and_backward_agree_and_leave_the_scores() {
    fn check<T: Scalar>() {
        let case = Case::random(9, (4, 5, 3), 0.25, 3);
        let (net, x) = (case.net::<T>(), cast::<T>(&case.x));
        let engine = Engine::default();
        let mut ws = Workspace::new(case.shape, 9, 1);
        forward(engine, &net, Mat::new(&x, 9, 4), &mut ws);
        let scores = values(ws.scores());
        let got = loss(engine, &net, case.labels(), T::from_f64(0.25), &mut ws);
        let pass = case.pass::<T>();
        assert_eq!(got, pass.loss);
        assert_eq!(values(ws.scores()), scores);
        assert_eq!(values(pass.ws.scores()), scores);
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn losses_added_in_parts_are_those_of_the_whole() {
    let case = Case::random(10, (4, 5, 3), 0.0, 4);
    let (net, x, engine) = (case.net::<f32>(), cast::<f32>(&case.x), Engine::default());
    let mut ws = Workspace::new(case.shape, 4, 1);
    let mut sum = 0.0;
    for rows in [0..4, 4..8, 8..10] {
        forward(engine, &net, Mat::new(&x, 10, 4).row_range(rows.clone()), &mut ws);
        sum = add_losses(engine, Labels::new(&case.y[rows], 3).unwrap(), sum, &mut ws);
    }
    assert_eq!(sum / 10.0, case.pass::<f32>().loss.data);
}

#[test]
fn equal_scores_cost_ln_c() {
    for c in [1, 2, 7, 1000] {
        let shape = shape(2, 3, c);
        let net = Params::<f64>::zeros(shape);
        let mut ws = Workspace::new(shape, 2, 1);
        forward(Engine::default(), &net, Mat::new(&[1.0, 2.0, 3.0, 4.0], 2, 2), &mut ws);
        let got = loss(Engine::default(), &net, Labels::new(&[0, c as u16 - 1], c).unwrap(), 1.0, &mut ws);
        assert_within("ln C", &[got.data, got.penalty], &[(c as f64).ln(), 0.0], &[1e-14, 0.0]);
    }
}
