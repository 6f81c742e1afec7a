//! The blocking loops: which part of A, B and C is at hand when.

use core::ops::Range;

use super::Epilogue;
use super::blocking::{A_BLOCK, B_BLOCK, Blocking, L1_ELEMENTS, LEAST_KC, NC, count_panels};
use super::copy_a::{self, PAGE_ELEMENTS, Prefetch};
use super::narrow::{self, Narrow, NarrowColumns};
use super::panels::BlockOfB;
use super::tile::{Ends, Run};
use super::wide::{self, Wide};
use super::workspace::{Buffers, Workspace, aligned};
use crate::reduce::{Squares, SumOfSquares};
use crate::simd::{Kernel, LANES, Simd};
use crate::{Mat, MatMut, Source};

/// Rows of A at most with which a large B is read in place. More repay a copy, whose vectors lie in one line each.
const IN_PLACE_ROWS: usize = 256;
/// Elements of B at most with which it is on a double-pumped processor: one much of which comes from beyond the L2 cache is copied on
/// its way.
const IN_PLACE_ELEMENTS: usize = 3 * B_BLOCK;
/// Elements of a block of columns of C at most with which it is where registers are few: C leaves B its part of the L2 cache.
const IN_PLACE_C: usize = B_BLOCK / 2;

/// The product as a kernel.
pub(super) struct Product<'a> {
    pub(super) a: &'a Source<'a, f32>,
    pub(super) b: Mat<'a, f32>,
    pub(super) c: MatMut<'a, f32>,
    pub(super) epilogue: Epilogue<'a, f32>,
    pub(super) workspace: &'a mut [f32],
    /// Where Σ b² goes, if it is wanted: for a B of rows one after the other.
    pub(super) squares: Option<&'a mut f32>,
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        match *self.a {
            Source::Mat(ref a) if self.is_one_block(*a, s.double_pumped()) => {
                if let Some(squares) = self.squares.take() {
                    *squares = s.enter(SumOfSquares(self.b.data()));
                }
                self.one_block(s, a);
            }
            _ => s.enter(Blocks(self)),
        }
    }
}

/// A product of many blocks. A kernel of its own, so that one of a single block, as most are, does without its loops: they cost
/// 120 cycles a call.
struct Blocks<'a>(Product<'a>);

impl Kernel for Blocks<'_> {
    type Output = ();

    /// Five loops around the tile, as in BLIS: columns by NC, k by KC, rows by MC, then inside a block the panels of B and the tiles of rows.
    /// Outside k the rows go by bands: one, unless chains wait in the workspace; then a band is one block.
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self(mut product) = self;
        let (m, n, k) = product.shape();
        if m == 0 || n == 0 {
            // The loops would go through the other sides all the same, which may be any.
            if let Some(squares) = product.squares {
                *squares = s.enter(SumOfSquares(product.b.data()));
            }
            return;
        }
        let (blocking, sizes) = (Blocking::of(s, product.a, n, &product.epilogue), Workspace::sizes(m, n, k));
        let workspace = core::mem::take(&mut product.workspace);
        let mut buffers = Buffers::new(aligned(workspace), &sizes);
        let squares = product.squares.take();
        let mut so_far = squares.is_some().then_some(Squares::NONE);
        for columns in blocking.column_blocks(n) {
            for band in blocking.bands(m) {
                let mut next = Some(Run::first(k, blocking.kc));
                while let Some(run) = next {
                    next = run.next(k, blocking.kc);
                    if let Some(squares) = &mut so_far
                        && columns.start == 0
                        && band.start == 0
                    {
                        squares.take(s, product.b.data(), run.range().end * n);
                    }
                    product.run_of_k(s, &blocking, (columns.clone(), band.clone(), run, next), &mut buffers);
                }
            }
        }
        if let (Some(to), Some(squares)) = (squares, so_far) {
            *to = squares.total(s);
        }
    }
}

impl<'a> Product<'a> {
    #[inline(always)]
    fn shape(&self) -> (usize, usize, usize) {
        (self.c.rows(), self.c.cols(), self.b.rows())
    }

    /// Whether `a` is no more than a block and is read where it lies.
    #[inline(always)]
    fn is_one_block(&self, a: Mat<'_, f32>, double_pumped: bool) -> bool {
        let (m, n, k) = self.shape();
        m.saturating_mul(k) <= A_BLOCK
            && n <= NC
            && k <= LEAST_KC
            && copy_a::a_stays_in_place(a, count_panels(n), double_pumped)
    }

    /// The product of one block. `a` goes by reference: a copy would read as vectors what has just been written number by
    /// number, and wait for the stores.
    #[inline(always)]
    fn one_block<S: Simd>(&mut self, s: S, a: &Mat<'_, f32>) {
        let (m, n, k) = self.shape();
        let narrow_columns = narrow::how_many(s, self.a, n);
        let (b, rest) = aligned(&mut *self.workspace).split_at_mut(n.next_multiple_of(LANES) * k);
        let (narrow_buffer, lanes) = rest.split_at_mut(LANES * k);
        let (mut wide_b, mut narrow_b) =
            parts_of_b(s, self.b, narrow_columns, (m, n.saturating_mul(k)), (b, narrow_buffer));
        let run = Run::first(k, LEAST_KC);
        let mut ends = Ends::new(&mut self.c, None, &self.epilogue, (0..m, 0..n), run);
        multiply_block(s, a, (&mut wide_b, &mut narrow_b), lanes, m * n, &mut ends);
    }

    /// One run of k for a band of rows and a block of columns; `next` is the run after it.
    #[inline(always)]
    fn run_of_k<S: Simd>(
        &mut self,
        s: S,
        blocking: &Blocking,
        (columns, band, run, next): (Range<usize>, Range<usize>, Run, Option<Run>),
        buffers: &mut Buffers<'_>,
    ) {
        let (m, n, k) = self.shape();
        let narrow_columns = narrow::how_many(s, self.a, columns.len());
        let b = self.b.row_range(run.range()).col_range(columns.clone());
        let elements = n.saturating_mul(k);
        let (mut wide_b, mut narrow_b) =
            parts_of_b(s, b, narrow_columns, (m, elements), (&mut *buffers.b, &mut *buffers.narrow));
        for rows in blocking.blocks(&band) {
            let next = self.block_after(blocking, &band, rows.end, run, next);
            let prefetch = Prefetch { done: buffers.prefetched, next };
            buffers.prefetched = prefetch.next.is_some();
            let a = copy_a::in_place_or_copied(
                s,
                self.block_of_a(rows.clone(), run),
                count_panels(columns.len() - narrow_columns),
                prefetch,
                buffers.a,
            );
            let partials = if blocking.partials { Some(&mut *buffers.partials) } else { None };
            let place = (rows, columns.clone());
            let mut ends = Ends::new(&mut self.c, partials, &self.epilogue, place, run);
            multiply_block(s, &a, (&mut wide_b, &mut narrow_b), buffers.lanes, m * n, &mut ends);
        }
    }

    fn block_of_a(&self, rows: Range<usize>, run: Run) -> Source<'a, f32> {
        self.a.row_range(rows).col_range(run.range())
    }

    /// The block of A that comes after that which ends with row `end` of this run.
    #[inline(always)]
    fn block_after(
        &self,
        blocking: &Blocking,
        band: &Range<usize>,
        end: usize,
        run: Run,
        next: Option<Run>,
    ) -> Option<Source<'a, f32>> {
        let (start, run) = if end < band.end { (end, run) } else { (band.start, next?) };
        Some(self.block_of_a(blocking.blocks(&(start..band.end)).next()?, run))
    }
}

/// The columns of `b` that go in whole vectors, for [`Wide`], and the `narrow_columns` last ones, for [`Narrow`], if there
/// are any, with their buffers; for m rows of A and a whole B of so many elements.
#[inline(always)]
fn parts_of_b<'b, S: Simd>(
    s: S,
    b: Mat<'b, f32>,
    narrow_columns: usize,
    (m, elements): (usize, usize),
    (wide_buffer, narrow_buffer): (&'b mut [f32], &'b mut [f32]),
) -> (Option<BlockOfB<'b>>, Option<NarrowColumns<'b>>) {
    let (n, wide) = (b.cols(), b.cols() - narrow_columns);
    // Tight tiles take no part of a vector.
    let part = S::tight(S::TILE_ROWS) && m >= S::TILE_ROWS && !wide.is_multiple_of(LANES);
    let large = m >= 3 * S::TILE_ROWS && b.rows() * wide > L1_ELEMENTS;
    let pays = large && !b_stays_in_place(s, b, (m, elements));
    let packs = part || b.col_stride() != 1 || pays;
    let wide_b = if narrow_columns == 0 { b } else { b.col_range(0..wide) };
    (
        (wide > 0).then_some(BlockOfB { b: wide_b, packed: wide_buffer, packs, ready: false }),
        (narrow_columns > 0).then(|| NarrowColumns {
            b: b.col_range(wide..n),
            packed: narrow_buffer,
            ready: false,
        }),
    )
}

/// Whether tiles read a large B where it lies as fast as from a copy, for m rows of A and a whole B of so many elements. A
/// double-pumped processor has time for vectors in two lines. Elsewhere each vector is to lie in one line, and rows no
/// multiple of 2 KB apart, or they meet in two sets of the L1 cache.
#[inline(always)]
fn b_stays_in_place<S: Simd>(s: S, b: Mat<'_, f32>, (m, elements): (usize, usize)) -> bool {
    if m > IN_PLACE_ROWS {
        return false;
    }
    if S::MANY_REGISTERS {
        return s.double_pumped() && elements <= IN_PLACE_ELEMENTS;
    }
    let (start, stride) = (b.data().as_ptr().addr(), b.row_stride());
    let in_lines = start.is_multiple_of(4 * LANES) && stride.is_multiple_of(LANES);
    let spread = !stride.is_multiple_of(PAGE_ELEMENTS / 2);
    let small = elements <= B_BLOCK && m.saturating_mul(b.cols()) <= IN_PLACE_C;
    in_lines && spread && small
}

/// A run of k for one block of A and one of B, of a C of so many elements. `lanes` is a buffer for a copy of the block of A, if it is large
/// enough.
#[inline(always)]
fn multiply_block<S: Simd>(
    s: S,
    a: &Mat<'_, f32>,
    (wide_b, narrow_b): (&mut Option<BlockOfB<'_>>, &mut Option<NarrowColumns<'_>>),
    lanes: &mut [f32],
    elements: usize,
    ends: &mut Ends<'_>,
) {
    let wide = wide_b.as_ref().map_or(0, |b| b.b.cols());
    let copies_a = narrow_b.is_some()
        && a.col_stride() == 1
        && wide::copies_a(s, wide)
        && a.rows() >= LANES
        && a.rows().next_multiple_of(LANES) * a.cols() <= lanes.len();
    if let Some(b) = wide_b {
        let copy = if copies_a { Some(&mut *lanes) } else { None };
        s.enter(&mut Wide::new(s, (a, b), (0, 0), elements, ends, copy));
    }
    if let Some(b) = narrow_b {
        let copy = if copies_a { Some(&*lanes) } else { None };
        let done = Narrow { a, copy, ends }.block(s, b, wide);
        rest_of_rows(s, a.row_range(done..a.rows()), b, (done, wide), ends);
    }
}

/// The columns of `b` for the rows that fill no vector, which are those of `a`: tiles with idle lanes.
#[inline(always)]
fn rest_of_rows<S: Simd>(
    s: S,
    a: Mat<'_, f32>,
    b: &mut NarrowColumns<'_>,
    at: (usize, usize),
    ends: &mut Ends<'_>,
) {
    if a.rows() > 0 {
        let packs = b.b.col_stride() != 1;
        let columns = &mut BlockOfB { b: b.b, packed: &mut *b.packed, packs, ready: false };
        s.enter(&mut Wide::new(s, (&a, columns), at, 0, ends, None));
        b.ready &= !packs; // the panel lies where the columns were packed
    }
}
