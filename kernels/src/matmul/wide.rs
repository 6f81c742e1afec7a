//! Lanes along the columns of C: panels of up to three vectors of columns, and tiles down a panel or along the rows of C.

use core::ops::Range;

use super::blocking::{L1_ELEMENTS, L2_ELEMENTS};
use super::copy_a::PAGE_ELEMENTS;
use super::panels::BlockOfB;
use super::tile::Ends;
use crate::Mat;
use crate::arch::multiply::{Operands, TileOperands};
use crate::simd::{Kernel, LANES, Simd};

/// Elements of a block of B so shallow that it stays in the L1 cache beside its rows of A.
const SHALLOW_ELEMENTS: usize = 6144;
/// Least depth of tiles of fourteen rows.
const FOURTEEN_DEPTH: usize = 24;
/// Elements of a panel of B that stays in the L1 cache while other rows of A pass.
const PANEL_ELEMENTS: usize = 6144;

/// One block of A times the columns of one of B: what its tiles share. It is written once, and passed on by reference: most of the time of a call
/// before its first tile goes into what it writes.
pub(super) struct Wide<'r, 'b, 'c, 'd> {
    a: &'r Mat<'r, f32>,
    /// Where in the target the block begins.
    row: usize,
    column: usize,
    /// Whether tiles go along the rows of C and not down a panel.
    across: bool,
    /// Whether a full tile prefetches its part of C before it multiplies.
    prefetches_c: bool,
    ends: &'b mut Ends<'c>,
    b: &'b mut BlockOfB<'d>,
    /// Where the first panel is to copy A, with lanes along the rows, if at all (see [`copies_a`]).
    copy: Option<&'b mut [f32]>,
}

impl<'r, 'b, 'c, 'd> Wide<'r, 'b, 'c, 'd> {
    /// The block that begins at (`row`, `column`) of the target, in a C of so many elements.
    #[inline(always)]
    pub(super) fn new<S: Simd>(
        _: S,
        (a, b): (&'r Mat<'r, f32>, &'b mut BlockOfB<'d>),
        (row, column): (usize, usize),
        elements: usize,
        ends: &'b mut Ends<'c>,
        copy: Option<&'b mut [f32]>,
    ) -> Self {
        let (far, depth) = (elements > L1_ELEMENTS, a.cols());
        let deep = S::MANY_REGISTERS && 3 * LANES * depth > PANEL_ELEMENTS;
        let shallow = far && !deep && depth * b.b.cols() <= SHALLOW_ELEMENTS;
        let across = !S::MANY_REGISTERS || far && deep || shallow;
        Self { a, row, column, across, prefetches_c: deep && elements > L2_ELEMENTS, ends, b, copy }
    }
}

/// Whether the block is to copy A on the fly: its tiles are those that do, and there is a panel of three whole vectors. On a
/// double-pumped processor the copy goes beside the multiply-adds; two of them a cycle leave no time for it.
#[inline(always)]
pub(super) fn copies_a<S: Simd>(s: S, columns: usize) -> bool {
    let tiles = S::MANY_REGISTERS && S::TILE_ROWS == 8;
    tiles && s.double_pumped() && columns.is_multiple_of(LANES) && threes(columns) > 0
}

/// How many panels of three vectors there are. Four vectors are two panels of two: a single one is slow.
#[inline(always)]
fn threes(columns: usize) -> usize {
    let vectors = columns.div_ceil(LANES);
    let threes = vectors / 3;
    threes - usize::from(threes > 0 && vectors - 3 * threes == 1)
}

/// How many tiles of six rows, and then of five. Fives have chains enough to hide the latency of the multiply-add, fours
/// barely, and lower ones do not: so as many fives as leave a multiple of six; where there are too few rows for that, 6q + 2
/// of them end in two tiles of four rather than in a six and a two.
#[inline(always)]
fn sixes_and_fives(rows: usize) -> (usize, usize) {
    let (sixes, left) = (rows / 6, rows % 6);
    let fives = (6 - left) % 6;
    match left {
        _ if 5 * fives <= rows => ((rows - 5 * fives) / 6, fives),
        2 if sixes > 0 => (sixes - 1, 0),
        _ => (sixes, 0),
    }
}

/// A kernel of its own, to keep its caller small.
impl Kernel for &mut Wide<'_, '_, '_, '_> {
    type Output = ();
    /// The columns of `b` in panels of up to three vectors; in wider ones where so few rows would leave the
    /// multiplications waiting for each other.
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let n = self.b.b.cols();
        let mut j = 0;
        if self.rows() < 4 && !self.b.ready {
            while S::MANY_REGISTERS && n - j > 7 * LANES {
                j = self.few::<S, 8>(s, j);
            }
            while n - j > 3 * LANES {
                j = self.few::<S, 4>(s, j);
            }
        }
        if S::MANY_REGISTERS {
            let end = n.min(j + 3 * threes(n - j) * LANES);
            if self.copy.is_some() {
                self.panel::<S, 3, true>(s, j..j + 3 * LANES);
                j += 3 * LANES;
            }
            self.panels::<S, 3>(s, j..end);
            let twos = (n - end).div_ceil(LANES) / 2;
            j = n.min(end + 2 * twos * LANES);
            self.panels::<S, 2>(s, end..j);
        }
        self.panels::<S, 1>(s, j..n);
        self.b.ready = self.b.packs;
    }
}

impl<'r> Wide<'r, '_, '_, '_> {
    fn rows(&self) -> usize {
        self.ends.rows() - self.row
    }

    /// V vectors of columns from column j on, for fewer than four rows. Returns the column after them.
    #[inline(always)]
    fn few<S: Simd, const V: usize>(&mut self, s: S, j: usize) -> usize {
        let columns = j..self.b.b.cols().min(j + V * LANES);
        if self.b.packs {
            self.b.pack::<S, V>(s, columns.clone());
        }
        let i = if S::MANY_REGISTERS { self.tiles::<S, 2, V, false>(s, 0..self.rows(), &columns) } else { 0 };
        self.tiles::<S, 1, V, false>(s, i..self.rows(), &columns);
        columns.end
    }

    /// Panels of V vectors, one after the other; or all together, row of tiles by row of tiles (`across`): where registers are few, where both B
    /// and C are far, and where B is shallow and C far, for a tile is a short visit to C then, and C passes in the order of memory.
    #[inline(always)]
    fn panels<S: Simd, const V: usize>(&mut self, s: S, columns: Range<usize>) {
        let step = if self.across { columns.len() } else { V * LANES };
        let mut j = columns.start;
        while j < columns.end {
            let end = columns.end.min(j + step);
            self.panel::<S, V, false>(s, j..end);
            j = end;
        }
    }

    /// Whether tiles may have fourteen rows: two vectors wide they fill the registers. Where the tile is shallow, nothing is gained.
    /// Rows a multiple of 4 KB apart meet in one set of the L1 cache, which holds eight to twelve. On pipes of 256 bits the 28 stores at its end
    /// hold up the next tile, it seems: 55 to 70 cycles of 896 where it is 32 deep.
    #[inline(always)]
    fn tall<S: Simd>(&self, s: S) -> bool {
        let fit = !self.a.row_stride().is_multiple_of(PAGE_ELEMENTS);
        S::MANY_REGISTERS && self.a.cols() >= FOURTEEN_DEPTH && fit && !s.double_pumped()
    }

    /// Panels of V vectors together: tiles of full height, then lower ones. If COPIES_A, those of full height copy A.
    #[inline(always)]
    fn panel<S: Simd, const V: usize, const COPIES_A: bool>(&mut self, s: S, columns: Range<usize>) {
        let rows = self.rows();
        let mut i = 0;
        if self.b.packs && !self.b.ready {
            if self.b.b.col_stride() == 1 && rows >= S::TILE_ROWS {
                // The first tile does it.
                let columns = columns.clone();
                match S::TILE_ROWS {
                    8 => s.enter(FirstTiles::<8, V, COPIES_A> { block: self, columns }),
                    6 => s.enter(FirstTiles::<6, V, false> { block: self, columns }),
                    _ => s.enter(FirstTiles::<4, V, false> { block: self, columns }),
                }
                i = S::TILE_ROWS;
            } else {
                self.b.pack::<S, V>(s, columns.clone());
            }
        }
        if V == 2 && self.tall(s) {
            // Four at a time: 56 rows are seven tiles of eight too, so the same rows are left over.
            i = self.tiles::<S, 14, V, false>(s, i..rows - (rows - i) % 56, &columns);
        }
        i = match S::TILE_ROWS {
            8 => self.tiles::<S, 8, V, COPIES_A>(s, i..rows, &columns),
            6 => {
                // They take whole vectors alone.
                let whole = self.b.packs || columns.len().is_multiple_of(LANES);
                let (sixes, fives) = if whole { sixes_and_fives(rows - i) } else { (0, 0) };
                let i = self.tiles::<S, 6, V, false>(s, i..i + 6 * sixes, &columns);
                self.tiles::<S, 5, V, false>(s, i..i + 5 * fives, &columns)
            }
            _ => i,
        };
        if i == rows {
            return;
        }
        i = self.tiles::<S, 4, V, false>(s, i..rows, &columns);
        i = self.tiles::<S, 2, V, false>(s, i..rows, &columns);
        self.tiles::<S, 1, V, false>(s, i..rows, &columns);
    }

    /// [`Tiles`] of H rows × V vectors. Returns the row after them.
    #[inline(always)]
    fn tiles<S: Simd, const H: usize, const V: usize, const COPIES_A: bool>(
        &mut self,
        s: S,
        rows: Range<usize>,
        columns: &Range<usize>,
    ) -> usize {
        s.enter(Tiles::<H, V, COPIES_A> { block: self, rows, columns: columns.clone() })
    }

    /// The operands of tiles of the panels `b`.
    #[inline(always)]
    fn operands<'p, S: Simd, const H: usize, const V: usize>(
        &self,
        s: S,
        (b, b_row): (&'p [f32], usize),
    ) -> TileOperands<'p, H, V>
    where
        'r: 'p,
    {
        let (a_row, a_col, depth) = (self.a.row_stride(), self.a.col_stride(), self.a.cols());
        let a = self.a.data();
        TileOperands::new(s, Operands { a, a_row, a_col, b, b_row, b_vector: LANES, depth, last: LANES })
    }
}

/// Tiles of H rows × V vectors, row of tiles by row of tiles, as many as `rows` has room for. A kernel of its own, so that
/// each shape of a tile is compiled once. Returns the row after them.
struct Tiles<'x, 'r, 'b, 'c, 'd, const H: usize, const V: usize, const COPIES_A: bool> {
    block: &'x mut Wide<'r, 'b, 'c, 'd>,
    rows: Range<usize>,
    columns: Range<usize>,
}

impl<const H: usize, const V: usize, const COPIES_A: bool> Kernel
    for Tiles<'_, '_, '_, '_, '_, H, V, COPIES_A>
{
    type Output = usize;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> usize {
        let Self { block, rows, columns } = self;
        let b = block.b.panels::<V>(columns.clone());
        let operands = block.operands::<S, H, V>(s, (b.data, b.row));
        let (a_row, depth, row, column) = (block.a.row_stride(), block.a.cols(), block.row, block.column);
        let prefetches_c = block.prefetches_c && H >= S::TILE_ROWS;
        let (ends, copy) = (&mut *block.ends, block.copy.as_deref_mut().unwrap_or(&mut []));
        // The last tile of a row may have a part of a vector.
        let (width, part) = (V * LANES, columns.len() % (V * LANES));
        assert!(part == 0 || !COPIES_A);
        let mut i = rows.start;
        while i + H <= rows.end {
            // Wrapping, for where A has no columns its rows may be any stride apart; else `row` looks.
            let (a, mut ends) = (operands.row(i.wrapping_mul(a_row)), ends.of_rows(row + i, H));
            let mut j = columns.start;
            while j < columns.end - part {
                let (at, b) = ((column + j, width), (j - columns.start) * b.per_column);
                j += width;
                if prefetches_c {
                    ends.prefetch::<S, H, V>(s, at.0);
                }
                let mut chains = ends.load::<S, H, V, true>(s, at);
                if COPIES_A {
                    let copy = &mut copy[i / LANES * LANES * depth + i % LANES..];
                    a.multiply_copying::<S, true, false>(s, b, LANES, &mut chains, (copy, &mut []));
                } else {
                    a.multiply::<S, true>(s, b, LANES, &mut chains);
                }
                ends.store::<S, H, V, true>(s, at, chains);
            }
            if part > 0 && !COPIES_A {
                let (at, last) = ((column + j, part), if b.whole { LANES } else { part - (V - 1) * LANES });
                let b = (j - columns.start) * b.per_column;
                let mut chains = ends.load::<S, H, V, false>(s, at);
                a.multiply::<S, false>(s, b, last, &mut chains);
                ends.store::<S, H, V, false>(s, at, chains);
            }
            i += H;
        }
        #[cfg(test)]
        tests::HEIGHTS.set(tests::HEIGHTS.get() | u32::from(i > rows.start) << H);
        i
    }
}

/// The first row of tiles of panels that are to be packed: it reads them where they lie and packs them.
struct FirstTiles<'x, 'r, 'b, 'c, 'd, const H: usize, const V: usize, const COPIES_A: bool> {
    block: &'x mut Wide<'r, 'b, 'c, 'd>,
    columns: Range<usize>,
}

impl<const H: usize, const V: usize, const COPIES_A: bool> Kernel
    for FirstTiles<'_, '_, '_, '_, '_, H, V, COPIES_A>
{
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { block, columns } = self;
        let b = block.b.b;
        let a = block.operands::<S, H, V>(s, (b.data(), b.row_stride())).row(0);
        let (row, column, depth) = (block.row, block.column, b.rows());
        let copy = block.copy.as_deref_mut().unwrap_or(&mut []);
        let mut ends = block.ends.of_rows(row, H);
        for j in columns.clone().step_by(V * LANES) {
            let width = (V * LANES).min(columns.end - j);
            let (at, last) = ((column + j, width), width - (V - 1) * LANES);
            let copies = (&mut *copy, &mut block.b.packed[j * depth..][..V * LANES * depth]);
            let mut chains = ends.load::<S, H, V, false>(s, at);
            a.multiply_copying::<S, COPIES_A, true>(s, j, last, &mut chains, copies);
            if last == LANES {
                ends.store::<S, H, V, true>(s, at, chains);
            } else {
                ends.store::<S, H, V, false>(s, at, chains);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    extern crate std;

    use super::*;
    use core::cell::Cell;

    std::thread_local! {
        /// Bit H: there has been a tile of H rows. No result tells.
        pub(in crate::matmul) static HEIGHTS: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn from_twenty_rows_on_sixes_and_fives_take_all() {
        for rows in 0..200 {
            let (sixes, fives) = sixes_and_fives(rows);
            let left = rows.checked_sub(6 * sixes + 5 * fives);
            assert!(left.is_some_and(|left| left <= 8 && (left == 0 || rows < 20)), "{rows} rows");
        }
    }
}
