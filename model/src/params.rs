//! W1, b1, W2, b2 in one allocation.

use core::ops::Range;

use kernels::{Mat, MatMut, Scalar};

use crate::aligned::Aligned;
use crate::{Shape, ShapeError};

/// The parameters of a net, and just as well their gradient: dW1, db1, dW2, db2.
///
/// One allocation in this order: W1 (D×H, row-major), b1 (H), W2 (H×C, row-major), b2 (C). So drawing, saving and
/// comparing are one loop over [`Params::as_slice`]. It begins on a line of the cache.
///
/// ```
/// use model::{Params, Shape};
/// let mut net = Params::<f32>::zeros(Shape::new(2, 3, 2)?);
/// net.w2_mut().row_mut(1)[0] = 7.0; // W2 (1, 0)
/// assert_eq!(net.as_slice()[2 * 3 + 3 + 2], 7.0);
/// # Ok::<(), model::ShapeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Params<T> {
    shape: Shape,
    data: Aligned<T>,
}

impl<T: Scalar> Params<T> {
    /// All +0.
    pub fn zeros(shape: Shape) -> Self {
        Self { shape, data: Aligned::zeros(shape.params()) }
    }

    /// The parameters in their order: W1, b1, W2, b2. They are copied to where a line of the cache begins.
    ///
    /// # Errors
    /// [`ShapeError::Length`] if `data` does not have [`Shape::params`] elements.
    pub fn from_vec(shape: Shape, data: Vec<T>) -> Result<Self, ShapeError> {
        let (needed, got) = (shape.params(), data.len());
        if got != needed {
            return Err(ShapeError::Length { shape, needed, got });
        }
        Ok(Self { shape, data: Aligned::copy_of(&data) })
    }

    /// D, H, C.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// W1, b1, W2, b2, one after the other.
    pub fn as_slice(&self) -> &[T] {
        &self.data
    }

    /// W1, b1, W2, b2, one after the other, to write.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// W1, D×H: column h holds the weights of hidden unit h.
    pub fn w1(&self) -> Mat<'_, T> {
        Mat::new(self.w1_slice(), self.shape.d(), self.shape.h())
    }

    /// b1, H elements.
    pub fn b1(&self) -> &[T] {
        &self.data[self.places().b1]
    }

    /// W2, H×C: column c holds the weights of class c's score.
    pub fn w2(&self) -> Mat<'_, T> {
        Mat::new(self.w2_slice(), self.shape.h(), self.shape.c())
    }

    /// b2, C elements.
    pub fn b2(&self) -> &[T] {
        &self.data[self.places().b2]
    }

    /// W1, row after row.
    pub fn w1_slice(&self) -> &[T] {
        &self.data[self.places().w1]
    }

    /// W2, row after row.
    pub fn w2_slice(&self) -> &[T] {
        &self.data[self.places().w2]
    }

    /// W1, D×H, to write.
    pub fn w1_mut(&mut self) -> MatMut<'_, T> {
        let (d, h, _) = self.shape.sizes();
        MatMut::new(self.w1_slice_mut(), d, h)
    }

    /// b1, to write.
    pub fn b1_mut(&mut self) -> &mut [T] {
        let place = self.places().b1;
        &mut self.data[place]
    }

    /// W2, H×C, to write.
    pub fn w2_mut(&mut self) -> MatMut<'_, T> {
        let (_, h, c) = self.shape.sizes();
        MatMut::new(self.w2_slice_mut(), h, c)
    }

    /// b2, to write.
    pub fn b2_mut(&mut self) -> &mut [T] {
        let place = self.places().b2;
        &mut self.data[place]
    }

    /// W1, row after row, to write.
    pub fn w1_slice_mut(&mut self) -> &mut [T] {
        let place = self.places().w1;
        &mut self.data[place]
    }

    /// W2, row after row, to write.
    pub fn w2_slice_mut(&mut self) -> &mut [T] {
        let place = self.places().w2;
        &mut self.data[place]
    }

    /// W1, b1, W2, b2, to write at the same time.
    pub(crate) fn split_mut(&mut self) -> (MatMut<'_, T>, &mut [T], MatMut<'_, T>, &mut [T]) {
        let (d, h, c) = self.shape.sizes();
        let (w1, rest) = self.data.split_at_mut(d * h);
        let (b1, rest) = rest.split_at_mut(h);
        let (w2, b2) = rest.split_at_mut(h * c);
        (MatMut::new(w1, d, h), b1, MatMut::new(w2, h, c), b2)
    }

    /// Where each of the four lies.
    fn places(&self) -> Places {
        let (d, h, c) = self.shape.sizes();
        let w1 = 0..d * h;
        let b1 = w1.end..w1.end + h;
        let w2 = b1.end..b1.end + h * c;
        let b2 = w2.end..w2.end + c;
        Places { w1, b1, w2, b2 }
    }
}

struct Places {
    w1: Range<usize>,
    b1: Range<usize>,
    w2: Range<usize>,
    b2: Range<usize>,
}
