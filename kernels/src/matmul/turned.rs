//! Lanes along the rows of C: for the columns that do not fill a vector. Sixteen rows of A lie in a vector, each of the
//! few columns of B is broadcast, and no lane is idle; a finished tile is turned in registers on its way out.

use super::pack::{self, Rows};
use super::tile::{Place, PutDown, Run, TakeUp, Target};
use crate::Mat;
use crate::arch::multiply::{Operands, multiply, multiply_turning};
use crate::simd::{Kernel, LANES, Simd};

/// The most columns in lanes along the rows; with more, turning costs more than idle lanes.
const MOST: usize = 10;
/// The least depth at which that holds.
const SHALLOWEST: usize = 24;

/// How many of n columns go this way, for an A that lies so: those past the last whole vector, or none.
#[inline(always)]
pub(super) fn columns<S: Simd>(a: Mat<'_, f32>, n: usize) -> usize {
    let left = n % LANES;
    let lies = S::TURNED > 0 && (a.col_stride() == 1 || a.row_stride() == 1);
    if lies && a.rows() >= LANES && a.cols() >= SHALLOWEST && left <= MOST { left } else { 0 }
}

/// Sixteen rows and more at a time, through one run of k.
pub(super) struct Turned<'a, 'b, 'c, S> {
    pub(super) s: S,
    pub(super) a: Mat<'a, f32>,
    /// A as it was packed, if it was.
    pub(super) packed: Option<Rows<'a>>,
    pub(super) run: Run,
    pub(super) target: &'b mut Target<'a, 'c>,
}

/// Sixteen rows of C with lanes along them: chain c is column c of the tile.
type Chains = [[f32; LANES]; LANES];

impl<S: Simd> Turned<'_, '_, '_, S> {
    /// The columns of `b`, which begin at column `j` of the target, for as many rows as fill vectors.
    #[inline(always)]
    pub(super) fn block(&mut self, b: Mat<'_, f32>, j: usize, room: &mut [f32]) {
        if S::TURNED == 0 {
            return;
        }
        // As many chains as registers hold, in equal parts.
        let parts = b.cols().div_ceil(S::TURNED);
        let mut c = 0;
        for part in 0..parts {
            let width = (b.cols() - c).div_ceil(parts - part);
            let b = pack::narrow(b.col_range(c..c + width), room);
            match width {
                1 => self.part::<1, 4>(b, j + c),
                2 => self.part::<2, 4>(b, j + c),
                3 => self.part::<3, 2>(b, j + c),
                4 => self.part::<4, 2>(b, j + c),
                5 => self.part::<5, 1>(b, j + c),
                6 if S::TURNED > 5 => self.part::<6, 2>(b, j + c),
                7 if S::TURNED > 5 => self.part::<7, 2>(b, j + c),
                8 if S::TURNED > 5 => self.part::<8, 2>(b, j + c),
                9 if S::TURNED > 5 => self.part::<9, 2>(b, j + c),
                _ if S::TURNED > 5 => self.part::<10, 2>(b, j + c),
                _ => {}
            }
            c += width;
        }
    }

    /// R columns: W vectors of rows at a time where the rows of A are lanes already, else one vector, which is turned.
    #[inline(always)]
    fn part<const R: usize, const W: usize>(&mut self, b: &[f32], j: usize) {
        let full = self.target.rows.len() / LANES * LANES;
        let mut i = 0;
        while i < full {
            let at = Place { i, j, width: R };
            if self.a.col_stride() == 1 {
                self.turning::<R>(b, at);
                i += LANES;
            } else if i + W * LANES <= full {
                self.tile::<R, W>(b, at);
                i += W * LANES;
            } else {
                self.tile::<R, 1>(b, at);
                i += LANES;
            }
        }
    }

    /// R columns times sixteen rows of A that are turned on the way.
    #[inline(always)]
    fn turning<const R: usize>(&mut self, b: &[f32], at: Place) {
        let mut chains = [self.s.splat(0.0); R];
        let mut memory = [[0.0; LANES]; LANES];
        if self.run.resumes(self.target) {
            self.take_up(at, &mut memory);
            for c in 0..R {
                chains[c] = self.s.load(&memory[c]);
            }
        }
        let stride = self.a.row_stride();
        multiply_turning(self.s, (&self.a.data()[at.i * stride..], stride), b, self.run.len(), &mut chains);
        for c in 0..R {
            self.s.store(chains[c], &mut memory[c]);
        }
        self.put_down(at, &mut memory);
    }

    /// R columns times W vectors of rows.
    #[inline(always)]
    fn tile<const R: usize, const W: usize>(&mut self, b: &[f32], at: Place) {
        let mut chains = [[self.s.splat(0.0); W]; R];
        let mut memory = [[0.0; LANES]; LANES];
        let part = |w| Place { i: at.i + w * LANES, ..at };
        if self.run.resumes(self.target) {
            for w in 0..W {
                self.take_up(part(w), &mut memory);
                for c in 0..R {
                    chains[c][w] = self.s.load(&memory[c]);
                }
            }
        }
        let (a_row, a_col) = (1, R);
        let (a, b_row, b_vector) = match self.packed {
            Some(a) if a.col == LANES => (&a.data[at.i / LANES * a.group..], LANES, a.group),
            _ => (&self.a.data()[at.i..], self.a.col_stride(), LANES),
        };
        let o = Operands { a: b, a_row, a_col, b: a, b_row, b_vector, depth: self.run.len(), last: LANES };
        multiply(self.s, o, &mut chains);
        for w in 0..W {
            for c in 0..R {
                self.s.store(chains[c][w], &mut memory[c]);
            }
            self.put_down(part(w), &mut memory);
        }
    }

    fn take_up(&mut self, at: Place, chains: &mut Chains) {
        self.s.enter(TurnIn(TakeUp { target: self.target, at, vectors: 1, chains }));
    }

    fn put_down(&mut self, at: Place, chains: &mut Chains) {
        self.s.enter(TurnOut { run: self.run, target: self.target, at, chains });
    }
}

/// [`TakeUp`] for sixteen rows, turned. A kernel of its own, compiled once for all tiles.
struct TurnIn<'x, 'a, 'c>(TakeUp<'x, 'a, 'c>);

impl Kernel for TurnIn<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let TurnIn(TakeUp { target, at, vectors, chains }) = self;
        TakeUp { target, at, vectors, chains: &mut *chains }.run(s);
        turn(s, chains);
    }
}

/// [`PutDown`] for sixteen rows, turned.
struct TurnOut<'x, 'a, 'c> {
    run: Run,
    target: &'x mut Target<'a, 'c>,
    at: Place,
    chains: &'x mut Chains,
}

impl Kernel for TurnOut<'_, '_, '_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Self { run, target, at, chains } = self;
        turn(s, chains);
        PutDown { run, target, at, vectors: 1, chains }.run(s);
    }
}

/// Exchanges rows and columns.
#[inline(always)]
fn turn<S: Simd>(s: S, chains: &mut [[f32; LANES]]) {
    let mut v = [s.splat(0.0); LANES];
    for (v, chain) in v.iter_mut().zip(&*chains) {
        *v = s.load(chain);
    }
    s.transpose(&mut v);
    for (v, chain) in v.into_iter().zip(chains) {
        s.store(v, chain);
    }
}
