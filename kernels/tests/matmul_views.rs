//! The product on views: any strides, untouched gaps, outputs and workspaces that start as NaN.

mod common;

use common::matrix::Layout;
use common::product::{Form, Kind, Product};
use common::{Rng, Values, assert_same_bits, isas, one_in};
use kernels::{Epilogue, Isa, Mat, MatMut, Scalar, matmul, matmul_and_squares, matmul_workspace, reference};

/// Small ones, a tile and a bit, and one that takes two blocks of k.
const SHAPES: [(usize, usize, usize); 6] =
    [(1, 1, 1), (3, 5, 7), (8, 32, 4), (9, 35, 6), (17, 16, 33), (5, 20, 261)];

/// Every layout of A against every layout of B, with gaps in C and a workspace that is too long.
#[test]
fn any_strides_of_both_operands() {
    let (isas, mut rng) = (isas(), Rng::new(60));
    for shape in SHAPES {
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let wants = Kind::ALL.map(|kind| product.want(kind));
        for a in Layout::ALL {
            for b in Layout::ALL {
                let turn = rng.below(Kind::ALL.len());
                let form = Form { a, b, h: Layout::Plain, gap: rng.below(4) };
                for spare in [0, 1, 1000] {
                    product.check(&isas, Kind::ALL[turn], form, spare, &wants[turn], format_args!(""));
                }
            }
        }
    }
}

/// The mask at every layout, and every width of the gap: neither side of it may be touched.
#[test]
fn masks_of_any_strides_and_gaps_of_any_width() {
    let (isas, mut rng) = (isas(), Rng::new(61));
    for shape in SHAPES {
        let product = Product::new(Values::Uniform, shape, &mut rng);
        for kind in Kind::ALL {
            let want = product.want(kind);
            for h in Layout::ALL {
                for gap in [0, 1, 15, 16, 33] {
                    let form = Form { a: Layout::Part, b: Layout::Part, h, gap };
                    product.check(&isas, kind, form, 0, &want, format_args!(""));
                }
            }
        }
    }
}

/// A stride of 0 repeats a row or a column: the same bits as the matrix written out.
#[test]
fn a_stride_of_zero_repeats() {
    let mut rng = Rng::new(62);
    let (m, n, k) = (10, 35, 7);
    let (data, h) = (Values::Uniform.vec(&mut rng, 40), [-1.0, 0.0, 1.0, f32::NAN]);
    let mats = |rows, cols| {
        [
            Mat::with_strides(&data, rows, cols, 0, 1),
            Mat::with_strides(&data, rows, cols, 1, 0),
            Mat::with_strides(&data, rows, cols, 0, 0),
        ]
    };
    for a in mats(m, k) {
        for b in mats(k, n) {
            for first in 0..h.len() {
                let mask = Mat::with_strides(&h[first..], m, n, 0, 0);
                let (mut want, mut got) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
                reference::matmul(a, b, MatMut::new(&mut want, m, n), Epilogue::ReluMask(mask));
                for isa in isas() {
                    got.fill(f32::NAN);
                    let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k)];
                    let c = MatMut::new(&mut got, m, n);
                    matmul(isa, a, b, c, Epilogue::ReluMask(mask), &mut workspace);
                    assert_same_bits(&got, &want, format_args!("{isa} {a:?} {b:?}"));
                }
            }
        }
    }
}

/// Overlapping windows of one signal: row stride 1 and column stride 1 at once, a stride that no copy has.
#[test]
fn windows_that_overlap() {
    let mut rng = Rng::new(63);
    let (m, n, k) = (20, 40, 9);
    let data = Values::Uniform.vec(&mut rng, 100);
    let (a, b) = (Mat::with_strides(&data, m, k, 1, 1), Mat::with_strides(&data, k, n, 1, 1));
    let mut want = vec![f32::NAN; m * n];
    reference::matmul(a, b, MatMut::new(&mut want, m, n), Epilogue::Store);
    for isa in isas() {
        let mut got = vec![f32::NAN; m * n];
        let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k)];
        matmul(isa, a, b, MatMut::new(&mut got, m, n), Epilogue::Store, &mut workspace);
        assert_same_bits(&got, &want, format_args!("{isa}"));
    }
}

/// With k = 0 A has no element, and so no stride leads anywhere: the epilogue happens all the same.
#[test]
fn strides_of_no_element_do_not_count() {
    let mut rng = Rng::new(66);
    for shape @ (m, n, _) in [(5, 20, 0), (40, 7, 0), (200, 40, 0), (400, 600, 0)] {
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let want = product.want(Kind::BiasRelu);
        for (down, along) in [(usize::MAX, 1), (1, usize::MAX), (usize::MAX, usize::MAX)] {
            for isa in isas() {
                let mut got = vec![f32::NAN; m * n];
                let mut workspace = vec![f32::NAN; matmul_workspace(m, n, 0)];
                let (a, b) =
                    (Mat::with_strides(&[], m, 0, down, along), Mat::with_strides(&[], 0, n, down, along));
                matmul(
                    isa,
                    a,
                    b,
                    MatMut::new(&mut got, m, n),
                    Epilogue::BiasRelu(&product.bias),
                    &mut workspace,
                );
                assert_same_bits(&got, &want, format_args!("{isa} {m} x {n}, strides {down} and {along}"));
            }
        }
    }
}

/// A C without elements takes no time, whatever the other sides: with loops over these the test would not end.
#[test]
fn an_empty_c_is_done_at_once() {
    fn check<T: Scalar>(isa: Isa, (m, n, k): (usize, usize, usize)) {
        let (one, workspace) = ([T::ONE], &mut vec![T::ZERO; matmul_workspace(m, n, k)]);
        let repeated = |rows, cols| Mat::with_strides(&one, rows, cols, 0, 0);
        let step = Epilogue::SgdStep { f: T::ONE, eta: T::ONE };
        for epilogue in [Epilogue::Store, Epilogue::Accumulate, Epilogue::ReluMask(repeated(m, n)), step] {
            let (a, b) = (repeated(m, k), repeated(k, n));
            matmul(isa, a, b, MatMut::new(&mut [], m, n), epilogue, workspace);
            if n == 0 {
                let (b, c) = (Mat::new(&[], k, n), MatMut::new(&mut [], m, n));
                assert_eq!(matmul_and_squares(isa, a, b, c, epilogue, workspace), T::ZERO);
                let b = Mat::with_strides(&[], k, n, 0, 1);
                matmul(isa, a, b, MatMut::new(&mut [], m, n), epilogue, workspace);
            }
        }
    }
    let large = [0, 5, usize::MAX >> 20, usize::MAX];
    for other in large {
        for k in large {
            for isa in isas() {
                check::<f32>(isa, (0, other, k));
                check::<f32>(isa, (other, 0, k));
            }
            check::<f64>(Isa::PORTABLE, (0, other, k));
            check::<f64>(Isa::PORTABLE, (other, 0, k));
        }
    }
}

/// C may be a part of a larger matrix, as when threads split its rows: two halves make the whole.
#[test]
fn halves_of_c_make_the_whole() {
    let (isas, mut rng) = (isas(), Rng::new(64));
    for shape @ (m, n, k) in [(9, 33, 20), (17, 5, 3)] {
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let want = product.want(Kind::Bias);
        let (a, b) = (Mat::new(&product.a, m, k), Mat::new(&product.b, k, n));
        for &isa in &isas {
            for at in (0..=m).step_by(one_in(4)) {
                let mut got = vec![f32::NAN; m * n];
                let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k)];
                let (top, bottom) = MatMut::new(&mut got, m, n).split_rows(at);
                let bias = Epilogue::Bias(&product.bias);
                matmul(isa, a.row_range(0..at), b, top, bias, &mut workspace);
                matmul(isa, a.row_range(at..m), b, bottom, bias, &mut workspace);
                assert_same_bits(&got, &want, format_args!("{isa} rows split at {at}"));
            }
        }
    }
}

/// One row of C splits by columns instead: what threads do where N = 1.
#[test]
fn columns_of_one_row_make_the_whole() {
    let mut rng = Rng::new(65);
    let (n, k) = (70, 30);
    let product = Product::new(Values::Uniform, (1, n, k), &mut rng);
    let want = product.want(Kind::BiasRelu);
    let (a, b) = (Mat::new(&product.a, 1, k), Mat::new(&product.b, k, n));
    for isa in isas() {
        for at in 0..=n {
            let mut got = vec![f32::NAN; n];
            let mut workspace = vec![f32::NAN; matmul_workspace(1, n, k)];
            let (left, right) = MatMut::new(&mut got, 1, n).split_cols(at);
            let (bias_left, bias_right) = product.bias.split_at(at);
            matmul(isa, a, b.col_range(0..at), left, Epilogue::BiasRelu(bias_left), &mut workspace);
            matmul(isa, a, b.col_range(at..n), right, Epilogue::BiasRelu(bias_right), &mut workspace);
            assert_same_bits(&got, &want, format_args!("{isa} columns split at {at}"));
        }
    }
}
