//! The blocking loops: which part of A, B and C is at hand when.

use core::ops::Range;

use super::Epilogue;
use super::near::{self, Asks};
use super::tile::{Run, Target};
use super::turned::{self, Narrow, Turned};
use super::wide::{self, Columns, Wide};
use crate::simd::{Kernel, LANES, Simd};
use crate::{Batch, Mat, MatMut, Source};

/// Elements of a packed block of B: 512 KB, half of an L2 cache of 1 MB.
const B_BLOCK: usize = 1 << 17;
/// Columns of a block.
const NC: usize = 512;
/// Depth of a block at most, and at least where k has it. A tile takes up where the last run of k left its chains in
/// memory, so these numbers change no bit.
const MOST_KC: usize = 1024;
const LEAST_KC: usize = B_BLOCK / NC;
/// Depth of a block at most where A comes by columns: it wants tall blocks.
const MOST_KC_BY_COLUMNS: usize = MOST_KC / 2;
/// Elements of a block of A, and its rows: a multiple of every full tile's.
const A_BLOCK: usize = MC * LEAST_KC;
const MC: usize = 192;
/// A multiple of the rows of every full tile, and of a vector.
const TALL: usize = 48;

/// Elements of an operand that stays in the L1 cache: half of one of 32 KB; and in an L2 cache of 1 MB.
const NEAR: usize = 4096;
const FAR: usize = 2 * B_BLOCK;

/// How the workspace is divided.
pub(super) struct Workspace {
    a: usize,
    b: usize,
    narrow: usize,
    lanes: usize,
    partials: usize,
}

impl Workspace {
    pub(super) const fn sizes(m: usize, n: usize, k: usize) -> Self {
        let (mc, nc) = (min(m, MC), min(n, NC).next_multiple_of(LANES));
        let kc = min(k, MOST_KC);
        let rows = max(mc, min(k, MOST_KC_BY_COLUMNS)); // of a block of A, or of Aᵀ
        Self {
            a: (min(mc * kc, A_BLOCK) + near::MOST_BETWEEN * rows).next_multiple_of(LANES),
            b: min(nc * kc, B_BLOCK),
            narrow: kc * LANES,
            lanes: if n > 3 * LANES { min(mc.next_multiple_of(LANES) * kc, A_BLOCK) } else { 0 },
            partials: if k > LEAST_KC { mc.next_multiple_of(TALL) * nc } else { 0 },
        }
    }

    /// All of it, and room to begin on a line of the cache.
    pub(super) const fn total(&self) -> usize {
        self.a + self.b + self.narrow + self.lanes + self.partials + LANES
    }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

const fn max(a: usize, b: usize) -> usize {
    if a < b { b } else { a }
}

/// The product as a kernel.
pub(super) struct Product<'a> {
    pub(super) a: Source<'a, f32>,
    pub(super) b: Mat<'a, f32>,
    pub(super) c: MatMut<'a, f32>,
    pub(super) epilogue: Epilogue<'a, f32>,
    pub(super) workspace: &'a mut [f32],
}

/// The workspace, divided.
struct Rooms<'w> {
    a: &'w mut [f32],
    /// Whether memory has been asked for the next block of A.
    asked: bool,
    b: &'w mut [f32],
    narrow: &'w mut [f32],
    /// For a copy of a block of A with lanes along the rows.
    lanes: &'w mut [f32],
    partials: &'w mut [f32],
}

/// How C is gone through: the rows `band` by `band`, and in each k by `kc` and the rows by `mc`.
struct Order {
    kc: usize,
    mc: usize,
    band: usize,
    /// Whether unfinished chains wait in `partials`.
    partials: bool,
}

impl Kernel for Product<'_> {
    type Output = ();

    /// Five loops around the tile: columns by NC, k by KC, rows by MC, then inside a block the panels of B and the tiles
    /// of rows.
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (m, n, k) = (self.c.rows(), self.c.cols(), self.a.cols());
        let (order, sizes) = (self.order(), Workspace::sizes(m, n, k));
        let workspace = core::mem::take(&mut self.workspace);
        let aligned = workspace.as_ptr().align_offset(4 * LANES).min(LANES);
        let (b, rest) = workspace[aligned..].split_at_mut(sizes.b);
        let (a, rest) = rest.split_at_mut(sizes.a);
        let (narrow, rest) = rest.split_at_mut(sizes.narrow);
        let (lanes, partials) = rest.split_at_mut(sizes.lanes);
        let mut rooms = Rooms { a, asked: false, b, narrow, lanes, partials };
        for columns in parts(0..n, NC) {
            for band in parts(0..m, order.band) {
                let mut next = Some(Run::first(k, order.kc));
                while let Some(run) = next {
                    next = run.next(k, order.kc);
                    self.run_of_k(s, &order, (columns.clone(), band.clone(), run, next), &mut rooms);
                }
            }
        }
    }
}

impl<'a> Product<'a> {
    /// One run of k for a band of rows and a block of columns; `next` is the run after it.
    #[inline(always)]
    fn run_of_k<S: Simd>(
        &mut self,
        s: S,
        order: &Order,
        (columns, band, run, next): (Range<usize>, Range<usize>, Run, Option<Run>),
        rooms: &mut Rooms<'_>,
    ) {
        let (m, n) = (self.c.rows(), self.c.cols());
        let narrow = turned::columns(s, &self.a, columns.len());
        let wide = columns.len() - narrow;
        let b = self.b.row_range(run.range()).col_range(columns.clone());
        let packs = b.col_stride() != 1 || m >= 3 * S::TILE_ROWS && run.len() * wide > NEAR;
        let (wide_b, narrow_b) = (b.col_range(0..wide), b.col_range(wide..columns.len()));
        let mut wide_b = Columns { b: wide_b, packed: &mut *rooms.b, packs, ready: false };
        let mut narrow_b = Narrow { b: narrow_b, packed: &mut *rooms.narrow, ready: false };
        for rows in parts(band.clone(), order.mc) {
            let asks = Asks { done: rooms.asked, next: self.block_after(order, &band, rows.end, run, next) };
            rooms.asked = asks.next.is_some();
            let panels = wide.div_ceil(3 * LANES);
            let a = near::block(s, self.block(rows.clone(), run), panels, asks, rooms.a);
            let mut target = Target {
                c: &mut self.c,
                partials: if order.partials { Some(&mut *rooms.partials) } else { None },
                epilogue: self.epilogue,
                rows,
                columns: columns.clone(),
            };
            let leaves = narrow > 0 && a.col_stride() == 1 && a.rows() >= LANES && wide::leaves_a(s, wide);
            if wide > 0 {
                let (target, b) = (&mut target, &mut wide_b);
                let copy = if leaves { Some(&mut *rooms.lanes) } else { None };
                let (far, farther) = (m * n > NEAR, m * n > FAR);
                s.enter(Wide { a, row: 0, column: 0, far, farther, run, target, b, copy });
            }
            if narrow > 0 {
                let copy = if leaves { Some(&*rooms.lanes) } else { None };
                let done = Turned { a, copy, run, target: &mut target }.block(s, &mut narrow_b, wide);
                let rest = a.row_range(done..a.rows());
                rest_of_rows(s, rest, &mut narrow_b, (done, wide), run, target);
            }
        }
    }

    fn block(&self, rows: Range<usize>, run: Run) -> Source<'a, f32> {
        self.a.row_range(rows).col_range(run.range())
    }

    /// The block of A that comes after that which ends with row `end` of this run: of a batch, for a matrix needs not be asked for.
    #[inline(always)]
    fn block_after(
        &self,
        order: &Order,
        band: &Range<usize>,
        end: usize,
        run: Run,
        next: Option<Run>,
    ) -> Option<Batch<'a>> {
        let (start, run) = if end < band.end { (end, run) } else { (band.start, next?) };
        match self.block(start..band.end.min(start + order.mc), run) {
            Source::Mat(_) => None,
            Source::Batch(x) | Source::BatchT(x) => Some(x),
        }
    }

    /// Small products, which are most of them, take no division.
    #[inline(always)]
    fn order(&self) -> Order {
        let (m, k) = (self.c.rows(), self.a.cols());
        let (mut kc, mut mc) = (LEAST_KC, MC);
        if k > LEAST_KC {
            let most = if self.a.by_rows() { MOST_KC } else { MOST_KC_BY_COLUMNS };
            let nc = self.c.cols().min(NC).next_multiple_of(LANES);
            kc = (B_BLOCK / nc.max(1)).min(most);
            mc = (A_BLOCK / kc).min(MC) / TALL * TALL;
        }
        // Unfinished chains wait in C, unless the epilogue wants the old C: then they wait in `partials`, which
        // holds MC rows, and so k is finished for MC rows before the next ones are begun.
        let partials = k > kc && matches!(self.epilogue, Epilogue::SgdStep { .. });
        Order { kc, mc, band: if partials { mc } else { m }, partials }
    }
}

/// `all`, `step` at a time.
#[inline(always)]
fn parts(all: Range<usize>, step: usize) -> impl Iterator<Item = Range<usize>> {
    let Range { mut start, end } = all;
    core::iter::from_fn(move || {
        let part = start..end.min(start + step);
        start = part.end;
        (!part.is_empty()).then_some(part)
    })
}

/// The columns of `b` for the rows that fill no vector, which are those of `a`: tiles with idle lanes.
#[inline(always)]
fn rest_of_rows<'a, S: Simd>(
    s: S,
    a: Mat<'a, f32>,
    b: &mut Narrow<'_>,
    (row, column): (usize, usize),
    run: Run,
    mut target: Target<'a, '_>,
) {
    if a.rows() > 0 {
        let packs = b.b.col_stride() != 1;
        let mut b = Columns { b: b.b, packed: &mut *b.packed, packs, ready: false };
        let (far, farther) = (false, false);
        s.enter(Wide { a, row, column, far, farther, run, target: &mut target, b: &mut b, copy: None });
    }
}
