//! The product, every size up to two tiles and one: each instruction set against the reference, bit for bit.
//!
//! Full tiles have 8 rows × up to 48 columns (AVX-512), 6 and 5 rows × 16 (AVX2, NEON) or 4 rows × 16 (plain Rust). Rows that are left
//! over go in lower tiles, and fewer than four in wider ones, down to 1 row × 128 columns. So 0..=17 rows by 0..=65 columns, and few rows by
//! 0..=257 columns, meet all of these and every remainder on each. Tiles of 14 rows want 56 of them: a test inside the library has those.

mod common;

use common::product::{Kind, Product};
use common::{Rng, Values, isas, one_in};

const ROWS: std::ops::RangeInclusive<usize> = 0..=17;
const COLUMNS: std::ops::RangeInclusive<usize> = 0..=65;

/// The whole cross product of m, n and small k with every epilogue in every form; values take turns.
#[test]
fn every_shape_up_to_two_tiles_and_one() {
    let (isas, mut rng, often) = (isas(), Rng::new(10), one_in(61));
    let mut case = 0;
    for m in ROWS {
        for n in COLUMNS {
            for k in 0..=9 {
                case += 1;
                if case % often != 0 {
                    continue;
                }
                let values = Values::ALL[rng.below(Values::ALL.len())];
                let product = Product::new(values, (m, n, k), &mut rng);
                product.check_forms(&isas, &Kind::ALL, format_args!("{values:?}"));
            }
        }
    }
}

/// One dimension at a time through all its sizes, with every form, epilogue and kind of values.
fn sweep(shapes: impl Iterator<Item = (usize, usize, usize)>, seed: u64) {
    let (isas, mut rng) = (isas(), Rng::new(seed));
    for shape in shapes {
        for values in Values::ALL {
            let product = Product::new(values, shape, &mut rng);
            product.check_forms(&isas, &Kind::ALL, format_args!("{values:?}"));
        }
    }
}

#[test]
fn every_number_of_rows_in_every_form() {
    sweep(ROWS.map(|m| (m, 33, 5)), 11);
}

#[test]
fn every_number_of_columns_in_every_form() {
    sweep(COLUMNS.step_by(one_in(3)).map(|n| (9, n, 5)), 12);
}

/// One row; a tile of 2 rows and of 1 (AVX-512) or three of 1; tiles of 4, 2 and 1 rows, or of 6 and 1 (AVX2, NEON; where the last vector
/// is whole or copied).
#[test]
fn few_rows_by_every_number_of_columns_of_wide_tiles() {
    for (seed, m) in [(16, 1), (17, 3), (18, 7)] {
        sweep((0..=257).step_by(one_in(19)).map(|n| (m, n, 4)), seed);
    }
}

/// Lanes along the rows, from 24 deep and sixteen rows on: every number of rows that fill no vector, beside three vectors of
/// columns or none, and every number of columns that fill none.
#[test]
fn every_rest_of_rows_beside_columns_that_fill_no_vector() {
    for (seed, n) in [(30, 1), (31, 10), (32, 50)] {
        sweep((16..=40).step_by(one_in(3)).map(|m| (m, n, 26)), seed);
    }
    sweep((1..=11).step_by(one_in(3)).map(|n| (24, 48 + n, 25)), 33);
}

/// From 241 columns on, a transposed A is copied instead of read where it lies.
#[test]
fn many_rows_by_many_columns() {
    sweep([240, 241, 257].into_iter().step_by(one_in(2)).map(|n| (17, n, 6)), 19);
}

#[test]
fn every_small_depth_in_every_form() {
    sweep((0..=40).step_by(one_in(3)).map(|k| (9, 33, k)), 13);
}

#[test]
fn one_row_one_column_and_both() {
    sweep([(1, 1, 1), (1, 1, 40), (1, 40, 1), (40, 1, 1), (1, 100, 37), (100, 1, 37)].into_iter(), 14);
}

/// The shapes of the nets that this workspace trains.
#[test]
fn shapes_of_real_nets() {
    let isas = isas();
    let mut rng = Rng::new(15);
    let shapes = [(32, 64, 32), (64, 10, 128), (128, 10, 64), (20, 50, 307), (307, 50, 20), (50, 307, 10)];
    for shape in shapes.into_iter().step_by(one_in(3)) {
        let product = Product::new(Values::Uniform, shape, &mut rng);
        product.check_forms(&isas, &Kind::ALL, format_args!("real net"));
    }
}

/// Blocks of A, B and k that are all full, and of which none is a multiple of a tile.
#[test]
fn blocks_that_fill_the_workspace() {
    let product = Product::new(Values::Uniform, (113, 272, 490), &mut Rng::new(16));
    product.check_forms(&isas(), &[Kind::Accumulate, Kind::SgdStep], format_args!("full blocks"));
}
