//! The register tile: H rows × V vectors of C in registers while one run of k passes, and what comes before and
//! after it: where unfinished chains wait, and the epilogue.

use core::ops::Range;

use super::Epilogue;
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

/// The rows of a block in groups of tile heights: (first row, height). The remainder takes the largest that fit.
#[inline(always)]
pub(super) fn groups<S: Simd>(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut i = 0;
    core::iter::from_fn(move || {
        let left = rows - i;
        let height = match left.min(S::TILE_ROWS) {
            0 => return None,
            1 => 1,
            2 | 3 => 2,
            4 | 5 => 4,
            6 | 7 => 6,
            _ => 8,
        };
        i += height;
        Some((i - height, height))
    })
}

/// The columns of a block in panels: (first column, vectors). The last one may have columns to spare.
#[inline(always)]
pub(super) fn panels<S: Simd>(columns: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut j = 0;
    core::iter::from_fn(move || {
        if j >= columns {
            return None;
        }
        let vectors = (columns - j).div_ceil(LANES).min(S::TILE_VECTORS);
        j += vectors * LANES;
        Some((j - vectors * LANES, vectors))
    })
}

/// One packed block of A times one packed block of B into a block of C.
#[inline(always)]
pub(super) fn block<S: Simd>(s: S, a: &[f32], b: &[f32], run: Run, mut target: Target<'_, '_>) {
    let depth = run.end - run.start;
    for (j, vectors) in panels::<S>(target.columns.len()) {
        let panel = &b[j * depth..][..vectors * LANES * depth];
        for (i, height) in groups::<S>(target.rows.len()) {
            let group = &a[i * depth..][..height * depth];
            let at = (i, j);
            if S::TILE_VECTORS == 2 && vectors == 2 {
                of_height::<S, 2>(s, height, group, panel, run, at, &mut target);
            } else {
                of_height::<S, 1>(s, height, group, panel, run, at, &mut target);
            }
        }
    }
}

/// The tile whose height is known when running, as one whose height is known when compiling.
#[inline(always)]
fn of_height<S: Simd, const V: usize>(
    s: S,
    height: usize,
    a: &[f32],
    b: &[f32],
    run: Run,
    at: (usize, usize),
    target: &mut Target<'_, '_>,
) {
    match height {
        8 if S::TILE_ROWS >= 8 => tile::<S, 8, V>(s, a, b, run, at, target),
        6 if S::TILE_ROWS >= 6 => tile::<S, 6, V>(s, a, b, run, at, target),
        4 => tile::<S, 4, V>(s, a, b, run, at, target),
        2 => tile::<S, 2, V>(s, a, b, run, at, target),
        _ => tile::<S, 1, V>(s, a, b, run, at, target),
    }
}

/// Takes up the chains of H × V vectors, carries them through one run of k, and puts them down.
#[inline(always)]
fn tile<S: Simd, const H: usize, const V: usize>(
    s: S,
    a: &[f32],
    b: &[f32],
    run: Run,
    at: (usize, usize),
    target: &mut Target<'_, '_>,
) {
    let mut chains = [[s.splat(0.0); V]; H];
    if run.start > 0 || matches!(target.epilogue, Epilogue::Accumulate) {
        for (r, chains) in chains.iter_mut().enumerate() {
            let row = target.waiting(at, r);
            for (v, chain) in chains.iter_mut().enumerate() {
                *chain = load_at(s, row, v * LANES);
            }
        }
    }
    multiply(s, a, b, &mut chains);
    if !run.last {
        for (r, chains) in chains.iter().enumerate() {
            let row = target.waiting(at, r);
            for (v, &chain) in chains.iter().enumerate() {
                store_at(s, chain, row, v * LANES);
            }
        }
        return;
    }
    for (r, chains) in chains.iter().enumerate() {
        for (v, &chain) in chains.iter().enumerate() {
            finish(s, chain, (at.0 + r, at.1 + v * LANES), target);
        }
    }
}

/// chains ← chains + A B over one run: the loop that all the others are there for.
#[inline(always)]
fn multiply<S: Simd, const H: usize, const V: usize>(
    s: S,
    a: &[f32],
    b: &[f32],
    chains: &mut [[S::V; V]; H],
) {
    let (a, b) = (a.as_chunks::<H>().0, b.as_chunks::<LANES>().0.as_chunks::<V>().0);
    let mut acc = *chains;
    for (a, b) in a.iter().zip(b) {
        let mut row = [s.splat(0.0); V];
        for v in 0..V {
            row[v] = s.load(&b[v]);
        }
        for r in 0..H {
            let x = s.splat(a[r]);
            for v in 0..V {
                acc[r][v] = s.mul_add(x, row[v], acc[r][v]);
            }
        }
    }
    *chains = acc;
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

/// The epilogue for one vector of C, at (row, column) of the block.
#[inline(always)]
fn finish<S: Simd>(s: S, chain: S::V, at: (usize, usize), target: &mut Target<'_, '_>) {
    let columns = target.columns.clone();
    let i = target.rows.start + at.0;
    let out = &mut target.c.row_mut(i)[columns.clone()];
    let value = match target.epilogue {
        Epilogue::Store | Epilogue::Accumulate => chain,
        Epilogue::Bias(bias) => s.add(chain, load_at(s, &bias[columns], at.1)),
        Epilogue::BiasRelu(bias) => s.relu(s.add(chain, load_at(s, &bias[columns], at.1))),
        Epilogue::ReluMask(h) => {
            let first = columns.start + at.1;
            let h = load_mask(s, h, i, first..columns.end.min(first + LANES));
            s.select_gt(h, s.splat(0.0), chain, s.splat(0.0))
        }
        Epilogue::SgdStep { f, eta } => {
            let old = load_at(s, out, at.1);
            s.mul_add(s.splat(-eta), chain, s.mul(s.splat(f), old))
        }
    };
    store_at(s, value, out, at.1);
}

/// The elements of row i of a mask, whatever its strides.
#[inline(always)]
fn load_mask<S: Simd>(s: S, h: Mat<'_, f32>, i: usize, columns: Range<usize>) -> S::V {
    match h.row(i) {
        Some(row) => load_at(s, &row[columns], 0),
        None => {
            let mut lanes = [0.0; LANES];
            for (lane, j) in lanes.iter_mut().zip(columns) {
                *lane = h.get(i, j);
            }
            s.load(&lanes)
        }
    }
}
