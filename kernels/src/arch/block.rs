//! A rectangle of a matrix in memory. Every bound is checked when it is made; then a tile's piece of it is found by comparisons
//! alone, for what comes between two tiles is time in which nothing is multiplied.
//!
//! A piece has H rows of V vectors; if not WHOLE, the last vector is a part of one.

use crate::simd::{LANES, Simd};

/// Rows of `width` elements, `stride` apart, to read.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    data: &'a [f32],
    stride: usize,
    rows: usize,
    width: usize,
}

/// The same to write, too.
pub(crate) struct FieldMut<'a> {
    data: &'a mut [f32],
    stride: usize,
    rows: usize,
    width: usize,
}

/// Where a piece is: its first element, and how many elements the last vector of its rows has.
#[derive(Clone, Copy)]
struct Piece {
    first: usize,
    last: usize,
}

/// Panics if `rows` rows do not lie within `len` elements.
#[inline(always)]
fn check(len: usize, stride: usize, rows: usize, width: usize) {
    let end = rows.saturating_sub(1).saturating_mul(stride).saturating_add(width);
    assert!(rows == 0 || width == 0 || end <= len);
}

/// The piece of a field of so many rows that begins at (i, j).
///
/// # Panics
/// If it lies outside the field, or if `width` is 0 or not V vectors.
#[inline(always)]
fn piece<const H: usize, const V: usize, const WHOLE: bool>(
    (stride, rows, columns): (usize, usize, usize),
    (i, j): (usize, usize),
    width: usize,
) -> Piece {
    let last = width.wrapping_sub((V - 1) * LANES);
    assert!(if WHOLE { last == LANES } else { last.wrapping_sub(1) < LANES });
    assert!(i <= rows && H <= rows - i && j <= columns && width <= columns - j);
    Piece { first: i * stride + j, last }
}

impl Piece {
    /// Where vector v of row r begins, and how many elements it has.
    #[inline(always)]
    fn vector<const V: usize, const WHOLE: bool>(self, stride: usize, r: usize, v: usize) -> (usize, usize) {
        (self.first + r * stride + v * LANES, if WHOLE || v < V - 1 { LANES } else { self.last })
    }
}

impl<'a> Field<'a> {
    /// The rows at the beginning of `data`.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn new(data: &'a [f32], stride: usize, rows: usize, width: usize) -> Self {
        check(data.len(), stride, rows, width);
        Self { data, stride, rows, width }
    }

    /// The piece at (i, j), `width` elements wide, with +0 past the end of its rows.
    ///
    /// # Panics
    /// If it lies outside, or if `width` is 0 or not V vectors.
    #[inline(always)]
    pub(crate) fn piece<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        self,
        s: S,
        at: (usize, usize),
        width: usize,
    ) -> [[S::V; V]; H] {
        let piece = piece::<H, V, WHOLE>((self.stride, self.rows, self.width), at, width);
        let mut out = [[s.splat(0.0); V]; H];
        for r in 0..H {
            for v in 0..V {
                let (first, len) = piece.vector::<V, WHOLE>(self.stride, r, v);
                // SAFETY: r < H, so the row is one of the field's, and the vector ends no later than `width` elements after `j`: within
                // the row, which `check` has found within `data`.
                let row = unsafe { self.data.get_unchecked(first..first + len) };
                out[r][v] = match row.first_chunk::<LANES>() {
                    Some(row) => s.load(row),
                    None => s.load_part(row, 0.0),
                };
            }
        }
        out
    }

    /// `width` elements of row i from column j on.
    ///
    /// # Panics
    /// If one lies outside `data`.
    #[inline(always)]
    pub(crate) fn elements(self, (i, j): (usize, usize), width: usize) -> &'a [f32] {
        &self.data[i * self.stride + j..][..width]
    }

    /// Prefetches the H rows of V vectors at (i, j), if there are any.
    #[inline(always)]
    pub(crate) fn prefetch<S: Simd, const H: usize, const V: usize>(self, s: S, (i, j): (usize, usize)) {
        let first = i * self.stride + j;
        for r in 0..H {
            for v in 0..=V {
                s.prefetch(self.data, first + r * self.stride + v * LANES);
            }
        }
    }
}

impl<'a> FieldMut<'a> {
    /// The rows at the beginning of `data`.
    ///
    /// # Panics
    /// If one lies outside.
    #[inline(always)]
    pub(crate) fn new(data: &'a mut [f32], stride: usize, rows: usize, width: usize) -> Self {
        check(data.len(), stride, rows, width);
        Self { data, stride, rows, width }
    }

    /// The same for as long as it is borrowed.
    #[inline(always)]
    pub(crate) fn reborrow(&mut self) -> FieldMut<'_> {
        FieldMut { data: self.data, stride: self.stride, rows: self.rows, width: self.width }
    }

    /// How many rows there are.
    #[inline(always)]
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// What is there now.
    #[inline(always)]
    pub(crate) fn read(&self) -> Field<'_> {
        Field { data: self.data, stride: self.stride, rows: self.rows, width: self.width }
    }

    /// Writes the piece at (i, j), `width` elements wide.
    ///
    /// # Panics
    /// If it lies outside, or if `width` is 0 or not V vectors.
    #[inline(always)]
    pub(crate) fn store<S: Simd, const H: usize, const V: usize, const WHOLE: bool>(
        &mut self,
        s: S,
        rows: &[[S::V; V]; H],
        at: (usize, usize),
        width: usize,
    ) {
        let piece = piece::<H, V, WHOLE>((self.stride, self.rows, self.width), at, width);
        for r in 0..H {
            for v in 0..V {
                let (first, len) = piece.vector::<V, WHOLE>(self.stride, r, v);
                // SAFETY: as in `Field::piece`.
                let row = unsafe { self.data.get_unchecked_mut(first..first + len) };
                match row.first_chunk_mut::<LANES>() {
                    Some(out) => s.store(rows[r][v], out),
                    None => s.store_part(rows[r][v], row),
                }
            }
        }
    }

    /// `width` elements of row i from column j on.
    ///
    /// # Panics
    /// If one lies outside `data`.
    #[inline(always)]
    pub(crate) fn elements(&mut self, (i, j): (usize, usize), width: usize) -> &mut [f32] {
        &mut self.data[i * self.stride + j..][..width]
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

    /// The piece of 2 rows × 2 vectors, the last of five elements, at (i, j) of the first elements of a field, read from one and written to the other.
    struct Move<'a>(&'a [f32], &'a mut [f32], (usize, usize));

    impl Kernel for Move<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(from, to, at) = self;
            let rows = Field::new(from, STRIDE, ROWS, WIDTH).piece::<S, 2, 2, false>(s, at, LANES + 5);
            FieldMut::new(to, STRIDE, ROWS, WIDTH).store::<S, 2, 2, false>(s, &rows, at, LANES + 5);
        }
    }

    /// The bounds that the unsafe accesses rely on, each to the element.
    #[test]
    fn the_last_piece_is_in_and_the_next_is_out() {
        const LEN: usize = (ROWS - 1) * STRIDE + WIDTH;
        let from: [f32; LEN] = core::array::from_fn(|i| i as f32);
        let last = (ROWS - 2, WIDTH - LANES - 5);
        for isa in Isa::available() {
            let mut to = [-1.0; LEN];
            isa.run(Move(&from, &mut to, last));
            for (i, &x) in to.iter().enumerate() {
                let (row, column) = (i / STRIDE, i % STRIDE);
                let moved = row >= last.0 && (last.1..WIDTH).contains(&column);
                assert_eq!(x, if moved { from[i] } else { -1.0 }, "{isa}: ({row}, {column})");
            }
            let fails = |len: usize, at| {
                std::panic::catch_unwind(|| isa.run(Move(&from[..len], &mut [0.0; LEN], at))).is_err()
            };
            assert!(fails(LEN, (last.0 + 1, last.1)), "{isa}: a row too low");
            assert!(fails(LEN, (last.0, last.1 + 1)), "{isa}: a column too far");
            assert!(fails(LEN, (usize::MAX, 0)) && fails(LEN, (0, usize::MAX)), "{isa}: far out");
            assert!(fails(LEN - 1, (0, 0)), "{isa}: the field is an element short");
        }
    }

    /// Rows without elements, wherever they lie: there is no piece of them.
    struct Empty;

    impl Kernel for Empty {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            Field::new(&[], STRIDE, ROWS, 0).piece::<S, 1, 1, false>(s, (ROWS - 1, 0), 0);
        }
    }

    #[test]
    fn rows_without_elements_are_a_field_without_pieces() {
        assert_eq!(FieldMut::new(&mut [], STRIDE, ROWS, 0).rows(), ROWS);
        for isa in Isa::available() {
            assert!(std::panic::catch_unwind(|| isa.run(Empty)).is_err(), "{isa}");
        }
    }
}
