//! Eq. (6).

use kernels::{Isa, Mat, MatMut, Scalar, softmax};
use model::predict;

use crate::support::{Random, cast};

#[test]
fn eq_6_the_largest_score_has_the_largest_probability() {
    fn check<T: Scalar>() {
        let (n, c) = (40, 7);
        let scores = cast::<T>(&Random(6).fractions(n * c, 5.0));
        let mut probabilities = scores.clone();
        softmax(Isa::best(), MatMut::new(&mut probabilities, n, c));
        let (mut by_score, mut by_probability) = (vec![99; n], vec![99; n]);
        predict(Mat::new(&scores, n, c), &mut by_score);
        predict(Mat::new(&probabilities, n, c), &mut by_probability);
        assert_eq!(by_score, by_probability);
        assert!((0..7).all(|class| by_score.contains(&class)), "every class is predicted somewhere");
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn eq_6_the_first_of_equals() {
    fn check<T: Scalar>() {
        let rows = [[1.0, 2.0, 2.0, 0.0], [0.0; 4], [-0.0, 0.0, -0.0, 0.0], [-5.0, -7.0, -5.0, -4.0]];
        let mut out = [99; 4];
        predict(Mat::new(&cast::<T>(&rows.concat()), 4, 4), &mut out);
        assert_eq!(out, [1, 0, 0, 3]);
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn a_tie_may_lie_anywhere_in_a_wide_row() {
    for first in [0, 15, 16, 17, 98] {
        let mut row = [0.0f32; 100];
        row[first] = 1.0;
        row[99] = 1.0;
        let mut out = [99];
        predict(Mat::new(&row, 1, 100), &mut out);
        assert_eq!(out[0] as usize, first);
    }
}

#[test]
fn infinite_and_undefined_scores() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let rows = [[1.0, inf, inf], [-inf, -inf, -inf], [inf, nan, nan]];
    let mut out = [99; 3];
    predict(Mat::new(&rows.concat(), 3, 3), &mut out);
    assert_eq!(out, [1, 0, 1]);
}

#[test]
fn scores_may_have_any_strides() {
    let mut out = [99; 2];
    predict(Mat::new(&[1.0f32, 9.0, 2.0, 8.0, 3.0, 7.0], 3, 2).t(), &mut out);
    assert_eq!(out, [2, 0]);
}
