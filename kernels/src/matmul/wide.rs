//! Lanes along the columns of C: panels of up to three vectors of columns, and down each panel tiles of full height.

use super::pack::{self, Rows};
use super::tile::{Place, Run, Target};
use crate::Mat;
use crate::arch::multiply::{Operands, multiply, multiply_copying};
use crate::simd::{LANES, Simd};

/// A block of B. What is packed of it lies panel by panel: row p of the panel of V vectors that starts at column j at
/// `packed[j · depth + p · 16 V ..]`.
pub(super) struct Columns<'a> {
    pub(super) b: Mat<'a, f32>,
    pub(super) packed: &'a mut [f32],
    /// Whether panels are to be packed.
    pub(super) packs: bool,
    /// Whether they have been.
    pub(super) ready: bool,
}

/// B as the tiles of one panel read it: vector v of row p at `data[p · row + v · vector ..]`.
#[derive(Clone, Copy)]
struct Panel<'a> {
    data: &'a [f32],
    row: usize,
    vector: usize,
    /// Elements of the last vector.
    last: usize,
}

/// What the tiles of one block share: `a` begins at row `first` of the target.
pub(super) struct Wide<'a, 'b, 'c, S> {
    pub(super) s: S,
    pub(super) a: Rows<'a>,
    pub(super) first: usize,
    /// Whether C is too large for the nearest cache.
    pub(super) far: bool,
    pub(super) run: Run,
    pub(super) target: &'b mut Target<'a, 'c>,
}

impl<S: Simd> Wide<'_, '_, '_, S> {
    /// The columns of `b`, which begin at column `at` of the target, in panels of up to three vectors; in wider ones
    /// where so few rows would leave the multiplications waiting for each other.
    #[inline(always)]
    pub(super) fn block(&mut self, b: &mut Columns<'_>, at: usize) {
        let (rows, columns) = (self.target.rows.len() - self.first, b.b.cols());
        let mut j = 0;
        while j < columns {
            let left = (columns - j).div_ceil(LANES);
            if rows < 4 && left >= 4 && !b.ready {
                if S::MANY_REGISTERS && left >= 8 {
                    self.few::<8>(b, at, j);
                    j += 8 * LANES;
                } else {
                    self.few::<4>(b, at, j);
                    j += 4 * LANES;
                }
                continue;
            }
            let vectors = match left {
                _ if !S::MANY_REGISTERS => 1,
                1 => 1,
                2 | 4 => 2,
                _ => 3,
            };
            match vectors {
                3 if S::MANY_REGISTERS => self.panel::<3>(b, at, j),
                2 if S::MANY_REGISTERS => self.panel::<2>(b, at, j),
                _ => self.panel::<1>(b, at, j),
            }
            j += vectors * LANES;
        }
        b.ready = b.packs;
    }

    /// Fewer than four rows.
    #[inline(always)]
    fn few<const V: usize>(&mut self, b: &mut Columns<'_>, at: usize, j: usize) {
        let (rows, width) = (self.target.rows.len() - self.first, (V * LANES).min(b.b.cols() - j));
        let panel = self.source::<V>(b, j);
        let mut i = 0;
        if S::MANY_REGISTERS && rows >= 2 {
            self.tile::<2, V>(panel, Place { i, j: at + j, width });
            i = 2;
        }
        while i < rows {
            self.tile::<1, V>(panel, Place { i, j: at + j, width });
            i += 1;
        }
    }

    /// The panel of V vectors from column j on: tiles of full height, then lower ones. If the panel is to be packed, the
    /// first tile does it.
    #[inline(always)]
    fn panel<const V: usize>(&mut self, b: &mut Columns<'_>, at: usize, j: usize) {
        let rows = self.target.rows.len() - self.first;
        let depth = self.run.len();
        let mut at = Place { i: 0, j: at + j, width: (V * LANES).min(b.b.cols() - j) };
        if b.packs && !b.ready && b.b.col_stride() == 1 && rows >= S::TILE_ROWS {
            let panel = self.in_place::<V>(b.b, j);
            let copy = &mut b.packed[j * depth..][..V * LANES * depth];
            match S::TILE_ROWS {
                8 => self.first_tile::<8, V>(panel, at, copy),
                6 => self.first_tile::<6, V>(panel, at, copy),
                _ => self.first_tile::<4, V>(panel, at, copy),
            }
            at.i = S::TILE_ROWS;
        }
        let panel = if at.i > 0 { packed::<V>(b, j, depth) } else { self.source::<V>(b, j) };
        match S::TILE_ROWS {
            8 => self.tiles::<8, V>(panel, &mut at, rows),
            6 => self.tiles::<6, V>(panel, &mut at, rows),
            _ => {}
        }
        self.tiles::<4, V>(panel, &mut at, rows);
        self.tiles::<2, V>(panel, &mut at, rows);
        self.tiles::<1, V>(panel, &mut at, rows);
    }

    /// Where the tiles read the panel, packed now if it cannot be read where it lies.
    #[inline(always)]
    fn source<'p, const V: usize>(&self, b: &'p mut Columns<'_>, j: usize) -> Panel<'p> {
        let depth = self.run.len();
        if b.b.col_stride() == 1 && !b.ready {
            return self.in_place::<V>(b.b, j);
        }
        if !b.ready {
            let columns = b.b.col_range(j..b.b.cols().min(j + V * LANES));
            pack::panel::<S, V>(self.s, columns, &mut b.packed[j * depth..]);
        }
        packed::<V>(b, j, depth)
    }

    /// The panel where it lies.
    #[inline(always)]
    fn in_place<'p, const V: usize>(&self, b: Mat<'p, f32>, j: usize) -> Panel<'p> {
        let last = LANES.min(b.cols() - j - (V - 1) * LANES);
        Panel { data: b.data().get(j..).unwrap_or(&[]), row: b.row_stride(), vector: LANES, last }
    }

    /// As many tiles of H rows as there is room for from `at` on, which moves on.
    #[inline(always)]
    fn tiles<const H: usize, const V: usize>(&mut self, panel: Panel<'_>, at: &mut Place, rows: usize) {
        while at.i + H <= rows {
            if H == S::TILE_ROWS && self.far && at.i + 2 * H <= rows {
                let next = Place { i: self.first + at.i + H, ..*at };
                self.target.prefetch::<S, H, V>(self.s, next);
            }
            self.tile::<H, V>(panel, *at);
            at.i += H;
        }
    }

    /// Carries the chains of H × V vectors through one run of k.
    #[inline(always)]
    fn tile<const H: usize, const V: usize>(&mut self, panel: Panel<'_>, at: Place) {
        let place = Place { i: self.first + at.i, ..at };
        let mut chains = self.target.take_up::<S, H, V>(self.s, self.run, place);
        multiply(self.s, self.operands(panel, at), &mut chains);
        self.target.put_down(self.s, self.run, place, chains);
    }

    /// The same, with a copy of the panel.
    #[inline(always)]
    fn first_tile<const H: usize, const V: usize>(&mut self, panel: Panel<'_>, at: Place, copy: &mut [f32]) {
        let place = Place { i: self.first + at.i, ..at };
        let mut chains = self.target.take_up::<S, H, V>(self.s, self.run, place);
        multiply_copying(self.s, self.operands(panel, at), &mut chains, copy);
        self.target.put_down(self.s, self.run, place, chains);
    }

    /// The operands of the tile at `at`.
    #[inline(always)]
    fn operands<'p>(&self, panel: Panel<'p>, at: Place) -> Operands<'p, f32>
    where
        Self: 'p,
    {
        let a = self.a;
        let g = pack::group::<S>();
        let first = (at.i / g) * a.group + (at.i % g) * a.row;
        Operands {
            a: a.data.get(first..).unwrap_or(&[]), // nothing where k = 0
            a_row: a.row,
            a_col: a.col,
            b: panel.data,
            b_row: panel.row,
            b_vector: panel.vector,
            depth: self.run.len(),
            last: panel.last,
        }
    }
}

/// The panel as it is packed.
#[inline(always)]
fn packed<'p, const V: usize>(b: &'p Columns<'_>, j: usize, depth: usize) -> Panel<'p> {
    let data = &b.packed[j * depth..][..V * LANES * depth];
    Panel { data, row: V * LANES, vector: LANES, last: LANES }
}
