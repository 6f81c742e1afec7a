//! Short rows for kernels that take sixteen of them at a time, with every bound checked before the first is read.

use crate::simd::{LANES, Simd};

/// Where up to sixteen rows of up to sixteen elements lie, one after the other. Where there are fewer rows, the last one stands
/// for the rest.
#[derive(Clone, Copy)]
pub(crate) struct ShortRows {
    at: [usize; LANES],
    columns: usize,
    /// One past the last element.
    end: usize,
}

impl ShortRows {
    /// `rows` rows of `columns` elements.
    ///
    /// # Panics
    /// If there is no row, or if a row is longer than a vector.
    #[inline(always)]
    pub(crate) fn new(columns: usize, rows: usize) -> Self {
        assert!(rows > 0 && columns <= LANES);
        let rows = rows.min(LANES);
        let mut at = [0; LANES];
        for (i, at) in at.iter_mut().enumerate() {
            *at = i.min(rows - 1) * columns;
        }
        Self { at, columns, end: rows * columns }
    }

    /// Each row of `data` as a vector, with `fill` past its end.
    ///
    /// # Panics
    /// If a row lies outside `data`.
    #[inline(always)]
    pub(crate) fn load<S: Simd>(&self, s: S, data: &[f32], fill: f32) -> [S::V; LANES] {
        assert!(self.end <= data.len());
        let mut v = [s.splat(0.0); LANES];
        for i in 0..LANES {
            // SAFETY: row i starts at `at[i]` ≤ (rows − 1) · columns and ends no later than `end`, which is within `data`.
            let row = unsafe { data.get_unchecked(self.at[i]..self.at[i] + self.columns) };
            v[i] = s.load_part(row, fill);
        }
        v
    }
}
