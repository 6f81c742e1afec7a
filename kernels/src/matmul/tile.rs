//! What comes before and after the innermost loop for H rows × V vectors of C: where unfinished chains wait between two
//! runs of k, and the epilogue.

use core::ops::Range;

use super::Epilogue;
use crate::arch::block::Block;
use crate::simd::{Kernel, LANES, Lines, Simd};
use crate::{Mat, MatMut};

/// One run of k: a part of the chains.
#[derive(Clone, Copy)]
pub(super) struct Run {
    start: usize,
    end: usize,
    last: bool,
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
}

/// A tile's place in its block, and how many of its columns there are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) i: usize,
    pub(super) j: usize,
    pub(super) width: usize,
}

/// Where the chains of a block go in one run of k, and what becomes of them there: bounds are checked once for all its tiles.
pub(super) struct Ends<'x> {
    /// Whether chains start from memory.
    resumes: bool,
    finish: Finish<'x>,
    block: Block<'x>,
}

/// An epilogue, the operand of which is the block's; none for chains that go on.
#[derive(Clone, Copy)]
enum Finish<'x> {
    Nothing,
    Bias,
    BiasRelu,
    Mask,
    /// A mask whose columns lie apart.
    MaskApart(Mat<'x, f32>),
    SgdStep {
        f: f32,
        eta: f32,
    },
}

impl<'x> Ends<'x> {
    /// Where chains of this run go that end in these rows and columns of C. Between two runs they are in `partials`, as many rows and whole
    /// vectors as the block has, or else in C.
    ///
    /// # Panics
    /// If C, the operand of the epilogue or `partials` is smaller than the block.
    #[inline(always)]
    pub(super) fn new(
        c: &'x mut MatMut<'_, f32>,
        partials: Option<&'x mut [f32]>,
        epilogue: &Epilogue<'x, f32>,
        (rows, columns): (Range<usize>, Range<usize>),
        run: Run,
    ) -> Self {
        let (height, width) = (rows.len(), columns.len());
        let resumes = run.start > 0 || matches!(epilogue, Epilogue::Accumulate);
        let partials_stride = width.next_multiple_of(LANES);
        let (stride, to) = (c.row_stride(), c.beginning_at(rows.start, columns.start));
        let block = match partials {
            Some(partials) if !run.last => Block::new(partials, partials_stride, height, width),
            Some(partials) => Block::new(to, stride, height, width).coming_from(partials, partials_stride),
            None => Block::new(to, stride, height, width),
        };
        if !run.last {
            return Ends { resumes, finish: Finish::Nothing, block };
        }
        let (finish, block) = match *epilogue {
            Epilogue::Store | Epilogue::Accumulate => (Finish::Nothing, block),
            // One row, which is every row's.
            Epilogue::Bias(b) => (Finish::Bias, block.with_operand(&b[columns], 0)),
            Epilogue::BiasRelu(b) => (Finish::BiasRelu, block.with_operand(&b[columns], 0)),
            Epilogue::ReluMask(h) if h.col_stride() == 1 => {
                let first = h.beginning_at(rows.start, columns.start);
                (Finish::Mask, block.with_operand(first, h.row_stride()))
            }
            Epilogue::ReluMask(h) => (Finish::MaskApart(h.row_range(rows).col_range(columns)), block),
            // Its operand is C.
            Epilogue::SgdStep { f, eta } => (Finish::SgdStep { f, eta }, block),
        };
        Ends { resumes, finish, block }
    }

    /// Whether chains start from memory.
    #[inline(always)]
    pub(super) fn resumes(&self) -> bool {
        self.resumes
    }

    /// Whether a mask is the epilogue.
    #[inline(always)]
    pub(super) fn masks(&self) -> bool {
        matches!(self.finish, Finish::Mask | Finish::MaskApart(_))
    }

    /// Rows of the block.
    #[inline(always)]
    pub(super) fn rows(&self) -> usize {
        self.block.rows()
    }

    /// Those of `height` rows from row i on.
    ///
    /// # Panics
    /// If the block has fewer.
    #[inline(always)]
    pub(super) fn of_rows(&mut self, i: usize, height: usize) -> EndsOfRows<'_> {
        EndsOfRows { resumes: self.resumes, finish: &self.finish, i, block: self.block.part(i, height) }
    }
}

/// [`Ends`] of some rows: a row of tiles, which are found by their columns.
pub(super) struct EndsOfRows<'x> {
    resumes: bool,
    finish: &'x Finish<'x>,
    /// Which row of the block is the first.
    i: usize,
    block: Block<'x>,
}

impl EndsOfRows<'_> {
    /// The chains of H × V vectors from column j on as the run before left them, or as they start. Tiles of full height have code of their
    /// own, and so have those a row lower and sixteen rows that were transposed. All others share one loop over memory.
    #[inline(always)]
    pub(super) fn load<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &self,
        s: S,
        (j, width): (usize, usize),
    ) -> [[S::V; V]; H] {
        let mut chains = [[s.splat(0.0); V]; H];
        if !self.resumes {
            return chains;
        }
        if H + 1 >= S::TILE_ROWS {
            return self.block.chains::<S, H, V, WHOLE>(s, (0, j), width);
        }
        let mut memory = Lines([[[0.0; LANES]; V]; H]);
        s.enter(LoadAny { ends: self, j, width, vectors: V, chains: memory.0.as_flattened_mut() });
        for r in 0..H {
            for v in 0..V {
                chains[r][v] = s.load(&memory.0[r][v]);
            }
        }
        chains
    }

    /// Stores the chains: for the next run, or after the last one finished by the epilogue. Which tiles have code of their own:
    /// as for [`EndsOfRows::load`].
    #[inline(always)]
    pub(super) fn store<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        (j, width): (usize, usize),
        chains: [[S::V; V]; H],
    ) {
        if H + 1 >= S::TILE_ROWS && !matches!(self.finish, Finish::MaskApart(_)) {
            return self.store_from_registers::<S, H, V, WHOLE>(s, (0, j), width, chains);
        }
        let mut memory = Lines([[[0.0; LANES]; V]; H]);
        for r in 0..H {
            for v in 0..V {
                s.store(chains[r][v], &mut memory.0[r][v]);
            }
        }
        s.enter(StoreAny { ends: self, j, width, vectors: V, chains: memory.0.as_flattened() });
    }

    /// [`EndsOfRows::store`] from registers, at any row and column of these. WHOLE: the last vector has sixteen elements. Where the columns
    /// of a mask lie apart, for one vector alone.
    #[inline(always)]
    pub(super) fn store_from_registers<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        at: (usize, usize),
        width: usize,
        mut chains: [[S::V; V]; H],
    ) {
        match self.finish {
            Finish::Nothing => {}
            Finish::Bias => {
                let [bias] = self.block.operand::<S, 1, V, WHOLE>(s, at, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.add(chains[r][v], bias[v]);
                    }
                }
            }
            Finish::BiasRelu => {
                let zero = s.splat(0.0);
                let [mut bias] = self.block.operand::<S, 1, V, WHOLE>(s, at, width);
                for v in 0..V {
                    bias[v] = s.add(bias[v], zero);
                }
                for r in 0..H {
                    for v in 0..V {
                        // ReLU of a sum that is not −0, as no sum with +0 is.
                        chains[r][v] = s.max(zero, s.add(chains[r][v], bias[v]));
                    }
                }
            }
            Finish::Mask => {
                let zero = s.splat(0.0);
                let h = self.block.operand::<S, H, V, WHOLE>(s, at, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.keep_gt(h[r][v], zero, chains[r][v]);
                    }
                }
            }
            Finish::MaskApart(h) => {
                assert!(H == 1 && V == 1);
                let h = load_apart(s, *h, (self.i + at.0, at.1), width);
                chains[0][0] = s.keep_gt(h, s.splat(0.0), chains[0][0]);
            }
            Finish::SgdStep { f, eta } => {
                let (f, eta) = (s.splat(*f), s.splat(-eta));
                let old = self.block.operand::<S, H, V, WHOLE>(s, at, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.mul_add(eta, chains[r][v], s.mul(f, old[r][v]));
                    }
                }
            }
        }
        self.block.store::<S, H, V, WHOLE>(s, &chains, at, width);
    }

    /// Prefetches H rows of V vectors at column j.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd, const H: usize, const V: usize>(&self, s: S, j: usize) {
        self.block.prefetch::<S, H, V>(s, j);
    }
}

impl Ends<'_> {
    /// Stores the chains of a vector in each of sixteen rows, or as many as there are.
    #[inline(always)]
    pub(super) fn store_rows<S: Simd>(&mut self, s: S, at: Place, chains: [[S::V; 1]; LANES]) {
        let rows = LANES.min(self.rows() - at.i);
        let mut ends = self.of_rows(at.i, rows);
        if rows == LANES {
            return ends.store::<S, LANES, 1, false>(s, (at.j, at.width), chains);
        }
        let mut memory = Lines([[0.0; LANES]; LANES]);
        for r in 0..LANES {
            s.store(chains[r][0], &mut memory.0[r]);
        }
        let chains = &memory.0[..rows];
        s.enter(StoreAny { ends: &mut ends, j: at.j, width: at.width, vectors: 1, chains });
    }

    /// Those chains as the run before left them.
    #[inline(always)]
    pub(super) fn load_rows<S: Simd>(&mut self, s: S, at: Place, chains: &mut [[f32; LANES]; LANES]) {
        let rows = LANES.min(self.rows() - at.i);
        let ends = &self.of_rows(at.i, rows);
        if rows == LANES {
            let rows = ends.load::<S, LANES, 1, false>(s, (at.j, at.width));
            for r in 0..LANES {
                s.store(rows[r][0], &mut chains[r]);
            }
        } else {
            s.enter(LoadAny { ends, j: at.j, width: at.width, vectors: 1, chains: &mut chains[..rows] });
        }
    }
}

/// [`EndsOfRows::load`] for tiles of any height and width: row r as `vectors` vectors of `chains`, filled up with +0. A
/// kernel of its own, compiled once for all tiles.
struct LoadAny<'x, 'y> {
    ends: &'x EndsOfRows<'y>,
    j: usize,
    width: usize,
    vectors: usize,
    chains: &'x mut [[f32; LANES]],
}

impl Kernel for LoadAny<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, j, width, vectors, chains } = self;
        for (r, chains) in chains.chunks_exact_mut(vectors).enumerate() {
            for (v, chain) in chains.iter_mut().enumerate() {
                let (at, width) = ((r, j + v * LANES), LANES.min(width - v * LANES));
                let [[x]] = ends.block.chains::<S, 1, 1, false>(s, at, width);
                s.store(x, chain);
            }
        }
    }
}

/// [`EndsOfRows::store`] for tiles of any height and width, as [`LoadAny`] has them.
struct StoreAny<'x, 'y> {
    ends: &'x mut EndsOfRows<'y>,
    j: usize,
    width: usize,
    vectors: usize,
    chains: &'x [[f32; LANES]],
}

impl Kernel for StoreAny<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, j, width, vectors, chains } = self;
        for (r, chains) in chains.chunks_exact(vectors).enumerate() {
            for (v, chain) in chains.iter().enumerate() {
                let (at, width) = ((r, j + v * LANES), LANES.min(width - v * LANES));
                ends.store_from_registers::<S, 1, 1, false>(s, at, width, [[s.load(chain)]]);
            }
        }
    }
}

/// A piece of a row of a mask whose columns lie apart, +0 past its end.
#[inline(always)]
fn load_apart<S: Simd>(s: S, h: Mat<'_, f32>, (i, j): (usize, usize), width: usize) -> S::V {
    let mut lanes = [0.0; LANES];
    for (c, lane) in lanes[..width].iter_mut().enumerate() {
        *lane = h.get(i, j + c);
    }
    s.load(&lanes)
}
