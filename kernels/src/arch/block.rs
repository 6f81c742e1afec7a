//! A tile's piece of a matrix in memory, with every bound checked before its first element is read or written.
//!
//! It has H rows, `stride` elements apart, of V vectors each; if not WHOLE, the last vector is a part of one.

use crate::simd::{LANES, Simd};

/// A piece to read.
pub(crate) struct Block<'a, const H: usize, const V: usize, const WHOLE: bool> {
    data: &'a [f32],
    stride: usize,
    /// Elements of the last vector.
    last: usize,
}

/// Panics if H rows of `width` elements do not lie within `len`, or are not V vectors wide. Returns the elements of the last.
#[inline(always)]
fn check<const H: usize, const V: usize, const WHOLE: bool>(
    len: usize,
    stride: usize,
    width: usize,
) -> usize {
    let last = width.wrapping_sub((V - 1) * LANES);
    assert!(if WHOLE { last == LANES } else { last <= LANES });
    assert!((H - 1).saturating_mul(stride).saturating_add(width) <= len);
    last
}

impl<'a, const H: usize, const V: usize, const WHOLE: bool> Block<'a, H, V, WHOLE> {
    /// The piece at the beginning of `data`.
    ///
    /// # Panics
    /// If a row lies outside `data`, or `width` elements are not V vectors.
    #[inline(always)]
    pub(crate) fn new(data: &'a [f32], stride: usize, width: usize) -> Self {
        Self { data, stride, last: check::<H, V, WHOLE>(data.len(), stride, width) }
    }

    /// Row r, +0 past its end.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline(always)]
    pub(crate) fn row<S: Simd>(&self, s: S, r: usize) -> [S::V; V] {
        assert!(r < H);
        let mut out = [s.splat(0.0); V];
        for v in 0..V {
            let first = r * self.stride + v * LANES;
            let len = if WHOLE || v < V - 1 { LANES } else { self.last };
            // SAFETY: r < H, and the vector ends no later than its row, so `check` has found it within `data`.
            let row = unsafe { self.data.get_unchecked(first..first + len) };
            out[v] = match row.first_chunk::<LANES>() {
                Some(row) => s.load(row),
                None => s.load_part(row, 0.0),
            };
        }
        out
    }
}

/// Writes a piece to the beginning of `data`.
///
/// # Panics
/// If a row lies outside `data`, or `width` elements are not V vectors.
#[inline(always)]
pub(crate) fn store<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
    s: S,
    rows: &[[S::V; V]; H],
    (data, stride): (&mut [f32], usize),
    width: usize,
) {
    let last = check::<H, V, WHOLE>(data.len(), stride, width);
    for r in 0..H {
        for v in 0..V {
            let first = r * stride + v * LANES;
            let len = if WHOLE || v < V - 1 { LANES } else { last };
            // SAFETY: r < H, and the vector ends no later than its row, so `check` has found it within `data`.
            let row = unsafe { data.get_unchecked_mut(first..first + len) };
            match row.first_chunk_mut::<LANES>() {
                Some(out) => s.store(rows[r][v], out),
                None => s.store_part(rows[r][v], row),
            }
        }
    }
}

/// Asks for the piece at the beginning of `data`.
#[inline(always)]
pub(crate) fn prefetch<S: Simd, const H: usize, const V: usize>(s: S, data: &[f32], stride: usize) {
    for r in 0..H {
        for v in 0..=V {
            s.prefetch(data, r * stride + v * LANES);
        }
    }
}
