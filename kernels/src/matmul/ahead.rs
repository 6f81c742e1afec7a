//! Memory that is wanted after the tiles under way: asked for a few lines at a time between them, so that it comes while they
//! multiply. All at once it would stop them: a processor has some twenty lines on their way and no more.

use crate::Source;
use crate::arch::multiply::{Beside, STRETCH};
use crate::simd::Simd;

/// What is wanted, and how far the asking has come.
pub(super) struct Ahead<'a> {
    /// Rows that are neighbours in memory.
    wanted: Option<Source<'a, f32>>,
    row: usize,
    line: usize,
    /// Lines between two tiles.
    each: usize,
}

impl<'a> Ahead<'a> {
    /// Rows, or columns if those are the neighbours, of what is wanted after so many tiles of that depth.
    #[inline(always)]
    pub(super) fn new(wanted: Option<Source<'a, f32>>, (tiles, depth): (usize, usize)) -> Self {
        let wanted = wanted.map(|x| if x.by_rows() { x } else { x.t() });
        let lines = wanted.map_or(0, |x| x.rows() * x.lines());
        Self { wanted, row: 0, line: 0, each: lines.div_ceil((tiles * depth.div_ceil(STRETCH)).max(1)) }
    }

    /// What is left.
    #[inline(always)]
    pub(super) fn rest<S: Simd>(&mut self, s: S) {
        self.lines(s, usize::MAX);
    }

    #[inline(always)]
    fn lines<S: Simd>(&mut self, s: S, most: usize) {
        let Some(wanted) = &self.wanted else { return };
        for _ in 0..most {
            if self.row == wanted.rows() {
                break;
            }
            wanted.ask_for(s, self.row, self.line);
            self.line += 1;
            if self.line == wanted.lines() {
                (self.row, self.line) = (self.row + 1, 0);
            }
        }
    }
}

impl Beside for Ahead<'_> {
    #[inline(always)]
    fn little<S: Simd>(&mut self, s: S) {
        self.lines(s, self.each);
    }
}
