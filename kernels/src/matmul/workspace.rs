//! How large the workspace of a product is, and how it is divided.

use super::blocking::{A_BLOCK, B_BLOCK, LEAST_KC, MC, MC_STEP, MOST_KC, MOST_KC_BY_COLUMNS, NC};
use super::copy_a;
use crate::simd::LANES;

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
            a: (min(mc * kc, A_BLOCK) + copy_a::MOST_BETWEEN * rows).next_multiple_of(LANES),
            b: min(nc * kc, B_BLOCK),
            narrow: kc * LANES,
            lanes: if n > 3 * LANES { min(mc.next_multiple_of(LANES) * kc, A_BLOCK) } else { 0 },
            partials: if k > LEAST_KC { mc.next_multiple_of(MC_STEP) * nc } else { 0 },
        }
    }

    /// All of it, and as much more as it takes to begin on a line of the cache.
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

/// The workspace, divided.
pub(super) struct Buffers<'w> {
    pub(super) a: &'w mut [f32],
    /// Whether the next block of A has been prefetched.
    pub(super) prefetched: bool,
    pub(super) b: &'w mut [f32],
    pub(super) narrow: &'w mut [f32],
    /// For a copy of a block of A with lanes along the rows.
    pub(super) lanes: &'w mut [f32],
    pub(super) partials: &'w mut [f32],
}

impl<'w> Buffers<'w> {
    #[inline(always)]
    pub(super) fn new(workspace: &'w mut [f32], sizes: &Workspace) -> Self {
        let (b, rest) = workspace.split_at_mut(sizes.b);
        let (a, rest) = rest.split_at_mut(sizes.a);
        let (narrow, rest) = rest.split_at_mut(sizes.narrow);
        let (lanes, partials) = rest.split_at_mut(sizes.lanes);
        Self { a, prefetched: false, b, narrow, lanes, partials }
    }
}

/// `workspace` from the first beginning of a cache line on.
#[inline(always)]
pub(super) fn aligned(workspace: &mut [f32]) -> &mut [f32] {
    let first = workspace.as_ptr().align_offset(4 * LANES).min(LANES);
    &mut workspace[first..]
}
