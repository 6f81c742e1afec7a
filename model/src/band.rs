//! What threads share: the rows of a batch, and the rows of the weights.

use kernels::{Isa, Mat, MatMut, Scalar, Source};

use crate::engine::{Work, cut};

/// Rows that take about as long as the penalty, which waits for memory: 4 where the weights lie in the L2 cache, 16 where not.
const PENALTY_ROWS: usize = 8;

/// Some rows of a batch, with all that has a row for each of them: from X to dX. No row depends on another one.
pub(crate) struct Band<'a, T> {
    pub(crate) x: Source<'a, T>,
    /// Room for X as a matrix, where that pays: see [`gather`].
    pub(crate) gathered: MatMut<'a, T>,
    pub(crate) y: &'a [u32],
    /// N, the rows of the whole batch.
    pub(crate) n: usize,
    pub(crate) h: MatMut<'a, T>,
    pub(crate) s: MatMut<'a, T>,
    pub(crate) ds: MatMut<'a, T>,
    pub(crate) dh0: MatMut<'a, T>,
    pub(crate) dx: Option<MatMut<'a, T>>,
    pub(crate) losses: &'a mut [T],
    /// Room for Σ W1² + Σ W2², if it is wanted: whoever has the first rows computes it.
    pub(crate) squares: Option<&'a mut T>,
    /// Workspaces of the products, and how many.
    pub(crate) products: &'a mut [T],
    pub(crate) room: usize,
    /// Multiply-adds a row.
    pub(crate) row_macs: usize,
}

/// X as the products take it. A small one by row numbers becomes a matrix in `room`, once, which stays in the cache; a large one
/// has no room: products read it where it lies, a block at a time.
pub(crate) fn gather<'a, T: Scalar>(
    isa: Isa,
    x: Source<'a, T>,
    room: &'a mut MatMut<'_, T>,
) -> Source<'a, T> {
    match x {
        Source::Batch(batch) if room.rows() > 0 => {
            batch.gather(isa, room.reborrow());
            room.as_mat().into()
        }
        _ => x,
    }
}

impl<T: Scalar> Work for Band<'_, T> {
    fn pieces(&self) -> usize {
        self.h.rows()
    }

    fn room(&self) -> usize {
        self.room
    }

    fn macs(&self) -> usize {
        self.row_macs.saturating_mul(self.h.rows())
    }

    fn split(self, left: usize, tasks: usize) -> (Self, Self) {
        let rows = self.h.rows();
        let many = rows / tasks >= 2 * PENALTY_ROWS;
        let besides = if self.squares.is_some() && many { PENALTY_ROWS } else { 0 };
        let at = cut(rows + besides, left, tasks) - besides;
        let (x0, x1) = (self.x.row_range(0..at), self.x.row_range(at..rows));
        let at_gathered = at.min(self.gathered.rows());
        let (gathered0, gathered1) = self.gathered.split_rows(at_gathered);
        let (y0, y1) = self.y.split_at(at.min(self.y.len()));
        let (h0, h1) = self.h.split_rows(at);
        let (s0, s1) = self.s.split_rows(at);
        let (ds0, ds1) = self.ds.split_rows(at);
        let (dh00, dh01) = self.dh0.split_rows(at);
        let (dx0, dx1) = self.dx.map(|dx| dx.split_rows(at)).unzip();
        let (losses0, losses1) = self.losses.split_at_mut(at);
        let (products0, products1) = share_of(self.products, self.room, left);
        (
            Self {
                x: x0,
                gathered: gathered0,
                y: y0,
                h: h0,
                s: s0,
                ds: ds0,
                dh0: dh00,
                dx: dx0,
                losses: losses0,
                squares: self.squares,
                products: products0,
                room: left,
                ..self
            },
            Self {
                x: x1,
                gathered: gathered1,
                y: y1,
                h: h1,
                s: s1,
                ds: ds1,
                dh0: dh01,
                dx: dx1,
                losses: losses1,
                squares: None,
                products: products1,
                room: self.room - left,
                ..self
            },
        )
    }
}

/// Some rows of W1 and of W2, or of their gradients, with what the gradients are made of: dW1 = Xᵀ dH0, dW2 = Hᵀ dS.
pub(crate) struct Layers<'a, T> {
    pub(crate) xt: Source<'a, T>,
    pub(crate) dh0: Mat<'a, T>,
    pub(crate) w1: MatMut<'a, T>,
    pub(crate) ht: Mat<'a, T>,
    pub(crate) ds: Mat<'a, T>,
    pub(crate) w2: MatMut<'a, T>,
    /// Workspaces of the products, and how many.
    pub(crate) products: &'a mut [T],
    pub(crate) room: usize,
}

impl<T: Scalar> Work for Layers<'_, T> {
    fn pieces(&self) -> usize {
        self.w1.rows()
    }

    fn room(&self) -> usize {
        self.room
    }

    fn macs(&self) -> usize {
        let (weights1, weights2) = (self.w1.rows() * self.w1.cols(), self.w2.rows() * self.w2.cols());
        self.dh0.rows().saturating_mul(weights1 + weights2)
    }

    fn split(self, left: usize, tasks: usize) -> (Self, Self) {
        let (d, h) = (self.w1.rows(), self.w2.rows());
        let (at1, at2) = (cut(d, left, tasks), cut(h, left, tasks));
        let (w10, w11) = self.w1.split_rows(at1);
        let (w20, w21) = self.w2.split_rows(at2);
        let (products0, products1) = share_of(self.products, self.room, left);
        (
            Self {
                xt: self.xt.row_range(0..at1),
                w1: w10,
                ht: self.ht.row_range(0..at2),
                w2: w20,
                products: products0,
                room: left,
                ..self
            },
            Self {
                xt: self.xt.row_range(at1..d),
                w1: w11,
                ht: self.ht.row_range(at2..h),
                w2: w21,
                products: products1,
                room: self.room - left,
                ..self
            },
        )
    }
}

/// The first `left` of `room` workspaces, and the others.
fn share_of<T>(workspaces: &mut [T], room: usize, left: usize) -> (&mut [T], &mut [T]) {
    let each = workspaces.len() / room;
    workspaces.split_at_mut(each * left)
}
