//! Rows of A that become lanes: sixteen of them, transposed in registers four columns at a time, with every bound checked before.

use core::mem::MaybeUninit;

use super::multiply::furthest;
use crate::simd::{LANES, Simd};

/// `rows` ≤ 16 rows of A times R columns of B, in lanes along the rows: lane l of chains(c) ← fma(A(l, p), B(p, c), ·) for p
/// ascending. Where there are fewer rows, the last one stands for the rest. A(l, p) lies at `a[l · a_row + p]` and is
/// transposed in registers, four columns at a time; B(p, c) at `b[p · R + c]`.
///
/// # Panics
/// If an element lies outside `a` or `b`.
#[inline(always)]
pub(crate) fn multiply_transposing<S: Simd, const R: usize>(
    s: S,
    (a, a_row, rows): (&[f32], usize, usize),
    b: &[f32],
    depth: usize,
    chains: &mut [[S::V; 1]; R],
) {
    let Some(end) = depth.checked_sub(1) else { return };
    assert!(0 < rows && rows <= LANES && furthest(rows - 1, a_row, end, 1) < a.len());
    let b = &b.as_chunks::<R>().0[..depth];
    let mut acc = *chains;
    let (fours, rest) = b.as_chunks::<4>();
    for (q, b) in fours.iter().enumerate() {
        // SAFETY: the last of the four p is below depth, so the assertion covers it in all rows.
        let v = unsafe { four(s, a, a_row, 4 * q, rows) };
        for p in 0..4 {
            for c in 0..R {
                acc[c][0] = s.mul_add(v[p], s.splat(b[p][c]), acc[c][0]);
            }
        }
    }
    for (p, b) in rest.iter().enumerate() {
        let mut column = [0.0; LANES];
        for l in 0..LANES {
            column[l] = a[l.min(rows - 1) * a_row + fours.len() * 4 + p];
        }
        let column = s.load(&column);
        for c in 0..R {
            acc[c][0] = s.mul_add(column, s.splat(b[c]), acc[c][0]);
        }
    }
    *chains = acc;
}

/// `width` ≤ 16 columns of `depth` ≥ 4 neighbours, `along` apart in `data`, as rows of sixteen, `step` vectors apart in `out`:
/// through registers, four rows at a time. Where there are fewer columns, the last one stands for the rest.
///
/// # Panics
/// If an element lies outside `data` or `out`.
#[inline(always)]
pub(crate) fn transpose<S: Simd>(
    s: S,
    (data, along): (&[f32], usize),
    (width, depth): (usize, usize),
    (out, step): (&mut [[f32; LANES]], usize),
) {
    assert!(width > 0 && width <= LANES && depth >= 4 && step > 0);
    assert!(
        furthest(width - 1, along, depth - 1, 1) < data.len() && furthest(depth - 1, step, 0, 0) < out.len()
    );
    if !S::MANY_REGISTERS {
        // SAFETY: the assertions are what it asks for.
        return unsafe { by_eights(s, (data, along), (width, depth), (out.as_mut_ptr(), step)) };
    }
    let mut p = 0;
    while p < depth {
        // The last four may have been in part among those before them.
        p = p.min(depth - 4);
        // SAFETY: p + 3 < depth, so the assertion covers the four elements of the last column.
        let rows = unsafe { four(s, data, along, p, width) };
        for r in 0..4 {
            // SAFETY: p + r < depth, so the assertion covers the row.
            s.store(rows[r], unsafe { out.get_unchecked_mut((p + r) * step) });
        }
        p += 4;
    }
}

/// [`transpose`] where registers are few: eight columns of all rows and then eight. Eight addresses fit the registers; and columns a multiple
/// of 4 KB apart meet in one set of the L1 cache, which holds eight lines. What is at `out` may not have been written yet.
///
/// # Safety
/// 0 < `width` ≤ 16 columns of `depth` ≥ 4 elements lie within `data`, and `depth` rows, 0 < `step` vectors apart, within `out`.
#[inline(always)]
pub(super) unsafe fn by_eights<S: Simd>(
    s: S,
    (data, along): (&[f32], usize),
    (width, depth): (usize, usize),
    (out, step): (*mut [f32; LANES], usize),
) {
    for half in 0..2 {
        let mut columns = [0; LANES / 2];
        for l in 0..LANES / 2 {
            columns[l] = (half * LANES / 2 + l).min(width - 1) * along;
        }
        let mut p = 0;
        while p < depth {
            // The last four may have been in part among those before them.
            p = p.min(depth - 4);
            let mut pieces = [&[0.0; 4]; LANES / 2];
            for l in 0..LANES / 2 {
                // SAFETY: p + 3 < depth, so all four elements are within their column.
                pieces[l] = unsafe { &*data.as_ptr().add(columns[l] + p).cast::<[f32; 4]>() };
            }
            let row = |r| {
                // SAFETY: p + r < depth, so the row is within `out`, and no two are the same; as MaybeUninit they need not have been written.
                unsafe {
                    let row = out.add((p + r) * step).cast::<[MaybeUninit<[f32; LANES / 2]>; 2]>();
                    &mut (*row)[half]
                }
            };
            s.transpose_eight(pieces, [row(0), row(1), row(2), row(3)]);
            p += 4;
        }
    }
}

/// Elements p to p + 4 of sixteen rows, `stride` apart, as four vectors. Where there are fewer rows, the last one stands for the
/// rest.
///
/// # Safety
/// Element (rows − 1) · `stride` + p + 3 is within `data`, and 0 < rows ≤ 16.
#[inline(always)]
unsafe fn four<S: Simd>(s: S, data: &[f32], stride: usize, p: usize, rows: usize) -> [S::V; 4] {
    let mut pieces = [&[0.0; 4]; LANES];
    for l in 0..LANES {
        let first = l.min(rows - 1) * stride + p;
        // SAFETY: no later than that of the last row, which is within `data`.
        pieces[l] = unsafe { &*data.as_ptr().add(first).cast::<[f32; 4]>() };
    }
    s.four_columns(pieces)
}
