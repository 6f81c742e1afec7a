//! Rows of up to sixteen scores that follow each other without a gap. A row does not fill a vector, so what has nothing to do
//! with rows, the exponentials above all, goes through them as one long row, with no lane idle.

use crate::arch::rows::ShortRows;
use crate::exp::exp_of_bounded;
use crate::simd::{LANES, Simd};

use super::rows::{fold_short_rows, lanes};

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

/// x ← e^{x − max} for the first `rows` of up to [`ROWS`] rows of c, a whole number of groups; the maximum and the sum of each row.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(
    s: S,
    x: &mut [f32],
    c: usize,
    rows: usize,
) -> (PerRow<S::V>, PerRow<S::V>) {
    let (mut max, mut sum) = ([s.splat(0.0); GROUPS], [s.splat(0.0); GROUPS]);
    for (group, max) in x.chunks_exact(c * LANES).zip(&mut max) {
        *max = fold_short_rows::<S, true>(s, ShortRows::new(group, c));
    }
    for (group, &max) in vectors_of(x, c, rows).zip(&max) {
        let max = lanes(s, max);
        let count = group.len();
        let (pairs, last) = group.as_chunks_mut::<2>();
        for (pair, rows_of) in pairs.iter_mut().zip(ROW_OF[c].as_chunks::<2>().0) {
            vectors(s, pair, &max, rows_of);
        }
        if let Some(last) = last.first_mut() {
            vectors(s, core::array::from_mut(last), &max, core::array::from_ref(&ROW_OF[c][count - 1]));
        }
    }
    for (group, sum) in x.chunks_exact(c * LANES).zip(&mut sum) {
        *sum = fold_short_rows::<S, false>(s, ShortRows::new(group, c));
    }
    (max, sum)
}

/// The vectors of each group, as many as the first `rows` rows of c reach into.
#[inline(always)]
fn vectors_of(x: &mut [f32], c: usize, rows: usize) -> core::slice::ChunksMut<'_, [f32; LANES]> {
    x.as_chunks_mut::<LANES>().0[..(rows * c).div_ceil(LANES)].chunks_mut(c)
}

/// x ← e^{x − max} for N vectors.
#[inline(always)]
fn vectors<S: Simd, const N: usize>(
    s: S,
    x: &mut [[f32; LANES]; N],
    max: &[f32; LANES],
    rows_of: &[[u8; LANES]; N],
) {
    let mut e = [s.splat(0.0); N];
    for v in 0..N {
        e[v] = s.sub(s.load(&x[v]), s.pick(max, &rows_of[v]));
    }
    let e = exp_of_bounded(s, e);
    for v in 0..N {
        s.store(e[v], &mut x[v]);
    }
}

/// x ← x / sum, as a product with the reciprocal, for the rows of [`exponentials`].
#[inline(always)]
pub(crate) fn normalise<S: Simd>(s: S, x: &mut [f32], c: usize, rows: usize, sum: &PerRow<S::V>) {
    for (group, &sum) in vectors_of(x, c, rows).zip(sum) {
        let factors = lanes(s, s.div(s.splat(1.0), sum));
        for (x, row_of) in group.iter_mut().zip(&ROW_OF[c]) {
            s.store(s.mul(s.load(x), s.pick(&factors, row_of)), x);
        }
    }
}
