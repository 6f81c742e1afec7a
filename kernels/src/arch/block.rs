//! A block of C in memory, and what is read beside it. Bounds are checked when it is made; then a tile's piece of it is found by
//! comparisons alone, for what comes between two tiles is time in which nothing is multiplied.
//!
//! A piece has H rows of V vectors; if not WHOLE, the last vector is a part of one.

use core::marker::PhantomData;

use crate::simd::{LANES, Simd};

/// The same rectangle of up to three matrices: `to` is written, `from` is where chains resume, `operand` is what the epilogue reads. The
/// latter two are `to`, if nothing else is said.
///
/// Of each, element r · stride + c from `first` on, for r < `rows` and c < `width`, lies in what is borrowed for 'a; that of `to` mutably.
pub(crate) struct Block<'a> {
    rows: usize,
    width: usize,
    to: Rows,
    from: Rows,
    operand: Rows,
    borrowed: PhantomData<&'a mut [f32]>,
}

/// Rows that begin so many elements apart.
#[derive(Clone, Copy)]
struct Rows {
    first: *mut f32,
    stride: usize,
}

/// Where a piece is: its first row and column, and how many elements the last vector of its rows has.
#[derive(Clone, Copy)]
struct Piece {
    i: usize,
    j: usize,
    last: usize,
}

/// Panics if `rows` rows do not lie within `len` elements.
#[inline(always)]
fn check(len: usize, stride: usize, rows: usize, width: usize) {
    let end = rows.saturating_sub(1).saturating_mul(stride).saturating_add(width);
    assert!(rows == 0 || width == 0 || end <= len);
}

impl Rows {
    /// The piece, with +0 past the end of its rows.
    ///
    /// # Safety
    /// These are rows of a block, and `piece` is one of the same block for this H, V and WHOLE.
    #[inline(always)]
    unsafe fn load<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        self,
        s: S,
        piece: Piece,
    ) -> [[S::V; V]; H] {
        let mut out = [[s.splat(0.0); V]; H];
        let first = self.first.wrapping_add(piece.i * self.stride + piece.j);
        for r in 0..H {
            for v in 0..V {
                let at = first.wrapping_add(r * self.stride + v * LANES);
                out[r][v] = if WHOLE || v < V - 1 || piece.last == LANES {
                    // SAFETY: row i + r and the sixteen columns from j + 16 v on are the block's.
                    s.load(unsafe { &*at.cast::<[f32; LANES]>() })
                } else {
                    // SAFETY: so are `last` columns.
                    s.load_part(unsafe { core::slice::from_raw_parts(at, piece.last) }, 0.0)
                };
            }
        }
        out
    }
}

impl<'a> Block<'a> {
    /// The rows at the beginning of `to`.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn new(to: &'a mut [f32], stride: usize, rows: usize, width: usize) -> Self {
        check(to.len(), stride, rows, width);
        let to = Rows { first: to.as_mut_ptr(), stride };
        Self { rows, width, to, from: to, operand: to, borrowed: PhantomData }
    }

    /// The same with chains that come from the rows at the beginning of `from`.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn coming_from(self, from: &'a [f32], stride: usize) -> Self {
        check(from.len(), stride, self.rows, self.width);
        Self { from: Rows { first: from.as_ptr().cast_mut(), stride }, ..self }
    }

    /// The same with an epilogue that reads the rows at the beginning of `operand`.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn with_operand(self, operand: &'a [f32], stride: usize) -> Self {
        check(operand.len(), stride, self.rows, self.width);
        Self { operand: Rows { first: operand.as_ptr().cast_mut(), stride }, ..self }
    }

    /// How many rows there are.
    #[inline(always)]
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// `rows` rows from row i on: so that a tile of them is found by its column alone.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn part(&mut self, i: usize, rows: usize) -> Block<'_> {
        assert!(i <= self.rows && rows <= self.rows - i);
        let from_row = |of: Rows| Rows { first: of.first.wrapping_add(i * of.stride), ..of };
        let (to, from, operand) = (from_row(self.to), from_row(self.from), from_row(self.operand));
        Block { rows, to, from, operand, width: self.width, borrowed: PhantomData }
    }

    /// The piece of H rows that begins at (i, j), `width` elements wide.
    ///
    /// # Panics
    /// If it lies outside, or if `width` is 0 or not V vectors.
    #[inline(always)]
    fn piece<const H: usize, const V: usize, const WHOLE: bool>(
        &self,
        (i, j): (usize, usize),
        width: usize,
    ) -> Piece {
        let last = width.wrapping_sub((V - 1) * LANES);
        assert!(if WHOLE { last == LANES } else { last.wrapping_sub(1) < LANES });
        assert!(i <= self.rows && H <= self.rows - i && j <= self.width && width <= self.width - j);
        Piece { i, j, last }
    }

    /// The chains of the piece at `at`, `width` elements wide, where they come from; +0 past the end of its rows.
    ///
    /// # Panics
    /// If it lies outside, or if `width` is 0 or not V vectors.
    #[inline(always)]
    pub(crate) fn chains<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &self,
        s: S,
        at: (usize, usize),
        width: usize,
    ) -> [[S::V; V]; H] {
        // SAFETY: the piece is this block's.
        unsafe { self.from.load::<S, H, V, WHOLE>(s, self.piece::<H, V, WHOLE>(at, width)) }
    }

    /// The same of what the epilogue reads.
    ///
    /// # Panics
    /// As [`Block::chains`].
    #[inline(always)]
    pub(crate) fn operand<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &self,
        s: S,
        at: (usize, usize),
        width: usize,
    ) -> [[S::V; V]; H] {
        // SAFETY: the piece is this block's.
        unsafe { self.operand.load::<S, H, V, WHOLE>(s, self.piece::<H, V, WHOLE>(at, width)) }
    }

    /// Writes the piece at `at`, `width` elements wide, where chains go.
    ///
    /// # Panics
    /// As [`Block::chains`].
    #[inline(always)]
    pub(crate) fn store<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        rows: &[[S::V; V]; H],
        at: (usize, usize),
        width: usize,
    ) {
        let piece = self.piece::<H, V, WHOLE>(at, width);
        let first = self.to.first.wrapping_add(piece.i * self.to.stride + piece.j);
        for r in 0..H {
            for v in 0..V {
                let at = first.wrapping_add(r * self.to.stride + v * LANES);
                if WHOLE || v < V - 1 || piece.last == LANES {
                    // SAFETY: row i + r and the sixteen columns from j + 16 v on are the block's, and to write.
                    s.store(rows[r][v], unsafe { &mut *at.cast::<[f32; LANES]>() });
                } else {
                    // SAFETY: so are `last` columns.
                    s.store_part(rows[r][v], unsafe { core::slice::from_raw_parts_mut(at, piece.last) });
                }
            }
        }
    }

    /// Prefetches, where chains come from, the first H rows of V vectors at column j.
    ///
    /// # Panics
    /// If the block is empty.
    #[inline(always)]
    pub(crate) fn prefetch<S: Simd, const H: usize, const V: usize>(&self, s: S, j: usize) {
        assert!(self.rows > 0 && self.width > 0);
        // SAFETY: no element is read, and `first` is that of an f32: neither null nor misaligned.
        let rows: &[f32] = unsafe { core::slice::from_raw_parts(self.from.first, 0) };
        for r in 0..H {
            for v in 0..=V {
                s.prefetch(rows, j + r * self.from.stride + v * LANES);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Isa;
    use crate::simd::Kernel;

    const STRIDE: usize = 40;
    const ROWS: usize = 5;
    const WIDTH: usize = 37;
    /// Elements that the rows take.
    const LEN: usize = (ROWS - 1) * STRIDE + WIDTH;
    /// Where the last piece of 2 rows × 2 vectors begins, the second of five elements.
    const LAST: (usize, usize) = (ROWS - 2, WIDTH - LANES - 5);

    /// A piece of 2 rows × 2 vectors, the last of five elements: its chains from the one, plus the operand of the other, to the
    /// third. In a block, or in two rows of it.
    struct Move<'a> {
        from: &'a [f32],
        operand: &'a [f32],
        to: &'a mut [f32],
        at: (usize, usize),
        part: bool,
    }

    impl Kernel for Move<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self { from, operand, to, at, part } = self;
            let block = Block::new(to, STRIDE, ROWS, WIDTH);
            let mut block = block.coming_from(from, STRIDE).with_operand(operand, 0);
            let (mut block, at) =
                if part { (block.part(at.0, 2), (0, at.1)) } else { (block.part(0, ROWS), at) };
            let mut rows = block.chains::<S, 2, 2, false>(s, at, LANES + 5);
            let operand = block.operand::<S, 2, 2, false>(s, at, LANES + 5);
            for r in 0..2 {
                for v in 0..2 {
                    rows[r][v] = s.add(rows[r][v], operand[r][v]);
                }
            }
            block.store::<S, 2, 2, false>(s, &rows, at, LANES + 5);
        }
    }

    /// Of operands so long.
    fn move_piece(isa: Isa, lens: [usize; 3], at: (usize, usize), part: bool) -> [f32; LEN] {
        let numbers: [f32; LEN] = core::array::from_fn(|i| i as f32);
        let thousands: [f32; WIDTH] = core::array::from_fn(|i| 1000.0 * i as f32);
        let mut to = [-1.0; LEN];
        let [from, operand] = [&numbers[..lens[0]], &thousands[..lens[1]]];
        isa.run(Move { from, operand, to: &mut to[..lens[2]], at, part });
        to
    }

    /// The bounds that the unsafe accesses rely on, each to the element.
    #[test]
    fn the_last_piece_is_in_and_the_next_is_out() {
        let exact = [LEN, WIDTH, LEN];
        for isa in Isa::available() {
            for part in [false, true] {
                for (i, x) in move_piece(isa, exact, LAST, part).into_iter().enumerate() {
                    let (row, column) = (i / STRIDE, i % STRIDE);
                    let moved = row >= LAST.0 && (LAST.1..WIDTH).contains(&column);
                    let sum = i as f32 + 1000.0 * column as f32;
                    assert_eq!(x, if moved { sum } else { -1.0 }, "{isa}: ({row}, {column})");
                }
                let fails = |lens, at| std::panic::catch_unwind(|| move_piece(isa, lens, at, part)).is_err();
                assert!(fails(exact, (LAST.0 + 1, LAST.1)), "{isa}: a row too low");
                assert!(fails(exact, (LAST.0, LAST.1 + 1)), "{isa}: a column too far");
                assert!(fails(exact, (usize::MAX, 0)) && fails(exact, (0, usize::MAX)), "{isa}: far out");
                for short in 0..3 {
                    let mut lens = exact;
                    lens[short] -= 1;
                    assert!(fails(lens, (0, 0)), "{isa}: matrix {short} is an element short");
                }
            }
        }
    }

    /// Rows without elements, wherever they lie: there is no piece of them.
    struct Empty;

    impl Kernel for Empty {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            Block::new(&mut [], STRIDE, ROWS, 0).chains::<S, 1, 1, false>(s, (ROWS - 1, 0), 0);
        }
    }

    #[test]
    fn rows_without_elements_are_a_block_without_pieces() {
        assert_eq!(Block::new(&mut [], STRIDE, ROWS, 0).rows(), ROWS);
        for isa in Isa::available() {
            assert!(std::panic::catch_unwind(|| isa.run(Empty)).is_err(), "{isa}");
        }
    }
}
