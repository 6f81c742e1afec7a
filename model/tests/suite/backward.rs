//! Eq. (17)-(38): each gradient against plain loops over the values it is made of.
//!
//! Those values are taken from the pass itself, as they are, so the only difference is the rounding of one product:
//! `naive_product` and `naive_sums` bound it.

use kernels::{Mat, Scalar};

use crate::support::{Case, Pass, assert_within, bits, gamma, naive_product, shape, values, vector};

const LAMBDA: f64 = 0.0;

/// Nets of several shapes: one row, two classes, no size a multiple of a vector's, a depth of several blocks.
fn cases() -> [Case; 5] {
    [
        Case::random(1, (3, 4, 2), LAMBDA, 11),
        Case::random(5, (4, 10, 3), LAMBDA, 12),
        Case::random(17, (13, 7, 5), LAMBDA, 13),
        Case::random(3, (2, 40, 33), LAMBDA, 14),
        Case::random(300, (5, 6, 2), LAMBDA, 15),
    ]
}

/// Column sums, and how far a chain of T may be from them: γ_m Σ|a|, and as much for the loop here.
fn naive_sums<T: Scalar>(a: Mat<'_, T>) -> (Vec<f64>, Vec<f64>) {
    let ones = vec![T::ONE; a.rows()];
    let (sums, bound) = naive_product(vector(&ones), a);
    assert!(bound.iter().all(|&b| b <= 2.0 * gamma::<T>(a.rows() + 1) * a.rows() as f64 * 1e3));
    (sums, bound)
}

/// Runs a check on every case in both types.
fn each(check32: impl Fn(&Pass<f32>), check64: impl Fn(&Pass<f64>)) {
    for case in cases() {
        check32(&case.pass());
        check64(&case.pass());
    }
}

#[test]
fn eq_17_and_18_a_score_moves_with_w2_as_h_says() {
    fn check<T: Scalar>() {
        // Whole numbers, so that a difference of scores is exact: W2 (p, j) + 1 adds H (:, p) to column j of S.
        let case = Case::integers(6, (4, 5, 3), 17);
        let before = case.pass::<T>();
        let (hidden, first) = (before.ws.hidden(), 4 * 5 + 5);
        for (p, j) in (0..5).flat_map(|p| (0..3).map(move |j| (p, j))) {
            let mut bumped = case.clone();
            bumped.net[first + p * 3 + j] += 1.0;
            let after = bumped.pass::<T>();
            for (i, k) in (0..6).flat_map(|i| (0..3).map(move |k| (i, k))) {
                let change = after.ws.scores().get(i, k) - before.ws.scores().get(i, k);
                assert_eq!(change, if k == j { hidden.get(i, p) } else { T::ZERO });
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_19_to_21_dw2() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (want, bound) = naive_product(pass.ws.hidden().t(), pass.ws.score_gradient());
        assert_within("dW2 = Hᵀ dS", &values(pass.grads.w2()), &want, &bound);
    }
    each(check, check);
}

#[test]
fn eq_19_to_21_of_one_row_is_an_outer_product() {
    fn check<T: Scalar>() {
        let pass = Case::random(1, (3, 4, 5), LAMBDA, 19).pass::<T>();
        let (h, ds) = (pass.ws.hidden(), pass.ws.score_gradient());
        for (p, j) in (0..4).flat_map(|p| (0..5).map(move |j| (p, j))) {
            assert_eq!(pass.grads.w2().get(p, j), h.get(0, p) * ds.get(0, j), "one product, one rounding");
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn db2_is_the_sum_of_ds_over_the_rows() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (want, bound) = naive_sums(pass.ws.score_gradient());
        assert_within("db2", &values(vector(pass.grads.b2())), &want, &bound);
    }
    each(check, check);
}

/// dH by plain loops, with the bound of its rounding.
fn naive_dh<T: Scalar>(pass: &Pass<T>) -> (Vec<f64>, Vec<f64>) {
    naive_product(pass.ws.score_gradient(), pass.net.w2().t())
}

#[test]
fn eq_22_to_25_dh() {
    fn check<T: Scalar>() {
        // With every hidden unit on, dH0 is dH itself.
        let mut case = Case::random(9, (4, 6, 5), LAMBDA, 22);
        case.net[4 * 6..][..6].fill(100.0);
        let pass = case.pass::<T>();
        assert!(values(pass.ws.hidden()).iter().all(|&h| h > 0.0));
        let (want, bound) = naive_dh(&pass);
        assert_within("dH = dS W2ᵀ", &values(pass.ws.hidden_gradient()), &want, &bound);
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_26_to_28_the_mask_is_the_jacobian() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (dh, bound) = naive_dh(pass);
        let (hidden, h) = (pass.ws.hidden(), pass.net.shape().h());
        // dH0 = dH J for each row, J = ∂H/∂H0 written out: H × H, the slopes on its diagonal.
        for i in 0..hidden.rows() {
            let slope = |p, q| if p == q && hidden.get(i, p) > T::ZERO { 1.0 } else { 0.0 };
            let row = &dh[i * h..][..h];
            let want: Vec<f64> = (0..h).map(|q| (0..h).map(|p| row[p] * slope(p, q)).sum()).collect();
            let got: Vec<f64> = (0..h).map(|q| pass.ws.hidden_gradient().get(i, q).to_f64()).collect();
            let bound: Vec<f64> = (0..h).map(|q| bound[i * h + q] * slope(q, q)).collect();
            assert_within("dH0 = dH ∘ 1(H0 > 0)", &got, &want, &bound);
        }
    }
    each(check, check);
}

#[test]
fn eq_29_and_30_value_and_slope_at_zero_and_minus_zero() {
    fn check<T: Scalar>(tiny: f64, last_sum: f64) {
        // Two inputs, five hidden units: H0 = 1, −1, 0 as 0 + 0, 0 as 1 − 1, and a product that underflows plus −0.
        let shape = shape(2, 5, 2);
        let w1 = [[1.0, -1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0, -tiny]].concat();
        let b1 = [0.0, 0.0, 0.0, -1.0, -0.0];
        let w2 = [1.0, -2.0].repeat(5);
        let net = [&w1[..], &b1, &w2, &[0.0, 0.0]].concat();
        let case = Case { shape, x: vec![1.0, tiny], y: vec![0], net, lambda: 0.0 };
        let h0 = T::from_f64(tiny).mul_add(T::from_f64(-tiny), T::ZERO) + T::from_f64(-0.0);
        assert_eq!(bits(&[h0]), bits(&[last_sum]), "the fifth unit's sum");

        let pass = case.pass::<T>();
        assert_eq!(bits(&values(pass.ws.hidden())), bits(&[1.0, 0.0, 0.0, 0.0, 0.0]));
        let dh0 = values(pass.ws.hidden_gradient());
        assert!(dh0[0] != 0.0, "slope 1 above zero");
        assert_eq!(bits(&dh0[1..]), bits(&[0.0; 4]), "slope 0 below zero, at +0 and at −0");
    }
    check::<f32>(1e-30, -0.0);
    // An f64 product is rounded before it is added, and +0 + −0 = +0: no sum is −0 there.
    check::<f64>(1e-200, 0.0);
}

#[test]
fn eq_31_to_34_dx() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (want, bound) = naive_product(pass.ws.hidden_gradient(), pass.net.w1().t());
        assert_within("dX = dH0 W1ᵀ", &values(pass.dx()), &want, &bound);
    }
    each(check, check);
}

#[test]
fn eq_35_to_38_dw1() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (want, bound) = naive_product(pass.x().t(), pass.ws.hidden_gradient());
        assert_within("dW1 = Xᵀ dH0", &values(pass.grads.w1()), &want, &bound);
    }
    each(check, check);
}

#[test]
fn db1_is_the_sum_of_dh0_over_the_rows() {
    fn check<T: Scalar>(pass: &Pass<T>) {
        let (want, bound) = naive_sums(pass.ws.hidden_gradient());
        assert_within("db1", &values(vector(pass.grads.b1())), &want, &bound);
    }
    each(check, check);
}

#[test]
fn from_one_row_to_n_gradients_add_up() {
    fn check<T: Scalar>() {
        // The gradient of a mean is the mean of the gradients of its rows.
        let case = Case::random(6, (4, 5, 3), LAMBDA, 35);
        let all = case.pass::<T>();
        let (mut sum, mut size) = (vec![0.0; case.shape.params()], vec![0.0; case.shape.params()]);
        for (x, &y) in case.x.chunks(4).zip(&case.y) {
            let one = Case { x: x.to_vec(), y: vec![y], ..case.clone() }.pass::<T>();
            for ((sum, size), g) in sum.iter_mut().zip(&mut size).zip(one.grads.as_slice()) {
                *sum += g.to_f64() / 6.0;
                *size += g.to_f64().abs() / 6.0;
            }
        }
        // dS is rounded once more when divided by 6; then come products of depth C, and sums of 6 terms. Products
        // cancel: Σ_j |dS_j W2_pj| ≤ 2 where |W2| ≤ 1, and |x| ≤ 2, so no term is larger than 4.
        let bound: Vec<f64> = size.iter().map(|s| gamma::<T>(2 * (6 + 3 + 4)) * (s + 4.0)).collect();
        assert_within("mean of gradients", &values(vector(all.grads.as_slice())), &sum, &bound);
    }
    check::<f32>();
    check::<f64>();
}
