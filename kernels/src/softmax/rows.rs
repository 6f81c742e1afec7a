//! What softmax, log-sum-exp and cross-entropy share: the exponentials of long rows less their maximum, and their sums, in groups of
//! up to sixteen rows, so that the steps across lanes are paid once for all of them.

use crate::arch::rows::ShortRows;
use crate::exp::exp_of_bounded;
use crate::floats::{load_at, store_at, store_end_at};
use crate::simd::{LANES, Simd};
use crate::{Mat, Scalar};

/// Elements of the groups of long rows that are under way: three quarters of an L1 cache of 32 KB.
const UNDER_WAY: usize = 6144;

/// How many rows of `columns` scores are a group, if so many groups are under way at a time.
#[inline(always)]
pub(crate) fn height(columns: usize, groups: usize) -> usize {
    (UNDER_WAY / groups / columns.max(1)).clamp(1, LANES)
}

/// Sixteen rows' partial results in, one result a row out: lane i of the sum is the tree sum of vector i (partial p += partial
/// p + 8, + 4, + 2, + 1), as [`Simd::reduce_sum`] has it; with MAX the largest instead.
///
/// Each step halves the number of vectors and of lanes that belong to a row.
#[inline(always)]
pub(super) fn fold_rows<S: Simd, const MAX: bool>(s: S, v: &[S::V; LANES]) -> S::V {
    let (a, b) = (fold_four::<S, MAX>(s, four_of(v, 0)), fold_four::<S, MAX>(s, four_of(v, 1)));
    let (c, d) = (fold_four::<S, MAX>(s, four_of(v, 2)), fold_four::<S, MAX>(s, four_of(v, 3)));
    fold_last::<S, MAX>(s, fold_pair::<S, MAX>(s, a, b), fold_pair::<S, MAX>(s, c, d))
}

/// What [`fold_four`] takes.
#[inline(always)]
fn four_of<V: Copy>(v: &[V; LANES], g: usize) -> [V; 4] {
    [v[g], v[g + 4], v[g + 8], v[g + 12]]
}

/// [`fold_rows`] of short rows, each read where it is wanted: few registers do not hold them all.
#[inline(always)]
pub(super) fn fold_short_rows<S: Simd, const MAX: bool>(s: S, rows: ShortRows<'_>) -> S::V {
    let (a, b) = (
        fold_four::<S, MAX>(s, rows.four::<S, MAX>(s, 0)),
        fold_four::<S, MAX>(s, rows.four::<S, MAX>(s, 1)),
    );
    let ab = fold_pair::<S, MAX>(s, a, b);
    let (c, d) = (
        fold_four::<S, MAX>(s, rows.four::<S, MAX>(s, 2)),
        fold_four::<S, MAX>(s, rows.four::<S, MAX>(s, 3)),
    );
    fold_last::<S, MAX>(s, ab, fold_pair::<S, MAX>(s, c, d))
}

/// The third step, from vectors of four rows.
#[inline(always)]
fn fold_pair<S: Simd, const MAX: bool>(s: S, a: S::V, b: S::V) -> S::V {
    let (low, high) = s.halves::<2>(a, b);
    fold::<S, MAX>(s, low, high)
}

/// The last step, from vectors of eight rows.
#[inline(always)]
fn fold_last<S: Simd, const MAX: bool>(s: S, a: S::V, b: S::V) -> S::V {
    let (low, high) = s.halves::<3>(a, b);
    fold::<S, MAX>(s, low, high)
}

/// The first two steps, which bring the rows g, g + 4, g + 8 and g + 12 into one vector.
#[inline(always)]
fn fold_four<S: Simd, const MAX: bool>(s: S, v: [S::V; 4]) -> S::V {
    let (low, high) = s.halves::<0>(v[0], v[1]);
    let ab = fold::<S, MAX>(s, low, high);
    let (low, high) = s.halves::<0>(v[2], v[3]);
    let (low, high) = s.halves::<1>(ab, fold::<S, MAX>(s, low, high));
    fold::<S, MAX>(s, low, high)
}

/// The larger one of each lane, or the sum. (No closure: one that many call is kept apart, without the instructions.)
#[inline(always)]
fn fold<S: Simd, const MAX: bool>(s: S, a: S::V, b: S::V) -> S::V {
    if MAX { s.max(a, b) } else { s.add(a, b) }
}

/// The same tree for one row, its sum or the largest in every lane.
#[inline(always)]
fn fold_row<S: Simd, const MAX: bool>(s: S, mut v: S::V) -> S::V {
    for step in 0..4 {
        let (low, high) = match step {
            0 => s.halves::<0>(v, v),
            1 => s.halves::<1>(v, v),
            2 => s.halves::<2>(v, v),
            _ => s.halves::<3>(v, v),
        };
        v = fold::<S, MAX>(s, low, high);
    }
    v
}

/// The sum of one row's partial sums, in every lane.
#[inline(always)]
pub(crate) fn sum_row<S: Simd>(s: S, partial: S::V) -> S::V {
    fold_row::<S, false>(s, partial)
}

/// The largest of one row, likewise.
#[inline(always)]
pub(crate) fn max_row<S: Simd>(s: S, largest: S::V) -> S::V {
    fold_row::<S, true>(s, largest)
}

/// The sum of each row's sixteen partial sums, a lane a row.
#[inline(always)]
pub(crate) fn sum_rows<S: Simd>(s: S, partial: &[S::V; LANES]) -> S::V {
    fold_rows::<S, false>(s, partial)
}

/// The largest of each of sixteen rows, likewise; which zero, or what a NaN does here, changes nothing later.
#[inline(always)]
pub(crate) fn max_rows<S: Simd>(s: S, largest: &[S::V; LANES]) -> S::V {
    fold_rows::<S, true>(s, largest)
}

/// Row i of long rows; an empty one past the last.
#[inline(always)]
pub(crate) fn row_or_none(scores: Mat<'_, f32>, i: usize) -> &[f32] {
    // The empty one is a part of the scores: a load under an empty mask is slow where there is no memory.
    if i < scores.rows() {
        &scores.data()[i * scores.row_stride()..][..scores.cols()]
    } else {
        &scores.data()[..0]
    }
}

/// The largest element of each of the first `rows` rows. Lanes past the last row are −∞ or 0.
#[inline(always)]
pub(crate) fn row_maxima<S: Simd>(s: S, scores: Mat<'_, f32>, rows: usize) -> S::V {
    let mut v = [s.splat(0.0); LANES];
    for i in 0..rows {
        v[i] = largest(s, row_or_none(scores, i));
    }
    max_rows(s, &v)
}

/// Sixteen lanes whose largest is the largest of the row.
#[inline(always)]
pub(crate) fn largest<S: Simd>(s: S, row: &[f32]) -> S::V {
    let (full, rest) = row.as_chunks::<LANES>();
    let mut max = s.load_part(rest, f32::NEG_INFINITY);
    let (fours, full) = full.as_chunks::<4>();
    if let Some((first, fours)) = fours.split_first() {
        // Four maxima at a time hide the latency.
        let mut four = [max; 4];
        for v in 0..4 {
            four[v] = s.load(&first[v]);
        }
        for x in fours {
            for v in 0..4 {
                four[v] = s.max(s.load(&x[v]), four[v]);
            }
        }
        max = s.max(s.max(max, four[0]), s.max(four[1], s.max(four[2], four[3])));
    }
    for x in full {
        max = s.max(s.load(x), max);
    }
    max
}

/// What is done beside the exponentials of a row, a vector at a time: loads, stores and one operation each, for which there is
/// room while the multiplications last. Both rows are as long as that row, or empty.
pub(crate) struct Beside<'a, V> {
    /// A row to come: the largest of its elements is one of these lanes at the end.
    pub(crate) next: &'a [f32],
    pub(crate) largest: V,
    /// A row whose sum is known: it is multiplied by `factor` and divided by `by`.
    pub(crate) done: &'a mut [f32],
    pub(crate) factor: V,
    pub(crate) by: usize,
}

impl<'a, V: Copy> Beside<'a, V> {
    /// The maximum of a row to come, and nothing else.
    #[inline(always)]
    pub(crate) fn maximum<S: Simd<V = V>>(s: S, next: &'a [f32]) -> Self {
        Self { next, largest: s.splat(f32::NEG_INFINITY), done: &mut [], factor: s.splat(0.0), by: 1 }
    }

    /// All that is to be done to `done`, beside nothing.
    #[inline(always)]
    pub(crate) fn alone<S: Simd<V = V>>(&mut self, s: S) {
        for j in (0..self.done.len()).step_by(LANES) {
            self.part(s, j, LANES.min(self.done.len() - j));
        }
    }

    /// N whole vectors from element j on.
    #[inline(always)]
    fn vectors<S: Simd<V = V>, const N: usize>(&mut self, s: S, j: usize) {
        if let Some(x) = self.next.get(j..j + N * LANES) {
            for v in 0..N {
                self.largest = s.max(load_at(s, x, v * LANES), self.largest);
            }
        }
        if let Some(x) = self.done.get_mut(j..j + N * LANES) {
            for v in 0..N {
                let p = s.mul(load_at(s, x, v * LANES), self.factor);
                store_at(s, over(s, p, self.by), x, v * LANES);
            }
        }
    }

    /// `len` ≤ 16 elements from element j on.
    #[inline(always)]
    fn part<S: Simd<V = V>>(&mut self, s: S, j: usize, len: usize) {
        if let Some(x) = self.next.get(j..j + len) {
            self.largest = s.max(s.load_part(x, f32::NEG_INFINITY), self.largest);
        }
        if let Some(x) = self.done.get_mut(j..j + len) {
            let p = s.mul(load_at(s, x, 0), self.factor);
            store_end_at(s, over(s, p, self.by), x, 0);
        }
    }
}

/// A row of scores, and where their exponentials go: a row as long, or nowhere.
pub(crate) trait Row {
    /// Whether they may go anywhere.
    const STORES: bool;
    fn scores(&self) -> &[f32];
    fn exponentials(&mut self) -> &mut [f32];
}

impl Row for &[f32] {
    const STORES: bool = false;
    #[inline(always)]
    fn scores(&self) -> &[f32] {
        self
    }
    #[inline(always)]
    fn exponentials(&mut self) -> &mut [f32] {
        &mut []
    }
}

impl Row for &mut [f32] {
    const STORES: bool = true;
    #[inline(always)]
    fn scores(&self) -> &[f32] {
        self
    }
    #[inline(always)]
    fn exponentials(&mut self) -> &mut [f32] {
        self
    }
}

impl Row for (&[f32], &mut [f32]) {
    const STORES: bool = true;
    #[inline(always)]
    fn scores(&self) -> &[f32] {
        self.0
    }
    #[inline(always)]
    fn exponentials(&mut self) -> &mut [f32] {
        self.1
    }
}

/// e^{row − max}, and their partial sums. LONG is for rows of a hundred scores and more: no bit depends on it.
#[inline(always)]
pub(crate) fn exponentials<S: Simd, R: Row, const LONG: bool>(
    s: S,
    mut row: R,
    max: S::V,
    beside: &mut Beside<'_, S::V>,
) -> S::V {
    let mut at = (s.splat(0.0), 0);
    if S::MANY_REGISTERS && LONG {
        // Seven vectors so often that eight leave none: fewer at a time would wait for each of their operations.
        at = in_blocks::<S, 7>(s, &mut row, max, beside, at);
        at = in_blocks::<S, 8>(s, &mut row, max, beside, at);
    } else if S::MANY_REGISTERS {
        at = in_blocks::<S, 4>(s, &mut row, max, beside, at);
    }
    if !S::MANY_REGISTERS && LONG && !R::STORES {
        at = in_blocks::<S, 3>(s, &mut row, max, beside, at); // Nothing else wants registers.
    }
    at = in_blocks::<S, 2>(s, &mut row, max, beside, at);
    let (sum, j) = in_blocks::<S, 1>(s, &mut row, max, beside, at);
    let rest = &row.scores()[j..];
    let len = rest.len();
    if len == 0 {
        return sum;
    }
    let [e] = exp_of_bounded(s, [less_max(s, rest, max)]);
    beside.part(s, j, len);
    if let Some(out) = row.exponentials().get_mut(j..j + len) {
        store_end_at(s, e, out, 0);
    }
    // Lanes past the end add +0 to sums that are never −0: no bit changes.
    s.add(sum, first_lanes(s, e, len))
}

/// The same, N vectors at a time as far as that goes, seven only until eight leave none; for the partial sums up to element j and
/// that j.
#[inline(always)]
fn in_blocks<S: Simd, const N: usize>(
    s: S,
    row: &mut impl Row,
    max: S::V,
    beside: &mut Beside<'_, S::V>,
    (mut sum, mut j): (S::V, usize),
) -> (S::V, usize) {
    while let Some(block) = row.scores().get(j..j + N * LANES) {
        if N == 7 && ((row.scores().len() - j) / LANES).is_multiple_of(8) {
            break;
        }
        let mut x = [max; N];
        for v in 0..N {
            x[v] = s.sub(load_at(s, block, v * LANES), max);
        }
        beside.vectors::<S, N>(s, j);
        let e = exp_of_bounded(s, x);
        for v in 0..N {
            sum = s.add(sum, e[v]);
        }
        if let Some(out) = row.exponentials().get_mut(j..j + N * LANES) {
            for v in 0..N {
                store_at(s, e[v], out, v * LANES);
            }
        }
        j += N * LANES;
    }
    (sum, j)
}

/// x − max for up to sixteen elements, 0 past the last: of −∞ there e^x would underflow, and that takes an Intel processor 200 cycles.
#[inline(always)]
pub(super) fn less_max<S: Simd>(s: S, x: &[f32], max: S::V) -> S::V {
    match x.first_chunk::<LANES>() {
        Some(x) => s.sub(s.load(x), max),
        None => first_lanes(s, s.sub(s.load_part(x, 0.0), max), x.len()),
    }
}

/// The first `len` lanes of v, +0 in the others.
#[inline(always)]
fn first_lanes<S: Simd>(s: S, v: S::V, len: usize) -> S::V {
    let mut numbers = [0.0; LANES];
    for l in 0..LANES {
        numbers[l] = l as f32;
    }
    s.keep_gt(s.splat(len as f32), s.load(&numbers), v)
}

/// p / n. Multiplied by the inverse of a power of two it has the same bits, at a tenth of the cost.
#[inline(always)]
pub(crate) fn over<S: Simd>(s: S, p: S::V, n: usize) -> S::V {
    match n {
        1 => p,
        _ if n.is_power_of_two() => s.mul(p, s.splat(1.0 / f32::from_count(n))),
        _ => s.div(p, s.splat(f32::from_count(n))),
    }
}

/// The lanes of a vector, as numbers.
#[inline(always)]
pub(crate) fn lanes<S: Simd>(s: S, v: S::V) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    s.store(v, &mut out);
    out
}
