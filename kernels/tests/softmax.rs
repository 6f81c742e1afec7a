//! Softmax and log-sum-exp: every shape and any values against the reference bit for bit, and against f64 within
//! derived bounds, which assume of exp and ln no more than their promise of 1 ULP.

mod common;

use common::matrix::{Layout, Output, Stored};
use common::scores::{Exact, SLACK, TINY, U};
use common::{Rng, SPECIAL, Values, assert_panics, assert_same_bits, isas, lengths, one_in};
use kernels::{Isa, Mat, MatMut, Scalar, log_sum_exp, reference, softmax};

/// Both of the same scores.
fn both<T: Scalar>(isa: Isa, s: MatMut<'_, T>, logs: &mut [T]) {
    log_sum_exp(isa, s.as_mat(), logs);
    softmax(isa, s);
}

/// Scores of a net rather than numbers from everywhere: −30 .. 30.
fn scores(rng: &mut Rng, len: usize) -> Vec<f32> {
    (0..len).map(|_| 30.0 * rng.uniform()).collect()
}

/// Fails where an instruction set differs from the reference in either function, or writes elsewhere.
#[track_caller]
fn check(s: &[f32], rows: usize, cols: usize, gap: usize, what: &str) {
    let mut want = s.to_vec();
    reference::softmax(MatMut::new(&mut want, rows, cols));
    let mut want_logs = vec![f32::NAN; rows];
    reference::log_sum_exp(Mat::new(s, rows, cols), &mut want_logs);
    for isa in isas() {
        let context = format!("{isa} {rows} x {cols} {what}");
        let mut out = Output::new(rows, cols, gap, Some(s));
        softmax(isa, out.view());
        out.assert_is(&want, format_args!("{context} softmax"));

        let mut logs = vec![f32::NAN; rows];
        for layout in [Layout::Plain, Layout::Part] {
            logs.fill(f32::NAN);
            log_sum_exp(isa, Stored::new(layout, rows, cols, s).view(), &mut logs);
            assert_same_bits(&logs, &want_logs, format_args!("{context} log {layout:?}"));
        }
    }
}

#[test]
fn every_number_of_columns() {
    let mut rng = Rng::new(110);
    for cols in lengths() {
        check(&scores(&mut rng, 3 * cols), 3, cols, rng.below(5), "scores");
        for values in Values::ALL {
            let rows = 2 + cols % 2; // two of longer rows go one by one
            check(&values.vec(&mut rng, rows * cols), rows, cols, rng.below(5), &format!("{values:?}"));
        }
    }
}

/// Logarithms are taken sixteen rows at a time: every remainder, with every number of classes up to a vector.
#[test]
fn every_number_of_rows() {
    let mut rng = Rng::new(111);
    for rows in (0..=50).step_by(one_in(5)) {
        for cols in [0, 1, 2, 3, 10, 16, 17] {
            check(&scores(&mut rng, rows * cols), rows, cols, 0, "scores");
            check(&Values::Special.vec(&mut rng, rows * cols), rows, cols, 3, "special values");
        }
    }
}

/// Short rows go 128 at a time, here with a row, sixteen or more left after them.
#[test]
fn more_rows_than_go_at_a_time() {
    let mut rng = Rng::new(119);
    for (rows, cols) in [(128, 3), (129, 10), (145, 16), (300, 5)] {
        check(&scores(&mut rng, rows * cols), rows, cols, 0, "scores");
        check(&Values::Special.vec(&mut rng, rows * cols), rows, cols, 3, "special values");
    }
}

/// Long rows go in groups, from sixteen rows to one; what is left of a group before a smaller one, or of a single one, too.
#[test]
fn every_number_of_groups() {
    let mut rng = Rng::new(118);
    for (cols, most) in [(130, 47), (292, 15), (293, 14), (333, 20), (700, 7), (1100, 4), (2100, 3)] {
        for rows in 0..=most {
            check(&scores(&mut rng, rows * cols), rows, cols, rng.below(5), "scores");
        }
        check(&Values::Special.vec(&mut rng, most * cols), most, cols, 3, "special values");
    }
}

#[test]
fn log_sum_exp_of_every_layout() {
    let mut rng = Rng::new(112);
    for (rows, cols) in [(0, 3), (3, 0), (1, 1), (1, 40), (40, 1), (19, 21)] {
        let s = scores(&mut rng, rows * cols);
        let mut want = vec![f32::NAN; rows];
        reference::log_sum_exp(Mat::new(&s, rows, cols), &mut want);
        for layout in Layout::ALL {
            for isa in isas() {
                let mut out = vec![f32::NAN; rows];
                log_sum_exp(isa, Stored::new(layout, rows, cols, &s).view(), &mut out);
                assert_same_bits(&out, &want, format_args!("{isa} {rows} x {cols} {layout:?}"));
            }
        }
    }
}

/// What a row's softmax and log-sum-exp must be, exactly.
struct Row {
    name: &'static str,
    s: Vec<f32>,
    softmax: Vec<f32>,
    log: f32,
}

fn rows_with_known_results() -> Vec<Row> {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let row = |name, s: &[f32], softmax: &[f32], log| Row { name, s: s.into(), softmax: softmax.into(), log };
    let all = |name, s: &[f32], each, log| Row { name, s: s.into(), softmax: vec![each; s.len()], log };
    let mut rows = vec![
        row("nothing", &[], &[], -inf),
        row("one score", &[3.0], &[1.0], 3.0),
        row("one huge score", &[f32::MAX], &[1.0], f32::MAX),
        row("far apart", &[-1e4, 1e4], &[0.0, 1.0], 1e4),
        row("as far apart as can be", &[f32::MIN, f32::MAX], &[0.0, 1.0], f32::MAX),
        row("-inf among scores", &[5.0, -inf, -inf], &[1.0, 0.0, 0.0], 5.0),
        row("zeros of both signs", &[-0.0, 0.0], &[0.5, 0.5], Scalar::ln(2f32)),
        all("all -inf", &[-inf; 20], nan, nan),
        all("+inf", &[1.0, inf, 2.0], nan, nan),
        all("+inf twice", &[inf, inf], nan, nan),
        all("both infinities", &[inf, -inf], nan, nan),
        all("one NaN", &[nan], nan, nan),
        all("NaN first", &[nan, 1.0, 2.0], nan, nan),
        all("NaN last", &[1.0, 2.0, nan], nan, nan),
        all("NaN and infinities", &[-inf, nan, inf], nan, nan),
    ];
    // Equal scores, a power of two of them: 1/n is exact, and the sum too.
    for n in [1usize, 2, 4, 8, 16, 32, 64] {
        for score in [0.0, -0.0, 1.0, 1e4, -1e4, f32::MAX, f32::MIN] {
            let log = score + Scalar::ln(n as f32);
            rows.push(all("equal scores", &vec![score; n], 1.0 / n as f32, log));
        }
    }
    rows
}

#[test]
fn rows_whose_results_are_known() {
    for Row { name, s, softmax: want, log } in rows_with_known_results() {
        let cols = s.len();
        check(&s, 1, cols, 0, name);
        for isa in isas() {
            let (mut got, mut logs) = (s.clone(), [7.0]);
            both(isa, MatMut::new(&mut got, 1, cols), &mut logs);
            assert_same_bits(&got, &want, format_args!("{isa} {name} {s:?}"));
            assert_same_bits(&logs, &[log], format_args!("{isa} {name} {s:?} log"));
        }
    }
}

/// One special value at every place of a row that has full vectors and a rest.
#[test]
fn a_special_value_at_every_place() {
    let mut rng = Rng::new(113);
    let base = scores(&mut rng, 37);
    for at in 0..base.len() {
        for special in SPECIAL {
            let mut s = base.clone();
            s[at] = special;
            check(&s, 1, s.len(), 0, &format!("{special:?} at {at}"));
        }
    }
}

/// A bad row must not leak into its neighbours, whose logarithms are taken in the same vector.
#[test]
fn rows_do_not_leak_into_each_other() {
    let mut rng = Rng::new(114);
    let (rows, cols) = (20, 9);
    let s = scores(&mut rng, rows * cols);
    for isa in isas() {
        let run = |s: &[f32]| {
            let (mut p, mut logs) = (s.to_vec(), vec![f32::NAN; rows]);
            both(isa, MatMut::new(&mut p, rows, cols), &mut logs);
            (p, logs)
        };
        let (p, logs) = run(&s);
        for bad in 0..rows {
            let mut spoilt = s.clone();
            spoilt[bad * cols + 4] = f32::NAN;
            let (mut got, mut got_logs) = run(&spoilt);
            assert!(got[bad * cols..][..cols].iter().all(|x| x.is_nan()) && got_logs[bad].is_nan());
            got[bad * cols..][..cols].copy_from_slice(&p[bad * cols..][..cols]);
            got_logs[bad] = logs[bad];
            assert_same_bits(&got, &p, format_args!("{isa} beside row {bad}"));
            assert_same_bits(&got_logs, &logs, format_args!("{isa} beside row {bad} log"));
        }
    }
}

#[test]
fn log_sum_exp_is_near_f64() {
    let mut rng = Rng::new(115);
    for len in lengths().filter(|&len| len > 0) {
        for width in [0.1, 1.0, 30.0, 80.0, 1e4] {
            let s: Vec<f32> = (0..len).map(|_| width * rng.uniform()).collect();
            let Exact { log, sum_error, .. } = Exact::of(&s);
            let max = f64::from(s.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            // ln turns the relative error of the sum into an absolute one and adds 1 ULP (2 U) of its own; the last
            // addition rounds once. Where a term is subnormal, its ULP is TINY.
            let bound = SLACK * U * (sum_error + 2.0 * (log - max) + log.abs()) + len as f64 * TINY;
            for isa in isas() {
                let mut out = [f32::NAN];
                log_sum_exp(isa, Mat::new(&s, 1, len), &mut out);
                let error = (f64::from(out[0]) - log).abs();
                assert!(error <= bound, "{isa} {len} within {width}: error {error:e}, bound {bound:e}");
            }
        }
    }
}

#[test]
fn softmax_is_near_f64_and_sums_to_one() {
    let mut rng = Rng::new(116);
    for len in lengths().filter(|&len| len > 0) {
        for width in [0.1, 1.0, 30.0, 80.0, 1e4] {
            let s: Vec<f32> = (0..len).map(|_| width * rng.uniform()).collect();
            let Exact { p, distance, sum_error, .. } = Exact::of(&s);
            for isa in isas() {
                let mut got = s.clone();
                softmax(isa, MatMut::new(&mut got, 1, len));
                for j in 0..len {
                    // The term's own error, the sum's, the reciprocal's and the product's; and where it is subnormal,
                    // 1 ULP of the exponential and half a ULP of the product.
                    let bound = SLACK * U * (distance[j] + 2.0 + sum_error + 2.0) * p[j] + 1.5 * TINY;
                    let error = (f64::from(got[j]) - p[j]).abs();
                    assert!(error <= bound, "{isa} {len} within {width} at {j}: {error:e}, bound {bound:e}");
                }
                // Of the computed exponentials whatever they are: the sum's additions, the reciprocal, each product.
                let total: f64 = got.iter().map(|&p| f64::from(p)).sum();
                let additions = (len.div_ceil(16) - 1 + 4) as f64;
                let bound = SLACK * U * (additions + 2.0) + len as f64 * TINY / 2.0;
                assert!((total - 1.0).abs() <= bound, "{isa} {len} within {width}: sums to {total}");
            }
        }
    }
}

/// f64: the same formulas to a few of its roundings, by the bounds above with its U and the spread of these rows.
#[test]
fn f64_is_near_std() {
    let mut rng = Rng::new(117);
    for len in [1, 2, 10, 40] {
        let s: Vec<f64> = (0..len).map(|_| 30.0 * f64::from(rng.uniform())).collect();
        let max = s.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = s.iter().map(|x| (x - max).exp()).sum();
        // U (distance + spread + 2·2 + 3 + 4 + 2) with distance and spread ≤ 60, twice: std has errors of its own.
        let bound = 2.0 * 133.0 * f64::EPSILON / 2.0;
        for isa in isas() {
            let (mut p, mut logs, mut alone) = (s.clone(), [f64::NAN], [f64::NAN]);
            both(isa, MatMut::new(&mut p, 1, len), &mut logs);
            log_sum_exp(isa, Mat::new(&s, 1, len), &mut alone);
            assert_same_bits(&alone, &logs, format_args!("{isa} f64 log"));
            assert!((logs[0] - (max + sum.ln())).abs() <= 31.0 * bound, "{isa} f64 {len}: log {}", logs[0]);
            for (p, s) in p.iter().zip(&s) {
                let want = (s - max).exp() / sum;
                assert!((p - want).abs() <= bound * want, "{isa} f64 {len}: {p} for {want}");
            }
        }
    }
}

/// With loops over the rows the test would not end.
#[test]
fn rows_without_scores_are_done_at_once() {
    for isa in isas() {
        softmax(isa, MatMut::<f32>::new(&mut [], usize::MAX, 0));
    }
    softmax(Isa::PORTABLE, MatMut::<f64>::new(&mut [], usize::MAX, 0));
    reference::softmax(MatMut::<f32>::new(&mut [], usize::MAX, 0));
}

#[test]
fn shapes_that_do_not_fit_panic_with_their_numbers() {
    let s = [0.0f32; 6];
    for isa in Isa::available() {
        assert_panics("out has 3 elements, S has 2 rows", || {
            log_sum_exp(isa, Mat::new(&s, 2, 3), &mut [0.0; 3])
        });
        assert_panics("out has 0 elements, S has 2 rows", || {
            both(isa, MatMut::new(&mut s.clone(), 2, 3), &mut []);
        });
    }
    for len in [1, 3] {
        let wrong = format!("out has {len} elements, S has 2 rows");
        assert_panics(&wrong, || reference::log_sum_exp(Mat::new(&s, 2, 3), &mut [0.0; 3][..len]));
    }
}
