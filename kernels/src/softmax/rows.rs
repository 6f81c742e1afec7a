//! What softmax, log-sum-exp and cross-entropy share: the exponentials of a row less its maximum, and their sum. One
//! row at a time, or sixteen where the rows are short.

use crate::exp::exp_vector;
use crate::floats::store_at;
use crate::simd::{LANES, Simd};

/// The largest element of a row; which zero, or what a NaN does here, changes nothing later.
#[inline(always)]
pub(crate) fn row_max<S: Simd>(s: S, row: &[f32]) -> f32 {
    let (full, rest) = row.as_chunks::<LANES>();
    let mut max = s.load_part(rest, f32::NEG_INFINITY);
    for x in full {
        max = s.max(s.load(x), max);
    }
    s.reduce_max(max)
}

/// e^{x − max} of the vector at `row[j]`, +0 past the end.
#[inline(always)]
fn exponential<S: Simd>(s: S, row: &[f32], j: usize, max: f32) -> S::V {
    let x = match row[j..].first_chunk::<LANES>() {
        Some(full) => s.load(full),
        None => s.load_part(&row[j..], f32::NEG_INFINITY),
    };
    exp_vector(s, s.sub(x, s.splat(max)))
}

/// Σ e^{row − max}. Lanes past the end add +0 to sums that are never −0, which changes no bit.
#[inline(always)]
pub(crate) fn sum_of_exponentials<S: Simd>(s: S, row: &[f32], max: f32) -> f32 {
    let mut sum = s.splat(0.0);
    for j in (0..row.len()).step_by(LANES) {
        sum = s.add(sum, exponential(s, row, j, max));
    }
    s.reduce_sum(sum)
}

/// row ← e^{row − max}; returns the sum, as [`sum_of_exponentials`] has it.
#[inline(always)]
pub(crate) fn exponentials<S: Simd>(s: S, row: &mut [f32], max: f32) -> f32 {
    let mut sum = s.splat(0.0);
    for j in (0..row.len()).step_by(LANES) {
        let e = exponential(s, row, j, max);
        sum = s.add(sum, e);
        store_at(s, e, row, j);
    }
    s.reduce_sum(sum)
}

/// Up to sixteen rows of up to sixteen scores, one vector a class, one lane a row: no operation goes across lanes.
pub(crate) struct Short<S: Simd> {
    /// e^{S_j − max}, for the classes j < C; others mean nothing.
    pub(crate) e: [S::V; LANES],
    /// S_j − max, for the classes j < C.
    pub(crate) shifted: [S::V; LANES],
    /// The row maxima.
    pub(crate) max: S::V,
    /// Σ e, in the order of the contract: with sixteen terms at most, each partial sum is one term.
    pub(crate) sum: S::V,
}

impl<S: Simd> Short<S> {
    /// From row-major scores with `stride` from row to row. Lanes past the last row are rows of zeros.
    #[inline(always)]
    pub(crate) fn new(s: S, scores: &[f32], stride: usize, rows: usize, classes: usize) -> Self {
        let mut v = [s.splat(0.0); LANES];
        for i in 0..LANES {
            if i < rows {
                v[i] = s.load_part(&scores[i * stride..][..classes], 0.0);
            }
        }
        s.transpose(&mut v);
        let mut max = v[0];
        for j in 1..LANES {
            if j < classes {
                max = s.max(v[j], max);
            }
        }
        let mut e = v;
        for j in 0..LANES {
            if j < classes {
                v[j] = s.sub(v[j], max);
                e[j] = exp_vector(s, v[j]);
            }
        }
        // Partial p += partial p + 8, + 4, + 2, + 1; those past the last class are +0.
        let mut partial = e;
        for half in [8, 4, 2, 1] {
            for p in 0..half {
                if p + half < classes {
                    partial[p] = s.add(partial[p], partial[p + half]);
                }
            }
        }
        Self { e, shifted: v, max, sum: partial[0] }
    }

    /// Writes one vector a class back as rows.
    #[inline(always)]
    pub(crate) fn store(
        s: S,
        mut v: [S::V; LANES],
        out: &mut [f32],
        stride: usize,
        rows: usize,
        classes: usize,
    ) {
        s.transpose(&mut v);
        for i in 0..LANES {
            if i < rows {
                s.store_part(v[i], &mut out[i * stride..][..classes]);
            }
        }
    }
}
