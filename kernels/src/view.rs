//! Borrowed matrix views: [`Mat`] to read, [`MatMut`] to write.
//!
//! Element (i, j) of a view lies at `data[i · row_stride + j · col_stride]`; strides and lengths count
//! elements. This file is the only place where lengths are checked against shapes: whoever holds a view may
//! index it without fear.

use core::fmt;
use core::ops::Range;

/// Why a slice does not hold the matrix it was said to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The slice has `got` elements, the shape wants `needed` of them (at least, where strides are given).
    Length {
        /// Elements the shape needs.
        needed: usize,
        /// Elements the slice has.
        got: usize,
    },
    /// The rows are `cols` elements wide but only `row_stride` apart, so they would overlap.
    Overlap {
        /// Elements in a row.
        cols: usize,
        /// Elements from one row to the next.
        row_stride: usize,
    },
    /// The number of elements does not fit a `usize`.
    Overflow,
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Length { needed, got } => {
                write!(f, "the matrix needs {needed} elements, the slice has {got}")
            }
            Self::Overlap { cols, row_stride } => {
                write!(f, "rows of {cols} elements overlap at a row stride of {row_stride}")
            }
            Self::Overflow => write!(f, "the matrix has more elements than a usize can count"),
        }
    }
}

impl core::error::Error for ShapeError {}

/// The matrix that was made, or a panic with the complaint.
#[track_caller]
fn or_panic<M>(made: Result<M, ShapeError>) -> M {
    match made {
        Ok(matrix) => matrix,
        Err(complaint) => panic!("{complaint}"),
    }
}

/// Elements that a strided `rows` × `cols` matrix spans, from its first to its last one inclusive.
const fn span(rows: usize, cols: usize, row_stride: usize, col_stride: usize) -> Result<usize, ShapeError> {
    if rows == 0 || cols == 0 {
        return Ok(0);
    }
    let (Some(down), Some(across)) = ((rows - 1).checked_mul(row_stride), (cols - 1).checked_mul(col_stride))
    else {
        return Err(ShapeError::Overflow);
    };
    match down.checked_add(across) {
        Some(last) if last < usize::MAX => Ok(last + 1),
        _ => Err(ShapeError::Overflow),
    }
}

/// A matrix to read: `rows` × `cols` elements at any strides. Copying it copies no element.
///
/// ```
/// use kernels::Mat;
/// let a = Mat::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
/// assert_eq!(a.get(1, 0), 4.0);
/// assert_eq!(a.t().get(0, 1), 4.0); // the transpose moves nothing
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a, T> {
    data: &'a [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a, T: Copy> Mat<'a, T> {
    /// A row-major `rows` × `cols` matrix that fills `data`.
    ///
    /// # Panics
    /// If `data.len()` is not `rows · cols`.
    #[track_caller]
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        or_panic(Self::try_new(data, rows, cols))
    }

    /// [`Mat::new`] that returns its complaint.
    pub fn try_new(data: &'a [T], rows: usize, cols: usize) -> Result<Self, ShapeError> {
        let needed = rows.checked_mul(cols).ok_or(ShapeError::Overflow)?;
        if data.len() != needed {
            return Err(ShapeError::Length { needed, got: data.len() });
        }
        Ok(Self { data, rows, cols, row_stride: cols, col_stride: 1 })
    }

    /// A matrix whose element (i, j) is `data[i · row_stride + j · col_stride]`. Reading needs no distinct
    /// places: a stride of 0 repeats a row or a column.
    ///
    /// # Panics
    /// If the last element lies outside `data`.
    #[track_caller]
    pub fn with_strides(
        data: &'a [T],
        rows: usize,
        cols: usize,
        row_stride: usize,
        col_stride: usize,
    ) -> Self {
        or_panic(Self::try_with_strides(data, rows, cols, row_stride, col_stride))
    }

    /// [`Mat::with_strides`] that returns its complaint.
    pub fn try_with_strides(
        data: &'a [T],
        rows: usize,
        cols: usize,
        row_stride: usize,
        col_stride: usize,
    ) -> Result<Self, ShapeError> {
        let needed = span(rows, cols, row_stride, col_stride)?;
        if data.len() < needed {
            return Err(ShapeError::Length { needed, got: data.len() });
        }
        Ok(Self { data: &data[..needed], rows, cols, row_stride, col_stride })
    }

    /// The transpose: the same elements, strides exchanged.
    #[must_use]
    pub fn t(self) -> Self {
        Self {
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
            ..self
        }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from (i, j) to (i + 1, j).
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// Elements from (i, j) to (i, j + 1).
    pub fn col_stride(&self) -> usize {
        self.col_stride
    }

    /// Element (i, j).
    ///
    /// # Panics
    /// If i or j is out of range.
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        assert!(
            i < self.rows && j < self.cols,
            "({i}, {j}) is outside a {} x {} matrix",
            self.rows,
            self.cols
        );
        self.data[i * self.row_stride + j * self.col_stride]
    }

    /// Row i as a slice, where its elements are neighbours (`col_stride` 1, or a single column).
    ///
    /// # Panics
    /// If i is out of range.
    #[track_caller]
    pub fn row(&self, i: usize) -> Option<&'a [T]> {
        assert!(i < self.rows, "row {i} is outside a {} x {} matrix", self.rows, self.cols);
        match self.col_stride {
            _ if self.cols == 0 => Some(&[]),
            1 => Some(&self.data[i * self.row_stride..][..self.cols]),
            _ if self.cols == 1 => Some(&self.data[i * self.row_stride..][..1]),
            _ => None,
        }
    }

    /// The rows `range`.
    ///
    /// # Panics
    /// If the range reaches past the last row.
    #[must_use]
    #[track_caller]
    pub fn row_range(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.rows, "rows {range:?} of {}", self.rows);
        let rows = range.end - range.start;
        let data = self.spanned(range.start, rows, self.cols);
        Self { data, rows, ..self }
    }

    /// The columns `range`.
    ///
    /// # Panics
    /// If the range reaches past the last column.
    #[must_use]
    #[track_caller]
    pub fn col_range(self, range: Range<usize>) -> Self {
        self.t().row_range(range).t()
    }

    /// The elements from row `first` on that a `rows` × `cols` part spans.
    fn spanned(&self, first: usize, rows: usize, cols: usize) -> &'a [T] {
        if rows == 0 || cols == 0 {
            return &[];
        }
        let span = (rows - 1) * self.row_stride + (cols - 1) * self.col_stride + 1;
        &self.data[first * self.row_stride..][..span]
    }

    /// The elements from (i, j) on, gaps included; none if there are no such elements.
    pub(crate) fn beginning_at(&self, i: usize, j: usize) -> &'a [T] {
        self.data.get(i * self.row_stride + j * self.col_stride..).unwrap_or(&[])
    }

    /// The elements from (0, 0) to the last one, gaps included.
    pub(crate) fn data(&self) -> &'a [T] {
        self.data
    }
}

/// A row-major matrix to write: `rows` × `cols` elements, neighbours within a row. A product C in column order is written as
/// Cᵀ = Bᵀ Aᵀ.
///
/// ```
/// use kernels::MatMut;
/// let mut data = [0.0; 6];
/// let (mut top, mut bottom) = MatMut::new(&mut data, 2, 3).split_rows(1);
/// top.row_mut(0)[2] = 1.0;
/// bottom.row_mut(0)[0] = 2.0;
/// assert_eq!(data, [0.0, 0.0, 1.0, 2.0, 0.0, 0.0]);
/// ```
#[derive(Debug)]
pub struct MatMut<'a, T> {
    data: &'a mut [T],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

impl<'a, T: Copy> MatMut<'a, T> {
    /// A row-major `rows` × `cols` matrix that fills `data`.
    ///
    /// # Panics
    /// If `data.len()` is not `rows · cols`.
    #[track_caller]
    pub fn new(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        or_panic(Self::try_new(data, rows, cols))
    }

    /// [`MatMut::new`] that returns its complaint.
    pub fn try_new(data: &'a mut [T], rows: usize, cols: usize) -> Result<Self, ShapeError> {
        let needed = rows.checked_mul(cols).ok_or(ShapeError::Overflow)?;
        if data.len() != needed {
            return Err(ShapeError::Length { needed, got: data.len() });
        }
        Ok(Self { data, rows, cols, row_stride: cols })
    }

    /// A matrix whose element (i, j) is `data[i · row_stride + j]`; what lies between the rows stays untouched.
    ///
    /// # Panics
    /// If the last element lies outside `data`, or if the rows overlap.
    #[track_caller]
    pub fn with_row_stride(data: &'a mut [T], rows: usize, cols: usize, row_stride: usize) -> Self {
        or_panic(Self::try_with_row_stride(data, rows, cols, row_stride))
    }

    /// [`MatMut::with_row_stride`] that returns its complaint.
    pub fn try_with_row_stride(
        data: &'a mut [T],
        rows: usize,
        cols: usize,
        row_stride: usize,
    ) -> Result<Self, ShapeError> {
        if rows > 1 && row_stride < cols {
            return Err(ShapeError::Overlap { cols, row_stride });
        }
        let needed = span(rows, cols, row_stride, 1)?;
        let got = data.len();
        match data.get_mut(..needed) {
            Some(data) => Ok(Self { data, rows, cols, row_stride }),
            None => Err(ShapeError::Length { needed, got }),
        }
    }

    /// The same elements, to read.
    pub fn as_mat(&self) -> Mat<'_, T> {
        Mat { data: self.data, rows: self.rows, cols: self.cols, row_stride: self.row_stride, col_stride: 1 }
    }

    /// The same view for a shorter time, so that it can be passed on and used again.
    pub fn reborrow(&mut self) -> MatMut<'_, T> {
        MatMut { data: self.data, rows: self.rows, cols: self.cols, row_stride: self.row_stride }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Elements from (i, j) to (i + 1, j).
    pub fn row_stride(&self) -> usize {
        self.row_stride
    }

    /// Element (i, j).
    ///
    /// ```
    /// assert_eq!(kernels::MatMut::new(&mut [1.0, 2.0, 3.0, 4.0], 2, 2).get(1, 0), 3.0);
    /// ```
    ///
    /// # Panics
    /// If i or j is out of range.
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        self.as_mat().get(i, j)
    }

    /// Row i.
    ///
    /// # Panics
    /// If i is out of range.
    #[track_caller]
    pub fn row(&self, i: usize) -> &[T] {
        assert!(i < self.rows, "row {i} is outside a {} x {} matrix", self.rows, self.cols);
        if self.cols == 0 { &[] } else { &self.data[i * self.row_stride..][..self.cols] }
    }

    /// Row i, to write.
    ///
    /// # Panics
    /// If i is out of range.
    #[track_caller]
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        assert!(i < self.rows, "row {i} is outside a {} x {} matrix", self.rows, self.cols);
        if self.cols == 0 { &mut [] } else { &mut self.data[i * self.row_stride..][..self.cols] }
    }

    /// The elements from (i, j) on, gaps included; none if there are no such elements.
    pub(crate) fn beginning_at(&mut self, i: usize, j: usize) -> &mut [T] {
        self.data.get_mut(i * self.row_stride + j..).unwrap_or(&mut [])
    }

    /// The rows `range`.
    ///
    /// ```
    /// let mut data = [0.0; 6];
    /// kernels::MatMut::new(&mut data, 3, 2).row_range(1..2).row_mut(0).fill(1.0);
    /// assert_eq!(data, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If the range reaches past the last row.
    #[must_use]
    #[track_caller]
    pub fn row_range(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.rows, "rows {range:?} of {}", self.rows);
        self.split_rows(range.end).0.split_rows(range.start).1
    }

    /// Rows `0..at` and rows `at..`.
    ///
    /// # Panics
    /// If there are fewer than `at` rows.
    #[track_caller]
    pub fn split_rows(self, at: usize) -> (Self, Self) {
        assert!(at <= self.rows, "cannot split {} rows at {at}", self.rows);
        // A part's last row is followed by nothing, not even by the rest of its stride.
        let start = at.saturating_mul(self.row_stride);
        let cut = if at == self.rows { self.data.len() } else { start.min(self.data.len()) };
        let (top, bottom) = self.data.split_at_mut(cut);
        let end = at
            .checked_sub(1)
            .map_or(0, |last| last.saturating_mul(self.row_stride).saturating_add(self.cols));
        let top = &mut top[..end.min(cut)];
        (Self { data: top, rows: at, ..self }, Self { data: bottom, rows: self.rows - at, ..self })
    }

    /// Columns `0..at` and columns `at..` of a matrix of one row, the only one whose columns lie apart.
    ///
    /// # Panics
    /// If there is not exactly one row, or if there are fewer than `at` columns.
    #[track_caller]
    pub fn split_cols(self, at: usize) -> (Self, Self) {
        assert!(
            self.rows == 1,
            "only a matrix of one row splits by columns, this one has {} rows",
            self.rows
        );
        assert!(at <= self.cols, "cannot split {} columns at {at}", self.cols);
        let (left, right) = self.data.split_at_mut(at);
        (Self { data: left, cols: at, ..self }, Self { data: right, cols: self.cols - at, ..self })
    }

    /// The elements from (0, 0) to the last one, gaps included.
    pub(crate) fn data_mut(&mut self) -> &mut [T] {
        self.data
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    /// Whether the data end with the last element.
    #[track_caller]
    fn check(part: &MatMut<'_, f32>) {
        let (len, got) = (span(part.rows, part.cols, part.row_stride, 1), part.as_mat().data().len());
        assert_eq!(len, Ok(got), "{} x {}, rows {} apart", part.rows, part.cols, part.row_stride);
    }

    #[test]
    fn every_part_ends_with_its_last_element() {
        let data = &mut [0.0; 40];
        for (rows, cols, row_stride) in
            [(4, 3, 3), (4, 3, 5), (5, 1, 9), (1, 3, 0), (1, 5, usize::MAX), (0, 3, 5), (3, 0, usize::MAX)]
        {
            let mut whole = MatMut::with_row_stride(data, rows, cols, row_stride);
            check(&whole);
            for at in 0..=rows {
                let (mut top, mut bottom) = whole.reborrow().split_rows(at);
                check(&top);
                check(&bottom);
                for part in [&mut top, &mut bottom] {
                    for at in 0..=part.rows {
                        let (top, bottom) = part.reborrow().split_rows(at);
                        check(&top);
                        check(&bottom);
                    }
                }
                for end in at..=rows {
                    let mut part = whole.reborrow().row_range(at..end);
                    check(&part);
                    for column in 0..if part.rows == 1 { cols + 1 } else { 0 } {
                        let (left, right) = part.reborrow().split_cols(column);
                        check(&left);
                        check(&right);
                        check(&left.split_rows(1).0);
                        check(&right.split_rows(0).1);
                    }
                }
            }
        }
    }
}
