//! Products of a batch, X B and Xᵀ B: the bits of the products of the matrix that the batch gathers, whatever the data set.

mod common;

use std::ops::Range;

use common::product::{Kind, Product};
use common::{Rng, Values, assert_panics, isas, one_in};
use kernels::{
    Batch, Epilogue, Floats, Input, Isa, Mat, MatMut, Normalization, Source, matmul, matmul_workspace,
    reference,
};

/// Rows of a data set.
struct Data {
    bytes: Vec<u8>,
    numbers: Vec<f32>,
    mean: Vec<f32>,
    scale: Vec<f32>,
    rows: Vec<u32>,
    d: usize,
}

impl Data {
    /// A batch of n rows of d inputs, q means.
    fn new(n: usize, d: usize, q: usize, values: Values, rng: &mut Rng) -> Self {
        let there = n / 2 + 3; // some rows come twice
        Self {
            bytes: (0..there * d).map(|_| rng.below(256) as u8).collect(),
            numbers: values.vec(rng, there * d),
            mean: Values::Uniform.vec(rng, q),
            scale: Values::Uniform.vec(rng, q),
            rows: (0..n).map(|_| rng.below(there) as u32).collect(),
            d,
        }
    }

    fn batches(&self) -> [Batch<'_>; 2] {
        let by = Normalization::new(self.d, Floats::F32(&self.mean), Floats::F32(&self.scale)).unwrap();
        [Input::U8(&self.bytes), Input::F32(&self.numbers)].map(|data| Batch::new(data, by, &self.rows))
    }
}

/// Rows and columns of X, which is gathered whole, as a matrix, row-major, and transposed.
fn matrices(batch: Batch<'_>, rows: Range<usize>, columns: Range<usize>) -> [Vec<f32>; 2] {
    let mut whole = vec![0.0; batch.rows() * batch.cols()];
    batch.gather(Isa::PORTABLE, MatMut::new(&mut whole, batch.rows(), batch.cols()));
    let (n, d) = (rows.len(), columns.len());
    let row = |i: usize| &whole[i * batch.cols()..][columns.clone()];
    let x: Vec<f32> = rows.flat_map(|i| row(i).to_vec()).collect();
    let transposed = (0..n * d).map(|i| x[i % n * d + i / n]).collect();
    [x, transposed]
}

/// Both products of the whole with n columns of B, with each of `kinds`.
fn check(batch: Batch<'_>, n: usize, kinds: &[Kind], values: Values, rng: &mut Rng) {
    check_part(batch, (0..batch.rows(), 0..batch.cols()), n, kinds, values, rng);
}

/// Both products of a part.
fn check_part(
    batch: Batch<'_>,
    (rows, columns): (Range<usize>, Range<usize>),
    n: usize,
    kinds: &[Kind],
    values: Values,
    rng: &mut Rng,
) {
    let isas = isas();
    let x = Source::from(batch.row_range(rows.clone()).col_range(columns.clone()));
    for (a, matrix) in [x, x.t()].into_iter().zip(matrices(batch, rows, columns)) {
        let mut product = Product::new(values, (a.rows(), n, a.cols()), rng);
        product.a = matrix;
        let b = Mat::new(&product.b, a.cols(), n);
        for &kind in kinds {
            let want = product.want(kind);
            product.check_source(&isas, kind, (a, b), &want, format_args!("{values:?}"));
        }
    }
}

#[test]
fn every_epilogue_and_every_kind_of_data() {
    let mut rng = Rng::new(150);
    for (n, d, q, columns) in
        [(1, 1, 0, 1), (3, 48, 3, 10), (17, 33, 33, 50), (40, 64, 1, 32), (25, 30, 1, 20)]
    {
        for values in Values::ALL {
            let data = Data::new(n, d, q, values, &mut rng);
            for batch in data.batches() {
                check(batch, columns, &Kind::ALL, values, &mut rng);
            }
        }
    }
}

/// Around the blocks of A: deep, tall and wide ones, of X and of Xᵀ.
#[test]
fn shapes_around_blocks() {
    let mut rng = Rng::new(151);
    let kinds = [Kind::BiasRelu, Kind::SgdStep];
    let shapes = [
        (50, 1030, 1, 50),
        (193, 257, 1, 34),
        (200, 785, 1, 10),
        (258, 193, 0, 49),
        (513, 100, 4, 7),
        (9, 300, 3, 515),
        (192, 17, 0, 5), // the room for a block of A to its last element,
        (17, 192, 0, 5), // and of Aᵀ
        (20, 300, 300, 20),
        (200, 300, 1, 520),
    ];
    for (n, d, q, columns) in shapes.into_iter().step_by(one_in(2)) {
        let data = Data::new(n, d, q, Values::Uniform, &mut rng);
        for batch in data.batches() {
            check(batch, columns, &kinds, Values::Uniform, &mut rng);
        }
    }
}

/// The rows and columns of a part, and of its transpose, are those of the whole.
#[test]
fn parts_of_a_batch() {
    let mut rng = Rng::new(152);
    let data = Data::new(20, 70, 7, Values::Uniform, &mut rng);
    for batch in data.batches() {
        let [x, _] = matrices(batch, 0..20, 0..70);
        let part = Source::<f32>::from(batch).row_range(3..18).col_range(5..64);
        assert_eq!((part.rows(), part.cols(), part.t().rows()), (15, 59, 59));
        for i in 0..15 {
            for j in 0..59 {
                let want = x[(i + 3) * 70 + j + 5].to_bits();
                assert_eq!(part.get(i, j).to_bits(), want, "({i}, {j})");
                assert_eq!(part.t().get(j, i).to_bits(), want, "({j}, {i}) of the transpose");
            }
        }
        let kinds = [Kind::Bias, Kind::SgdStep];
        for part in [(3..18, 5..64), (0..20, 70..70), (0..0, 0..70)] {
            // Without columns, X has no terms and Xᵀ no rows; without rows, the other way.
            check_part(batch, part, 18, &kinds, Values::Uniform, &mut rng);
        }
    }
}

/// The reference takes a batch too, and f64 has the chains of the reference.
#[test]
fn the_reference_and_f64() {
    let mut rng = Rng::new(153);
    let data = Data::new(12, 40, 4, Values::Uniform, &mut rng);
    for batch in data.batches() {
        let mut x = vec![0.0f64; 12 * 40];
        batch.gather(Isa::PORTABLE, MatMut::new(&mut x, 12, 40));
        let b: Vec<f64> = (0..40 * 5).map(|_| rng.uniform().into()).collect();
        for (a, b) in [(Source::from(batch), Mat::new(&b, 40, 5)), (batch.t(), Mat::new(&b[..60], 12, 5))] {
            let (m, k) = (a.rows(), a.cols());
            let matrix: Vec<f64> =
                (0..m * k).map(|i| if m == 12 { x[i] } else { x[i % k * 40 + i / k] }).collect();
            for epilogue in [Epilogue::Store, Epilogue::Accumulate, Epilogue::SgdStep { f: 0.9, eta: 0.1 }] {
                let mut c = [(); 3].map(|()| vec![0.5; m * 5]);
                let mut workspace = vec![0.0; matmul_workspace(m, 5, k)];
                let [want, by_reference, got] = &mut c;
                reference::matmul(Mat::new(&matrix, m, k), b, MatMut::new(want, m, 5), epilogue);
                reference::matmul(a, b, MatMut::new(by_reference, m, 5), epilogue);
                matmul(Isa::best(), a, b, MatMut::new(got, m, 5), epilogue, &mut workspace);
                let bits = |c: &[f64]| c.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(want), bits(by_reference), "{epilogue:?}");
                assert_eq!(bits(want), bits(got), "{epilogue:?}");
            }
        }
    }
}

#[test]
fn what_does_not_fit_panics_with_the_numbers() {
    let by = Normalization::new(3, Floats::F32(&[]), Floats::F32(&[])).unwrap();
    let x = Batch::new(Input::U8(&[0; 12]), by, &[1, 2]);
    assert_panics("columns 2..4 of a batch of 3", || {
        let _ = x.col_range(2..4);
    });
    assert_panics("rows 1..3 of a batch of 2", || {
        let _ = x.row_range(1..3);
    });
    assert_panics("columns 2..4 of a batch of 3", || {
        let _ = Source::<f32>::from(x).t().row_range(2..4);
    });
    assert_panics("element (2, 0) of a batch of 2 x 3", || {
        let _ = x.get(2, 0);
    });
    assert_panics("element (0, 3) of a batch of 2 x 3", || {
        let _ = x.get(0, 3);
    });
    let mut c = [0.0f32; 4];
    assert_panics("A has 3 columns, B has 2 rows", || {
        let b = Mat::new(&[0.0f32; 4], 2, 2);
        matmul(Isa::best(), x, b, MatMut::new(&mut c, 2, 2), Epilogue::Store, &mut []);
    });
}
