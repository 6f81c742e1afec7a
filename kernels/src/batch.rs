//! A batch: rows of a data set by number, as the net sees them.

use core::ops::Range;

use crate::normalize::{Apply, Raw, one_for_all};
use crate::scalar::{Inside, Scalar};
use crate::simd::{Kernel, Simd};
use crate::{Input, Isa, MatMut, Normalization, Source};

/// X (N × D) by row numbers: X_ij = (x_j − μ_q)·s_q, with x row `rows[i]` of a data set that stays where it is.
///
/// The data are bytes or numbers, row after row; [`Normalization`] says how many a row has and what becomes of them. A
/// number may come twice. Wherever a function takes X as a [`crate::Source`], a batch and the matrix that
/// [`Batch::gather`] makes of it give the same bits.
///
/// ```
/// use kernels::{Batch, Floats, Input, Isa, MatMut, Normalization};
/// let pixels = [0u8, 255, 10, 20, 255, 255]; // three rows of two
/// let unit = Normalization::new(2, Floats::F32(&[0.0]), Floats::F32(&[1.0 / 255.0])).unwrap();
/// let mut x = [0.0f32; 4];
/// Batch::new(Input::U8(&pixels), unit, &[2, 0]).gather(Isa::best(), MatMut::new(&mut x, 2, 2));
/// assert_eq!(x, [1.0, 1.0, 0.0, 1.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    data: Input<'a>,
    normalization: Normalization<'a>,
    rows: &'a [u32],
    /// The first of the inputs that are columns of it, and how many there are.
    first: usize,
    cols: usize,
}

impl<'a> Batch<'a> {
    /// The rows of these numbers, counted from 0.
    ///
    /// # Panics
    /// If `data` is no whole number of rows, or if there is no row of one of the numbers.
    #[track_caller]
    pub fn new(data: Input<'a>, normalization: Normalization<'a>, rows: &'a [u32]) -> Self {
        let (len, d) = (data.len(), normalization.inputs());
        assert!(d > 0 && len.is_multiple_of(d), "{len} values are no whole number of rows of {d}");
        let (there, last) = (len / d, rows.iter().copied().max());
        assert!(
            last.is_none_or(|last| (last as usize) < there),
            "row {} of a data set of {there} rows, counted from 0",
            last.unwrap_or(0)
        );
        Self { data, normalization, rows, first: 0, cols: d }
    }

    /// N.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// D, or as many columns as [`Batch::col_range`] left.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// X_ij, with the bits that [`Batch::gather`] gives it.
    ///
    /// # Panics
    /// If there is no such element.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> f32 {
        let (rows, cols) = (self.rows(), self.cols);
        assert!(i < rows && j < cols, "element ({i}, {j}) of a batch of {rows} x {cols}, counted from 0");
        let (by, j) = (self.normalization, self.first + j);
        by.one(j, self.data.at(self.rows[i] as usize * by.inputs() + j))
    }

    /// Some of its rows: those of the numbers `rows[range]` of [`Batch::new`].
    ///
    /// # Panics
    /// If the range reaches past the last row.
    #[must_use]
    #[track_caller]
    pub fn row_range(self, range: Range<usize>) -> Self {
        let (rows, Range { start, end }) = (self.rows.len(), range);
        assert!(start <= end && end <= rows, "rows {start}..{end} of a batch of {rows}");
        Self { rows: &self.rows[start..end], ..self }
    }

    /// Some of its columns. Each keeps its mean and scale: column j of the part is input `range.start` + j of the whole.
    ///
    /// ```
    /// use kernels::{Batch, Floats, Input, Normalization};
    /// let by = Normalization::new(2, Floats::F32(&[0.0, 10.0]), Floats::F32(&[1.0, 0.5])).unwrap();
    /// let x = Batch::new(Input::U8(&[1, 12]), by, &[0]);
    /// assert_eq!(x.col_range(1..2).get(0, 0), 1.0); // (12 − 10)·0.5
    /// ```
    ///
    /// # Panics
    /// If the range reaches past the last column.
    #[must_use]
    #[track_caller]
    pub fn col_range(self, range: Range<usize>) -> Self {
        let (cols, Range { start, end }) = (self.cols, range);
        assert!(start <= end && end <= cols, "columns {start}..{end} of a batch of {cols}");
        Self { first: self.first + start, cols: end - start, ..self }
    }

    /// Xᵀ, as the first factor of a product: column i is row i of the batch. Nothing moves.
    ///
    /// ```
    /// use kernels::{Batch, Epilogue, Floats, Input, Isa, Mat, MatMut, Normalization, matmul, matmul_workspace};
    /// let unit = Normalization::new(2, Floats::F32(&[0.0]), Floats::F32(&[1.0 / 255.0])).unwrap();
    /// let x = Batch::new(Input::U8(&[0, 255, 10, 20, 255, 255]), unit, &[2, 0]); // 1 1, 0 1
    /// let (d, mut c, mut workspace) = ([1.0f32, 2.0], [0.0; 2], vec![0.0; matmul_workspace(2, 1, 2)]);
    /// let (isa, d) = (Isa::best(), Mat::new(&d, 2, 1));
    /// matmul(isa, x.t(), d, MatMut::new(&mut c, 2, 1), Epilogue::Store, &mut workspace);
    /// assert_eq!(c, [1.0, 3.0]); // Xᵀ d
    /// ```
    #[must_use]
    pub fn t<T: Scalar>(self) -> Source<'a, T> {
        Source::BatchT(self)
    }

    /// X as a matrix: every element of `x`, as large as the batch, is written. In f64 an element is that of f32.
    ///
    /// # Panics
    /// If `x` is larger or smaller.
    #[track_caller]
    pub fn gather<T: Scalar>(self, isa: Isa, x: MatMut<'_, T>) {
        let (wanted, got) = ((self.rows(), self.cols()), (x.rows(), x.cols()));
        assert!(got == wanted, "X is {} x {}, the batch {} x {}", got.0, got.1, wanted.0, wanted.1);
        T::gather(Inside(isa), self, x);
    }
}

/// [`Batch::gather`], as a kernel.
pub(crate) struct Gather<'a, 'x> {
    pub(crate) batch: Batch<'a>,
    pub(crate) x: MatMut<'x, f32>,
    /// Whether its rows have been prefetched.
    pub(crate) prefetched: bool,
    /// What is wanted after it: on its way from memory meanwhile.
    pub(crate) next: Option<Batch<'a>>,
}

impl Kernel for Gather<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.batch.data {
            Input::U8(data) => gather(s, self, data),
            Input::F32(data) => gather(s, self, data),
        }
    }
}

impl Batch<'_> {
    /// Prefetches row i of a batch.
    #[inline(always)]
    fn prefetch<S: Simd, X>(&self, s: S, data: &[X], i: usize) {
        let first = self.rows[i] as usize * self.normalization.inputs() + self.first;
        for j in (0..self.cols).step_by(LINE_BYTES / size_of::<X>()) {
            s.prefetch_far(data, first + j);
        }
        s.prefetch_far(data, (first + self.cols).wrapping_sub(1));
    }

    /// Row i, normalised; `shared` are mean and scale if all inputs share them.
    #[inline(always)]
    fn row<S: Simd, X: Raw>(&self, s: S, data: &[X], i: usize, shared: Option<(f32, f32)>, out: &mut [f32]) {
        let Self { normalization: by, first, cols, .. } = *self;
        let start = self.rows[i] as usize * by.inputs() + first;
        let (x, out) = (&data[start..][..cols], &mut out[..cols]);
        match shared {
            Some(of_all) => one_for_all(s, x, of_all, out),
            None => Apply { by, first, x, out }.run(s),
        }
    }
}

/// Bytes of a line of the cache.
const LINE_BYTES: usize = 64;
/// Bytes of the rows that are prefetched together. Rows come in any order, so the processor cannot guess the next one; prefetched in
/// time, 64 rows of 784 bytes take a third of the time.
const TOGETHER_BYTES: usize = 48 << 10;

/// The rows in groups. Each group is prefetched at once, while the one before it waits to be converted: most of the way to a row is
/// that through the page tables, and such ways go side by side only where nothing comes between them.
#[inline(always)]
fn gather<S: Simd, X: Raw>(s: S, g: Gather<'_, '_>, data: &[X]) {
    let Gather { batch, mut x, prefetched, next } = g;
    let Batch { normalization: by, rows, cols, .. } = batch;
    let (m, shared) = (rows.len(), by.shared());
    let group = if prefetched { m } else { TOGETHER_BYTES / (cols * size_of::<X>()).max(1) + 1 };
    if !prefetched {
        (0..m.min(group)).for_each(|i| batch.prefetch(s, data, i));
    }
    let mut start = 0;
    while start < m {
        let end = m.min(start + group);
        (end..m.min(end + group)).for_each(|i| batch.prefetch(s, data, i));
        if let Some(next) = next.filter(|_| end == m) {
            (0..next.rows.len()).for_each(|i| next.prefetch(s, data, i));
        }
        for i in start..end {
            batch.row(s, data, i, shared, x.row_mut(i));
        }
        start = end;
    }
}

/// The same in f64.
pub(crate) fn gather_f64(batch: Batch<'_>, mut x: MatMut<'_, f64>) {
    for i in 0..x.rows() {
        x.row_mut(i).iter_mut().enumerate().for_each(|(j, x)| *x = batch.get(i, j).into());
    }
}
