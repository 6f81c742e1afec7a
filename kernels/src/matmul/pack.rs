//! Packing: what of A or B lies the wrong way for a tile is copied into the order in which the tile reads it. Only these
//! copies meet such strides; what lies right is read where it is.

use crate::Mat;
use crate::arch::multiply::turn;
use crate::simd::{Kernel, LANES, Simd};

/// A block of A as the tile reads it: A(i, p) at `data[(i / G) · group + (i % G) · row + p · col]`, G = [`group`].
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) group: usize,
    pub(super) row: usize,
    pub(super) col: usize,
}

/// Elements of a page of memory, and of all sets of an L1 cache: what lies so far apart meets in one set.
pub(super) const PAGE: usize = 1024;

/// Rows of A that are packed side by side: a full tile, or two that make a vector.
#[inline(always)]
pub(super) const fn group<S: Simd>() -> usize {
    if LANES.is_multiple_of(S::TILE_ROWS) { LANES } else { S::TILE_ROWS }
}

/// The rows of `a` where they lie, if the tile can read them there; `reads` is how often it will read each element. Read by
/// broadcast, a row may lie any way. Columns that are whole pages apart meet in one set of the cache: they are read there once.
#[inline(always)]
pub(super) fn in_place<'a, S: Simd>(a: Mat<'a, f32>, reads: usize) -> Option<Rows<'a>> {
    let (down, along) = (a.row_stride(), a.col_stride());
    let right = along == 1 || down == 1 && (reads < 2 || !along.is_multiple_of(PAGE) && reads < 6);
    right.then_some(where_it_lies::<S>(a))
}

/// The rows of `a` where they lie, whatever that costs.
#[inline(always)]
pub(super) fn where_it_lies<S: Simd>(a: Mat<'_, f32>) -> Rows<'_> {
    Rows { data: a.data(), group: group::<S>() * a.row_stride(), row: a.row_stride(), col: a.col_stride() }
}

/// Packed rows as they lie in `data`: group by group, k-major.
#[inline(always)]
pub(super) fn packed<S: Simd>(data: &[f32], depth: usize) -> Rows<'_> {
    let g = group::<S>();
    Rows { data, group: g * depth, row: 1, col: g }
}

/// Packs the rows of `a` into `out`, to be read as [`packed`]. A kernel of its own, to keep its caller small.
pub(super) struct Pack<'a> {
    pub(super) a: Mat<'a, f32>,
    pub(super) out: &'a mut [f32],
}

impl Kernel for Pack<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        rows(s, self.a, self.out);
    }
}

/// The rows of `a`, packed into `out`.
#[inline(always)]
fn rows<S: Simd>(s: S, a: Mat<'_, f32>, out: &mut [f32]) {
    let (g, depth) = (group::<S>(), a.cols());
    let (data, down, along) = (a.data(), a.row_stride(), a.col_stride());
    // k-major groups: for every p the G elements A(i.., p) side by side. All groups for one p, then for the next, so that
    // each line of A is read once.
    let full = a.rows() - a.rows() % g;
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
}

/// V vectors of columns of `b`, whose columns do not lie side by side, packed into `out`: row p as V vectors at
/// `out[p · 16 V ..]`. What fills up the last vector means nothing.
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
        if down == 1 && b.rows() >= 4 {
            turn(s, (&data[j * along..], along), (width, b.rows()), (&mut out[v..], V));
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

/// The columns of `b`, few of them, side by side: B(p, c) at `out[p · r + c]`, +0 for columns from the last to r. They may be
/// `ready` there, or lie so in `b`.
#[inline(always)]
pub(super) fn narrow<'a>(b: Mat<'a, f32>, r: usize, out: &'a mut [f32], ready: bool) -> &'a [f32] {
    if b.col_stride() == 1 && b.row_stride() == r && b.cols() == r {
        return b.data();
    }
    if ready {
        return out;
    }
    let (data, down, along) = (b.data(), b.row_stride(), b.col_stride());
    for (p, out) in out.chunks_exact_mut(r).enumerate() {
        for (c, out) in out.iter_mut().enumerate() {
            *out = if c < b.cols() { data[p * down + c * along] } else { 0.0 };
        }
    }
    out
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::arch::portable::Portable;

    /// The bits are the same either way; only here it shows which way is gone.
    #[test]
    fn rows_are_read_where_they_lie_unless_they_meet_in_the_cache() {
        let x = std::vec![0.0; 8 * 2 * PAGE];
        let in_place = |apart, transposed, reads| {
            let x = Mat::with_strides(&x, 8, 5, apart, 1);
            in_place::<Portable>(if transposed { x.t() } else { x }, reads).is_some()
        };
        assert!(in_place(PAGE, false, 9), "X as it stands, always");
        assert!(
            in_place(784, true, 5) && !in_place(784, true, 6),
            "Xᵀ, of which few readings are cheaper than a copy"
        );
        for apart in [PAGE, 2 * PAGE] {
            assert!(
                in_place(apart, true, 1) && !in_place(apart, true, 2),
                "Xᵀ of rows whole pages apart, once"
            );
        }
        assert!(in_place(PAGE + 1, true, 2));
        let neither = Mat::with_strides(&x, 5, 8, 2, 1024);
        assert!(super::in_place::<Portable>(neither, 1).is_none());
    }
}
