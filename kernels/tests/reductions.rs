//! Column sums, sum of squares, argmax: every length and layout, against sums written out in the contract's order.

mod common;

use common::exact::{error, gamma, half_of_smallest, numbers};
use common::matrix::{Layout, Stored};
use common::{Float, Rng, Values, assert_panics, assert_same_bits, isas, lengths, one_in};
use kernels::{
    Epilogue, Isa, Mat, MatMut, Scalar, argmax, column_sums, matmul_and_squares, matmul_workspace, reference,
    sum_of_squares, try_argmax,
};

/// The contract's words for a whole matrix, not the reference's loop: 128 partial sums, then a tree of halves.
fn partial_sums<T: Scalar>(len: usize, mut add: impl FnMut(T, usize) -> T) -> T {
    let mut p: Vec<T> = (0..128).map(|p| (p..len).step_by(128).fold(T::ZERO, &mut add)).collect();
    while p.len() > 1 {
        let (low, high) = p.split_at(p.len() / 2);
        p = low.iter().zip(high).map(|(&low, &high)| low + high).collect();
    }
    p[0]
}

#[test]
fn column_sums_of_every_shape_and_layout() {
    let (mut rng, often) = (Rng::new(100), one_in(7));
    for rows in 0..=20 {
        for cols in (0..=70).step_by(often) {
            let values = Values::ALL[rng.below(5)];
            let data = values.vec(&mut rng, rows * cols);
            let sum = |j: usize| (0..rows).fold(0.0, |sum, i| sum + data[i * cols + j]);
            let want: Vec<f32> = (0..cols).map(sum).collect();
            for layout in Layout::ALL {
                let a = Stored::new(layout, rows, cols, &data);
                let context = format!("{rows} x {cols} {layout:?} {values:?}");
                let mut out = vec![f32::NAN; cols];
                reference::column_sums(a.view(), &mut out);
                assert_same_bits(&out, &want, format_args!("reference {context}"));
                for isa in isas() {
                    // One element of room behind, which must stay.
                    let mut out = vec![f32::NAN; cols + 1];
                    out[cols] = 7.0;
                    column_sums(isa, a.view(), &mut out[..cols]);
                    assert_same_bits(&out[..cols], &want, format_args!("{isa} {context}"));
                    assert_eq!(out[cols], 7.0, "{isa} {context}: written outside");
                }
            }
        }
    }
}

/// −0 throughout: the chain starts from +0, and so ends there.
#[test]
fn column_sums_of_zeros_are_plus_zero() {
    for isa in isas() {
        for (rows, cols) in [(0, 5), (1, 5), (3, 40)] {
            let data = vec![-0.0; rows * cols];
            let mut out = vec![f32::NAN; cols];
            column_sums(isa, Mat::new(&data, rows, cols), &mut out);
            assert_same_bits(&out, &vec![0.0; cols], format_args!("{isa} {rows} x {cols}"));
        }
    }
}

/// A tall matrix, whose ascending chain differs from every other order of summing.
#[test]
fn column_sums_are_one_chain() {
    let mut rng = Rng::new(101);
    let (rows, cols) = (3000, 37);
    let data = Values::Uniform.vec(&mut rng, rows * cols);
    let chain: Vec<f32> = (0..cols).map(|j| (0..rows).fold(0.0, |s, i| s + data[i * cols + j])).collect();
    let backwards: Vec<f32> =
        (0..cols).map(|j| (0..rows).rev().fold(0.0, |s, i| s + data[i * cols + j])).collect();
    assert_ne!(chain, backwards, "the test is blind: the order makes no difference");
    for isa in isas() {
        let mut out = vec![f32::NAN; cols];
        column_sums(isa, Mat::new(&data, rows, cols), &mut out);
        assert_same_bits(&out, &chain, format_args!("{isa}"));
    }
}

#[test]
fn column_sums_in_f64_are_the_chain() {
    let mut rng = Rng::new(102);
    let data: Vec<f64> = (0..9 * 20).map(|_| f64::from(rng.uniform()) / 3.0).collect();
    let want: Vec<f64> = (0..20).map(|j| (0..9).fold(0.0, |sum, i| sum + data[i * 20 + j])).collect();
    for isa in isas() {
        for layout in Layout::ALL {
            let mut out = [f64::NAN; 20];
            column_sums(isa, Stored::new(layout, 9, 20, &data).view(), &mut out);
            assert_same_bits(&out, &want, format_args!("{isa} f64 {layout:?}"));
        }
    }
}

/// The bound of the docs, by exact sums. The first sum, to +0, is exact; the m − 1 others have an error of at most u each of what is
/// summed so far. Sums of subnormals are exact.
#[test]
fn column_sums_are_within_their_bound() {
    fn check<T: Float + Scalar>(isas: &[Isa], (rows, cols): (usize, usize), e: i32, rng: &mut Rng) {
        let (a, ai) = numbers::<T>(rng, rows * cols, e);
        for &isa in isas {
            let mut out = vec![<T as Float>::NAN; cols];
            column_sums(isa, Mat::new(&a, rows, cols), &mut out);
            for (j, &out) in out.iter().enumerate() {
                let column = (0..rows).map(|i| ai[i * cols + j]);
                let bound = gamma::<T>(rows - 1) * column.clone().map(i128::abs).sum::<i128>() as f64;
                let error = error(out, column.sum(), e);
                assert!(error <= bound, "{isa} {rows} x {cols}: off by {error:e}, bound {bound:e}");
            }
        }
    }
    let (isas, mut rng) = (isas(), Rng::new(108));
    for shape in [(1, 20), (2, 300), (3, 40), (20, 33), (3000, 37)] {
        for e in [0, 140, 149] {
            check::<f32>(&isas, shape, e, &mut rng);
            check::<f64>(&[Isa::PORTABLE], shape, e * 1074 / 149, &mut rng);
        }
    }
}

/// The bound of the docs, by exact sums: of squares that are far from underflow, on its brink, and beyond. A square passes through
/// ⌈len/128⌉ multiply-adds at most and seven sums of the tree; in f64 it is rounded itself, but the first sum, to +0, is exact. One that
/// underflows is off by half the smallest subnormal, which the roundings after it enlarge by less than those that it has not met.
#[test]
fn sums_of_squares_are_within_their_bound() {
    fn check<T: Float + Scalar>(isas: &[Isa], len: usize, e: i32, rng: &mut Rng) {
        let (x, xi) = numbers::<T>(rng, len, e);
        let exact: i128 = xi.iter().map(|x| x * x).sum();
        let bound = gamma::<T>(len.div_ceil(128) + 7) * exact as f64
            + len as f64 * 2f64.powi(half_of_smallest::<T>() + 2 * e);
        for &isa in isas {
            let error = error(sum_of_squares(isa, &x), exact, 2 * e);
            assert!(error <= bound, "{isa} {len} elements, 2^-{e}: off by {error:e}, bound {bound:e}");
        }
    }
    let (isas, mut rng) = (isas(), Rng::new(109));
    for len in [1, 2, 16, 100, 129, 1000, 4099] {
        for e in [0, 50, 64, 75, 85] {
            check::<f32>(&isas, len, e, &mut rng);
        }
        for e in [0, 500, 520, 537, 560] {
            check::<f64>(&[Isa::PORTABLE], len, e, &mut rng);
        }
    }
    assert_eq!(sum_of_squares(Isa::best(), &[1e-30f32]), 0.0, "the exact sum is 1e-60");
}

/// Up to two rounds of the partial sums, and a few more.
#[test]
fn sum_of_squares_of_every_length() {
    let mut rng = Rng::new(103);
    for len in (0..=260).chain([1000, 4099]) {
        for values in Values::ALL {
            let x = values.vec(&mut rng, len);
            let want = partial_sums(len, |sum, j| x[j].mul_add(x[j], sum));
            let context = format!("{len} elements {values:?}");
            assert_same_bits(&[reference::sum_of_squares(&x)], &[want], format_args!("reference {context}"));
            for isa in isas() {
                assert_same_bits(&[sum_of_squares(isa, &x)], &[want], format_args!("{isa} {context}"));
            }
        }
    }
}

#[test]
fn sum_of_squares_of_nothing_and_of_zeros_is_plus_zero() {
    for isa in isas() {
        for len in [0, 1, 15, 16, 17] {
            let sum = sum_of_squares(isa, &vec![-0.0f32; len]);
            assert_same_bits(&[sum], &[0.0], format_args!("{isa} {len} elements"));
        }
    }
}

#[test]
fn sum_of_squares_in_f64_rounds_products_and_sums() {
    let mut rng = Rng::new(104);
    for len in [0, 1, 45, 128, 129, 700, 1500] {
        let x: Vec<f64> = (0..len).map(|_| f64::from(rng.uniform()) / 3.0).collect();
        let want = partial_sums(len, |sum, j| x[j] * x[j] + sum);
        for isa in isas() {
            assert_same_bits(&[sum_of_squares(isa, &x)], &[want], format_args!("{isa} f64 {len} elements"));
        }
    }
}

/// A product that sums the squares of B on the way: one block and many of k, of rows and of columns, lengths of B that end within
/// the partial sums, nothing.
#[test]
fn sum_of_squares_beside_a_product() {
    fn check<T: Float + Scalar>((m, n, k): (usize, usize, usize), isa: Isa, rng: &mut Rng) {
        let numbers = |len| {
            (0..len).map(|_| <T as Scalar>::from_f64(f64::from(rng.uniform()) / 3.0)).collect::<Vec<_>>()
        };
        let [a, b, old] = [m * k, k * n, m * n].map(numbers);
        let (a, b_mat) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
        let want = reference::sum_of_squares(&b);
        for e in [Epilogue::Store, Epilogue::SgdStep { f: <T as Scalar>::from_f64(0.5), eta: T::ONE }] {
            let (mut c, mut want_c) = (old.clone(), old.clone());
            reference::matmul(a, b_mat, MatMut::new(&mut want_c, m, n), e);
            let workspace = &mut vec![<T as Scalar>::from_f64(f64::NAN); matmul_workspace(m, n, k)];
            let sum = matmul_and_squares(isa, a, b_mat, MatMut::new(&mut c, m, n), e, workspace);
            assert_same_bits(&[sum], &[want], format_args!("{isa} {m} x {k} x {n}"));
            assert_same_bits(&c, &want_c, format_args!("{isa} {m} x {k} x {n}: C"));
        }
    }
    let rows_and_columns = [(0, 5), (3, 0), (1, 1), (9, 50), (200, 17), (2, 700)];
    let mut rng = Rng::new(107);
    for (m, n) in rows_and_columns {
        for k in [0, 3, 300, 1100] {
            for isa in isas() {
                check::<f32>((m, n, k), isa, &mut rng);
            }
            check::<f64>((m, n, k), Isa::PORTABLE, &mut rng);
        }
    }
}

#[test]
fn squares_beside_a_product_want_a_whole_matrix() {
    let product = |b: Mat<'_, f32>| {
        let (a, mut c) = ([1.0; 2], [7.0; 2]);
        let (a, to) = (Mat::new(&a, 1, 2), MatMut::new(&mut c, 1, 2));
        matmul_and_squares(Isa::best(), a, b, to, Epilogue::Store, &mut vec![0.0; matmul_workspace(1, 2, 2)])
    };
    let b = [1.0, 2.0, 3.0, 4.0, 5.0];
    assert_eq!(product(Mat::new(&b[..4], 2, 2)), 30.0);
    assert_panics("the rows of B lie 3 apart and its columns 1", || {
        product(Mat::with_strides(&b, 2, 2, 3, 1));
    });
    assert_panics("the rows of B lie 1 apart and its columns 2", || {
        product(Mat::new(&b[..4], 2, 2).t());
    });
}

/// What has one row or one column, or none, lies in order whatever its strides say.
#[test]
fn squares_beside_a_product_take_single_rows_and_columns() {
    let mut rng = Rng::new(108);
    let x: Vec<f32> = (0..400).map(|_| rng.uniform()).collect();
    let all = Mat::new(&x, 20, 20);
    let parts = [
        all.row_range(3..4).col_range(2..19),
        Mat::new(&x, 1, 400).t(),
        Mat::with_strides(&x, 1, 1, 7, 9),
        Mat::with_strides(&x, 300, 1, 1, 7),
        all.row_range(5..9),
        all.col_range(4..4),
        all.t().row_range(4..4),
    ];
    // Parts of a matrix to write end with their last element, not with a gap.
    let mut written = x[..397].to_vec();
    let (first, rest) = MatMut::with_row_stride(&mut written, 20, 17, 20).split_rows(1);
    let (second, rest) = rest.split_rows(1);
    let right = second.split_cols(5).1;
    let (fourth, nothing) = rest.row_range(1..2).split_rows(1);
    let written = [&first, &right, &fourth, &nothing].map(MatMut::as_mat);
    for b in parts.into_iter().chain(written) {
        let (n, k) = (b.cols(), b.rows());
        let b_row_major: Vec<f32> = (0..n * k).map(|i| b.get(i / n, i % n)).collect();
        let want = reference::sum_of_squares(&b_row_major);
        for isa in isas() {
            for m in [0, 1, 9, 200] {
                let (a, mut c, mut want_c) = (vec![0.5; m * k], vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
                let a = Mat::new(&a, m, k);
                reference::matmul(a, b, MatMut::new(&mut want_c, m, n), Epilogue::Store);
                let (to, workspace) = (MatMut::new(&mut c, m, n), &mut vec![0.0; matmul_workspace(m, n, k)]);
                let sum = matmul_and_squares(isa, a, b, to, Epilogue::Store, workspace);
                assert_same_bits(&[sum], &[want], format_args!("{isa} {m} x {k} x {n}"));
                assert_same_bits(&c, &want_c, format_args!("{isa} {m} x {k} x {n}: C"));
            }
        }
    }
}

/// The test above would be blind if sums in other orders had the same bits.
#[test]
fn the_order_of_a_sum_shows() {
    let mut rng = Rng::new(106);
    let x: Vec<f64> = (0..1500).map(|_| f64::from(rng.uniform()) / 3.0).collect();
    let chain = x.iter().fold(0.0, |sum, x| x * x + sum);
    assert_ne!(chain, sum_of_squares(Isa::PORTABLE, &x));
    let x: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    let chain = x.iter().fold(0.0, |sum, x| x.mul_add(*x, sum));
    assert_ne!(chain, sum_of_squares(Isa::PORTABLE, &x));
}

/// The first index whose element none exceeds, written as a search for the answer's defining property.
fn first_largest(x: &[f32]) -> usize {
    let nan = x.iter().position(|v| v.is_nan());
    nan.unwrap_or_else(|| (0..x.len()).find(|&i| x.iter().all(|&v| v <= x[i])).expect("a largest"))
}

#[test]
fn argmax_of_every_length() {
    let mut rng = Rng::new(105);
    for len in lengths().filter(|&len| len > 0) {
        for values in Values::ALL {
            for _ in 0..10 {
                let x = values.vec(&mut rng, len);
                assert_eq!(argmax(&x), first_largest(&x), "{x:?}");
                let wide: Vec<f64> = x.iter().map(|&x| <f64 as Float>::from_f32(x)).collect();
                assert_eq!(argmax(&wide), first_largest(&x), "f64 {x:?}");
            }
        }
    }
}

#[test]
fn argmax_takes_the_first_of_equals_and_the_first_nan() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    let cases: &[(&[f32], usize)] = &[
        (&[1.0], 0),
        (&[nan], 0),
        (&[-inf, -inf], 0),
        (&[-inf, f32::MIN], 1),
        (&[-0.0, 0.0], 0),
        (&[0.0, -0.0], 0),
        (&[1.0, 3.0, 2.0, 3.0], 1),
        (&[inf, inf, nan], 2),
        (&[1.0, nan, inf, nan], 1),
        (&[nan, 1.0], 0),
        (&[-1.0, f32::from_bits(0x8000_0001), -2.0], 1),
    ];
    for &(x, want) in cases {
        assert_eq!(argmax(x), want, "{x:?}");
    }
    // The largest at every place of a row longer than a vector, among equals that come later.
    for len in 1..=70 {
        for at in 0..len {
            let mut x = vec![-1.0f32; len];
            x[at] = 2.0;
            x[len - 1] = 2.0;
            assert_eq!(argmax(&x), at);
            x[at] = nan;
            assert_eq!(argmax(&x), at);
        }
    }
}

#[test]
fn shapes_that_do_not_fit_panic_with_their_numbers() {
    assert_panics("argmax of nothing", || _ = argmax::<f32>(&[]));
    for isa in isas() {
        let a = [0.0f32; 6];
        let wrong = "out has 2 elements, A has 3 columns";
        assert_panics(wrong, || column_sums(isa, Mat::new(&a, 2, 3), &mut [0.0; 2]));
        let wrong = "out has 3 elements, A has 2 columns";
        assert_panics(wrong, || column_sums(isa, Mat::new(&a, 2, 3).t(), &mut [0.0; 3]));
    }
    for len in [2, 4] {
        let wrong = format!("out has {len} elements, A has 3 columns");
        assert_panics(&wrong, || reference::column_sums(Mat::new(&[0.0f32; 6], 2, 3), &mut [0.0; 4][..len]));
    }
}

#[test]
fn argmax_of_a_row_that_may_be_empty() {
    assert_eq!(try_argmax::<f32>(&[]), None);
    assert_eq!(try_argmax(&[1.0f32, 3.0, 3.0]), Some(1));
}
