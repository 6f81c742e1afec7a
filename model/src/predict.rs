//! Prediction: the class with the largest score.

use kernels::{Mat, Scalar, argmax};

/// out_i ← the column of the largest element of row i, the first of equals.
///
/// `scores` is N×C; every element of `out` (N) is written. e^x grows with x and the row's sum is the same for every
/// class, so the largest score has the largest softmax probability and no exponential is needed. Exact. A row that
/// holds a NaN gives the column of its first NaN.
///
/// # Panics
/// If `out` does not have one element a row, or if there are no classes.
///
/// Source: eq. (6).
///
/// ```
/// let scores = [0.5f32, 2.0, 2.0, /* second row */ 9.0, 1.0, 0.0];
/// let mut classes = [0; 2];
/// model::predict(kernels::Mat::new(&scores, 2, 3), &mut classes);
/// assert_eq!(classes, [1, 0]);
/// ```
#[track_caller]
pub fn predict<T: Scalar>(scores: Mat<'_, T>, out: &mut [u32]) {
    let (n, c) = (scores.rows(), scores.cols());
    assert!(out.len() == n, "out has {} elements, S has {n} rows: they must be equal", out.len());
    for (i, out) in out.iter_mut().enumerate() {
        let best = match scores.row(i) {
            Some(row) => argmax(row),
            None => argmax(&(0..c).map(|j| scores.get(i, j)).collect::<Vec<_>>()),
        };
        *out = u32::try_from(best).expect("fewer classes than a u32 can count");
    }
}
