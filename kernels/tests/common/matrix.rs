//! Matrices to read in every layout, and matrices to write whose surroundings are watched.

use std::fmt::Arguments;

use kernels::{Mat, MatMut};

use super::{Float, assert_same_bits};

/// How a matrix lies in memory. What does not belong to it is NaN, so reading it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Row-major, filling its slice.
    Plain,
    /// Stored as its transpose.
    Transposed,
    /// A part of a larger matrix: row stride > columns.
    Part,
    /// A part of a larger matrix that is stored as its transpose.
    TransposedPart,
    /// Column stride 3.
    Scattered,
    /// Row stride 2, column stride larger.
    TransposedScattered,
}

impl Layout {
    pub(crate) const ALL: [Self; 6] = [
        Self::Plain,
        Self::Transposed,
        Self::Part,
        Self::TransposedPart,
        Self::Scattered,
        Self::TransposedScattered,
    ];
}

/// The elements of a matrix in some layout.
pub(crate) struct Stored<T> {
    data: Vec<T>,
    rows: usize,
    cols: usize,
    layout: Layout,
}

/// Rows and columns before and after a part.
const BEFORE: (usize, usize) = (2, 3);
const AFTER: (usize, usize) = (1, 4);

impl<T: Float> Stored<T> {
    /// `values` is row-major.
    pub(crate) fn new(layout: Layout, rows: usize, cols: usize, values: &[T]) -> Self {
        assert_eq!(values.len(), rows * cols);
        let (wide, high) = (BEFORE.1 + cols + AFTER.1, BEFORE.0 + rows + AFTER.0);
        let len = match layout {
            Layout::Plain | Layout::Transposed => rows * cols,
            Layout::Part => high * wide,
            Layout::TransposedPart => (BEFORE.0 + cols + AFTER.0) * (BEFORE.1 + rows + AFTER.1),
            Layout::Scattered | Layout::TransposedScattered => 8 * (rows + 1) * (cols + 1),
        };
        let mut stored = Self { data: vec![T::NAN; len], rows, cols, layout };
        for i in 0..rows {
            for j in 0..cols {
                let at = stored.place(i, j);
                stored.data[at] = values[i * cols + j];
            }
        }
        stored
    }

    /// Where element (i, j) lies: written down a second time here, apart from the views under test.
    fn place(&self, i: usize, j: usize) -> usize {
        let Self { rows, cols, .. } = *self;
        match self.layout {
            Layout::Plain => i * cols + j,
            Layout::Transposed => j * rows + i,
            Layout::Part => (BEFORE.0 + i) * (BEFORE.1 + cols + AFTER.1) + BEFORE.1 + j,
            Layout::TransposedPart => (BEFORE.0 + j) * (BEFORE.1 + rows + AFTER.1) + BEFORE.1 + i,
            Layout::Scattered => i * (3 * cols + 5) + 3 * j,
            Layout::TransposedScattered => 2 * i + j * (2 * rows + 3),
        }
    }

    pub(crate) fn view(&self) -> Mat<'_, T> {
        let Self { ref data, rows, cols, layout } = *self;
        let part = |rows: usize, cols: usize| {
            Mat::new(data, BEFORE.0 + rows + AFTER.0, BEFORE.1 + cols + AFTER.1)
                .row_range(BEFORE.0..BEFORE.0 + rows)
                .col_range(BEFORE.1..BEFORE.1 + cols)
        };
        match layout {
            Layout::Plain => Mat::new(data, rows, cols),
            Layout::Transposed => Mat::new(data, cols, rows).t(),
            Layout::Part => part(rows, cols),
            Layout::TransposedPart => part(cols, rows).t(),
            Layout::Scattered => Mat::with_strides(data, rows, cols, 3 * cols + 5, 3),
            Layout::TransposedScattered => Mat::with_strides(data, rows, cols, 2, 2 * rows + 3),
        }
    }
}

/// A matrix to write with `gap` elements between its rows and after the last one, which nobody may touch.
pub(crate) struct Output {
    data: Vec<f32>,
    rows: usize,
    cols: usize,
    gap: usize,
}

/// What lies in the gaps: a NaN with bits that no operation makes.
const GUARD: f32 = f32::from_bits(0x7fe5_a5a5);

impl Output {
    /// With the old values given, or NaN throughout where they must not matter.
    pub(crate) fn new(rows: usize, cols: usize, gap: usize, old: Option<&[f32]>) -> Self {
        let mut data = vec![GUARD; rows * (cols + gap)];
        for i in 0..rows {
            let row = &mut data[i * (cols + gap)..][..cols];
            match old {
                Some(old) => row.copy_from_slice(&old[i * cols..][..cols]),
                None => row.fill(f32::NAN),
            }
        }
        Self { data, rows, cols, gap }
    }

    pub(crate) fn view(&mut self) -> MatMut<'_, f32> {
        MatMut::with_row_stride(&mut self.data, self.rows, self.cols, self.cols + self.gap)
    }

    /// Writes one element, gaps counted: for the test of this very type.
    pub(crate) fn poke(&mut self, at: usize, x: f32) {
        self.data[at] = x;
    }

    /// Fails where the matrix is not `want` (row-major) or a gap was written to.
    #[track_caller]
    pub(crate) fn assert_is(&self, want: &[f32], context: Arguments<'_>) {
        let Self { rows, cols, gap, .. } = *self;
        assert_eq!(want.len(), rows * cols, "{context}");
        for i in 0..rows {
            let (row, rest) = self.data[i * (cols + gap)..][..cols + gap].split_at(cols);
            assert_same_bits(row, &want[i * cols..][..cols], format_args!("{context}: row {i}"));
            let untouched = rest.iter().all(|x| x.to_bits() == GUARD.to_bits());
            assert!(untouched, "{context}: written behind row {i}: {rest:x?}");
        }
    }
}
