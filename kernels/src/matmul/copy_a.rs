//! A block of A that does not lie as the tiles read it is copied row by row, as it lies, rows an odd number of cache
//! lines apart. Rows of a data set by their numbers, bytes perhaps, become numbers there; what lies right is read where it is.

use crate::batch::Gather;
use crate::simd::{Kernel, LANES, Simd};
use crate::{Batch, Mat, MatMut, Source};

/// Elements of a page of memory, and of all sets of an L1 cache: what lies so far apart meets in one set.
pub(super) const PAGE_ELEMENTS: usize = 1024;
/// Panels of B from which on columns of A that lie apart are copied: so many readings cost more than a copy.
const MANY_PANELS: usize = 6;
/// From so many columns a multiple of 4 KB apart on, a copy costs less than reading them once.
const MANY_COLUMNS: usize = 128;
/// Elements between a row and the next, at most.
pub(super) const MOST_BETWEEN: usize = 2 * LANES - 1;

/// Elements from a row of `cols` to the next: an odd number of cache lines, so that rows do not meet in the same few sets.
const fn row_stride(cols: usize) -> usize {
    (cols.div_ceil(LANES) | 1) * LANES
}

/// When a block of A is prefetched.
#[derive(Clone, Copy)]
pub(super) struct Prefetch<'a> {
    /// Whether this block has been, which a batch alone asks.
    pub(super) done: bool,
    /// The block that comes after it.
    pub(super) next: Option<Source<'a, f32>>,
}

/// The block `a`, which `panels` panels of B will read: where it lies, or in `buffer`.
#[inline(always)]
pub(super) fn in_place_or_copied<'n, S: Simd>(
    s: S,
    a: Source<'n, f32>,
    panels: usize,
    prefetch: Prefetch<'_>,
    buffer: &'n mut [f32],
) -> Mat<'n, f32> {
    match a {
        Source::Mat(a) if a_stays_in_place(a, panels, s.double_pumped()) => a,
        Source::Mat(a) if a.row_stride() == 1 => from_matrix(s, a.t(), prefetch, buffer).t(),
        Source::Mat(a) => from_matrix(s, a, prefetch, buffer),
        Source::Batch(x) => from_batch(s, x, prefetch, buffer),
        Source::BatchT(x) => from_batch(s, x, prefetch, buffer).t(),
    }
}

/// Whether `panels` readings of `a` where it lies cost less than a copy. Read by broadcast, a row may lie any way. Columns that are
/// a multiple of 4 KB apart meet in one set of the cache, which holds few: they are read there once at most. On a
/// `double_pumped` processor there is time for all of it: each column is prefetched.
#[inline(always)]
pub(super) fn a_stays_in_place(a: Mat<'_, f32>, panels: usize, double_pumped: bool) -> bool {
    let (down, along) = (a.row_stride(), a.col_stride());
    let few = if along.is_multiple_of(PAGE_ELEMENTS) {
        panels < 2 && a.cols() < MANY_COLUMNS
    } else {
        panels < MANY_PANELS
    };
    along == 1 || down == 1 && (few || double_pumped)
}

/// `rows` × `cols` in `buffer`.
fn matrix(buffer: &mut [f32], rows: usize, cols: usize) -> MatMut<'_, f32> {
    MatMut::with_row_stride(&mut buffer[..rows * row_stride(cols)], rows, cols, row_stride(cols))
}

/// `a`, copied.
#[inline(always)]
fn from_matrix<'n, S: Simd>(
    s: S,
    a: Mat<'_, f32>,
    prefetch: Prefetch<'_>,
    buffer: &'n mut [f32],
) -> Mat<'n, f32> {
    let (rows, cols) = (a.rows(), a.cols());
    let next = match prefetch.next {
        Some(Source::Mat(next)) if next.row_stride() == 1 => Some(next.t()),
        _ => None,
    };
    s.enter(CopyBlock { a, out: matrix(buffer, rows, cols), next });
    Mat::with_strides(buffer, rows, cols, row_stride(cols), 1)
}

/// X of a batch, normalised.
#[inline(always)]
fn from_batch<'n, S: Simd>(
    s: S,
    batch: Batch<'_>,
    prefetch: Prefetch<'_>,
    buffer: &'n mut [f32],
) -> Mat<'n, f32> {
    let (rows, cols) = (batch.rows(), batch.cols());
    let next = match prefetch.next {
        Some(Source::Batch(next) | Source::BatchT(next)) => Some(next),
        _ => None,
    };
    s.enter(Gather { batch, x: matrix(buffer, rows, cols), prefetched: prefetch.done, next });
    Mat::with_strides(buffer, rows, cols, row_stride(cols), 1)
}

/// A kernel of its own, to keep its caller small.
struct CopyBlock<'a, 'n> {
    a: Mat<'a, f32>,
    out: MatMut<'n, f32>,
    /// What is copied after it: on its way from memory meanwhile.
    next: Option<Mat<'a, f32>>,
}

impl Kernel for CopyBlock<'_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { a, mut out, next } = self;
        // A block may be followed by a longer one: so many rows of it for each of this one.
        let following = next.map_or(0, |next| next.rows());
        let each = following.div_ceil(a.rows().max(1));
        for i in 0..a.rows() {
            if let Some(next) = &next {
                for row in (i * each..following.min((i + 1) * each)).filter_map(|j| next.row(j)) {
                    (0..row.len() + LANES).step_by(LANES).for_each(|j| s.prefetch_far(row, j));
                }
            }
            let out = out.row_mut(i);
            let Some(row) = a.row(i) else {
                out.iter_mut().enumerate().for_each(|(j, x)| *x = a.get(i, j));
                continue;
            };
            let (row, rest) = row.as_chunks::<LANES>();
            let (out, out_rest) = out.as_chunks_mut::<LANES>();
            row.iter().zip(out).for_each(|(row, out)| s.store(s.load(row), out));
            out_rest.copy_from_slice(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    /// The bits are the same either way; only here it shows which way is gone.
    #[test]
    fn rows_are_read_where_they_lie_unless_they_meet_in_the_cache() {
        let x = std::vec![0.0; MANY_COLUMNS * 2 * PAGE_ELEMENTS];
        let right = |n, apart, transposed, panels| {
            let x = Mat::with_strides(&x, n, 5, apart, 1);
            a_stays_in_place(if transposed { x.t() } else { x }, panels, false)
        };
        assert!(right(MANY_COLUMNS, PAGE_ELEMENTS, false, 9), "X as it stands, always");
        assert!(
            right(8, 784, true, 5) && !right(8, 784, true, 6),
            "Xᵀ, of which few readings are cheaper than a copy"
        );
        for apart in [PAGE_ELEMENTS, 2 * PAGE_ELEMENTS] {
            assert!(
                right(MANY_COLUMNS - 1, apart, true, 1)
                    && !right(MANY_COLUMNS, apart, true, 1)
                    && !right(MANY_COLUMNS - 1, apart, true, 2),
                "Xᵀ of rows a multiple of 4 KB apart, once and of few rows"
            );
        }
        assert!(right(MANY_COLUMNS, PAGE_ELEMENTS + 1, true, 2));
        assert!(!a_stays_in_place(Mat::with_strides(&x, 5, 8, 2, 1024), 1, true), "neither");
        assert!(
            a_stays_in_place(Mat::with_strides(&x, MANY_COLUMNS, 5, PAGE_ELEMENTS, 1).t(), 9, true),
            "double-pumped"
        );
    }
}
