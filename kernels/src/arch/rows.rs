//! Sixteen short rows, with every bound checked before the first is read.

use crate::simd::{LANES, Simd};

/// Sixteen rows of up to sixteen elements, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct ShortRows<'a> {
    data: &'a [f32],
    columns: usize,
}

impl<'a> ShortRows<'a> {
    /// The first sixteen rows of `columns` elements.
    ///
    /// # Panics
    /// If there are fewer, or if a row is longer than a vector.
    #[inline(always)]
    pub(crate) fn new(data: &'a [f32], columns: usize) -> Self {
        assert!(columns <= LANES && LANES * columns <= data.len());
        Self { data, columns }
    }

    /// The rows i, i + 4, i + 8 and i + 12 as vectors: for their largest (`MAX`), as [`Simd::load_for_max`] has it, or with 0 past their
    /// end.
    #[inline(always)]
    pub(crate) fn four<S: Simd, const MAX: bool>(&self, s: S, i: usize) -> [S::V; 4] {
        assert!(i < 4);
        let mut v = [s.splat(0.0); 4];
        for q in 0..4 {
            let first = (i + 4 * q) * self.columns;
            // SAFETY: this is row i + 4q < 16, and `new` saw that `data` has sixteen.
            let row = unsafe { self.data.get_unchecked(first..first + self.columns) };
            v[q] = if MAX { s.load_for_max(row) } else { s.load_part(row, 0.0) };
        }
        v
    }
}
