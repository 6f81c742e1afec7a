//! What comes before and after the innermost loop for H rows × V vectors of C: where unfinished chains wait between two
//! runs of k, and the epilogue.

use core::ops::Range;

use super::Epilogue;
use crate::arch::block::{Field, FieldMut};
use crate::floats::{load_at, store_at};
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
    /// Where they wait, if not where they go.
    waiting: Option<Field<'x>>,
    to: FieldMut<'x>,
    finish: Finish<'x>,
}

/// An epilogue for the block at hand; none for chains that go on.
#[derive(Clone, Copy)]
enum Finish<'x> {
    Nothing,
    Bias(Field<'x>),
    BiasRelu(Field<'x>),
    Mask(Field<'x>),
    /// A mask whose columns lie apart.
    MaskApart(Mat<'x, f32>),
    SgdStep {
        f: f32,
        eta: f32,
    },
}

impl<'x> Ends<'x> {
    /// Where chains of this run go that end in these rows and columns of C, and wait in `partials`, if not in C: as many rows and whole
    /// vectors as the block has.
    ///
    /// # Panics
    /// If C, the operand of the epilogue or the waiting place is smaller than the block.
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
        let mut waiting = None;
        if let Some(partials) = partials {
            let stride = width.next_multiple_of(LANES);
            if !run.last {
                let to = FieldMut::new(partials, stride, height, width);
                return Ends { resumes, waiting, to, finish: Finish::Nothing };
            }
            waiting = Some(Field::new(partials, stride, height, width));
        }
        let stride = c.row_stride();
        let to = FieldMut::new(c.beginning_at(rows.start, columns.start), stride, height, width);
        let finish = if run.last { Finish::of(epilogue, rows, columns) } else { Finish::Nothing };
        Ends { resumes, waiting, to, finish }
    }
}

impl<'x> Finish<'x> {
    /// The epilogue for these rows and columns of C.
    #[inline(always)]
    fn of(epilogue: &Epilogue<'x, f32>, rows: Range<usize>, columns: Range<usize>) -> Self {
        match *epilogue {
            Epilogue::Store | Epilogue::Accumulate => Finish::Nothing,
            // One row, which is every row's.
            Epilogue::Bias(b) => Finish::Bias(Field::new(&b[columns.clone()], 0, rows.len(), columns.len())),
            Epilogue::BiasRelu(b) => {
                Finish::BiasRelu(Field::new(&b[columns.clone()], 0, rows.len(), columns.len()))
            }
            Epilogue::ReluMask(h) if h.col_stride() == 1 => {
                let first = h.beginning_at(rows.start, columns.start);
                Finish::Mask(Field::new(first, h.row_stride(), rows.len(), columns.len()))
            }
            Epilogue::ReluMask(h) => Finish::MaskApart(h.row_range(rows).col_range(columns)),
            Epilogue::SgdStep { f, eta } => Finish::SgdStep { f, eta },
        }
    }
}

impl Ends<'_> {
    /// The same for as long as it is borrowed: a kernel's own, whose fields stay in registers.
    #[inline(always)]
    pub(super) fn reborrow(&mut self) -> Ends<'_> {
        Ends { resumes: self.resumes, waiting: self.waiting, to: self.to.reborrow(), finish: self.finish }
    }

    /// Whether chains start from memory.
    #[inline(always)]
    pub(super) fn resumes(&self) -> bool {
        self.resumes
    }

    /// Whether a mask is the epilogue.
    #[inline(always)]
    pub(super) fn masks(&self) -> bool {
        matches!(self.finish, Finish::Mask(_) | Finish::MaskApart(_))
    }

    /// Rows of the block.
    #[inline(always)]
    pub(super) fn rows(&self) -> usize {
        self.to.rows()
    }

    /// Where chains wait.
    #[inline(always)]
    fn waiting(&self) -> Field<'_> {
        match self.waiting {
            Some(waiting) => waiting,
            None => self.to.read(),
        }
    }

    /// The chains of H × V vectors at `at` as the run before left them, or as they start. Tiles of full height have code of their own, and
    /// so have those a row lower and sixteen rows that were turned. All others share one loop over memory.
    #[inline(always)]
    pub(super) fn take_up<S: Simd, const H: usize, const V: usize>(&self, s: S, at: Place) -> [[S::V; V]; H] {
        let mut chains = [[s.splat(0.0); V]; H];
        if !self.resumes {
            return chains;
        }
        if H + 1 >= S::TILE_ROWS {
            if at.width == V * LANES {
                return self.waiting().piece::<S, H, V, true>(s, (at.i, at.j), at.width);
            }
            return self.waiting().piece::<S, H, V, false>(s, (at.i, at.j), at.width);
        }
        let mut memory = Lines([[[0.0; LANES]; V]; H]);
        s.enter(TakeUp { from: self.waiting(), at, vectors: V, chains: memory.0.as_flattened_mut() });
        for r in 0..H {
            for v in 0..V {
                chains[r][v] = s.load(&memory.0[r][v]);
            }
        }
        chains
    }

    /// Puts the chains down: for the next run, or after the last one finished by the epilogue. Which tiles have code of their own:
    /// as for [`Ends::take_up`].
    #[inline(always)]
    pub(super) fn put_down<S: Simd, const H: usize, const V: usize>(
        &mut self,
        s: S,
        at: Place,
        chains: [[S::V; V]; H],
    ) {
        if H + 1 >= S::TILE_ROWS && !matches!(self.finish, Finish::MaskApart(_)) {
            if at.width == V * LANES {
                return self.put_down_here::<S, H, V, true>(s, at, chains);
            }
            return self.put_down_here::<S, H, V, false>(s, at, chains);
        }
        let mut memory = Lines([[[0.0; LANES]; V]; H]);
        for r in 0..H {
            for v in 0..V {
                s.store(chains[r][v], &mut memory.0[r][v]);
            }
        }
        s.enter(PutDown { ends: self, at, vectors: V, chains: memory.0.as_flattened() });
    }

    /// [`Ends::put_down`] in registers. WHOLE: the last vector has sixteen elements. Not for a mask whose columns lie apart.
    #[inline(always)]
    pub(super) fn put_down_here<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        at: Place,
        mut chains: [[S::V; V]; H],
    ) {
        let (place, width) = ((at.i, at.j), at.width);
        match &self.finish {
            Finish::Nothing => {}
            Finish::MaskApart(_) => unreachable!("a mask whose columns lie apart is taken row by row"),
            Finish::Bias(bias) => {
                let [bias] = bias.piece::<S, 1, V, WHOLE>(s, place, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.add(chains[r][v], bias[v]);
                    }
                }
            }
            Finish::BiasRelu(bias) => {
                let zero = s.splat(0.0);
                let [mut bias] = bias.piece::<S, 1, V, WHOLE>(s, place, width);
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
            Finish::Mask(h) => {
                let zero = s.splat(0.0);
                let h = h.piece::<S, H, V, WHOLE>(s, place, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.keep_gt(h[r][v], zero, chains[r][v]);
                    }
                }
            }
            Finish::SgdStep { f, eta } => {
                let (f, eta) = (s.splat(*f), s.splat(-eta));
                let old = self.to.read().piece::<S, H, V, WHOLE>(s, place, width);
                for r in 0..H {
                    for v in 0..V {
                        chains[r][v] = s.mul_add(eta, chains[r][v], s.mul(f, old[r][v]));
                    }
                }
            }
        }
        self.to.store::<S, H, V, WHOLE>(s, &chains, place, width);
    }

    /// Puts a piece of one row down, a vector at most.
    #[inline(always)]
    fn put_down_row<S: Simd>(&mut self, s: S, at: Place, chain: S::V) {
        let (place, width) = ((at.i, at.j), at.width);
        let zero = s.splat(0.0);
        let chain = match &self.finish {
            Finish::Nothing => chain,
            Finish::Bias(bias) => s.add(chain, load_at(s, bias.elements(place, width), 0)),
            Finish::BiasRelu(bias) => s.relu(s.add(chain, load_at(s, bias.elements(place, width), 0))),
            Finish::Mask(h) => s.keep_gt(load_at(s, h.elements(place, width), 0), zero, chain),
            Finish::MaskApart(h) => s.keep_gt(load_apart(s, *h, at), zero, chain),
            Finish::SgdStep { f, eta } => {
                let old = load_at(s, self.to.elements(place, width), 0);
                s.mul_add(s.splat(-eta), chain, s.mul(s.splat(*f), old))
            }
        };
        store_at(s, chain, self.to.elements(place, width), 0);
    }

    /// Prefetches H rows at `at`.
    #[inline(always)]
    pub(super) fn prefetch<S: Simd, const H: usize, const V: usize>(&self, s: S, at: Place) {
        self.waiting().prefetch::<S, H, V>(s, (at.i, at.j));
    }

    /// [`Ends::put_down`] for sixteen rows, or as many as there are.
    #[inline(always)]
    pub(super) fn put_down_rows<S: Simd>(&mut self, s: S, at: Place, chains: [[S::V; 1]; LANES]) {
        let rows = self.rows() - at.i;
        if rows >= LANES {
            return self.put_down(s, at, chains);
        }
        let mut memory = Lines([[0.0; LANES]; LANES]);
        for r in 0..LANES {
            s.store(chains[r][0], &mut memory.0[r]);
        }
        s.enter(PutDown { ends: self, at, vectors: 1, chains: &memory.0[..rows] });
    }

    /// The chains of sixteen rows, or of as many as there are, as the run before left them.
    #[inline(always)]
    pub(super) fn take_up_rows<S: Simd>(&self, s: S, at: Place, chains: &mut [[f32; LANES]; LANES]) {
        let rows = self.rows() - at.i;
        if rows >= LANES {
            let rows: [[S::V; 1]; LANES] = self.take_up(s, at);
            for r in 0..LANES {
                s.store(rows[r][0], &mut chains[r]);
            }
        } else {
            s.enter(TakeUp { from: self.waiting(), at, vectors: 1, chains: &mut chains[..rows] });
        }
    }
}

/// [`Ends::take_up`] for tiles of any height and width: row r as `vectors` vectors of `chains`, filled up with +0. A
/// kernel of its own, compiled once for all tiles.
struct TakeUp<'x> {
    from: Field<'x>,
    at: Place,
    vectors: usize,
    chains: &'x mut [[f32; LANES]],
}

impl Kernel for TakeUp<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (r, chains) in self.chains.chunks_exact_mut(self.vectors).enumerate() {
            let row = self.from.elements((self.at.i + r, self.at.j), self.at.width);
            for (v, chain) in chains.iter_mut().enumerate() {
                s.store(load_at(s, row, v * LANES), chain);
            }
        }
    }
}

/// [`Ends::put_down`] for tiles of any height and width, as [`TakeUp`] has them.
struct PutDown<'x, 'y> {
    ends: &'x mut Ends<'y>,
    at: Place,
    vectors: usize,
    chains: &'x [[f32; LANES]],
}

impl Kernel for PutDown<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { ends, at, .. } = self;
        for (r, chains) in self.chains.chunks_exact(self.vectors).enumerate() {
            for (v, chain) in chains.iter().enumerate() {
                let j = at.j + v * LANES;
                let width = LANES.min(at.width - v * LANES);
                ends.put_down_row(s, Place { i: at.i + r, j, width }, s.load(chain));
            }
        }
    }
}

/// A piece of a row of a mask whose columns lie apart, +0 past its end.
#[inline(always)]
fn load_apart<S: Simd>(s: S, h: Mat<'_, f32>, at: Place) -> S::V {
    let mut lanes = [0.0; LANES];
    for (c, lane) in lanes[..at.width].iter_mut().enumerate() {
        *lane = h.get(at.i, at.j + c);
    }
    s.load(&lanes)
}
