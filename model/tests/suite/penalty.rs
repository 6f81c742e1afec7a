//! Eq. (40), (41): the penalty's gradient is 2λW, added last, and biases have none.

use approx::assert_abs_diff_eq;
use kernels::{Mat, Scalar};
use model::{Engine, Params, Step, penalty, sgd_step};

use crate::support::{Case, bits, gamma};

/// The gradients with and without a penalty.
fn with_and_without<T: Scalar>(lambda: f64) -> (Case, model::Params<T>, model::Params<T>) {
    let case = Case::random(5, (4, 7, 3), lambda, 40);
    let without = Case { lambda: 0.0, ..case.clone() };
    let (with, without) = (case.pass::<T>().grads, without.pass::<T>().grads);
    (case, with, without)
}

/// fma(2λ, W, dW), element by element: 2λ without ½, one multiply-add, the data gradient first.
fn added_last<T: Scalar>(lambda: f64, w: &[T], dw: &[T]) -> Vec<T> {
    let two_lambda = T::from_f64(2.0 * lambda);
    w.iter().zip(dw).map(|(&w, &dw)| two_lambda.mul_add(w, dw)).collect()
}

/// W after a step of η = 0.3 against (1 − 2λη) W − η dW, without `update`, which shares its f. Three roundings: that of f, and two of the
/// terms' size.
fn assert_steps<T: Scalar>(lambda: f64, w: &[T], dw: &[T], after: &[T]) {
    let eta = T::from_f64(0.3).to_f64();
    for ((w, dw), after) in w.iter().zip(dw).zip(after) {
        let (w, descent) = (w.to_f64(), eta * dw.to_f64());
        let want = (1.0 - 2.0 * lambda * eta) * w - descent;
        assert_abs_diff_eq!(after.to_f64(), want, epsilon = gamma::<T>(4) * (w.abs() + descent.abs()));
    }
}

/// The net after one step of η = 0.3.
fn stepped<T: Scalar>(case: &Case) -> Params<T> {
    let (engine, mut pass) = (Engine::default(), case.pass::<T>());
    let step = Step { eta: T::from_f64(0.3), lambda: T::from_f64(case.lambda) };
    let x = Mat::new(&pass.x, case.n(), case.shape.d());
    sgd_step(engine, &mut pass.net, x, case.labels(), step, &mut pass.ws);
    pass.net
}

#[test]
fn eq_40_penalty_of_w1() {
    fn check<T: Scalar>() {
        let (case, with, without) = with_and_without::<T>(0.375);
        let want = added_last(0.375, case.net().w1_slice(), without.w1_slice());
        assert_eq!(bits(with.w1_slice()), bits(&want));
        assert_ne!(with.w1_slice(), without.w1_slice());
        assert_eq!(bits(with.b1()), bits(without.b1()), "biases are not penalised");
        let after = stepped::<T>(&case);
        assert_steps(0.375, case.net().w1_slice(), without.w1_slice(), after.w1_slice());
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_41_penalty_of_w2() {
    fn check<T: Scalar>() {
        let (case, with, without) = with_and_without::<T>(0.375);
        let want = added_last(0.375, case.net().w2_slice(), without.w2_slice());
        assert_eq!(bits(with.w2_slice()), bits(&want));
        assert_ne!(with.w2_slice(), without.w2_slice());
        assert_eq!(bits(with.b2()), bits(without.b2()), "biases are not penalised");
        let after = stepped::<T>(&case);
        assert_steps(0.375, case.net().w2_slice(), without.w2_slice(), after.w2_slice());
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_40_and_41_no_half() {
    // λ W² has slope 2λW: with λ = 1 and W from 3 to 3 + 1 the penalty grows by 7, the mean of 2·3 and 2·4.
    let shape = crate::support::shape(1, 1, 1);
    let at = |w1: f64| {
        let net = model::Params::from_vec(shape, vec![w1, 5.0, 2.0, 7.0]).unwrap();
        penalty(Engine::default(), &net, 1.0)
    };
    assert_eq!((at(3.0), at(4.0)), (13.0, 20.0));
}

#[test]
fn without_a_penalty_weights_are_not_read() {
    // An infinite weight that the ReLU keeps out of everything; 0·∞ would be NaN.
    let mut case = Case::random(1, (1, 3, 2), 0.0, 42);
    (case.x[0], case.net[0]) = (-1.0, f64::INFINITY);
    let pass = case.pass::<f32>();
    assert!(pass.loss.total().is_finite() && pass.loss.penalty == 0.0);
    assert!(pass.grads.as_slice().iter().all(|g| g.is_finite()));
    assert!(penalty(Engine::default(), &pass.net, 1.0).is_infinite());
}
