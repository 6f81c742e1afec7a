//! Packing: what of A or B lies the wrong way for a tile is copied into the order in which the tile reads it. Only these
//! copies meet such strides; what lies right is read where it is.

use crate::Mat;
use crate::simd::{LANES, Simd};

/// A block of A as the tile reads it: A(i, p) at `data[(i / G) · group + (i % G) · row + p · col]`, G = [`group`].
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) group: usize,
    pub(super) row: usize,
    pub(super) col: usize,
}

/// Rows of A that are packed side by side: a full tile, or two that make a vector.
#[inline(always)]
pub(super) const fn group<S: Simd>() -> usize {
    if LANES.is_multiple_of(S::TILE_ROWS) { LANES } else { S::TILE_ROWS }
}

/// The rows of `a` where they lie, if the tile can read them there; `reads` is how often it will read each element. Read by
/// broadcast, a row may lie any way; but rows that are lanes apart by whole pages meet in one set of the cache.
#[inline(always)]
pub(super) fn in_place<'a, S: Simd>(a: Mat<'a, f32>, reads: usize) -> Option<Rows<'a>> {
    let (down, along) = (a.row_stride(), a.col_stride());
    let right = along == 1 || down == 1 && (reads < 4 || along % 1024 != 0 && reads < 6);
    right.then_some(where_it_lies::<S>(a))
}

/// The rows of `a` where they lie, whatever that costs.
#[inline(always)]
pub(super) fn where_it_lies<S: Simd>(a: Mat<'_, f32>) -> Rows<'_> {
    Rows { data: a.data(), group: group::<S>() * a.row_stride(), row: a.row_stride(), col: a.col_stride() }
}

/// The rows of `a`, packed into `out`.
#[inline(always)]
pub(super) fn rows<'a, S: Simd>(s: S, a: Mat<'a, f32>, out: &'a mut [f32]) -> Rows<'a> {
    let (g, depth) = (group::<S>(), a.cols());
    let (data, down, along) = (a.data(), a.row_stride(), a.col_stride());
    // k-major groups: for every p the G elements A(i.., p) side by side. All groups for one p, then for the next, so that
    // each line of A is read once.
    let (size, full) = (g * depth, a.rows() - a.rows() % g);
    for p in 0..depth {
        for i in (0..full).step_by(g) {
            s.prefetch(data, (p + 8) * along + i);
            let out = &mut out[i * depth + p * g..][..g];
            if down != 1 {
                for (r, out) in out.iter_mut().enumerate() {
                    *out = data[(i + r) * down + p * along];
                }
            } else if let (Some(from), Some(out)) =
                (data[p * along + i..].first_chunk::<LANES>(), out.first_chunk_mut::<LANES>())
            {
                s.store(s.load(from), out);
            } else {
                for (r, out) in out.iter_mut().enumerate() {
                    *out = data[i + r + p * along];
                }
            }
        }
        for i in full..a.rows() {
            out[full * depth + p * g + i - full] = data[i * down + p * along];
        }
    }
    Rows { data: out, group: size, row: 1, col: g }
}

/// V vectors of columns of `b`, whose columns do not lie side by side, packed into `out`: row p as V vectors at
/// `out[p · 16 V ..]`, filled up with +0.
#[inline(always)]
pub(super) fn panel<S: Simd, const V: usize>(s: S, b: Mat<'_, f32>, out: &mut [f32]) {
    if b.rows() == 0 {
        return;
    }
    let (data, down, along) = (b.data(), b.row_stride(), b.col_stride());
    let out = &mut out.as_chunks_mut::<LANES>().0[..V * b.rows()];
    for v in 0..V {
        let j = v * LANES;
        let width = LANES.min(b.cols() - j);
        if down == 1 {
            transpose::<S, V>(s, &data[j * along..], along, (width, b.rows()), &mut out[v..]);
            continue;
        }
        for p in 0..b.rows() {
            let out = &mut out[p * V + v];
            *out = [0.0; LANES];
            for (c, out) in out[..width].iter_mut().enumerate() {
                *out = data[p * down + (j + c) * along];
            }
        }
    }
}

/// `width` columns of `depth` neighbours, `along` apart, as rows of sixteen, V vectors apart: four rows at a time through
/// registers. Columns from `width` on become +0.
#[inline(always)]
fn transpose<S: Simd, const V: usize>(
    s: S,
    data: &[f32],
    along: usize,
    (width, depth): (usize, usize),
    out: &mut [[f32; LANES]],
) {
    let whole = depth / 4 * 4;
    for p in (0..whole).step_by(4) {
        let mut columns = [&[0.0; 4]; LANES];
        for c in 0..width.min(LANES) {
            columns[c] = data[c * along + p..].first_chunk().unwrap_or(&[0.0; 4]);
        }
        let rows = s.columns(columns);
        for r in 0..4 {
            s.store(rows[r], &mut out[(p + r) * V]);
        }
    }
    for p in whole..depth {
        let out = &mut out[p * V];
        *out = [0.0; LANES];
        for (c, out) in out[..width].iter_mut().enumerate() {
            *out = data[c * along + p];
        }
    }
}

/// The columns of `b`, few of them, side by side: B(p, c) at `out[p · r + c]`, +0 for columns from the last to r.
#[inline(always)]
pub(super) fn narrow<'a>(b: Mat<'a, f32>, r: usize, out: &'a mut [f32]) -> &'a [f32] {
    if b.col_stride() == 1 && b.row_stride() == r && b.cols() == r {
        return b.data();
    }
    let (data, down, along) = (b.data(), b.row_stride(), b.col_stride());
    let out = &mut out[..b.rows() * r];
    for (p, out) in out.chunks_exact_mut(r).enumerate() {
        out.fill(0.0);
        for (c, out) in out[..b.cols()].iter_mut().enumerate() {
            *out = data[p * down + c * along];
        }
    }
    out
}
