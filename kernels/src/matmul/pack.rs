//! Packing: what of B lies the wrong way for a tile is copied into the order in which the tile reads it.

use crate::Mat;
use crate::arch::transpose::transpose;
use crate::simd::{LANES, Simd};

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
            transpose(s, (&data[j * along..], along), (width, b.rows()), (&mut out[v..], V));
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
