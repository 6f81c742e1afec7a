//! The product around its blocking constants: 256 deep, 96 rows, 512 columns. Blocking must change no bit.

mod common;

use common::product::{FORMS, Kind, Product};
use common::{Rng, Values, isas, one_in};

/// One size less, the size, one more, and the same for two blocks and a little.
const DEPTHS: [usize; 7] = [255, 256, 257, 511, 512, 513, 770];
const ROWS: [usize; 6] = [95, 96, 97, 191, 192, 193];
const COLUMNS: [usize; 5] = [511, 512, 513, 545, 1025];

fn check(shapes: impl IntoIterator<Item = (usize, usize, usize)>, kinds: &[Kind], values: Values, seed: u64) {
    let (isas, mut rng) = (isas(), Rng::new(seed));
    for shape in shapes {
        let product = Product::new(values, shape, &mut rng);
        for &kind in kinds {
            let form = FORMS[rng.below(FORMS.len())];
            product.check(&isas, kind, form, 0, &product.want(kind), format_args!("{values:?}"));
        }
    }
}

/// Chains wait in C, or in the workspace where the epilogue wants the old C: so every epilogue.
#[test]
fn depths_around_blocks() {
    let mut rng = Rng::new(20);
    let isas = isas();
    for k in DEPTHS.into_iter().step_by(one_in(2)) {
        for (m, n) in [(1, 1), (9, 33), (3, 50)] {
            for values in [Values::Uniform, Values::Wide] {
                let product = Product::new(values, (m, n, k), &mut rng);
                for kind in Kind::ALL {
                    let want = product.want(kind);
                    for form in FORMS {
                        product.check(&isas, kind, form, 0, &want, format_args!("{values:?}"));
                    }
                }
            }
        }
    }
}

/// Infinities and NaN in the middle of a chain survive the wait between two blocks.
#[test]
fn special_values_across_blocks() {
    for (seed, values) in [Values::Bits, Values::Special].into_iter().enumerate() {
        check(DEPTHS.map(|k| (9, 17, k)), &Kind::ALL, values, 21 + seed as u64);
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

/// All three at once: several blocks in every direction, in two directions, and one that just begins.
#[test]
fn corners_of_blocks() {
    if one_in(2) > 1 {
        return check([(97, 513, 257)], &[Kind::SgdStep], Values::Uniform, 50);
    }
    check([(97, 513, 257)], &Kind::ALL, Values::Uniform, 50);
    check([(193, 545, 513)], &[Kind::SgdStep, Kind::BiasRelu], Values::Uniform, 51);
    check([(96, 512, 256), (192, 512, 2), (96, 1024, 2)], &[Kind::SgdStep, Kind::Accumulate], Values::Uniform, 52);
}
