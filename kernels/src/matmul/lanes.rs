//! Tiles of [`Turned`] where registers are few: rows of A are turned into a buffer near by, from which one half of the columns takes
//! them and then the other, and the chains wait in memory.

use super::tile::{Ends, Place};
use super::turned::{TurnIn, TurnOut, Turned};
use crate::arch::lanes::{Ahead, Columns, Room, multiply_columns};
use crate::simd::{Kernel, LANES, Lines, Simd};

/// Vectors of A that are turned before they are multiplied.
pub(super) const AT_ONCE: usize = 128;
/// How many columns ahead of the multiplications A is prefetched, where columns are lanes as they lie.
const AHEAD: usize = 8;

impl Turned<'_, '_, '_> {
    /// R columns times W vectors of rows, the last of which may be a part of one if they are turned.
    #[inline(always)]
    pub(super) fn in_memory<S: Simd, const R: usize, const W: usize>(
        &mut self,
        s: S,
        b: &[f32],
        at: Place,
        room: &mut Room<AT_ONCE>,
    ) {
        let mut chains = Lines([[[0.0; LANES]; R]; W]);
        if self.ends.resumes() {
            let mut memory = Lines([[0.0; LANES]; LANES]);
            for w in 0..W {
                let at = Place { i: at.i + w * LANES, ..at };
                s.enter(TurnIn { ends: self.ends, at, chains: &mut memory.0 });
                chains.0[w].copy_from_slice(&memory.0[..R]);
            }
        }
        let (data, stride, next) = (self.a.data(), self.a.row_stride(), self.a.col_stride());
        if next == 1 {
            let rows = self.a.rows() - at.i;
            let (depth, each) = (self.a.cols(), AT_ONCE / W);
            for start in (0..depth).step_by(each) {
                let end = depth.min(start + each);
                // What is turned next: the rows that follow, if these are done.
                let (row, first) = if end < depth { (at.i, end) } else { (at.i + W * LANES, 0) };
                let first = row * stride + first;
                let ahead = &Ahead { data, first, step: stride, stride: LANES, vector: LANES * stride };
                let (a, shape) = (&data[at.i * stride + start..], (rows, end - start));
                s.enter(Turn {
                    a,
                    stride,
                    shape,
                    b: &b[start * R..end * R],
                    room,
                    chains: &mut chains.0,
                    ahead,
                });
            }
        } else {
            // The last row of the vector: the line of the first one has been read with the vector before.
            let first = at.i + LANES - 1 + AHEAD * next;
            let ahead = &Ahead { data, first, step: next, stride: LANES * next, vector: LANES };
            let a = Columns { data: &data[at.i..], next, vector: LANES };
            s.enter(Multiply { a, b, chains: &mut chains.0, ahead });
        }
        for w in 0..W {
            let at = Place { i: at.i + w * LANES, ..at };
            s.enter(PutDown { ends: self.ends, at, chains: &chains.0[w] });
        }
    }
}

/// [`Multiply`] of rows that are turned before.
struct Turn<'x, const R: usize, const W: usize> {
    a: &'x [f32],
    stride: usize,
    /// Rows and columns.
    shape: (usize, usize),
    b: &'x [f32],
    room: &'x mut Room<AT_ONCE>,
    chains: &'x mut [[[f32; LANES]; R]; W],
    ahead: &'x Ahead<'x>,
}

impl<const R: usize, const W: usize> Kernel for Turn<'_, R, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let a = self.room.turn::<S, W>(s, (self.a, self.stride), self.shape);
        s.enter(Multiply { a, b: self.b, chains: self.chains, ahead: self.ahead });
    }
}

/// R columns times W vectors of rows that are lanes: one half of the columns and then the other, where they are more than six.
struct Multiply<'x, const R: usize, const W: usize> {
    a: Columns<'x>,
    b: &'x [f32],
    chains: &'x mut [[[f32; LANES]; R]; W],
    ahead: &'x Ahead<'x>,
}

impl<const R: usize, const W: usize> Kernel for Multiply<'_, R, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, chains, ahead } = self;
        match R {
            10 => multiply_columns::<S, 5, R, W>(s, a, b, chains, ahead),
            8 => multiply_columns::<S, 4, R, W>(s, a, b, chains, ahead),
            _ => multiply_columns::<S, R, R, W>(s, a, b, chains, ahead),
        }
    }
}

/// R chains of sixteen rows, turned and put down. A kernel of its own, compiled once for each R: how much of a row is stored is known
/// when it is compiled. What is rare goes through [`TurnOut`].
struct PutDown<'x, 'y, const R: usize> {
    ends: &'x mut Ends<'y>,
    at: Place,
    chains: &'x [[f32; LANES]; R],
}

impl<const R: usize> Kernel for PutDown<'_, '_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, at, chains } = self;
        if ends.masks() || ends.rows() - at.i < LANES || at.width < R {
            return s.enter(TurnOut { ends, at, chains });
        }
        for quarter in 0..LANES / 4 {
            let mut pieces = [&[0.0; 4]; LANES];
            for c in 0..R {
                pieces[c] = &chains[c].as_chunks().0[quarter];
            }
            let four = s.columns(pieces);
            let rows = [[four[0]], [four[1]], [four[2]], [four[3]]];
            let at = Place { i: at.i + 4 * quarter, j: at.j, width: R };
            ends.put_down_here::<S, 4, 1, false>(s, at, rows);
        }
    }
}
