//! Short rows for kernels that take sixteen of them at a time, with every bound checked before the first is read or written.

use crate::simd::{LANES, Simd};

/// Where up to sixteen rows of up to sixteen elements lie. Where there are fewer rows, the last one stands for the rest.
#[derive(Clone, Copy)]
pub(crate) struct ShortRows {
    at: [usize; LANES],
    rows: usize,
    columns: usize,
    /// One past the last element.
    end: usize,
    /// Whether the rows follow each other without a gap.
    dense: bool,
}

impl ShortRows {
    /// `rows` rows of `columns` elements, `stride` apart.
    ///
    /// # Panics
    /// If there is no row, if a row is longer than a vector, or if the numbers overflow.
    #[inline(always)]
    pub(crate) fn new(stride: usize, rows: usize, columns: usize) -> Self {
        assert!(rows > 0 && columns <= LANES && stride.checked_mul(LANES).is_some());
        let rows = rows.min(LANES);
        let mut at = [0; LANES];
        for (i, at) in at.iter_mut().enumerate() {
            *at = i.min(rows - 1) * stride;
        }
        Self { at, rows, columns, end: (rows - 1) * stride + columns, dense: stride == columns }
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
            // SAFETY: row i starts at `at[i]` ≤ (rows − 1) · stride and ends no later than `end`, which is within `data`.
            let row = unsafe { data.get_unchecked(self.at[i]..self.at[i] + self.columns) };
            v[i] = s.load_part(row, fill);
        }
        v
    }

    /// Writes vector i to row i, in ascending order.
    ///
    /// A whole vector is stored where what it spills over belongs to rows that come later: a store under a mask is many times
    /// dearer on some processors.
    ///
    /// # Panics
    /// If a row lies outside `data`.
    #[inline(always)]
    pub(crate) fn store<S: Simd>(&self, s: S, v: &[S::V; LANES], data: &mut [f32]) {
        assert!(self.end <= data.len());
        let room = if self.dense { self.end } else { 0 };
        macro_rules! rows {
            ($($i:literal)*) => { $(self.store_row(s, $i, v[$i], room, data);)* };
        }
        rows!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    }

    /// Row i; `room` and all rows lie within `data`.
    #[inline(always)]
    fn store_row<S: Simd>(&self, s: S, i: usize, v: S::V, room: usize, data: &mut [f32]) {
        let at = self.at[i];
        if i >= self.rows {
            return;
        }
        if at + LANES <= room {
            // SAFETY: `store` has checked that `room` is within `data`.
            let row = unsafe { data.get_unchecked_mut(at..at + LANES) };
            if let Some(row) = row.first_chunk_mut::<LANES>() {
                s.store(v, row);
            }
        } else {
            // SAFETY: as in `load`, by the assertion in `store`.
            let row = unsafe { data.get_unchecked_mut(at..at + self.columns) };
            s.store_part(v, row);
        }
    }
}
