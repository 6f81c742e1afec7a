//! The register tile: H rows × V vectors of C in registers while one run of k passes, and what comes before and
//! after it: where unfinished chains wait, and the epilogue.

use core::ops::Range;

use super::Epilogue;
use super::pack::{Columns, Rows};
use crate::arch::multiply::{Operands, multiply};
use crate::floats::{load_at, store_at};
use crate::simd::{LANES, Simd};
use crate::{Mat, MatMut};

/// One run of k: a part of the chains.
#[derive(Clone, Copy)]
pub(super) struct Run {
    start: usize,
    end: usize,
    last: bool,
}

impl Run {
    /// The runs of at most `step` that make up `0..k`; one empty run for k = 0, so that the epilogue happens.
    pub(super) fn over(k: usize, step: usize) -> impl Iterator<Item = Self> {
        (0..k.max(1)).step_by(step).map(move |start| {
            let end = k.min(start + step);
            Self { start, end, last: end == k }
        })
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Where a block of C lies and what becomes of it.
pub(super) struct Target<'a, 'c> {
    pub(super) c: &'a mut MatMut<'c, f32>,
    /// Waiting place of unfinished chains, if not C: as many rows and whole vectors as the block has.
    pub(super) partials: Option<&'a mut [f32]>,
    pub(super) epilogue: Epilogue<'a, f32>,
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

/// One block of A times one block of B into a block of C: first the rows that fill tiles of full height, then the
/// few that are left in lower and wider tiles.
#[inline(always)]
pub(super) fn block<S: Simd>(s: S, a: Rows<'_>, b: Columns<'_>, run: Run, mut target: Target<'_, '_>) {
    let rows = target.rows.len();
    let full = rows - rows % S::TILE_ROWS;
    let mut part = Part { s, a, b, run, target: &mut target };
    match S::TILE_ROWS {
        8 => part.band::<8, 2>(0..full),
        6 => part.band::<6, 1>(0..full),
        _ => part.band::<4, 1>(0..full),
    }
    let mut i = full;
    while i < rows {
        let height = match rows - i {
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        match (height, S::MANY_REGISTERS) {
            (4, true) => part.band::<4, 4>(i..i + 4),
            (4, false) => part.band::<4, 1>(i..i + 4),
            (2, true) => part.band::<2, 8>(i..i + 2),
            (2, false) => part.band::<2, 2>(i..i + 2),
            (_, true) => part.band::<1, 8>(i..i + 1),
            (_, false) => part.band::<1, 4>(i..i + 1),
        }
        i += height;
    }
}

/// What the tiles of one block share.
struct Part<'a, 'b, 'c, S> {
    s: S,
    a: Rows<'a>,
    b: Columns<'a>,
    run: Run,
    target: &'a mut Target<'b, 'c>,
}

impl<S: Simd> Part<'_, '_, '_, S> {
    /// The rows `rows` of the block in tiles of H rows: panels of V vectors of columns, then of two and of one.
    #[inline(always)]
    fn band<const H: usize, const V: usize>(&mut self, rows: Range<usize>) {
        let columns = self.target.columns.len();
        let mut j = 0;
        while columns - j > (V - 1) * LANES {
            for i in rows.clone().step_by(H) {
                self.tile::<H, V>((i, j));
            }
            j = columns.min(j + V * LANES);
        }
        while V > 2 && columns - j > LANES {
            for i in rows.clone().step_by(H) {
                self.tile::<H, 2>((i, j));
            }
            j = columns.min(j + 2 * LANES);
        }
        while j < columns {
            let mut i = rows.start;
            if S::MANY_REGISTERS && H == S::TILE_ROWS && self.a.is_even(H) {
                // Half as many vectors want twice as many rows to hide the latency of the multiply-add.
                while i + 16 <= rows.end {
                    self.tile::<16, 1>((i, j));
                    i += 16;
                }
            }
            for i in (i..rows.end).step_by(H) {
                self.tile::<H, 1>((i, j));
            }
            j = columns.min(j + LANES);
        }
    }

    /// Takes up the chains of H × V vectors at (row, column), carries them through one run of k, and puts them down.
    #[inline(always)]
    fn tile<const H: usize, const V: usize>(&mut self, at: (usize, usize)) {
        let s = self.s;
        let mut chains = [[s.splat(0.0); V]; H];
        if self.run.start > 0 || matches!(self.target.epilogue, Epilogue::Accumulate) {
            for (r, chains) in chains.iter_mut().enumerate() {
                *chains = load_row(s, self.target.waiting(at, r));
            }
        }
        multiply(s, self.operands::<V>(at), &mut chains);
        if self.run.last {
            finish(s, &mut chains, at, self.target);
        } else {
            for (r, chains) in chains.iter().enumerate() {
                store_row(s, chains, self.target.waiting(at, r));
            }
        }
    }

    /// The operands of the tile at (row, column).
    #[inline(always)]
    fn operands<const V: usize>(&self, (i, j): (usize, usize)) -> Operands<'_, f32> {
        let (a, b) = (self.a, self.b);
        Operands {
            a: from(a.data, (i / S::TILE_ROWS) * a.group + (i % S::TILE_ROWS) * a.row),
            a_row: a.row,
            a_col: a.col,
            b: from(b.data, (j / LANES) * b.vector),
            b_row: b.row,
            b_vector: b.vector,
            depth: self.run.end - self.run.start,
            last: LANES.min(self.target.columns.len() - j - (V - 1) * LANES),
        }
    }
}

/// What lies from element `first` on: nothing where k = 0.
#[inline(always)]
fn from(data: &[f32], first: usize) -> &[f32] {
    data.get(first..).unwrap_or(&[])
}

impl Target<'_, '_> {
    /// The waiting place of row r of the tile at `at`, from the tile's first column to the block's last one.
    #[inline(always)]
    fn waiting(&mut self, at: (usize, usize), r: usize) -> &mut [f32] {
        let width = self.columns.len().next_multiple_of(LANES);
        match &mut self.partials {
            Some(partials) => &mut partials[(at.0 + r) * width..][at.1..width],
            None => &mut self.c.row_mut(self.rows.start + at.0 + r)[self.columns.clone()][at.1..],
        }
    }
}

/// The epilogue for the finished chains of the tile at (row, column) of the block.
#[inline(always)]
fn finish<S: Simd, const H: usize, const V: usize>(
    s: S,
    chains: &mut [[S::V; V]; H],
    at: (usize, usize),
    target: &mut Target<'_, '_>,
) {
    let columns =
        target.columns.start + at.1..target.columns.end.min(target.columns.start + at.1 + V * LANES);
    let i = target.rows.start + at.0;
    match target.epilogue {
        Epilogue::Store | Epilogue::Accumulate => {}
        Epilogue::Bias(bias) => {
            let bias = load_row::<S, V>(s, &bias[columns.clone()]);
            each(chains, |_, v, chain| s.add(chain, bias[v]));
        }
        Epilogue::BiasRelu(bias) => {
            let bias = load_row::<S, V>(s, &bias[columns.clone()]);
            each(chains, |_, v, chain| s.relu(s.add(chain, bias[v])));
        }
        Epilogue::ReluMask(h) => {
            for (r, chains) in chains.iter_mut().enumerate() {
                let h = load_mask::<S, V>(s, h, i + r, columns.clone());
                for v in 0..V {
                    chains[v] = s.select_gt(h[v], s.splat(0.0), chains[v], s.splat(0.0));
                }
            }
        }
        Epilogue::SgdStep { f, eta } => {
            let (f, eta) = (s.splat(f), s.splat(-eta));
            for (r, chains) in chains.iter_mut().enumerate() {
                let old = load_row::<S, V>(s, &target.c.row(i + r)[columns.clone()]);
                for v in 0..V {
                    chains[v] = s.mul_add(eta, chains[v], s.mul(f, old[v]));
                }
            }
        }
    }
    for (r, chains) in chains.iter().enumerate() {
        store_row(s, chains, &mut target.c.row_mut(i + r)[columns.clone()]);
    }
}

/// chains(r, v) ← f(r, v, chains(r, v)).
#[inline(always)]
fn each<V: Copy, const H: usize, const W: usize>(chains: &mut [[V; W]; H], f: impl Fn(usize, usize, V) -> V) {
    for (r, chains) in chains.iter_mut().enumerate() {
        for (v, chain) in chains.iter_mut().enumerate() {
            *chain = f(r, v, *chain);
        }
    }
}

/// The elements of row i of a mask, whatever its strides.
#[inline(always)]
fn load_mask<S: Simd, const V: usize>(s: S, h: Mat<'_, f32>, i: usize, columns: Range<usize>) -> [S::V; V] {
    if let Some(row) = h.row(i) {
        return load_row(s, &row[columns]);
    }
    let mut out = [s.splat(0.0); V];
    for (v, out) in out.iter_mut().enumerate() {
        let mut lanes = [0.0; LANES];
        for (lane, j) in lanes.iter_mut().zip(columns.clone().skip(v * LANES)) {
            *lane = h.get(i, j);
        }
        *out = s.load(&lanes);
    }
    out
}

/// The first V vectors of a row, with +0 past its end.
#[inline(always)]
fn load_row<S: Simd, const V: usize>(s: S, row: &[f32]) -> [S::V; V] {
    let mut out = [s.splat(0.0); V];
    let full = row.as_chunks::<LANES>().0;
    if full.len() >= V {
        for v in 0..V {
            out[v] = s.load(&full[v]);
        }
    } else {
        for (v, out) in out.iter_mut().enumerate() {
            *out = load_at(s, row, v * LANES);
        }
    }
    out
}

/// Stores as much of V vectors as the row has room for.
#[inline(always)]
fn store_row<S: Simd, const V: usize>(s: S, vectors: &[S::V; V], row: &mut [f32]) {
    if row.len() >= V * LANES {
        let full = row.as_chunks_mut::<LANES>().0;
        for v in 0..V {
            s.store(vectors[v], &mut full[v]);
        }
    } else {
        for (v, &vector) in vectors.iter().enumerate() {
            store_at(s, vector, row, v * LANES);
        }
    }
}
