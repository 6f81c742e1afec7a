//! Tiles of [`Narrow`] where registers are few: the chains wait in memory, and if there are more than six columns, a piece
//! of A is multiplied into one half of them, then into the other. Rows of A are transposed into small buffers, each piece
//! beside the multiplications of the one before.

use core::ops::Range;

use super::narrow::{LoadTransposed, Narrow, StoreTransposed};
use super::tile::{Ends, Place};
use crate::Mat;
use crate::arch::narrow::{Ahead, Columns, multiply_columns};
use crate::arch::two_buffers::{AT_ONCE, Rows, TwoBuffers};
use crate::simd::{Kernel, LANES, Lines, Simd};

/// How many columns ahead of the multiplications A is prefetched, where columns are lanes as they lie.
const AHEAD: usize = 8;

impl Narrow<'_, '_, '_> {
    /// R columns times all sixteens of rows from `at` to `end`, of which the last may be a part of one if rows are transposed. What lies as lanes
    /// goes W sixteens at a time, so that there are chains enough.
    #[inline(always)]
    pub(super) fn in_memory<S: Simd, const R: usize, const W: usize>(
        &mut self,
        s: S,
        b: &[f32],
        mut at: Place,
        end: usize,
    ) {
        if self.a.col_stride() != 1 {
            while at.i + W * LANES <= end {
                self.as_they_lie::<S, R, W>(s, b, at);
                at.i += W * LANES;
            }
            while at.i < end {
                self.as_they_lie::<S, R, 1>(s, b, at);
                at.i += LANES;
            }
        } else if at.i < end {
            let pieces = &Pieces::of(self.a, end);
            let buffers = &mut TwoBuffers::new();
            s.enter(TransposeFirst { rows: pieces.rows((at.i, 0)), buffers: &mut *buffers });
            while at.i < end {
                let mut chains = Lines([[[0.0; LANES]; R]]);
                self.load_to_memory(s, at, &mut chains.0);
                s.enter(MultiplyTransposed {
                    b,
                    chains: &mut chains.0,
                    i: at.i,
                    pieces,
                    buffers: &mut *buffers,
                });
                self.store_from_memory(s, at, &chains.0);
                at.i += LANES;
            }
        }
    }

    /// R columns times W sixteens of rows whose columns are lanes as they lie.
    #[inline(always)]
    fn as_they_lie<S: Simd, const R: usize, const W: usize>(&mut self, s: S, b: &[f32], at: Place) {
        let mut chains = Lines([[[0.0; LANES]; R]; W]);
        self.load_to_memory(s, at, &mut chains.0);
        s.enter(Multiply { a: self.a, b, chains: &mut chains.0, i: at.i });
        self.store_from_memory(s, at, &chains.0);
    }

    /// The chains of W sixteens of rows at `at` as the run before left them, if there was one.
    #[inline(always)]
    fn load_to_memory<S: Simd, const R: usize, const W: usize>(
        &mut self,
        s: S,
        at: Place,
        chains: &mut ChainsOf<R, W>,
    ) {
        if self.ends.resumes() {
            let mut memory = Lines([[0.0; LANES]; LANES]);
            for w in 0..W {
                let at = Place { i: at.i + w * LANES, ..at };
                s.enter(LoadTransposed { ends: self.ends, at, chains: &mut memory.0 });
                chains[w].copy_from_slice(&memory.0[..R]);
            }
        }
    }

    /// Stores them.
    #[inline(always)]
    fn store_from_memory<S: Simd, const R: usize, const W: usize>(
        &mut self,
        s: S,
        at: Place,
        chains: &ChainsOf<R, W>,
    ) {
        for w in 0..W {
            let at = Place { i: at.i + w * LANES, ..at };
            s.enter(StoreNarrow { ends: self.ends, at, chains: &chains[w] });
        }
    }
}

/// R chains of each of W sixteens of rows.
type ChainsOf<const R: usize, const W: usize> = [[[f32; LANES]; R]; W];

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

    /// The piece that begins at this row and column.
    #[inline(always)]
    fn rows(&self, (i, start): (usize, usize)) -> Rows<'r> {
        let stride = self.a.row_stride();
        let data = &self.a.data()[i * stride + start..];
        Rows { data, stride, rows: self.a.rows() - i, depth: self.columns(start).len() }
    }

    /// The piece after the one that ends before this column of row i: of the next sixteen rows, if it was the last one.
    #[inline(always)]
    fn after(&self, (i, end): (usize, usize)) -> Option<Rows<'r>> {
        let (i, start) = if end < self.a.cols() { (i, end) } else { (i + LANES, 0) };
        (i < self.end).then(|| self.rows((i, start)))
    }
}

/// [`TwoBuffers::transpose`] as a kernel of its own: it is compiled once for all numbers of columns.
struct TransposeFirst<'x> {
    rows: Rows<'x>,
    buffers: &'x mut TwoBuffers,
}

impl Kernel for TransposeFirst<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        self.buffers.transpose(s, self.rows);
    }
}

/// R columns times the sixteen rows from row i on, piece by piece; the first has been transposed.
struct MultiplyTransposed<'x, 'r, const R: usize> {
    b: &'x [f32],
    chains: &'x mut ChainsOf<R, 1>,
    i: usize,
    pieces: &'x Pieces<'r>,
    buffers: &'x mut TwoBuffers,
}

impl<const R: usize> Kernel for MultiplyTransposed<'_, '_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { b, chains, i, pieces, buffers } = self;
        let mut start = 0;
        while start < pieces.a.cols() {
            let columns = pieces.columns(start);
            start = columns.end;
            let next = pieces.after((i, start));
            let b = &b[columns.start * R..columns.end * R];
            // More than six do not fit the registers.
            match R {
                10 => buffers.multiply::<S, 5, R>(s, b, chains, next),
                8 => buffers.multiply::<S, 4, R>(s, b, chains, next),
                _ => buffers.multiply::<S, R, R>(s, b, chains, next),
            }
        }
    }
}

/// R columns times W sixteens of rows from row i on, whose columns are lanes as they lie.
struct Multiply<'x, const R: usize, const W: usize> {
    a: &'x Mat<'x, f32>,
    b: &'x [f32],
    chains: &'x mut ChainsOf<R, W>,
    i: usize,
}

impl<const R: usize, const W: usize> Kernel for Multiply<'_, R, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, b, chains, i } = self;
        let (data, next) = (a.data(), a.col_stride());
        // The line of the last row: that of the first came with the sixteen before; those between gained nothing.
        let ahead = &mut Ahead { data, first: i + W * LANES - 1 + AHEAD * next, next };
        let a = Columns { data: &data[i..], next };
        // More than six do not fit the registers.
        match R {
            10 => multiply_columns::<S, 5, R, W>(s, a, b, chains, ahead),
            8 => multiply_columns::<S, 4, R, W>(s, a, b, chains, ahead),
            _ => multiply_columns::<S, R, R, W>(s, a, b, chains, ahead),
        }
    }
}

/// R chains of sixteen rows, transposed and stored. A kernel of its own, compiled once for each R: how much of a row is stored is known
/// when it is compiled. What is rare goes through [`StoreTransposed`].
struct StoreNarrow<'x, 'y, const R: usize> {
    ends: &'x mut Ends<'y>,
    at: Place,
    chains: &'x [[f32; LANES]; R],
}

impl<const R: usize> Kernel for StoreNarrow<'_, '_, R> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, at, chains } = self;
        if ends.masks() || ends.rows() - at.i < LANES || at.width < R {
            return s.enter(StoreTransposed { ends, at, chains });
        }
        let mut ends = ends.of_rows(at.i, LANES);
        for quarter in 0..LANES / 4 {
            let mut pieces = [&[0.0; 4]; LANES];
            for c in 0..R {
                pieces[c] = &chains[c].as_chunks().0[quarter];
            }
            let four = s.four_columns(pieces);
            let rows = [[four[0]], [four[1]], [four[2]], [four[3]]];
            ends.store_from_registers::<S, 4, 1, false>(s, (4 * quarter, at.j), R, rows);
        }
    }
}
