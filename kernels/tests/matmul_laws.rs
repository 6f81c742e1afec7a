//! Laws of the product that need no reference: exact integers, rows that do not depend on their neighbours, depth
//! in parts, and the chain of the order contract written down a second time with std's fused multiply-add.

mod common;

use common::exact::{error, gamma, half_of_smallest, numbers};
use common::matrix::{Layout, Stored};
use common::product::{Kind, Product};
use common::{Float, Rng, SPECIAL, Values, assert_same_bits, isas, one_in};
use kernels::{Epilogue, Isa, Mat, MatMut, Scalar, matmul, matmul_workspace, reference};

/// C ← epilogue(A B) on one instruction set, for row-major slices.
fn multiply(isa: Isa, a: Mat<'_, f32>, b: Mat<'_, f32>, c: &mut [f32], epilogue: Epilogue<'_, f32>) {
    let (m, n, k) = (a.rows(), b.cols(), a.cols());
    let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k)];
    matmul(isa, a, b, MatMut::new(c, m, n), epilogue, &mut workspace);
}

/// The reference itself against the contract's words: from +0, k ascending, one rounding a step by std's FMA.
#[test]
fn the_reference_is_the_chain_of_the_contract() {
    let mut rng = Rng::new(70);
    for values in Values::ALL {
        let product = Product::new(values, (7, 11, 30), &mut rng);
        let Product { n, k, ref a, ref b, ref c, ref bias, ref mask, f, eta, .. } = product;
        for kind in Kind::ALL {
            let element = |i: usize, j: usize| {
                let old = c[i * n + j];
                let start = if kind == Kind::Accumulate { old } else { 0.0 };
                let ab = (0..k).fold(start, |sum, p| a[i * k + p].mul_add(b[p * n + j], sum));
                let biased = ab + bias[j];
                match kind {
                    Kind::Store | Kind::Accumulate => ab,
                    Kind::Bias => biased,
                    Kind::BiasRelu if biased <= 0.0 => 0.0,
                    Kind::BiasRelu => biased,
                    Kind::ReluMask if mask[i * n + j] > 0.0 => ab,
                    Kind::ReluMask => 0.0,
                    Kind::SgdStep => (-eta).mul_add(ab, f * old),
                }
            };
            let want: Vec<f32> = (0..product.m * n).map(|at| element(at / n, at % n)).collect();
            assert_same_bits(&product.want(kind), &want, format_args!("reference {kind:?} {values:?}"));
        }
    }
}

/// The bound of the docs, by exact sums: of products that are far from underflow, on its brink, and beyond.
///
/// A multiply-add of f32 has an error of at most u|s| with a normal result s, of half the smallest subnormal τ with another. If n of k
/// are normal, with Σ for Σ|a b|, what they add is at most ((1 + u)ⁿ − 1)Σ ≤ γₙ Σ, and they enlarge the other errors, (k − n)τ together,
/// by γₙ of them: less than the nτ that the bound has left, since ku < 1. In f64 products underflow, sums do not; a product passes
/// through one rounding of its own and at most k of sums.
#[test]
fn products_are_within_their_bound() {
    fn check<T: Float + Scalar>(isas: &[Isa], (m, n, k): (usize, usize, usize), e: i32, rng: &mut Rng) {
        let ((a, ai), (b, bi)) = (numbers::<T>(rng, m * k, e), numbers::<T>(rng, k * n, e));
        let roundings = if size_of::<T>() == 4 { k } else { k + 1 };
        for &isa in isas {
            let mut c = vec![<T as Float>::NAN; m * n];
            let workspace = &mut vec![<T as Float>::NAN; matmul_workspace(m, n, k)];
            let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
            matmul(isa, a, b, MatMut::new(&mut c, m, n), Epilogue::Store, workspace);
            for (at, &c) in c.iter().enumerate() {
                let products = (0..k).map(|p| ai[at / n * k + p] * bi[p * n + at % n]);
                let sum: i128 = products.clone().map(i128::abs).sum();
                let bound = gamma::<T>(roundings) * sum as f64
                    + k as f64 * 2f64.powi(half_of_smallest::<T>() + 2 * e);
                let error = error(c, products.sum(), 2 * e);
                assert!(error <= bound, "{isa} {m} x {n} x {k}, 2^-{e}: off by {error:e}, bound {bound:e}");
            }
        }
    }
    let (isas, mut rng) = (isas(), Rng::new(77));
    for shape in [(40, 60, 1), (17, 50, 2), (9, 33, 7), (5, 20, 300), (33, 10, 1030)] {
        for e in [0, 50, 64, 75, 85] {
            check::<f32>(&isas, shape, e, &mut rng);
        }
        for e in [0, 500, 520, 537, 560] {
            check::<f64>(&[Isa::PORTABLE], shape, e, &mut rng);
        }
    }
}

/// Small integers: exact in i64, and A B + 2 (A B) = 3 (A B).
#[test]
fn small_integers_are_exact() {
    let mut rng = Rng::new(71);
    for (m, n, k) in [(1, 1, 1), (5, 7, 9), (17, 65, 40), (13, 30, 300)] {
        let Product { a, b, .. } = Product::new(Values::Integers, (m, n, k), &mut rng);
        let exact =
            |i: usize, j: usize| -> i64 { (0..k).map(|p| a[i * k + p] as i64 * b[p * n + j] as i64).sum() };
        let once: Vec<f32> = (0..m * n).map(|at| exact(at / n, at % n) as f32).collect();
        let thrice: Vec<f32> = (0..m * n).map(|at| (3 * exact(at / n, at % n)) as f32).collect();
        let double: Vec<f32> = a.iter().map(|x| 2.0 * x).collect();
        let (a, double, b) = (Mat::new(&a, m, k), Mat::new(&double, m, k), Mat::new(&b, k, n));
        for isa in isas() {
            let mut c = vec![f32::NAN; m * n];
            multiply(isa, a, b, &mut c, Epilogue::Store);
            assert_same_bits(&c, &once, format_args!("{isa} {m} x {n} x {k}: A B"));
            multiply(isa, double, b, &mut c, Epilogue::Accumulate);
            assert_same_bits(&c, &thrice, format_args!("{isa} {m} x {n} x {k}: A B + 2 A B"));
        }
    }
}

/// A row has the same bits alone, in any part of the batch, and in the whole batch.
#[test]
fn a_row_does_not_depend_on_its_batch() {
    let mut rng = Rng::new(72);
    let (m, n, k) = (29, 50, 270);
    let product = Product::new(Values::Uniform, (m, n, k), &mut rng);
    let (a, b) = (Mat::new(&product.a, m, k), Mat::new(&product.b, k, n));
    let epilogue = Epilogue::BiasRelu(&product.bias);
    for isa in isas() {
        let mut whole = vec![f32::NAN; m * n];
        multiply(isa, a, b, &mut whole, epilogue);
        for size in [1, 2, 3, 5, 7, 8, 13, 16] {
            for first in (0..m).step_by(size) {
                let rows = first..m.min(first + size);
                let mut part = vec![f32::NAN; rows.len() * n];
                multiply(isa, a.row_range(rows.clone()), b, &mut part, epilogue);
                let want = &whole[rows.start * n..rows.end * n];
                assert_same_bits(&part, want, format_args!("{isa} rows {rows:?} alone"));
            }
        }
    }
}

/// Consecutive blocks of k, accumulated in order, give the bits of one product, wherever they are cut.
#[test]
fn blocks_of_depth_accumulate_to_one_product() {
    let mut rng = Rng::new(73);
    for (m, n, k) in [(9, 33, 20), (3, 17, 600)] {
        let product = Product::new(Values::Uniform, (m, n, k), &mut rng);
        let (a, b) = (Mat::new(&product.a, m, k), Mat::new(&product.b, k, n));
        let want = product.want(Kind::Store);
        for isa in isas() {
            for round in 0..40 / one_in(4) {
                let mut c = vec![0.0; m * n];
                let (mut cuts, mut p) = (vec![], 0);
                while p < k {
                    let end = k.min(p + rng.below(k / 2) + usize::from(round % 2 == 0)); // empty ones too
                    multiply(isa, a.col_range(p..end), b.row_range(p..end), &mut c, Epilogue::Accumulate);
                    cuts.push(end);
                    p = end;
                }
                assert_same_bits(&c, &want, format_args!("{isa} {m} x {n} x {k} cut at {cuts:?}"));
            }
        }
    }
}

/// A product too small for any float, and negative, is −0; so is its sum with a bias of −0. ReLU makes that +0.
#[test]
fn relu_of_minus_zero_is_plus_zero() {
    let (tiny, quarters) = ([-f32::from_bits(1); 17], [0.25; 53]);
    for (m, n) in [(1, 5), (9, 48), (17, 53), (8, 16), (3, 33), (16, 10)] {
        let (a, b, bias) = (Mat::new(&tiny[..m], m, 1), Mat::new(&quarters[..n], 1, n), &[-0.0f32; 53][..n]);
        for isa in isas() {
            for (epilogue, want) in [(Epilogue::Bias(bias), -0.0), (Epilogue::BiasRelu(bias), 0.0)] {
                let mut c = vec![f32::NAN; m * n];
                multiply(isa, a, b, &mut c, epilogue);
                assert_same_bits(&c, &vec![want; m * n], format_args!("{isa} {m} x {n}"));
            }
        }
    }
}

/// No depth: the product is +0 (not −0), and the epilogue still happens.
#[test]
fn without_depth_the_product_is_plus_zero() {
    let (m, n) = (3, SPECIAL.len());
    let (a, b) = (Mat::new(&[], m, 0), Mat::new(&[], 0, n));
    let rows = |row: [f32; 14]| row.repeat(m);
    let mask = [1.0f32; 3 * 14];
    let relu = SPECIAL.map(|x| if x <= 0.0 { 0.0 } else { x });
    let cases = [
        (Epilogue::Store, [0.0; 14]),
        (Epilogue::Accumulate, SPECIAL),
        (Epilogue::Bias(&SPECIAL), SPECIAL.map(|x| 0.0 + x)),
        (Epilogue::BiasRelu(&SPECIAL), relu),
        (Epilogue::ReluMask(Mat::new(&mask, m, n)), [0.0; 14]),
        // fma(−η, +0, f·w): −0 + (−0) where w is −0.
        (Epilogue::SgdStep { f: 1.0, eta: 0.5 }, SPECIAL),
    ];
    for isa in isas() {
        for (epilogue, want) in cases {
            let mut c = rows(SPECIAL);
            multiply(isa, a, b, &mut c, epilogue);
            assert_same_bits(&c, &rows(want), format_args!("{isa} {epilogue:?}"));
        }
    }
}

/// The step has the bits of the product followed by `sgd_step`; mask and bias those of their own calls.
#[test]
fn fused_epilogues_equal_the_calls_they_fuse() {
    let mut rng = Rng::new(74);
    for shape @ (m, n, k) in [(9, 40, 12), (5, 20, 300)] {
        for values in [Values::Uniform, Values::Special] {
            let product = Product::new(values, shape, &mut rng);
            let Product { f, eta, ref c, ref mask, ref bias, .. } = product;
            for isa in isas() {
                let context = format_args!("{isa} {shape:?} {values:?}").to_string();
                let (a, b) = (Mat::new(&product.a, m, k), Mat::new(&product.b, k, n));
                let mut ab = vec![f32::NAN; m * n];
                multiply(isa, a, b, &mut ab, Epilogue::Store);

                let (mut fused, mut apart) = (c.clone(), c.clone());
                multiply(isa, a, b, &mut fused, Epilogue::SgdStep { f, eta });
                kernels::sgd_step(isa, &mut apart, &ab, f, eta);
                assert_same_bits(&fused, &apart, format_args!("{context} step"));

                let mut apart = ab.clone();
                multiply(isa, a, b, &mut fused, Epilogue::ReluMask(Mat::new(mask, m, n)));
                kernels::relu_backward(isa, mask, &mut apart);
                assert_same_bits(&fused, &apart, format_args!("{context} mask"));

                let mut apart: Vec<f32> = ab.iter().zip(bias.iter().cycle()).map(|(x, b)| x + b).collect();
                multiply(isa, a, b, &mut fused, Epilogue::BiasRelu(bias));
                kernels::relu(isa, &mut apart);
                assert_same_bits(&fused, &apart, format_args!("{context} bias and ReLU"));
            }
        }
    }
}

/// f64: every layout and epilogue has the bits of two roundings a step, written out here.
#[test]
fn f64_rounds_products_and_sums() {
    let mut rng = Rng::new(75);
    let (m, n, k) = (5, 7, 19);
    for values in [Values::Uniform, Values::Special] {
        let mut draw = |len| -> Vec<f64> {
            // An f32 twice, so that the product of two needs more than 53 bits.
            (0..len).map(|_| f64::from(values.draw(&mut rng)) + f64::from(rng.uniform()) / 1e9).collect()
        };
        let (a, b, c, bias, h) = (draw(m * k), draw(k * n), draw(m * n), draw(n), draw(m * n));
        let (f, eta) = (0.999, 0.01);
        for kind in Kind::ALL {
            let element = |i: usize, j: usize| {
                let old = c[i * n + j];
                let start = if kind == Kind::Accumulate { old } else { 0.0 };
                let ab = (0..k).fold(start, |sum, p| a[i * k + p] * b[p * n + j] + sum);
                match kind {
                    Kind::Store | Kind::Accumulate => ab,
                    Kind::Bias => ab + bias[j],
                    Kind::BiasRelu if ab + bias[j] <= 0.0 => 0.0,
                    Kind::BiasRelu => ab + bias[j],
                    Kind::ReluMask if h[i * n + j] > 0.0 => ab,
                    Kind::ReluMask => 0.0,
                    Kind::SgdStep => -eta * ab + f * old,
                }
            };
            let want: Vec<f64> = (0..m * n).map(|at| element(at / n, at % n)).collect();
            for (turn, layout) in Layout::ALL.into_iter().enumerate() {
                let other = Layout::ALL[(turn + 4) % Layout::ALL.len()];
                let (a, b) = (Stored::new(layout, m, k, &a), Stored::new(other, k, n, &b));
                let h = Stored::new(layout, m, n, &h);
                let epilogue = match kind {
                    Kind::Store => Epilogue::Store,
                    Kind::Accumulate => Epilogue::Accumulate,
                    Kind::Bias => Epilogue::Bias(&bias),
                    Kind::BiasRelu => Epilogue::BiasRelu(&bias),
                    Kind::ReluMask => Epilogue::ReluMask(h.view()),
                    Kind::SgdStep => Epilogue::SgdStep { f, eta },
                };
                let start = if kind.reads_c() { c.clone() } else { vec![f64::NAN; m * n] };
                let context = format!("f64 {kind:?} {layout:?} {other:?} {values:?}");
                let mut by_reference = start.clone();
                reference::matmul(a.view(), b.view(), MatMut::new(&mut by_reference, m, n), epilogue);
                assert_same_bits(&by_reference, &want, format_args!("{context} reference"));
                for isa in isas() {
                    let mut got = start.clone();
                    let mut workspace = vec![<f64 as Float>::NAN; matmul_workspace(m, n, k)];
                    matmul(isa, a.view(), b.view(), MatMut::new(&mut got, m, n), epilogue, &mut workspace);
                    assert_same_bits(&got, &want, format_args!("{isa} {context}"));
                }
            }
        }
    }
}
