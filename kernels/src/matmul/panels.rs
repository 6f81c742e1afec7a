//! A block of B in panels: where it lies, or packed.

use core::ops::Range;

use super::pack;
use crate::Mat;
use crate::simd::{LANES, Simd};

/// A block of B. What is packed of it lies panel by panel: row p of the panel of V vectors that starts at column j at
/// `packed[j · depth + p · 16 V ..]`.
pub(super) struct BlockOfB<'a> {
    pub(super) b: Mat<'a, f32>,
    pub(super) packed: &'a mut [f32],
    /// Whether panels are to be packed.
    pub(super) packs: bool,
    /// Whether they have been.
    pub(super) ready: bool,
}

/// Panels side by side.
#[derive(Clone, Copy)]
pub(super) struct Panels<'a> {
    pub(super) data: &'a [f32],
    /// Elements from one row of a panel to the next.
    pub(super) row: usize,
    /// The panel that begins c columns further on begins c · `per_column` elements further on: 1 in place, the depth if
    /// packed.
    pub(super) per_column: usize,
    /// Whether every vector is whole.
    pub(super) whole: bool,
}

impl BlockOfB<'_> {
    /// Packs panels of V vectors.
    #[inline(always)]
    pub(super) fn pack<S: Simd, const V: usize>(&mut self, s: S, columns: Range<usize>) {
        let depth = self.b.rows();
        for j in columns.clone().step_by(V * LANES) {
            let panel = self.b.col_range(j..columns.end.min(j + V * LANES));
            pack::panel::<S, V>(s, panel, &mut self.packed[j * depth..]);
        }
    }

    /// Where the tiles read panels of V vectors.
    #[inline(always)]
    pub(super) fn panels<const V: usize>(&self, columns: Range<usize>) -> Panels<'_> {
        if !self.packs {
            return self.in_place(columns);
        }
        let depth = self.b.rows();
        let end = columns.start + columns.len().next_multiple_of(V * LANES);
        let data = &self.packed[columns.start * depth..end * depth];
        Panels { data, row: V * LANES, per_column: depth, whole: true }
    }

    /// Panels where they lie.
    #[inline(always)]
    fn in_place(&self, columns: Range<usize>) -> Panels<'_> {
        let data = self.b.data().get(columns.start..).unwrap_or(&[]);
        Panels { data, row: self.b.row_stride(), per_column: 1, whole: false }
    }
}
