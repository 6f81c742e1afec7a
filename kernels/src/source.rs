//! Where a factor of a product comes from: a matrix, or rows of a data set.

use core::ops::Range;

use crate::{Batch, Mat, Scalar};

/// The first factor A of a product: a matrix as it lies in memory, or X or Xᵀ by row numbers. Bytes of a data set become numbers where a product uses them, a block at a
/// time.
///
/// ```
/// use kernels::{Batch, Epilogue, Floats, Input, Isa, Mat, MatMut, Normalization, Source, matmul, matmul_workspace};
/// let pixels = [0u8, 255, 10, 20, 255, 255]; // three rows of two
/// let unit = Normalization::new(2, Floats::F32(&[0.0]), Floats::F32(&[1.0 / 255.0])).unwrap();
/// let x = Source::from(Batch::new(Input::U8(&pixels), unit, &[2, 0])); // 1 1, 0 1
/// let d = [1.0f32, 2.0];
/// let mut c = [0.0; 2];
/// let mut workspace = vec![0.0; matmul_workspace(2, 1, 2)];
/// let (isa, d) = (Isa::best(), Mat::new(&d, 2, 1));
/// matmul(isa, x.t(), d, MatMut::new(&mut c, 2, 1), Epilogue::Store, &mut workspace);
/// assert_eq!(c, [1.0, 3.0]); // Xᵀ d
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Source<'a, T> {
    /// As it lies in memory.
    Mat(Mat<'a, T>),
    /// X by row numbers.
    Batch(Batch<'a>),
    /// Xᵀ by row numbers: column p is row p of the batch.
    BatchT(Batch<'a>),
}

impl<T: Scalar> Source<'_, T> {
    /// m: N for X, D for Xᵀ.
    pub fn rows(&self) -> usize {
        match self {
            Self::Mat(x) => x.rows(),
            Self::Batch(x) => x.rows(),
            Self::BatchT(x) => x.cols(),
        }
    }

    /// k: D for X, N for Xᵀ.
    pub fn cols(&self) -> usize {
        match self {
            Self::Mat(x) => x.cols(),
            Self::Batch(x) => x.cols(),
            Self::BatchT(x) => x.rows(),
        }
    }

    /// A_ij, with the bits that a product sees.
    ///
    /// # Panics
    /// If there is no such element.
    #[must_use]
    #[track_caller]
    pub fn get(&self, i: usize, j: usize) -> T {
        match self {
            Self::Mat(x) => x.get(i, j),
            Self::Batch(x) => T::from_f64(x.get(i, j).into()),
            Self::BatchT(x) => T::from_f64(x.get(j, i).into()),
        }
    }

    /// Aᵀ: its element (i, j) is A_ji.
    #[must_use]
    pub fn t(self) -> Self {
        match self {
            Self::Mat(x) => Self::Mat(x.t()),
            Self::Batch(x) => Self::BatchT(x),
            Self::BatchT(x) => Self::Batch(x),
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
            Self::BatchT(x) => Self::BatchT(x.col_range(range)),
        }
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

    /// Whether the elements of a row are neighbours.
    pub(crate) fn by_rows(&self) -> bool {
        match self {
            Self::Mat(x) => x.col_stride() == 1,
            Self::Batch(_) => true,
            Self::BatchT(_) => false,
        }
    }

    /// Whether those of a column are.
    pub(crate) fn by_columns(&self) -> bool {
        match self {
            Self::Mat(x) => x.row_stride() == 1,
            Self::Batch(_) => false,
            Self::BatchT(_) => true,
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
