//! Packing: a block of A or B whose neighbours lie the wrong way is copied into the order in which the tile reads it.
//! Only these copies meet such strides; a block that lies right is read where it is.

use crate::Mat;
use crate::floats::load_at;
use crate::simd::{LANES, Simd};

/// Columns of B from which on it pays to pack a block of A whose columns lie together.
const WORTH_PACKING: usize = 256;

/// A block of A as the tile reads it: A(i, p) at `data[(i / G) · group + (i % G) · row + p · col]`, G the rows of a
/// full tile.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) group: usize,
    pub(super) row: usize,
    pub(super) col: usize,
}

impl Rows<'_> {
    /// Whether rows lie equally far apart across groups of `g`: unless they are packed.
    #[inline(always)]
    pub(super) fn is_even(&self, g: usize) -> bool {
        self.group == g * self.row
    }
}

/// A block of B as the tile reads it: B(p, j) at `data[p · row + (j / 16) · vector + j % 16]`.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a> {
    pub(super) data: &'a [f32],
    pub(super) row: usize,
    pub(super) vector: usize,
}

/// The rows of `a`, packed into `out` unless each row already lies together.
#[inline(always)]
pub(super) fn rows<'a, S: Simd>(a: Mat<'a, f32>, columns: usize, out: &'a mut [f32]) -> Rows<'a> {
    let (g, depth) = (S::TILE_ROWS, a.cols());
    if a.col_stride() == 1 {
        return Rows { data: a.data(), group: g * a.row_stride(), row: a.row_stride(), col: 1 };
    }
    let (data, down, along) = (a.data(), a.row_stride(), a.col_stride());
    if down == 1 && columns < WORTH_PACKING {
        return Rows { data, group: g, row: 1, col: along };
    }
    // One group after the other, k-major within it: for every p the G elements A(i.., p) side by side.
    for i in (0..a.rows()).step_by(g) {
        let height = g.min(a.rows() - i);
        let group = &mut out[i * depth..][..g * depth];
        for (p, out) in group.chunks_exact_mut(g).enumerate() {
            if down == 1 && height == S::TILE_ROWS {
                copy(&data[p * along + i..][..g], out);
            } else {
                for (r, out) in out[..height].iter_mut().enumerate() {
                    *out = data[(i + r) * down + p * along];
                }
            }
        }
    }
    Rows { data: out, group: g * depth, row: 1, col: g }
}

/// The columns of `b`, packed into `out` unless each row already lies together.
#[inline(always)]
pub(super) fn columns<'a, S: Simd>(s: S, b: Mat<'a, f32>, out: &'a mut [f32]) -> Columns<'a> {
    let depth = b.rows();
    if b.col_stride() == 1 {
        return Columns { data: b.data(), row: b.row_stride(), vector: LANES };
    }
    let (data, down, along) = (b.data(), b.row_stride(), b.col_stride());
    // One vector of columns after the other, k-major within it, filled up with +0.
    for j in (0..b.cols()).step_by(LANES) {
        let width = LANES.min(b.cols() - j);
        let panel = &mut out[j * depth..][..LANES * depth];
        if down == 1 {
            transpose(s, &data[j * along..], along, width, panel);
            continue;
        }
        for (p, out) in panel.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            for (c, out) in out[..width].iter_mut().enumerate() {
                *out = data[p * down + (j + c) * along];
            }
            out[width..].fill(0.0);
        }
    }
    Columns { data: out, row: LANES, vector: LANES * depth }
}

/// Sixteen columns of neighbours, `along` apart, as rows of sixteen: blocks of 16 × 16 through registers. Columns from
/// `width` on become +0.
#[inline(always)]
fn transpose<S: Simd>(s: S, data: &[f32], along: usize, width: usize, panel: &mut [f32]) {
    for (block, out) in panel.chunks_mut(LANES * LANES).enumerate() {
        let (rows, p) = (out.len() / LANES, block * LANES);
        let mut v = [s.splat(0.0); LANES];
        for c in 0..LANES {
            if c < width {
                v[c] = load_at(s, &data[c * along + p..][..rows], 0);
            }
        }
        s.transpose(&mut v);
        for (out, v) in out.as_chunks_mut::<LANES>().0.iter_mut().zip(v) {
            s.store(v, out);
        }
    }
}

/// A copy of a length that is known when compiling, once inlined: a few moves, not a call.
#[inline(always)]
fn copy(from: &[f32], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}
