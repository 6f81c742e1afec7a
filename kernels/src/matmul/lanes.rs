//! Tiles of [`Turned`] where registers are few: one half of the columns takes a piece of A and then the other, and the chains wait in
//! memory. Rows of A are turned into a room near by, each piece beside the multiplications of the one before.

use core::ops::Range;

use super::tile::{Ends, Place};
use super::turned::{TurnIn, TurnOut, Turned};
use crate::Mat;
use crate::arch::lanes::{AT_ONCE, Ahead, Columns, Rooms, Rows, multiply_columns};
use crate::simd::{Kernel, LANES, Lines, Simd};

/// How many columns ahead of the multiplications A is prefetched, where columns are lanes as they lie.
const AHEAD: usize = 8;

impl Turned<'_, '_, '_> {
    /// R columns times all sixteens of rows from `at` to `end`, the last of which may be a part of one if rows are turned.
    #[inline(always)]
    pub(super) fn in_memory<S: Simd, const R: usize>(&mut self, s: S, b: &[f32], mut at: Place, end: usize) {
        let pieces = Pieces::of(self.a, end);
        let mut rooms = Rooms::new();
        if let Some(rows) = pieces.rows((at.i, 0)) {
            s.enter(TurnFirst { rows, rooms: &mut rooms });
        }
        while at.i < end {
            let mut chains = Lines([[0.0; LANES]; R]);
            if self.ends.resumes() {
                let mut memory = Lines([[0.0; LANES]; LANES]);
                s.enter(TurnIn { ends: self.ends, at, chains: &mut memory.0 });
                chains.0.copy_from_slice(&memory.0[..R]);
            }
            let chains = &mut chains.0;
            if self.a.col_stride() == 1 {
                s.enter(MultiplyTurned {
                    b,
                    chains: &mut *chains,
                    i: at.i,
                    pieces: &pieces,
                    rooms: &mut rooms,
                });
            } else {
                s.enter(Multiply { a: self.a, b, chains: &mut *chains, i: at.i });
            }
            s.enter(PutDown { ends: self.ends, at, chains });
            at.i += LANES;
        }
    }
}

/// Rows of A and how they are cut.
struct Pieces<'r> {
    a: &'r Mat<'r, f32>,
    /// The row after the last one.
    end: usize,
    /// Columns of a piece, but the last of a row: a multiple of four.
    each: usize,
}

impl<'r> Pieces<'r> {
    #[inline(always)]
    fn of(a: &'r Mat<'r, f32>, end: usize) -> Self {
        let depth = a.cols();
        let each = depth.div_ceil(depth.div_ceil(AT_ONCE).max(1)).next_multiple_of(4);
        Self { a, end, each }
    }

    /// The columns of a piece that begins at this one.
    #[inline(always)]
    fn columns(&self, start: usize) -> Range<usize> {
        start..self.a.cols().min(start + self.each)
    }

    /// The piece that begins at this row and column, or with the first column of the next rows if there is no such column: none after the last one.
    #[inline(always)]
    fn rows(&self, (mut i, mut start): (usize, usize)) -> Option<Rows<'r>> {
        if start >= self.a.cols() {
            (i, start) = (i + LANES, 0);
        }
        if i >= self.end || self.a.col_stride() != 1 {
            return None;
        }
        let stride = self.a.row_stride();
        let data = &self.a.data()[i * stride + start..];
        Some(Rows { data, stride, rows: self.a.rows() - i, depth: self.columns(start).len() })
    }
}

/// [`Rooms::turn`] as a kernel of its own: it is compiled once for all numbers of columns.
struct TurnFirst<'x> {
    rows: Rows<'x>,
    rooms: &'x mut Rooms,
}

impl Kernel for TurnFirst<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        self.rooms.turn(s, self.rows);
    }
}

/// R columns times the sixteen rows from row i on, piece by piece; the first has been turned.
struct MultiplyTurned<'x, 'r, const R: usize> {
    b: &'x [f32],
    chains: &'x mut [[f32; LANES]; R],
    i: usize,
    pieces: &'x Pieces<'r>,
    rooms: &'x mut Rooms,
}

impl<const R: usize> Kernel for MultiplyTurned<'_, '_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { b, chains, i, pieces, rooms } = self;
        let mut start = 0;
        while start < pieces.a.cols() {
            let columns = pieces.columns(start);
            start = columns.end;
            let next = pieces.rows((i, start));
            let b = &b[columns.start * R..columns.end * R];
            match R {
                10 => rooms.multiply::<S, 5, R>(s, b, chains, next),
                8 => rooms.multiply::<S, 4, R>(s, b, chains, next),
                _ => rooms.multiply::<S, R, R>(s, b, chains, next),
            }
        }
    }
}

/// R columns times the sixteen rows from row i on, whose columns are lanes as they lie.
struct Multiply<'x, const R: usize> {
    a: &'x Mat<'x, f32>,
    b: &'x [f32],
    chains: &'x mut [[f32; LANES]; R],
    i: usize,
}

impl<const R: usize> Kernel for Multiply<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, chains, i } = self;
        let (data, next) = (a.data(), a.col_stride());
        // The last row of the vector: the line of the first one has been read with the vector before.
        let ahead = &mut Ahead { data, first: i + LANES - 1 + AHEAD * next, next };
        let a = Columns { data: &data[i..], next };
        match R {
            10 => multiply_columns::<S, 5, R>(s, a, b, chains, ahead),
            8 => multiply_columns::<S, 4, R>(s, a, b, chains, ahead),
            _ => multiply_columns::<S, R, R>(s, a, b, chains, ahead),
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
