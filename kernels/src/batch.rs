//! A batch: rows of a data set by number, as the net sees them.

use core::ops::Range;

use crate::normalize::{Apply, Raw};
use crate::scalar::Scalar;
use crate::simd::{Kernel, Simd};
use crate::{Input, Isa, Mat, MatMut, Normalization};

/// X (N × D) by row numbers: X_ij = (x_j − μ_q)·s_q, with x row `rows[i]` of a data set that stays where it is.
///
/// The data are bytes or numbers, row after row; [`Normalization`] says how many a row has and what becomes of them. A
/// number may come twice. Wherever a function takes X as a [`Source`], a batch and the matrix that
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
        Self { data, normalization, rows }
    }

    /// N.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// D.
    pub fn cols(&self) -> usize {
        self.normalization.inputs()
    }

    /// Some of its rows: those that come `range.start`-th to `range.end`-th.
    ///
    /// # Panics
    /// If the range reaches past the last row.
    #[must_use]
    #[track_caller]
    pub fn row_range(self, range: Range<usize>) -> Self {
        Self { rows: &self.rows[range], ..self }
    }

    /// X as a matrix: every element of `x` (N × D) is written. In f64 an element is that of f32.
    ///
    /// # Panics
    /// If `x` is not N × D.
    #[track_caller]
    pub fn gather<T: Scalar>(self, isa: Isa, x: MatMut<'_, T>) {
        let (wanted, got) = ((self.rows(), self.cols()), (x.rows(), x.cols()));
        assert!(got == wanted, "X is {} x {}, the batch {} x {}", got.0, got.1, wanted.0, wanted.1);
        T::gather(isa, self, x);
    }
}

/// Where X comes from: a matrix, or rows of a data set.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a, T> {
    /// As it lies in memory.
    Mat(Mat<'a, T>),
    /// By row numbers.
    Batch(Batch<'a>),
}

impl<T: Scalar> Source<'_, T> {
    /// N.
    pub fn rows(&self) -> usize {
        match self {
            Self::Mat(x) => x.rows(),
            Self::Batch(x) => x.rows(),
        }
    }

    /// D.
    pub fn cols(&self) -> usize {
        match self {
            Self::Mat(x) => x.cols(),
            Self::Batch(x) => x.cols(),
        }
    }

    /// The rows `range`.
    ///
    /// # Panics
    /// If the range reaches past the last row.
    #[must_use]
    #[track_caller]
    pub fn row_range(self, range: Range<usize>) -> Self {
        match self {
            Self::Mat(x) => Self::Mat(x.row_range(range)),
            Self::Batch(x) => Self::Batch(x.row_range(range)),
        }
    }
}

impl<'a, T> From<Mat<'a, T>> for Source<'a, T> {
    fn from(x: Mat<'a, T>) -> Self {
        Self::Mat(x)
    }
}

impl<'a, T> From<Batch<'a>> for Source<'a, T> {
    fn from(x: Batch<'a>) -> Self {
        Self::Batch(x)
    }
}

/// [`Batch::gather`], as a kernel.
pub(crate) struct Gather<'a, 'x> {
    pub(crate) batch: Batch<'a>,
    pub(crate) x: MatMut<'x, f32>,
}

impl Kernel for Gather<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.batch.data {
            Input::U8(data) => gather(s, self.batch, data, self.x),
            Input::F32(data) => gather(s, self.batch, data, self.x),
        }
    }
}

/// Bytes of a cache line, and of rows to come that are on their way from memory while others are worked on. Rows come in any
/// order, so the processor cannot guess the next one; asked for in time, 64 rows of 784 bytes take a third of the time.
const LINE: usize = 64;
const AHEAD: usize = 48 << 10;

/// The rows one after the other.
#[inline(always)]
fn gather<S: Simd, X: Raw>(s: S, batch: Batch<'_>, data: &[X], mut x: MatMut<'_, f32>) {
    let Batch { normalization: by, rows, .. } = batch;
    let d = by.inputs();
    let ask_for = |row: u32| {
        let start = row as usize * d;
        for j in (0..d).step_by(LINE / size_of::<X>()) {
            s.prefetch_far(data, start + j);
        }
        s.prefetch_far(data, start + d - 1);
    };
    let ahead = AHEAD / (d * size_of::<X>()) + 1;
    rows.iter().take(ahead).for_each(|&row| ask_for(row));
    for (i, &row) in rows.iter().enumerate() {
        if let Some(&next) = rows.get(i + ahead) {
            ask_for(next);
        }
        Apply { by, first: 0, x: &data[row as usize * d..][..d], out: x.row_mut(i) }.run(s);
    }
}

/// The same in f64, a few numbers at a time.
pub(crate) fn gather_f64(isa: Isa, batch: Batch<'_>, mut x: MatMut<'_, f64>) {
    let Batch { data, normalization: by, rows } = batch;
    let d = by.inputs();
    let mut few = [0.0; 64];
    for (i, &row) in rows.iter().enumerate() {
        for (part, out) in x.row_mut(i).chunks_mut(few.len()).enumerate() {
            let (first, few) = (part * few.len(), &mut few[..out.len()]);
            by.apply(isa, first, data.part(row as usize * d + first, few.len()), few);
            out.iter_mut().zip(few).for_each(|(out, &mut x)| *out = x.into());
        }
    }
}
