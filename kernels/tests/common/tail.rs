//! Elements that end where their allocation ends, so that one read or written behind them is seen by a sanitizer.

use std::fmt::Arguments;

use kernels::{Mat, MatMut};

use super::{Float, Rng, same};

/// Elements behind up to 16 unused ones (every alignment; often none, so that the front is an end too), in an allocation of
/// exactly this size.
#[derive(Clone)]
pub(crate) struct Tail<T> {
    data: Box<[T]>,
    unused: T,
    first: usize,
}

impl<T: Copy> Tail<T> {
    pub(crate) fn new(values: &[T], unused: T, rng: &mut Rng) -> Self {
        let first = rng.below(33).saturating_sub(16);
        let mut data = vec![unused; first + values.len()];
        data[first..].copy_from_slice(values);
        Self { data: data.into_boxed_slice(), unused, first }
    }

    pub(crate) fn get(&self) -> &[T] {
        &self.data[self.first..]
    }

    pub(crate) fn get_mut(&mut self) -> &mut [T] {
        &mut self.data[self.first..]
    }
}

/// What a result holds before it is written, and what lies around it.
pub(crate) const UNUSED: f32 = f32::from_bits(0x7fe5_a5a5);

impl Tail<f32> {
    /// Numbers to read.
    pub(crate) fn of(values: &[f32], rng: &mut Rng) -> Self {
        Self::new(values, UNUSED, rng)
    }

    /// Writes one element, counted from the front of the allocation: for the test of this very type.
    pub(crate) fn poke(&mut self, at: usize, x: f32) {
        self.data[at] = x;
    }

    /// How many unused elements there are before the first one.
    pub(crate) fn front(&self) -> usize {
        self.first
    }

    /// Fails where the elements are not `want`, or one before them was written to.
    #[track_caller]
    pub(crate) fn assert_is(&self, want: &[f32], context: Arguments<'_>) {
        super::assert_same_bits(self.get(), want, context);
        let untouched = self.data[..self.first].iter().all(|x| x.to_bits() == self.unused.to_bits());
        assert!(untouched, "{context}: written before the first element");
    }
}

/// A matrix to read, in drawn strides, whose last element is the last of its allocation. The rest is NaN.
pub(crate) struct Strided<T> {
    data: Tail<T>,
    rows: usize,
    cols: usize,
    strides: (usize, usize),
}

impl<T: Float> Strided<T> {
    pub(crate) fn new(values: &[T], rows: usize, cols: usize, rng: &mut Rng) -> Self {
        let gap = [0, 0, 0, 1, 2, 5, 16][rng.below(7)];
        let strides = match rng.below(4) {
            0 | 1 => (cols + gap, 1),
            2 => (1, rows + gap),
            _ if rng.below(2) == 0 => (3 * cols + gap, 3),
            _ => (2, 2 * rows + gap),
        };
        let last = rows.saturating_sub(1) * strides.0 + cols.saturating_sub(1) * strides.1;
        let mut data = vec![T::NAN; if rows * cols == 0 { 0 } else { last + 1 }];
        for (at, &value) in values.iter().enumerate() {
            data[at / cols * strides.0 + at % cols * strides.1] = value;
        }
        Self { data: Tail::new(&data, T::NAN, rng), rows, cols, strides }
    }

    /// All elements up to the end of the allocation.
    pub(crate) fn elements(&self) -> &[T] {
        self.data.get()
    }

    pub(crate) fn view(&self) -> Mat<'_, T> {
        Mat::with_strides(self.data.get(), self.rows, self.cols, self.strides.0, self.strides.1)
    }
}

/// A matrix to write, in a drawn row stride, whose last element is the last of its allocation. Nobody may touch the rest.
#[derive(Clone)]
pub(crate) struct Target {
    data: Tail<f32>,
    rows: usize,
    cols: usize,
    stride: usize,
}

impl Target {
    /// With the old values given, or NaN where they must not matter.
    pub(crate) fn new(rows: usize, cols: usize, old: Option<&[f32]>, rng: &mut Rng) -> Self {
        let stride = cols + [0, 0, 1, 3, 16][rng.below(5)];
        let len = if rows * cols == 0 { 0 } else { (rows - 1) * stride + cols };
        let mut data = vec![UNUSED; len];
        for (i, row) in data.chunks_mut(stride.max(1)).enumerate() {
            match old {
                Some(old) => row[..cols].copy_from_slice(&old[i * cols..][..cols]),
                None => row[..cols].fill(f32::NAN),
            }
        }
        Self { data: Tail::of(&data, rng), rows, cols, stride }
    }

    pub(crate) fn view(&mut self) -> MatMut<'_, f32> {
        MatMut::with_row_stride(self.data.get_mut(), self.rows, self.cols, self.stride)
    }

    /// Writes one element, as [`Tail::poke`].
    pub(crate) fn poke(&mut self, at: usize, x: f32) {
        self.data.poke(at, x);
    }

    /// As [`Tail::front`].
    pub(crate) fn front(&self) -> usize {
        self.data.front()
    }

    /// Fails where the matrix is not `want` (row-major), or another element was written to.
    #[track_caller]
    pub(crate) fn assert_is(&self, want: &[f32], context: Arguments<'_>) {
        let (rows, cols, stride) = (self.rows, self.cols, self.stride);
        let at = |i: usize, j: usize| (j < cols).then(|| want[i * cols + j]);
        for (at_all, &got) in self.data.get().iter().enumerate() {
            let (i, j) = (at_all / stride, at_all % stride);
            let good = match at(i, j) {
                Some(want) => same(got, want),
                None => got.to_bits() == UNUSED.to_bits(),
            };
            assert!(
                good,
                "{context}: ({i}, {j}) of {rows} x {cols}, stride {stride}: {got:?}, want {:?}",
                at(i, j)
            );
        }
        let front = &self.data.data[..self.data.first];
        assert!(
            front.iter().all(|x| x.to_bits() == UNUSED.to_bits()),
            "{context}: written before the matrix"
        );
    }
}
