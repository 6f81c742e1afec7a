//! In which order a product of many blocks goes through A, B and C, and the sizes of caches that it is chosen for.

use core::ops::Range;

use super::{Epilogue, copy_a};
use crate::simd::{LANES, Simd};
use crate::{Mat, Source};

/// Elements of a packed block of B: 512 KB, half of an L2 cache of 1 MB.
pub(super) const B_BLOCK: usize = 1 << 17;
/// Columns of a block at most.
pub(super) const NC: usize = 512;
/// Depth of a block at most. A tile takes up where the last run of k left its chains in memory, so these numbers change no bit.
pub(super) const MOST_KC: usize = 1024;
/// Depth up to which k is not divided: that of a block of [`NC`] columns.
pub(super) const LEAST_KC: usize = B_BLOCK / NC;
/// Depth of a block at most where A comes by columns: it wants tall blocks.
pub(super) const MOST_KC_BY_COLUMNS: usize = MOST_KC / 2;
/// The same where registers are few: rows of B pass through the nearest cache for every row of tiles, and a column of A takes a line there
/// until they have passed.
const MOST_KC_BY_COLUMNS_FEW: usize = 208;
/// Elements of a block of A at most.
pub(super) const A_BLOCK: usize = MC * LEAST_KC;
/// Rows of a block of A at most, a multiple of [`MC_STEP`].
pub(super) const MC: usize = 192;
/// A block has a multiple of so many rows, but for a shorter first one and the last: a multiple of every
/// [`Simd::TILE_ROWS`], and of a vector.
pub(super) const MC_STEP: usize = 48;

/// Elements of an operand that stays in the L1 cache: half of one of 32 KB.
pub(super) const L1_ELEMENTS: usize = 4096;
/// Elements of an operand that stays in an L2 cache of 1 MB.
pub(super) const L2_ELEMENTS: usize = 2 * B_BLOCK;

/// How C is gone through: the columns by `nc`, the rows band by band, and in each k by `kc` and the rows by `mc`, of which the first
/// block may be shorter.
pub(super) struct Blocking {
    nc: usize,
    pub(super) kc: usize,
    mc: usize,
    /// Rows of the first block: `mc`, or fewer after which the others begin on a line of the cache.
    first: usize,
    /// Whether unfinished chains wait in the workspace, which has room for one block of them: then it is a band.
    pub(super) partials: bool,
}

impl Blocking {
    /// Chooses the sizes. Small products, which are most of them, keep the defaults, without a division. Many registers hold
    /// wide tiles, which want many columns in a block of B. Few hold narrow ones, which more often do what comes between two
    /// tiles, and want deep blocks. On a double-pumped processor deep blocks pay too, for C passes less often. But every
    /// block of columns would convert a batch once more.
    #[inline(always)]
    pub(super) fn of<S: Simd>(s: S, a: &Source<'_, f32>, n: usize, epilogue: &Epilogue<'_, f32>) -> Self {
        let k = a.cols();
        let (mut nc, mut kc, mut mc) = (NC, LEAST_KC, MC);
        if k > LEAST_KC {
            let mut most = match a.by_rows() {
                true => MOST_KC,
                false if S::MANY_REGISTERS => MOST_KC_BY_COLUMNS,
                false => MOST_KC_BY_COLUMNS_FEW,
            };
            let batch = matches!(a, Source::Batch(_) | Source::BatchT(_));
            if S::MANY_REGISTERS || matches!(a, Source::Batch(_)) {
                let widest = if s.double_pumped() && !batch { NC / 2 } else { NC };
                most = most.min(B_BLOCK / n.clamp(1, widest).next_multiple_of(LANES));
            }
            kc = evenly(k, most);
            nc = (B_BLOCK / kc).min(NC) / LANES * LANES;
            mc = (A_BLOCK / kc).min(MC) / MC_STEP * MC_STEP;
        }
        // Unfinished chains wait in C, unless the epilogue wants the old C: then they wait in the workspace, which has room for a block of
        // rows, and k is finished for those before the next ones are begun.
        let partials = k > kc && matches!(epilogue, Epilogue::SgdStep { .. });
        let before = match *a {
            Source::Mat(a) => rows_on_a_line_before(s, a, n, mc),
            Source::Batch(_) | Source::BatchT(_) => 0,
        };
        Self { nc, kc, mc, first: mc - before, partials }
    }

    /// The blocks of n columns.
    #[inline(always)]
    pub(super) fn column_blocks(&self, n: usize) -> impl Iterator<Item = Range<usize>> {
        parts(0..n, self.nc, self.nc)
    }

    /// The bands of m rows.
    #[inline(always)]
    pub(super) fn bands(&self, m: usize) -> impl Iterator<Item = Range<usize>> {
        let (first, step) = if self.partials { (self.first, self.mc) } else { (m, m) };
        parts(0..m, first, step)
    }

    /// The blocks of a band.
    #[inline(always)]
    pub(super) fn blocks(&self, band: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
        parts(band.clone(), if band.start == 0 { self.first } else { self.mc }, self.mc)
    }
}

/// How many elements of the line of the cache on which A begins lie before it, if as many do in every column and it counts: where
/// columns that lie apart come from afar, a tile whose eight rows are in two lines waits for both.
#[inline(always)]
fn rows_on_a_line_before<S: Simd>(s: S, a: Mat<'_, f32>, n: usize, mc: usize) -> usize {
    let apart = S::TILE_ROWS == 8 && a.row_stride() == 1 && a.col_stride().is_multiple_of(LANES);
    let far = a.rows() > mc && a.rows().saturating_mul(a.cols()) > L2_ELEMENTS;
    let in_place = copy_a::a_stays_in_place(a, count_panels(n), s.double_pumped());
    if apart && far && in_place { a.data().as_ptr().addr() / size_of::<f32>() % LANES } else { 0 }
}

/// How many panels of three vectors `columns` are.
#[inline(always)]
pub(super) fn count_panels(columns: usize) -> usize {
    columns.div_ceil(3 * LANES)
}

/// `all` in equal parts of at most `most` elements, each but the last a multiple of a vector.
#[inline(always)]
fn evenly(all: usize, most: usize) -> usize {
    let most = most / LANES * LANES;
    all.div_ceil(all.div_ceil(most)).next_multiple_of(LANES)
}

/// `all`, first so many and then `step` at a time.
#[inline(always)]
fn parts(all: Range<usize>, first: usize, step: usize) -> impl Iterator<Item = Range<usize>> {
    let (Range { mut start, end }, mut next) = (all, first);
    core::iter::from_fn(move || {
        let part = start..end.min(start + next);
        (start, next) = (part.end, step);
        (!part.is_empty()).then_some(part)
    })
}
