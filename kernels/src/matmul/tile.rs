//! What comes before and after the innermost loop for H rows × V vectors of C: where unfinished chains wait between two
//! runs of k, and the epilogue.

use core::ops::Range;

use super::Epilogue;
use crate::arch::block::{self, Block};
use crate::floats::{load_at, store_at};
use crate::simd::{Kernel, LANES, Simd};
use crate::{Mat, MatMut};

/// One run of k: a part of the chains.
#[derive(Clone, Copy)]
pub(super) struct Run {
    start: usize,
    end: usize,
    pub(super) last: bool,
}

impl Run {
    /// The first of the runs of at most `step` that make up `0..k`: an empty one for k = 0, so that the epilogue happens.
    #[inline(always)]
    pub(super) fn first(k: usize, step: usize) -> Self {
        Self { start: 0, end: k.min(step), last: k <= step }
    }

    /// The one after this.
    #[inline(always)]
    pub(super) fn next(self, k: usize, step: usize) -> Option<Self> {
        let end = k.min(self.end + step);
        (!self.last).then_some(Self { start: self.end, end, last: end == k })
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }

    pub(super) fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether chains start from memory.
    pub(super) fn resumes(self, target: &Target<'_, '_>) -> bool {
        self.start > 0 || matches!(target.epilogue, Epilogue::Accumulate)
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

/// A tile's place in its block, and how many of its columns there are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) i: usize,
    pub(super) j: usize,
    pub(super) width: usize,
}

impl<'a> Target<'a, '_> {
    /// The chains of H × V vectors at `at` as the run before left them, or as they start.
    #[inline(always)]
    pub(super) fn take_up<S: Simd, const H: usize, const V: usize>(
        &mut self,
        s: S,
        run: Run,
        at: Place,
    ) -> [[S::V; V]; H] {
        let mut chains = [[s.splat(0.0); V]; H];
        if !run.resumes(self) {
            return chains;
        }
        if H + 1 >= S::TILE_ROWS {
            if at.width == V * LANES {
                self.take_up_here::<S, H, V, true>(s, at, &mut chains);
                return chains;
            }
            if S::MANY_REGISTERS || H == LANES {
                self.take_up_here::<S, H, V, false>(s, at, &mut chains);
                return chains;
            }
        }
        let mut memory = [[[0.0; LANES]; V]; H];
        s.enter(TakeUp { target: self, at, vectors: V, chains: memory.as_flattened_mut() });
        for r in 0..H {
            for v in 0..V {
                chains[r][v] = s.load(&memory[r][v]);
            }
        }
        chains
    }

    /// [`Target::take_up`] in registers. WHOLE: the last vector has sixteen elements.
    #[inline(always)]
    fn take_up_here<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        at: Place,
        chains: &mut [[S::V; V]; H],
    ) {
        let (data, stride) = self.waiting_from(at);
        let block = Block::<H, V, WHOLE>::new(data, stride, at.width);
        for r in 0..H {
            chains[r] = block.row(s, r);
        }
    }

    /// Puts the chains down: for the next run, or after the last one finished by the epilogue. Tiles of full height have
    /// code of their own, and so have those a row lower and sixteen rows that were turned; with a part of a vector only the last, or where a
    /// mask costs nothing. All others share one loop over memory.
    #[inline(always)]
    pub(super) fn put_down<S: Simd, const H: usize, const V: usize>(
        &mut self,
        s: S,
        run: Run,
        at: Place,
        chains: [[S::V; V]; H],
    ) {
        let plain = !matches!(self.epilogue, Epilogue::ReluMask(h) if h.col_stride() != 1);
        if H + 1 >= S::TILE_ROWS && plain {
            if at.width == V * LANES {
                return self.put_down_here::<S, H, V, true>(s, run, at, chains);
            }
            if S::MANY_REGISTERS || H == LANES {
                return self.put_down_here::<S, H, V, false>(s, run, at, chains);
            }
        }
        let mut memory = [[[0.0; LANES]; V]; H];
        for r in 0..H {
            for v in 0..V {
                s.store(chains[r][v], &mut memory[r][v]);
            }
        }
        s.enter(PutDown { run, target: self, at, vectors: V, chains: memory.as_flattened() });
    }

    /// [`Target::put_down`] in registers. WHOLE: the last vector has sixteen elements.
    #[inline(always)]
    fn put_down_here<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        run: Run,
        at: Place,
        mut chains: [[S::V; V]; H],
    ) {
        if !run.last {
            return block::store::<S, H, V, WHOLE>(s, &chains, self.waiting_from(at), at.width);
        }
        let (i, j) = (self.rows.start + at.i, self.columns.start + at.j);
        let stride = self.c.row_stride();
        match self.epilogue {
            Epilogue::Store | Epilogue::Accumulate => {}
            Epilogue::Bias(bias) => {
                let bias = Block::<1, V, WHOLE>::new(&bias[j..], 0, at.width).row(s, 0);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.add(chains[r][v], bias[v]);
                    }
                }
            }
            Epilogue::BiasRelu(bias) => {
                let bias = Block::<1, V, WHOLE>::new(&bias[j..], 0, at.width).row(s, 0);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.relu(s.add(chains[r][v], bias[v]));
                    }
                }
            }
            Epilogue::ReluMask(h) => {
                let zero = s.splat(0.0);
                let data = &h.data()[i * h.row_stride() + j..];
                let h = Block::<H, V, WHOLE>::new(data, h.row_stride(), at.width);
                for r in 0..H {
                    let h = h.row(s, r);
                    for v in 0..V {
                        chains[r][v] = s.select_gt(h[v], zero, chains[r][v], zero);
                    }
                }
            }
            Epilogue::SgdStep { f, eta } => {
                let (f, eta) = (s.splat(f), s.splat(-eta));
                let old = Block::<H, V, WHOLE>::new(self.c.beginning_at(i, j), stride, at.width);
                for r in 0..H {
                    let old = old.row(s, r);
                    for v in 0..V {
                        chains[r][v] = s.mul_add(eta, chains[r][v], s.mul(f, old[v]));
                    }
                }
            }
        }
        block::store::<S, H, V, WHOLE>(s, &chains, (self.c.beginning_at(i, j), stride), at.width);
    }

    /// [`Target::put_down`] for sixteen rows, or as many as there are.
    #[inline(always)]
    pub(super) fn put_down_rows<S: Simd>(&mut self, s: S, run: Run, at: Place, chains: [[S::V; 1]; LANES]) {
        let rows = self.rows.len() - at.i;
        if rows >= LANES {
            return self.put_down(s, run, at, chains);
        }
        let mut memory = [[0.0; LANES]; LANES];
        for r in 0..LANES {
            s.store(chains[r][0], &mut memory[r]);
        }
        s.enter(PutDown { run, target: self, at, vectors: 1, chains: &memory[..rows] });
    }

    /// The chains of sixteen rows, or of as many as there are, as the run before left them.
    #[inline(always)]
    pub(super) fn take_up_rows<S: Simd>(
        &mut self,
        s: S,
        run: Run,
        at: Place,
        chains: &mut [[f32; LANES]; LANES],
    ) {
        let rows = self.rows.len() - at.i;
        if rows >= LANES {
            let rows: [[S::V; 1]; LANES] = self.take_up(s, run, at);
            for r in 0..LANES {
                s.store(rows[r][0], &mut chains[r]);
            }
        } else {
            s.enter(TakeUp { target: self, at, vectors: 1, chains: &mut chains[..rows] });
        }
    }

    /// Puts a piece of one row down, a vector at most.
    #[inline(always)]
    pub(super) fn put_down_row<S: Simd>(&mut self, s: S, run: Run, at: Place, chain: S::V) {
        if !run.last {
            return store_at(s, chain, self.waiting(at, 0), 0);
        }
        let (i, j) = (self.rows.start + at.i, self.columns.start + at.j);
        let (end, zero) = (j + at.width, s.splat(0.0));
        let chain = match self.epilogue {
            Epilogue::Store | Epilogue::Accumulate => chain,
            Epilogue::Bias(bias) => s.add(chain, load_at(s, &bias[..end], j)),
            Epilogue::BiasRelu(bias) => s.relu(s.add(chain, load_at(s, &bias[..end], j))),
            Epilogue::ReluMask(h) => s.select_gt(load_mask(s, h, i, j..end), zero, chain, zero),
            Epilogue::SgdStep { f, eta } => {
                let old = load_at(s, &self.c.row(i)[..end], j);
                s.mul_add(s.splat(-eta), chain, s.mul(s.splat(f), old))
            }
        };
        store_at(s, chain, &mut self.c.row_mut(i)[..end], j);
    }

    /// Asks for the memory of H rows at `at`, which will be wanted soon.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd, const H: usize, const V: usize>(&mut self, s: S, at: Place) {
        let (data, stride) = self.waiting_from(at);
        block::prefetch::<S, H, V>(s, data, stride);
    }

    /// The waiting place of the tile at `at`: the elements from its first on, and from one row to the next.
    #[inline(always)]
    fn waiting_from(&mut self, at: Place) -> (&mut [f32], usize) {
        match &mut self.partials {
            Some(partials) => {
                let width = self.columns.len().next_multiple_of(LANES);
                (&mut partials[at.i * width + at.j..], width)
            }
            None => {
                let stride = self.c.row_stride();
                (self.c.beginning_at(self.rows.start + at.i, self.columns.start + at.j), stride)
            }
        }
    }

    /// The waiting place of row r of the tile at `at`.
    #[inline(always)]
    fn waiting(&mut self, at: Place, r: usize) -> &mut [f32] {
        let width = self.columns.len().next_multiple_of(LANES);
        match &mut self.partials {
            Some(partials) => &mut partials[(at.i + r) * width + at.j..][..at.width],
            None => &mut self.c.row_mut(self.rows.start + at.i + r)[self.columns.start + at.j..][..at.width],
        }
    }
}

/// [`Target::take_up`] for tiles of any height and width: row r as `vectors` vectors of `chains`, filled up with +0. A
/// kernel of its own, compiled once for all tiles.
struct TakeUp<'x, 'a, 'c> {
    target: &'x mut Target<'a, 'c>,
    at: Place,
    vectors: usize,
    chains: &'x mut [[f32; LANES]],
}

impl Kernel for TakeUp<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (r, chains) in self.chains.chunks_exact_mut(self.vectors).enumerate() {
            let row = self.target.waiting(self.at, r);
            for (v, chain) in chains.iter_mut().enumerate() {
                s.store(load_at(s, row, v * LANES), chain);
            }
        }
    }
}

/// [`Target::put_down`] for tiles of any height and width, as [`TakeUp`] has them.
struct PutDown<'x, 'a, 'c> {
    run: Run,
    target: &'x mut Target<'a, 'c>,
    at: Place,
    vectors: usize,
    chains: &'x [[f32; LANES]],
}

impl Kernel for PutDown<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { run, target, at, .. } = self;
        for (r, chains) in self.chains.chunks_exact(self.vectors).enumerate() {
            for (v, chain) in chains.iter().enumerate() {
                let j = at.j + v * LANES;
                let width = LANES.min(at.width - v * LANES);
                target.put_down_row(s, run, Place { i: at.i + r, j, width }, s.load(chain));
            }
        }
    }
}

/// Sixteen elements of row i of a mask from the first of `columns` on, whatever its strides, +0 past the last.
#[inline(always)]
fn load_mask<S: Simd>(s: S, h: Mat<'_, f32>, i: usize, columns: Range<usize>) -> S::V {
    if let Some(row) = h.row(i) {
        return load_at(s, row, columns.start);
    }
    let mut lanes = [0.0; LANES];
    for (lane, j) in lanes.iter_mut().zip(columns) {
        *lane = h.get(i, j);
    }
    s.load(&lanes)
}
