//! What softmax, log-sum-exp and cross-entropy share: the exponentials of long rows less their maximum, and their sums, up to
//! sixteen rows at a time, so that the steps across lanes are paid once for all of them.

use crate::exp::exp_of_bounded;
use crate::floats::{load_at, store_at};
use crate::simd::{LANES, Simd};

/// Elements of a block of long rows, which passes through several times: half of an L1 cache of 32 KB.
const BLOCK: usize = 4096;

/// How many rows of `columns` scores to take at a time.
#[inline(always)]
pub(crate) fn height(columns: usize) -> usize {
    (BLOCK / columns.max(1)).clamp(1, LANES)
}

/// Sixteen rows' partial results in, one result a row out: lane i of the sum is the tree sum of vector i (partial p += partial
/// p + 8, + 4, + 2, + 1), as [`Simd::reduce_sum`] has it; likewise any other `fold`.
///
/// Each step halves the number of vectors and of lanes that belong to a row.
#[inline(always)]
pub(super) fn fold_rows<S: Simd>(s: S, v: &[S::V; LANES], fold: impl Fn(S::V, S::V) -> S::V + Copy) -> S::V {
    let (a, b) = (fold_four(s, v, 0, fold), fold_four(s, v, 1, fold));
    let (c, d) = (fold_four(s, v, 2, fold), fold_four(s, v, 3, fold));
    let (low, high) = s.halves::<2>(a, b);
    let ab = fold(low, high);
    let (low, high) = s.halves::<2>(c, d);
    let (low, high) = s.halves::<3>(ab, fold(low, high));
    fold(low, high)
}

/// The first two steps, which bring the rows g, g + 4, g + 8 and g + 12 into one vector.
#[inline(always)]
fn fold_four<S: Simd>(s: S, v: &[S::V; LANES], g: usize, fold: impl Fn(S::V, S::V) -> S::V) -> S::V {
    let (low, high) = s.halves::<0>(v[g], v[g + 4]);
    let ab = fold(low, high);
    let (low, high) = s.halves::<0>(v[g + 8], v[g + 12]);
    let (low, high) = s.halves::<1>(ab, fold(low, high));
    fold(low, high)
}

/// The sum of each row's sixteen partial sums, a lane a row.
#[inline(always)]
pub(crate) fn sum_rows<S: Simd>(s: S, partial: &[S::V; LANES]) -> S::V {
    fold_rows(s, partial, |a, b| s.add(a, b))
}

/// The largest element of each of `rows` rows, as a vector and lane by lane; which zero, or what a NaN does here, changes
/// nothing later. Lanes past the last row are 0.
#[inline(always)]
pub(crate) fn row_maxima<S: Simd>(s: S, scores: &[f32], stride: usize, rows: usize, columns: usize) -> S::V {
    let mut v = [s.splat(0.0); LANES];
    for i in 0..LANES {
        if i < rows {
            v[i] = largest(s, &scores[i * stride..][..columns]);
        }
    }
    fold_rows(s, &v, |a, b| s.max(a, b))
}

/// Sixteen lanes whose largest is the largest of the row.
#[inline(always)]
fn largest<S: Simd>(s: S, row: &[f32]) -> S::V {
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

/// The partial sums of Σ e^{row − max}.
#[inline(always)]
pub(crate) fn sum_of_exponentials<S: Simd>(s: S, row: &[f32], max: f32) -> S::V {
    let (mut sum, max) = (s.splat(0.0), s.splat(max));
    let (pairs, rest) = row.as_chunks::<{ 2 * LANES }>();
    for pair in pairs {
        let [a, b] = exp_of_bounded(s, shifted(s, pair, max));
        sum = s.add(s.add(sum, a), b);
    }
    for x in rest.chunks(LANES) {
        let [e] = exp_of_bounded(s, [less_max(s, x, max)]);
        sum = s.add(sum, first_lanes(s, e, x.len()));
    }
    sum
}

/// row ← e^{row − max}; returns the partial sums. Lanes past the end add +0 to sums that are never −0: no bit changes.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(s: S, row: &mut [f32], max: f32) -> S::V {
    let (mut sum, max) = (s.splat(0.0), s.splat(max));
    let (pairs, rest) = row.as_chunks_mut::<{ 2 * LANES }>();
    for pair in pairs {
        let [a, b] = exp_of_bounded(s, shifted(s, pair, max));
        sum = s.add(s.add(sum, a), b);
        let (first, second) = pair.split_at_mut(LANES);
        store_at(s, a, first, 0);
        store_at(s, b, second, 0);
    }
    for x in rest.chunks_mut(LANES) {
        let [e] = exp_of_bounded(s, [less_max(s, x, max)]);
        sum = s.add(sum, first_lanes(s, e, x.len()));
        store_at(s, e, x, 0);
    }
    sum
}

/// Two vectors, less the maximum.
#[inline(always)]
fn shifted<S: Simd>(s: S, pair: &[f32; 2 * LANES], max: S::V) -> [S::V; 2] {
    [s.sub(load_at(s, pair, 0), max), s.sub(load_at(s, pair, LANES), max)]
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
    s.select_gt(s.splat(len as f32), s.load(&numbers), v, s.splat(0.0))
}

/// The lanes of a vector, as numbers.
#[inline(always)]
pub(crate) fn lanes<S: Simd>(s: S, v: S::V) -> [f32; LANES] {
    let mut out = [0.0; LANES];
    s.store(v, &mut out);
    out
}
