//! The product around its blocking constants: 256 to 1024 deep, up to 192 rows, 512 columns. Blocking must change no bit.

mod common;

use common::product::{Kind, Product};
use common::{Rng, Values, isas, one_in};
use kernels::{Epilogue, Mat, MatMut, Source, matmul, matmul_workspace};

/// One size less, the size, one more, and the same for two blocks and a little.
const DEPTHS: [usize; 7] = [255, 256, 257, 511, 512, 513, 770];
const ROWS: [usize; 6] = [95, 191, 192, 193, 384, 385];
const COLUMNS: [usize; 5] = [511, 512, 513, 545, 1025];

fn check(shapes: impl IntoIterator<Item = (usize, usize, usize)>, kinds: &[Kind], values: Values, seed: u64) {
    let (isas, mut rng) = (isas(), Rng::new(seed));
    for shape in shapes {
        let product = Product::new(values, shape, &mut rng);
        product.check_forms(&isas, kinds, format_args!("{values:?}"));
    }
}

/// Chains wait in C, or in the workspace where the epilogue wants the old C: so every epilogue.
#[test]
fn depths_around_blocks() {
    for (seed, shape) in [(20, (1, 1)), (21, (9, 33)), (22, (3, 50))] {
        let shapes = || DEPTHS.into_iter().step_by(one_in(2)).map(|k| (shape.0, shape.1, k));
        check(shapes(), &Kind::ALL, Values::Uniform, seed);
        check(shapes(), &Kind::ALL, Values::Wide, seed);
    }
}

/// Infinities and NaN in the middle of a chain survive the wait between two blocks.
#[test]
fn special_values_across_blocks() {
    for (seed, values) in [Values::Bits, Values::Special].into_iter().enumerate() {
        check(DEPTHS.map(|k| (9, 17, k)), &Kind::ALL, values, 23 + seed as u64);
    }
}

#[test]
fn rows_around_blocks() {
    check(ROWS.map(|m| (m, 17, 3)), &Kind::ALL, Values::Uniform, 30);
}

/// With the step's epilogue, k is finished for one block of rows before the next is begun.
#[test]
fn rows_around_blocks_with_chains_that_wait() {
    let rows = ROWS.into_iter().step_by(one_in(3));
    check(rows.map(|m| (m, 5, 257)), &[Kind::Store, Kind::SgdStep, Kind::Accumulate], Values::Uniform, 31);
}

#[test]
fn columns_around_blocks() {
    check(COLUMNS.map(|n| (3, n, 3)), &Kind::ALL, Values::Uniform, 40);
}

#[test]
fn columns_around_blocks_with_chains_that_wait() {
    let columns = COLUMNS.into_iter().step_by(one_in(3));
    check(columns.map(|n| (2, n, 257)), &[Kind::Store, Kind::SgdStep, Kind::Accumulate], Values::Uniform, 41);
}

/// All three at once: blocks that just begin in every direction, in two directions, and exactly full ones.
#[test]
fn corners_of_blocks() {
    let (step, others) = ([Kind::SgdStep], [Kind::SgdStep, Kind::Accumulate, Kind::BiasRelu]);
    check([(193, 513, 257)], &step, Values::Uniform, 50);
    if one_in(2) == 1 {
        check([(193, 545, 513)], &step, Values::Uniform, 51);
        check([(192, 512, 256), (384, 512, 2), (192, 1024, 2)], &others, Values::Uniform, 52);
    }
    check([(193, 18, 257), (6, 513, 257), (193, 513, 2)], &others, Values::Uniform, 53);
}

/// So many rows of A that B is copied on double-pumped processors too: columns that fill no vector beside whole ones, and a part of one. And a C
/// beyond the L2 cache with a deep B, which are prefetched.
#[test]
fn many_rows_of_a_wide_b() {
    let kinds = [Kind::Store, Kind::BiasRelu, Kind::SgdStep];
    check([(585, 264, 30)], &kinds, Values::Special, 54);
    if one_in(2) == 1 {
        check([(584, 270, 85)], &kinds, Values::Uniform, 55);
        check([(520, 512, 130)], &kinds[2..], Values::Uniform, 56);
    }
}

/// Few columns: deep runs, and chains with lanes along the rows that wait between two of them. Rows that fill no vector beside.
#[test]
fn few_columns_across_deep_blocks() {
    let kinds = [Kind::Accumulate, Kind::BiasRelu, Kind::SgdStep];
    check([(33, 10, 1025), (34, 18, 1030), (67, 5, 513), (100, 50, 513)], &kinds, Values::Uniform, 60);
}

/// A depth between the least and the most, at which the rows of a block of A are rounded.
#[test]
fn blocks_of_odd_depth() {
    let kinds = [Kind::SgdStep, Kind::Accumulate];
    check([(193, 400, 330)], &kinds[..2 / one_in(2)], Values::Uniform, 61);
}

/// Rows of X a multiple of 4 KB apart, which Xᵀ copies from the second reading on and where there are many, with columns that fill no
/// vector and without; and one reading of few.
#[test]
fn rows_a_multiple_of_4_kb_apart() {
    let kinds = [Kind::Accumulate, Kind::BiasRelu, Kind::SgdStep];
    let shapes = [(1024, 96, 40), (1024, 66, 259), (1024, 48, 20), (1024, 48, 150)];
    check(shapes.into_iter().step_by(one_in(2)), &kinds, Values::Uniform, 62);
}

/// Columns of A that lie apart and come from afar begin anywhere in a line of the cache, after which the blocks of rows go; where chains
/// wait in the workspace, and where they do not; with a B that is packed for the columns that fill no vector, and one that is not.
#[test]
fn rows_from_the_first_line_on() {
    let (isas, mut rng) = (isas(), Rng::new(64));
    for shape in [(528, 50, 520), (1040, 50, 255)].into_iter().step_by(one_in(2)) {
        let (m, n, k) = shape;
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let transposed: Vec<f32> = (0..n * k).map(|i| product.b[i % k * n + i / k]).collect();
        let (b, b_t) = (Mat::new(&product.b, k, n), Mat::new(&transposed, n, k).t());
        for kind in [Kind::SgdStep, Kind::BiasRelu] {
            let want = product.want(kind);
            for first in [0, 1, 4, 15] {
                let mut columns = vec![f32::NAN; m * k + 31];
                let first = columns.as_ptr().align_offset(64) + first;
                for i in 0..m * k {
                    columns[first + i] = product.a[i % m * k + i / m];
                }
                let a = Source::from(Mat::new(&columns[first..][..m * k], k, m).t());
                product.check_source(&isas, kind, (a, b), &want, format_args!("from element {first} on"));
                product.check_source(
                    &isas,
                    kind,
                    (a, b_t),
                    &want,
                    format_args!("from element {first} on, Bᵀ"),
                );
            }
        }
    }
}

/// A large B that begins with a line of the cache, whose rows are whole lines, is read where it lies if registers are few; one that
/// begins beside a line is copied. Both with rows that fill tiles and rows that do not, and deep enough to be prefetched.
#[test]
fn b_on_lines_and_beside_them() {
    let (isas, mut rng) = (isas(), Rng::new(65));
    for shape in [(25, 64, 100), (34, 32, 400), (19, 80, 513)] {
        let (m, n, k) = shape;
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let want = product.want(Kind::Store);
        for beside in [0, 4] {
            let mut buffer = vec![f32::NAN; k * n + 31];
            let first = buffer.as_ptr().align_offset(64) + beside;
            buffer[first..][..k * n].copy_from_slice(&product.b);
            let b = Mat::new(&buffer[first..][..k * n], k, n);
            for &isa in &isas {
                let (mut c, mut workspace) =
                    (vec![f32::NAN; m * n], vec![f32::NAN; matmul_workspace(m, n, k)]);
                let (a, to) = (Mat::new(&product.a, m, k), MatMut::new(&mut c, m, n));
                matmul(isa, a, b, to, Epilogue::Store, &mut workspace);
                let same = c.iter().zip(&want).all(|(c, want)| c.to_bits() == want.to_bits());
                assert!(same, "{isa} {m} x {n} x {k}, {beside} elements beside a line");
            }
        }
    }
}

/// `x`, row-major, laid out row by row or column by column, with gaps or without, from some element of a line of the cache on.
struct Laid {
    buffer: Vec<f32>,
    first: usize,
    shape: (usize, usize),
    strides: (usize, usize),
}

impl Laid {
    fn at_random(x: &[f32], shape @ (rows, cols): (usize, usize), rng: &mut Rng) -> Self {
        let by_columns = rng.below(2) == 0;
        let (many, each) = if by_columns { (cols, rows) } else { (rows, cols) };
        let apart = [each, each.next_multiple_of(16), each + rng.below(20)][rng.below(3)];
        let strides = if by_columns { (1, apart) } else { (apart, 1) };
        let mut buffer = vec![f32::NAN; many * apart + 31];
        let first = buffer.as_ptr().align_offset(64) + rng.below(16);
        for i in 0..rows * cols {
            buffer[first + i / cols * strides.0 + i % cols * strides.1] = x[i];
        }
        Self { buffer, first, shape, strides }
    }

    fn view(&self) -> Mat<'_, f32> {
        let Self { shape: (rows, cols), strides: (down, along), .. } = *self;
        Mat::with_strides(&self.buffer[self.first..], rows, cols, down, along)
    }
}

/// Products of many blocks at random: their sizes, which way A and B lie, how far apart, and where in a line of the cache they begin.
#[test]
fn large_products_at_random() {
    let (isas, mut rng) = (isas(), Rng::new(66));
    for _ in 0..40 / one_in(10) {
        let shape @ (m, n, k) = (150 + rng.below(900), 1 + rng.below(50), 100 + rng.below(700));
        let product = Product::new(Values::Uniform, shape, &mut rng);
        let kind = Kind::ALL[rng.below(Kind::ALL.len())];
        let (a, b) =
            (Laid::at_random(&product.a, (m, k), &mut rng), Laid::at_random(&product.b, (k, n), &mut rng));
        let context =
            format!("A {:?} from element {}, B {:?} from {}", a.strides, a.first, b.strides, b.first);
        let operands = (Source::from(a.view()), b.view());
        product.check_source(&isas, kind, operands, &product.want(kind), format_args!("{context}"));
    }
}
