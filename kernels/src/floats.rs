//! Where weights may lie: in an array of f32, or in the bytes of a file.

use crate::simd::{Element, LANES, Simd};

/// A run of f32 to read, as numbers or as little-endian bytes at any alignment.
///
/// A net that lies in flash or in a file is used where it lies: nothing is copied, and on the usual targets both
/// kinds compile to the same loads.
///
/// ```
/// use kernels::Floats;
/// let bytes = [[0, 0, 128, 63], [0, 0, 0, 64]];
/// assert_eq!(Floats::Bytes(&bytes).get(1), Floats::F32(&[1.0, 2.0]).get(1));
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Floats<'a> {
    /// Numbers.
    F32(&'a [f32]),
    /// Four little-endian bytes a number.
    Bytes(&'a [[u8; 4]]),
}

impl<'a> Floats<'a> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::F32(x) => x.len(),
            Self::Bytes(x) => x.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element i.
    ///
    /// # Panics
    /// If i is out of range.
    #[track_caller]
    pub fn get(&self, i: usize) -> f32 {
        match self {
            Self::F32(x) => x[i],
            Self::Bytes(x) => x[i].get(),
        }
    }

    /// Element i; None past the end.
    #[inline(always)]
    pub(crate) fn at(&self, i: usize) -> Option<f32> {
        match self {
            Self::F32(x) => x.get(i).copied(),
            Self::Bytes(x) => x.get(i).map(|x| x.get()),
        }
    }

    /// All of them in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = f32> + 'a {
        (0..self.len()).map(move |i| self.get(i))
    }

    /// The vector that starts at element j, +0 past the end.
    #[inline(always)]
    pub(crate) fn load_at<S: Simd>(self, s: S, j: usize) -> S::V {
        match self {
            Self::F32(x) => load_at(s, x, j),
            Self::Bytes(x) => load_at(s, x, j),
        }
    }
}

/// The vector that starts at `row[j]`, with +0 past the end of the row.
#[inline(always)]
pub(crate) fn load_at<S: Simd, E: Element>(s: S, row: &[E], j: usize) -> S::V {
    // Nothing is loaded of nothing: under an empty mask too, an address that is none takes a processor 180 cycles.
    if j >= row.len() {
        return s.splat(0.0);
    }
    let row = &row[j..];
    match row.first_chunk::<LANES>() {
        Some(full) => s.load(full),
        None => s.load_part(row, 0.0),
    }
}

/// Stores as much of a vector as the row has room for from `row[j]` on.
#[inline(always)]
pub(crate) fn store_at<S: Simd>(s: S, v: S::V, row: &mut [f32], j: usize) {
    if j >= row.len() {
        return;
    }
    let row = &mut row[j..];
    match row.first_chunk_mut::<LANES>() {
        Some(full) => s.store(v, full),
        None => s.store_part(v, row),
    }
}

/// The same for the end of a row that another one follows, which is read soon.
#[inline(always)]
pub(crate) fn store_end_at<S: Simd>(s: S, v: S::V, row: &mut [f32], j: usize) {
    if j >= row.len() {
        return;
    }
    let row = &mut row[j..];
    match row.first_chunk_mut::<LANES>() {
        Some(full) => s.store(v, full),
        None => s.store_end(v, row),
    }
}
