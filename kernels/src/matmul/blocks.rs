//! The blocking loops: which part of A, B and C is at hand when.

use super::Epilogue;
use super::pack;
use super::tile::{Run, Target};
use super::turned::{self, Narrow, Turned};
use super::wide::{self, Columns, Wide};
use crate::simd::{Kernel, LANES, Simd};
use crate::{Mat, MatMut};

/// Elements of a packed block of B: 512 KB, half of an L2 cache of 1 MB.
const B_BLOCK: usize = 1 << 17;
/// Columns of a block.
const NC: usize = 512;
/// Depth of a block at most, and at least where k has it. A tile takes up where the last run of k left its chains in
/// memory, so these numbers change no bit.
const MOST_KC: usize = 1024;
const LEAST_KC: usize = B_BLOCK / NC;
/// Elements of a packed block of A, and its rows: a multiple of every tile height.
const A_BLOCK: usize = MC * LEAST_KC;
const MC: usize = 192;
/// A multiple of every tile height and of the rows that are packed side by side.
const TALL: usize = 48;

/// Elements of an operand that stays in the L1 cache: half of one of 32 KB.
const NEAR: usize = 4096;

/// How the workspace is divided.
pub(super) struct Workspace {
    pub(super) a: usize,
    pub(super) b: usize,
    pub(super) narrow: usize,
    pub(super) partials: usize,
}

impl Workspace {
    pub(super) const fn sizes(m: usize, n: usize, k: usize) -> Self {
        let (mc, nc) = (min(m, MC).next_multiple_of(TALL), min(n, NC).next_multiple_of(LANES));
        let kc = min(k, MOST_KC);
        Self {
            a: min(mc * kc, A_BLOCK),
            b: min(nc * kc, B_BLOCK),
            narrow: kc * LANES,
            partials: if k > LEAST_KC { mc * nc } else { 0 },
        }
    }

    /// All of it, and room to begin on a line of the cache.
    pub(super) const fn total(&self) -> usize {
        self.a + self.b + self.narrow + self.partials + LANES
    }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// The product as a kernel.
pub(super) struct Product<'a> {
    pub(super) a: Mat<'a, f32>,
    pub(super) b: Mat<'a, f32>,
    pub(super) c: MatMut<'a, f32>,
    pub(super) epilogue: Epilogue<'a, f32>,
    pub(super) workspace: &'a mut [f32],
}

impl Kernel for Product<'_> {
    type Output = ();

    /// Five loops around the tile: columns by NC, k by KC, rows by MC, then inside a block the panels of B and the tiles
    /// of rows.
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (m, n, k) = (self.c.rows(), self.c.cols(), self.a.cols());
        let leaves_a = self.leaves_a::<S>();
        let (kc, mc) = self.depth_and_rows();
        let sizes = Workspace::sizes(m, n, k);
        let aligned = self.workspace.as_ptr().align_offset(4 * LANES).min(LANES);
        let (packed_b, rest) = self.workspace[aligned..].split_at_mut(sizes.b);
        let (packed_a, rest) = rest.split_at_mut(sizes.a);
        let (room, partials) = rest.split_at_mut(sizes.narrow);
        let far = m * n > NEAR;
        // Unfinished chains wait in C, unless the epilogue wants the old C: then they wait in `partials`, which
        // holds MC rows, and so k is finished for MC rows before the next ones are begun.
        let apart = k > kc && matches!(self.epilogue, Epilogue::SgdStep { .. });
        let band = if apart { mc } else { m };
        let mut columns = 0..n.min(NC);
        while !columns.is_empty() {
            let narrow = turned::columns::<S>(self.a, columns.len());
            let wide = columns.len() - narrow;
            let leaves_a = narrow > 0 && leaves_a;
            let mut band_rows = 0..m.min(band);
            while !band_rows.is_empty() {
                let mut next = Some(Run::first(k, kc));
                while let Some(run) = next {
                    let b = self.b.row_range(run.range()).col_range(columns.clone());
                    let packs = b.col_stride() != 1 || m >= 3 * S::TILE_ROWS && run.len() * wide > NEAR;
                    let mut wide_b =
                        Columns { b: b.col_range(0..wide), packed: &mut *packed_b, packs, ready: false };
                    let mut narrow_b =
                        Narrow { b: b.col_range(wide..columns.len()), packed: &mut *room, ready: false };
                    let mut rows = band_rows.start..band_rows.end.min(band_rows.start + mc);
                    while !rows.is_empty() {
                        let a = self.a.row_range(rows.clone()).col_range(run.range());
                        let mut target = Target {
                            c: &mut self.c,
                            partials: if apart { Some(&mut *partials) } else { None },
                            epilogue: self.epilogue,
                            rows: rows.clone(),
                            columns: columns.clone(),
                        };
                        let mut packed = false;
                        if wide > 0 {
                            let (a, copy) = match pack::in_place::<S>(a, wide.div_ceil(3 * LANES)) {
                                Some(rows) => (rows, leaves_a.then_some(&mut *packed_a)),
                                None => {
                                    s.enter(pack::Pack { a, out: &mut *packed_a });
                                    packed = true;
                                    (pack::packed::<S>(packed_a, run.len()), None)
                                }
                            };
                            packed |= copy.is_some();
                            let (target, b) = (&mut target, &mut wide_b);
                            s.enter(Wide { a, row: 0, column: 0, far, run, target, b, copy });
                        }
                        if narrow > 0 {
                            let packed = packed.then(|| pack::packed::<S>(packed_a, run.len()));
                            let done =
                                Turned { a, packed, run, target: &mut target }.block(s, &mut narrow_b, wide);
                            rest_of_rows(
                                s,
                                a.row_range(done..a.rows()),
                                &mut narrow_b,
                                (done, wide),
                                run,
                                target,
                            );
                        }
                        rows = rows.end..band_rows.end.min(rows.end + mc);
                    }
                    next = run.next(k, kc);
                }
                band_rows = band_rows.end..m.min(band_rows.end + band);
            }
            columns = columns.end..n.min(columns.end + NC);
        }
    }
}

impl Product<'_> {
    /// Whether tiles leave a copy of A for the columns that fill no vector.
    #[inline(always)]
    fn leaves_a<S: Simd>(&self) -> bool {
        let n = self.c.cols().min(NC);
        let narrow = turned::columns::<S>(self.a, n);
        narrow > 0 && self.a.col_stride() == 1 && wide::leaves_a::<S>(n - narrow)
    }

    /// Depth and rows of a block. Small products, which are most of them, take no division.
    #[inline(always)]
    fn depth_and_rows(&self) -> (usize, usize) {
        if self.a.cols() <= LEAST_KC {
            return (LEAST_KC, MC);
        }
        // A that is packed by columns wants tall blocks.
        let most = if self.a.col_stride() == 1 { MOST_KC } else { MOST_KC / 2 };
        let nc = self.c.cols().min(NC).next_multiple_of(LANES);
        let kc = (B_BLOCK / nc.max(1)).min(most);
        (kc, (A_BLOCK / kc).min(MC) / TALL * TALL)
    }
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
        let (a, packs) = (pack::where_it_lies::<S>(a), b.b.col_stride() != 1);
        let mut b = Columns { b: b.b, packed: &mut *b.packed, packs, ready: false };
        s.enter(Wide { a, row, column, far: false, run, target: &mut target, b: &mut b, copy: None });
    }
}
