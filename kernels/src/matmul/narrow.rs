//! Lanes along the rows of C: for the columns that do not fill a vector. Sixteen rows of A lie in a vector, each of the
//! few columns of B is broadcast, and no lane is idle; a finished tile is transposed in registers on its way out.

use super::copy_a::PAGE_ELEMENTS;
use super::pack;
use super::tile::{Ends, Place};
use crate::arch::multiply::{Operands, multiply};
use crate::arch::transpose::multiply_transposing;
use crate::simd::{Kernel, LANES, Lines, Simd};
use crate::{Mat, Source};

/// The most columns in lanes along the rows where there are no others, or on a double-pumped processor; with more, transposing costs more than
/// idle lanes. Where registers are few, also beside others if the rows need not be transposed.
const MOST: usize = 10;
/// The most columns beside others.
const MOST_BESIDE: usize = 4;
/// The same where eight go as twice four.
const MOST_BESIDE_TWICE_FOUR: usize = 8;
/// The least depth of A at which columns go this way.
const LEAST_DEPTH: usize = 24;

/// How many of n columns go this way, for an A that lies so: those past the last whole vector, or none.
#[inline(always)]
pub(super) fn how_many<S: Simd>(s: S, a: &Source<'_, f32>, n: usize) -> usize {
    let left = n % LANES;
    if left == 0 {
        return 0; // most layers, at once
    }
    let twice_four = !S::MANY_REGISTERS && S::NARROW >= 8;
    let most = if left == n || s.double_pumped() || !S::MANY_REGISTERS && a.by_columns() {
        MOST
    } else if twice_four {
        MOST_BESIDE_TWICE_FOUR
    } else {
        MOST_BESIDE
    };
    let pays = left <= most && a.rows() >= LANES && a.cols() >= LEAST_DEPTH;
    if S::NARROW > 0 && pays && (a.by_columns() || a.by_rows()) { left } else { 0 }
}

/// The columns of a block of B that go this way, packed for them: what is in `packed` if `ready`.
pub(super) struct NarrowColumns<'a> {
    pub(super) b: Mat<'a, f32>,
    pub(super) packed: &'a mut [f32],
    pub(super) ready: bool,
}

/// Sixteen rows and more at a time, through one run of k.
pub(super) struct Narrow<'r, 'b, 'x> {
    pub(super) a: &'r Mat<'r, f32>,
    /// The copy of `a` that tiles of whole vectors left: sixteen rows after sixteen, A(l, p) of each at `16 p + l`.
    pub(super) copy: Option<&'r [f32]>,
    pub(super) ends: &'b mut Ends<'x>,
}

/// Sixteen rows of C with lanes along them: chain c is column c of the tile.
type Chains = [[f32; LANES]; LANES];

impl Narrow<'_, '_, '_> {
    /// The columns of `b`, which begin at column `j` of the target. They go as many at a time as there are registers for
    /// chains, in equal parts; an odd number is made even by a column of +0. Returns how many rows are done: as many as fill
    /// vectors, and the others too if the lanes that idle cost less than those of a tile along the columns.
    #[inline(always)]
    pub(super) fn block<S: Simd>(&mut self, s: S, b: &mut NarrowColumns<'_>, j: usize) -> usize {
        const {
            assert!(
                S::NARROW.is_multiple_of(2) && S::NARROW <= MOST,
                "Simd::NARROW: wanted an even number up to 10"
            )
        };
        let (rows, n, depth) = (self.ends.rows(), b.b.cols(), b.b.rows());
        if S::NARROW == 0 {
            return 0;
        }
        let full = rows - rows % LANES;
        // Rows that fill no tile of full height went through others, which leave no copy; where
        // registers are few, columns that are lanes as they lie are taken in whole vectors alone.
        let there = match self.copy {
            Some(_) => rows.is_multiple_of(S::TILE_ROWS),
            None => S::MANY_REGISTERS || self.a.col_stride() == 1,
        };
        let end = if rows - full >= n && there { rows } else { full };
        let parts = n.div_ceil(S::NARROW);
        let (mut c, mut buffer) = (0, &mut *b.packed);
        for part in 0..parts {
            let r = (n - c).div_ceil(parts - part).next_multiple_of(2);
            let width = r.min(n - c);
            let (out, rest) = buffer.split_at_mut(r * depth);
            buffer = rest;
            let at = Place { i: 0, j: j + c, width };
            let b = pack::narrow(b.b.col_range(c..c + width), r, out, b.ready);
            match r {
                2 => s.enter(NarrowTiles::<2, 3> { narrow: self, b, at, end }),
                4 if S::MANY_REGISTERS => s.enter(NarrowTiles::<4, 3> { narrow: self, b, at, end }),
                4 => s.enter(NarrowTiles::<4, 1> { narrow: self, b, at, end }),
                6 => s.enter(NarrowTiles::<6, 1> { narrow: self, b, at, end }),
                8 if S::NARROW > 6 => s.enter(NarrowTiles::<8, 1> { narrow: self, b, at, end }),
                _ if S::NARROW > 6 => s.enter(NarrowTiles::<10, 1> { narrow: self, b, at, end }),
                _ => {}
            }
            c += width;
        }
        b.ready = true;
        end
    }

    /// R columns times sixteen rows of A, or the last ones, that are transposed on the way.
    #[inline(always)]
    fn transposing<S: Simd, const R: usize>(&mut self, s: S, b: &[f32], at: Place) {
        let mut chains = self.load::<S, R, 1>(s, at);
        let (stride, rows) = (self.a.row_stride(), LANES.min(self.a.rows() - at.i));
        let a = &self.a.data()[at.i * stride..];
        multiply_transposing(s, (a, stride, rows), b, self.a.cols(), &mut chains);
        self.store(s, at, chains);
    }

    /// R columns times W vectors of rows, which are lanes already; the last one may be a part.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const W: usize>(&mut self, s: S, b: &[f32], at: Place) {
        let mut chains = self.load::<S, R, W>(s, at);
        let (a_row, a_col, depth) = (1, R, self.a.cols());
        let o = match self.copy {
            Some(copy) => {
                let (data, b_vector) = (&copy[at.i * depth..], LANES * depth);
                Operands { a: b, a_row, a_col, b: data, b_row: LANES, b_vector, depth, last: LANES }
            }
            None => {
                let last = LANES.min(self.a.rows() - at.i - (W - 1) * LANES);
                let (data, b_row) = (&self.a.data()[at.i..], self.a.col_stride());
                Operands { a: b, a_row, a_col, b: data, b_row, b_vector: LANES, depth, last }
            }
        };
        multiply(s, o, &mut chains);
        self.store(s, at, chains);
    }

    /// The chains of W vectors of rows at `at` as the run before left them, or as they start.
    #[inline(always)]
    fn load<S: Simd, const R: usize, const W: usize>(&mut self, s: S, at: Place) -> [[S::V; W]; R] {
        let mut chains = [[s.splat(0.0); W]; R];
        if self.ends.resumes() {
            let mut memory = Lines([[0.0; LANES]; LANES]);
            for w in 0..W {
                let at = Place { i: at.i + w * LANES, ..at };
                s.enter(LoadTransposed { ends: self.ends, at, chains: &mut memory.0 });
                for c in 0..R {
                    chains[c][w] = s.load(&memory.0[c]);
                }
            }
        }
        chains
    }

    #[inline(always)]
    fn store<S: Simd, const R: usize, const W: usize>(&mut self, s: S, at: Place, chains: [[S::V; W]; R]) {
        let mut memory = Lines([[0.0; LANES]; R]);
        for w in 0..W {
            let at = Place { i: at.i + w * LANES, ..at };
            for c in 0..R {
                s.store(chains[c][w], &mut memory.0[c]);
            }
            s.enter(StoreTransposed { ends: self.ends, at, chains: &memory.0 });
        }
    }
}

/// R columns for all vectors of rows, W at a time where they are lanes already. A kernel of its own, compiled once for
/// each number of columns.
struct NarrowTiles<'x, 'r, 'b, 'y, const R: usize, const W: usize> {
    narrow: &'x mut Narrow<'r, 'b, 'y>,
    b: &'x [f32],
    at: Place,
    /// The rows there are.
    end: usize,
}

impl<const R: usize, const W: usize> Kernel for NarrowTiles<'_, '_, '_, '_, R, W> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { narrow, b, mut at, end } = self;
        let rows_of_neighbours = narrow.a.col_stride() == 1 && narrow.copy.is_none();
        // Two columns leave registers for four of A; but rows a multiple of 4 KB apart meet in one set of the L1 cache, which holds eight.
        let in_registers = S::MANY_REGISTERS
            || R == 2 && rows_of_neighbours && !narrow.a.row_stride().is_multiple_of(PAGE_ELEMENTS);
        if !in_registers {
            return narrow.in_memory::<S, R, W>(s, b, at, end);
        }
        if rows_of_neighbours {
            while at.i < end {
                narrow.transposing::<S, R>(s, b, at);
                at.i += LANES;
            }
            return;
        }
        // Always so here; asked, so that these tiles are not compiled where registers are few.
        while S::MANY_REGISTERS && at.i < end {
            if at.i + W * LANES <= end {
                narrow.tile::<S, R, W>(s, b, at);
                at.i += W * LANES;
            } else {
                narrow.tile::<S, R, 1>(s, b, at);
                at.i += LANES;
            }
        }
    }
}

/// [`Ends::load_rows`], transposed. A kernel of its own, compiled once for all tiles.
pub(super) struct LoadTransposed<'x, 'y> {
    pub(super) ends: &'x mut Ends<'y>,
    pub(super) at: Place,
    pub(super) chains: &'x mut Chains,
}

impl Kernel for LoadTransposed<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, at, chains } = self;
        let mut memory = Lines([[0.0; LANES]; LANES]);
        ends.load_rows(s, at, &mut memory.0);
        for c in 0..LANES / 4 {
            let columns = four(s, &memory.0, c);
            for i in 0..4 {
                s.store(columns[i], &mut chains[4 * c + i]);
            }
        }
    }
}

/// [`Ends::store_rows`], transposed.
pub(super) struct StoreTransposed<'x, 'y> {
    pub(super) ends: &'x mut Ends<'y>,
    pub(super) at: Place,
    /// As many as the tile has columns.
    pub(super) chains: &'x [[f32; LANES]],
}

impl Kernel for StoreTransposed<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, at, chains } = self;
        let rows = if S::MANY_REGISTERS { rows(s, chains) } else { rows_from_memory(s, chains) };
        ends.store_rows(s, at, rows);
    }
}

/// Up to twelve vectors as sixteen rows: element c of row l is lane l of vector c, +0 past the last one. All in registers.
#[inline(always)]
fn rows<S: Simd>(s: S, vectors: &[[f32; LANES]]) -> [[S::V; 1]; LANES] {
    const { assert!(MOST <= 12) }
    let zero = s.splat(0.0);
    // Quarter q of `quarters[g][i]` is elements 4 g .. 4 g + 4 of row 4 q + i: 4 × 4 within the quarters, then these to their rows.
    let mut quarters = [[zero; 4]; 3];
    for g in 0..3 {
        let mut four = [zero; 4];
        for c in 0..4 {
            if let Some(vector) = vectors.get(4 * g + c) {
                four[c] = s.load(vector);
            }
        }
        let (ab, cd) = (s.halves::<2>(four[0], four[1]), s.halves::<2>(four[2], four[3]));
        let (low, high) = (s.halves::<3>(ab.0, cd.0), s.halves::<3>(ab.1, cd.1));
        quarters[g] = [low.0, low.1, high.0, high.1];
    }
    let mut rows = [[zero; 1]; LANES];
    for i in 0..4 {
        let (ab, cd) = (s.halves::<0>(quarters[0][i], quarters[1][i]), s.halves::<0>(quarters[2][i], zero));
        let (low, high) = (s.halves::<1>(ab.0, cd.0), s.halves::<1>(ab.1, cd.1));
        (rows[i], rows[4 + i], rows[8 + i], rows[12 + i]) = ([low.0], [low.1], [high.0], [high.1]);
    }
    rows
}

/// The same for few registers, from memory.
#[inline(always)]
fn rows_from_memory<S: Simd>(s: S, vectors: &[[f32; LANES]]) -> [[S::V; 1]; LANES] {
    match vectors.len() {
        ..=4 => rows_of::<S, 4>(s, vectors),
        5..=8 => rows_of::<S, 8>(s, vectors),
        _ => rows_of::<S, MOST>(s, vectors),
    }
}

/// The same of up to N vectors: what is +0 in every row is so at compile time.
#[inline(always)]
fn rows_of<S: Simd, const N: usize>(s: S, vectors: &[[f32; LANES]]) -> [[S::V; 1]; LANES] {
    let mut rows = [[s.splat(0.0); 1]; LANES];
    for i in 0..LANES / 4 {
        let mut pieces = [&[0.0; 4]; LANES];
        for c in 0..N {
            if let Some(vector) = vectors.get(c) {
                pieces[c] = &vector.as_chunks().0[i];
            }
        }
        let four = s.four_columns(pieces);
        for r in 0..4 {
            rows[4 * i + r] = [four[r]];
        }
    }
    rows
}

/// Columns 4c .. 4c + 4 of sixteen vectors in memory.
#[inline(always)]
fn four<S: Simd>(s: S, vectors: &Chains, c: usize) -> [S::V; 4] {
    let mut rows = [&[0.0; 4]; LANES];
    for l in 0..LANES {
        rows[l] = &vectors[l].as_chunks().0[c];
    }
    s.four_columns(rows)
}
