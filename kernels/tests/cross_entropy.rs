//! Cross-entropy and its gradient: every shape and any values against the reference bit for bit, against f64 within derived
//! bounds, and what is known.

mod common;

use common::matrix::{Layout, Output, Stored};
use common::scores::{Exact, SLACK, TINY, U};
use common::{Rng, Values, assert_panics, assert_same_bits, isas, lengths, one_in};
use kernels::{Isa, Mat, MatMut, cross_entropy, cross_entropy_gradient, reference};

/// Fails where an instruction set differs from the reference in either function, or writes elsewhere.
#[track_caller]
fn check(s: &[f32], labels: &[u32], cols: usize, gap: usize, what: &str) {
    // Now and then the rows are a part of a larger batch.
    let (rows, n) = (labels.len(), labels.len() + gap);
    let (mut want, mut want_ds) = (vec![f32::NAN; rows], vec![f32::NAN; rows * cols]);
    let ds = MatMut::new(&mut want_ds, rows, cols);
    reference::cross_entropy(Mat::new(s, rows, cols), labels, &mut want, Some((ds, n)));
    for isa in isas() {
        for layout in Layout::ALL {
            let context = format!("{isa} {rows} x {cols} {layout:?} {what}");
            let stored = Stored::new(layout, rows, cols, s);
            let mut loss = vec![f32::NAN; rows];
            cross_entropy(isa, stored.view(), labels, &mut loss);
            assert_same_bits(&loss, &want, format_args!("{context} loss alone"));

            loss.fill(f32::NAN);
            let mut ds = Output::new(rows, cols, gap, None);
            cross_entropy_gradient(isa, stored.view(), labels, n, ds.view(), &mut loss);
            assert_same_bits(&loss, &want, format_args!("{context} loss"));
            ds.assert_is(&want_ds, format_args!("{context} gradient"));
        }
    }
}

fn labels(rng: &mut Rng, rows: usize, cols: usize) -> Vec<u32> {
    (0..rows).map(|_| rng.below(cols) as u32).collect()
}

#[test]
fn every_number_of_columns() {
    let mut rng = Rng::new(130);
    for cols in lengths().filter(|&cols| cols > 0) {
        for values in Values::ALL {
            let y = labels(&mut rng, 3, cols);
            check(&values.vec(&mut rng, 3 * cols), &y, cols, rng.below(5), &format!("{values:?}"));
        }
    }
}

#[test]
fn every_number_of_rows() {
    let mut rng = Rng::new(131);
    for rows in (0..=50).step_by(one_in(5)) {
        for cols in [1, 2, 3, 10, 16, 17, 33] {
            let s: Vec<f32> = (0..rows * cols).map(|_| 30.0 * rng.uniform()).collect();
            check(&s, &labels(&mut rng, rows, cols), cols, 3, "scores");
        }
    }
}

/// Short rows go 128 at a time, here with a row, sixteen or more left after them.
#[test]
fn more_rows_than_go_at_a_time() {
    let mut rng = Rng::new(138);
    for (rows, cols) in [(128, 3), (129, 10), (145, 16), (300, 5)] {
        let s: Vec<f32> = (0..rows * cols).map(|_| 30.0 * rng.uniform()).collect();
        for gap in [0, 3] {
            check(&s, &labels(&mut rng, rows, cols), cols, gap, "scores");
        }
    }
}

/// Long rows go in groups, from sixteen rows to one; what is left of a group before a smaller one, or of a single one, too.
#[test]
fn every_number_of_groups() {
    let mut rng = Rng::new(137);
    for (cols, most) in [(130, 34), (292, 15), (293, 19), (333, 34), (700, 5), (2100, 2)] {
        for rows in 1..=most {
            let s: Vec<f32> = (0..rows * cols).map(|_| 30.0 * rng.uniform()).collect();
            check(&s, &labels(&mut rng, rows, cols), cols, rng.below(3), "scores");
        }
    }
}

/// Each label in turn: the one is taken from its own column and from no other.
#[test]
fn every_label() {
    let mut rng = Rng::new(132);
    for cols in [2usize, 10, 16, 17, 40] {
        for y in 0..cols {
            let s: Vec<f32> = (0..cols).map(|_| 3.0 * rng.uniform()).collect();
            check(&s, &[y as u32], cols, 0, "one row");
            let (mut ds, mut loss) = (vec![0.0; cols], [0.0]);
            let view = MatMut::new(&mut ds, 1, cols);
            cross_entropy_gradient(Isa::best(), Mat::new(&s, 1, cols), &[y as u32], 1, view, &mut loss);
            assert!(ds.iter().enumerate().all(|(j, &d)| (d < 0.0) == (j == y)), "label {y}: {ds:?}");
            assert!(loss[0] > 0.0);
        }
    }
}

/// Rows whose loss and gradient are exact: far apart, equal, and infinite scores.
#[test]
fn known_results() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let rows: [(&[f32], u32, f32, &[f32]); 7] = [
        (&[1e4, -1e4], 0, 0.0, &[0.0, 0.0]),
        (&[1e4, -1e4], 1, 2e4, &[1.0, -1.0]),
        (&[7.0, 7.0], 0, core::f32::consts::LN_2, &[-0.5, 0.5]),
        (&[0.0, -inf], 0, 0.0, &[0.0, 0.0]),
        (&[0.0, -inf], 1, inf, &[1.0, -1.0]),
        (&[nan, 1.0], 1, nan, &[nan, nan]),
        (&[-inf, -inf], 0, nan, &[nan, nan]),
    ];
    for (s, y, want, gradient) in rows {
        for isa in isas() {
            let (mut ds, mut loss) = (vec![7.0; 2], [7.0]);
            cross_entropy_gradient(isa, Mat::new(s, 1, 2), &[y], 1, MatMut::new(&mut ds, 1, 2), &mut loss);
            assert_same_bits(&loss, &[want], format_args!("{isa} {s:?} {y} loss"));
            assert_same_bits(&ds, gradient, format_args!("{isa} {s:?} {y} gradient"));
        }
    }
}

/// The bounds of the docs. What follows the sum adds: 1 ULP of ln, the rounding of S_y − max, the last subtraction; for the
/// gradient the subtraction in column y and the division.
#[test]
fn loss_and_gradient_are_near_f64() {
    let mut rng = Rng::new(131);
    for len in lengths().filter(|&len| len > 0) {
        for width in [0.1, 1.0, 30.0, 80.0, 1e4] {
            let s: Vec<f32> = (0..len).map(|_| width * rng.uniform()).collect();
            let Exact { p, log, distance, sum_error } = Exact::of(&s);
            let max = f64::from(s.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let (y, n) = (rng.below(len), 1 + rng.below(300));
            let want = log - max + distance[y];
            let bound = SLACK * U * (sum_error + 2.0 * (log - max) + distance[y] + want) + len as f64 * TINY;
            for isa in isas() {
                let (mut ds, mut loss) = (vec![f32::NAN; len], [f32::NAN]);
                let (scores, out) = (Mat::new(&s, 1, len), MatMut::new(&mut ds, 1, len));
                cross_entropy_gradient(isa, scores, &[y as u32], n, out, &mut loss);
                let error = (f64::from(loss[0]) - want).abs();
                assert!(error <= bound, "{isa} {len} within {width}: loss off by {error:e}, bound {bound:e}");
                for j in 0..len {
                    let want = p[j] - f64::from(u8::from(j == y));
                    let bound = SLACK * U * ((distance[j] + sum_error + 4.0) * p[j] + 2.0 * want.abs());
                    let error = (f64::from(ds[j]) * n as f64 - want).abs();
                    assert!(
                        error <= bound + (n + 3) as f64 * TINY,
                        "{isa} {len} within {width} at {j}: gradient off by {error:e}, bound {bound:e}"
                    );
                }
            }
        }
    }
}

#[test]
fn shapes_and_labels_that_do_not_fit_panic_with_the_numbers() {
    let s = [0.0f32; 6];
    for by_reference in [false, true] {
        let run_of = |n: usize, labels: &[u32], loss: usize, cols: usize| {
            let (mut ds, mut loss) = (vec![0.0; 2 * cols], vec![0.0; loss]);
            let (s, ds) = (Mat::new(&s, 2, 3), MatMut::new(&mut ds, 2, cols));
            if by_reference {
                reference::cross_entropy(s, labels, &mut loss, Some((ds, n)));
            } else {
                cross_entropy_gradient(Isa::best(), s, labels, n, ds, &mut loss);
            }
        };
        let run = |labels: &[u32], loss: usize, cols: usize| run_of(2, labels, loss, cols);
        run(&[0, 2], 2, 3);
        assert_panics("1 labels for 2 rows", || run(&[0], 2, 3));
        assert_panics("loss has 3 elements, S has 2 rows", || run(&[0, 1], 3, 3));
        assert_panics("loss has 1 elements, S has 2 rows", || run(&[0, 1], 1, 3));
        assert_panics("dS is 2 x 4, S is 2 x 3", || run(&[0, 1], 2, 4));
        assert_panics("label 3 of row 1 is not below 3", || run(&[0, 3], 2, 3));
        for n in [0, 1] {
            let message = format!("S has 2 rows, the batch {n}: it must have as many or more");
            assert_panics(&message, || run_of(n, &[0, 1], 2, 3));
        }
    }
}

#[test]
fn no_rows_of_none_are_a_batch() {
    for cols in [0, 3, 20] {
        let (s, ds) = (Mat::new(&[0.0f32; 0], 0, cols), MatMut::new(&mut [], 0, cols));
        cross_entropy_gradient(Isa::best(), s, &[], 0, ds, &mut []);
    }
}

/// This N lies just above the middle between two floats. Rounded to f64 first it would be that middle, and then the lower float.
#[test]
#[cfg(target_pointer_width = "64")]
fn the_number_of_rows_is_rounded_once() {
    let n: usize = (1 << 53) + (1 << 29) + 1;
    assert_ne!(n as f32, n as f64 as f32);
    for (rows, cols) in [(1, 3), (17, 10), (2, 20), (7, 20)] {
        let s: Vec<f32> = (0..rows * cols).map(|i| (i * 7 % 13) as f32).collect();
        let labels: Vec<u32> = (0..rows).map(|i| (i % cols) as u32).collect();
        let gradient = |isa, n| {
            let (mut ds, mut loss) = (vec![f32::NAN; rows * cols], vec![f32::NAN; rows]);
            let out = MatMut::new(&mut ds, rows, cols);
            cross_entropy_gradient(isa, Mat::new(&s, rows, cols), &labels, n, out, &mut loss);
            ds
        };
        let (mut ds, mut loss) = (vec![f32::NAN; rows * cols], vec![f32::NAN; rows]);
        let out = MatMut::new(&mut ds, rows, cols);
        reference::cross_entropy(Mat::new(&s, rows, cols), &labels, &mut loss, Some((out, n)));
        for isa in isas() {
            let undivided = gradient(isa, rows.next_power_of_two());
            let want: Vec<f32> =
                undivided.iter().map(|x| x * rows.next_power_of_two() as f32 / n as f32).collect();
            let got = gradient(isa, n);
            assert_same_bits(&got, &want, format_args!("{isa} {rows} x {cols}"));
            assert_same_bits(&ds, &want, format_args!("reference {rows} x {cols}"));
        }
    }
}
