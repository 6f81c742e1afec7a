//! Rows of up to sixteen scores that follow each other without a gap. A row does not fill a vector, so what has nothing to do
//! with rows, the exponentials above all, goes through them as one long row, with no lane idle.

use crate::arch::rows::ShortRows;
use crate::exp::exp_of_bounded;
use crate::floats::{load_at, store_at};
use crate::simd::{LANES, Simd};

use super::rows::{fold_rows, less_max};

/// Groups of sixteen rows that are taken at a time. Each step is done for all of them before the next begins: the processor
/// need not wait for the last group's sums to go on with the first one's.
const GROUPS: usize = 8;
/// Rows that are taken at a time.
pub(crate) const ROWS: usize = GROUPS * LANES;

/// A number a row, a vector a group.
pub(crate) type PerRow<V> = [V; GROUPS];

/// In `ROW_OF[c][v][l]`, the row that lane l of vector v of a group lies in, if rows have c elements.
pub(crate) static ROW_OF: [[[u8; LANES]; LANES]; LANES + 1] = {
    let mut rows = [[[0; LANES]; LANES]; LANES + 1];
    let mut c = 1;
    while c <= LANES {
        let mut i = 0;
        while i < c * LANES {
            rows[c][i / LANES][i % LANES] = (i / c) as u8;
            i += 1;
        }
        c += 1;
    }
    rows
};

/// x ← e^{x − max} for up to [`ROWS`] rows of c; the maximum and the sum of each row. Lanes past the last row mean nothing.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(s: S, x: &mut [f32], c: usize) -> (PerRow<S::V>, PerRow<S::V>) {
    let (mut max, mut sum) = ([s.splat(0.0); GROUPS], [s.splat(0.0); GROUPS]);
    for (group, max) in x.chunks(c * LANES).zip(&mut max) {
        let rows = ShortRows::new(c, group.len() / c).load(s, group, f32::NEG_INFINITY);
        *max = fold_rows::<S, true>(s, &rows);
    }
    for (group, &max) in x.chunks_mut(c * LANES).zip(&max) {
        for (pair, row_of) in group.chunks_mut(2 * LANES).zip(ROW_OF[c].as_chunks::<2>().0) {
            let (a, b) = pair.split_at_mut(LANES.min(pair.len()));
            let first = less_max(s, a, s.pick(max, &row_of[0]));
            let second = less_max(s, b, s.pick(max, &row_of[1]));
            let e = exp_of_bounded(s, [first, second]);
            store_at(s, e[0], a, 0);
            store_at(s, e[1], b, 0);
        }
    }
    for (group, sum) in x.chunks(c * LANES).zip(&mut sum) {
        let rows = ShortRows::new(c, group.len() / c).load(s, group, 0.0);
        *sum = fold_rows::<S, false>(s, &rows);
    }
    (max, sum)
}

/// x ← x / sum, as a product with the reciprocal, for the rows of [`exponentials`].
#[inline(always)]
pub(crate) fn normalise<S: Simd>(s: S, x: &mut [f32], c: usize, sum: &PerRow<S::V>) {
    for (group, &sum) in x.chunks_mut(c * LANES).zip(sum) {
        let factor = s.div(s.splat(1.0), sum);
        for (x, row_of) in group.chunks_mut(LANES).zip(&ROW_OF[c]) {
            store_at(s, s.mul(load_at(s, x, 0), s.pick(factor, row_of)), x, 0);
        }
    }
}
