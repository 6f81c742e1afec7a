//! Columns of A as lanes, times few columns of B, where registers are few: rows are turned into a room near by first, and chains wait
//! in memory, as many at a time in registers as these hold. Every bound is checked before.

use core::mem::MaybeUninit;
use core::slice;

use super::multiply::furthest;
use super::turn::by_eights;
use crate::simd::{LANES, Lines, Simd};

/// Columns of A: vector w of column p at `data[p · next + w · vector ..]`.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) next: usize,
    pub(crate) vector: usize,
}

/// Room for N vectors of what is turned. To fill it with zeros first would take a tenth of the time of a small product.
pub(crate) struct Room<const N: usize>(MaybeUninit<Lines<[[f32; LANES]; N]>>);

impl<const N: usize> Room<N> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self(MaybeUninit::uninit())
    }

    /// `depth` columns of `rows` rows of neighbours, which lie `stride` apart from the beginning of `data`, in W vectors of rows. Where
    /// there are fewer rows, the last one stands for the rest.
    ///
    /// # Panics
    /// If there is no room for so many, if there are no rows for the last vector, or if one lies outside `data`.
    #[inline(always)]
    pub(crate) fn turn<S: Simd, const W: usize>(
        &mut self,
        s: S,
        (data, stride): (&[f32], usize),
        (rows, depth): (usize, usize),
    ) -> Columns<'_> {
        assert!(depth.saturating_mul(W) <= N && rows > (W - 1) * LANES);
        let room: *mut [f32; LANES] = self.0.as_mut_ptr().cast();
        for w in 0..W {
            let (data, rows) = (&data[w * LANES * stride..], LANES.min(rows - w * LANES));
            // SAFETY: W · depth ≤ N vectors are within the room.
            let out = unsafe { room.add(w * depth) };
            if depth >= 4 {
                assert!(furthest(rows - 1, stride, depth - 1, 1) < data.len());
                // SAFETY: by the assertion the rows lie within `data`, and there is room for `depth` vectors at `out`.
                unsafe { by_eights(s, (data, stride), (rows, depth), (out, 1)) };
                continue;
            }
            for p in 0..depth {
                let mut column = [0.0; LANES];
                for l in 0..LANES {
                    column[l] = data[l.min(rows - 1) * stride + p];
                }
                // SAFETY: p < depth.
                unsafe { out.add(p).write(column) };
            }
        }
        // SAFETY: all of W · depth vectors have been written, and `self` is borrowed as long as they are read.
        let data = unsafe { slice::from_raw_parts(room.cast(), W * depth * LANES) };
        Columns { data, next: LANES, vector: depth * LANES }
    }
}

/// What is prefetched meanwhile: for vector w of column p, element `first` + (p mod 16) · `step` + (p div 16) · `stride` + w ·
/// `vector` of `data`, which may lie past its end.
pub(crate) struct Ahead<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) first: usize,
    pub(crate) step: usize,
    pub(crate) stride: usize,
    pub(crate) vector: usize,
}

/// chains(w, c) ← fma(A(w, p), B(p, c), chains(w, c)) for p ascending, H chains c after H chains; B(p, c) at `b[p · R + c]`.
///
/// # Panics
/// If an element lies outside `a`.
#[inline(always)]
pub(crate) fn multiply_columns<S: Simd, const H: usize, const R: usize, const W: usize>(
    s: S,
    a: Columns<'_>,
    b: &[f32],
    chains: &mut [[[f32; LANES]; R]; W],
    ahead: &Ahead<'_>,
) {
    assert!(R.is_multiple_of(H));
    let b = b.as_chunks::<R>().0;
    let Some(end) = b.len().checked_sub(1) else { return };
    assert!(furthest(W - 1, a.vector, end, a.next).saturating_add(LANES) <= a.data.len());
    for first in (0..R).step_by(H) {
        let mut acc = [[s.splat(0.0); W]; H];
        for w in 0..W {
            for c in 0..H {
                acc[c][w] = s.load(&chains[w][first + c]);
            }
        }
        for (q, b) in b.chunks(LANES).enumerate() {
            let from = ahead.first + q * ahead.stride;
            for (p, b) in b.iter().enumerate() {
                let mut y = [0.0; H];
                for c in 0..H {
                    // SAFETY: R is a multiple of H, so all of `first..first + H` is below it.
                    y[c] = *unsafe { b.get_unchecked(first + c) };
                }
                for w in 0..W {
                    s.prefetch(ahead.data, from + p * ahead.step + w * ahead.vector);
                    let at = (q * LANES + p) * a.next + w * a.vector;
                    // SAFETY: q · 16 + p ≤ `end` and w < W, so the vector ends no later than the last one, which is within `data`.
                    let x = s.load(unsafe { &*a.data.as_ptr().add(at).cast::<[f32; LANES]>() });
                    for c in 0..H {
                        acc[c][w] = s.mul_add(x, s.splat(y[c]), acc[c][w]);
                    }
                }
            }
        }
        for w in 0..W {
            for c in 0..H {
                s.store(acc[c][w], &mut chains[w][first + c]);
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

    const W: usize = 2;
    const R: usize = 4;

    /// Rows of `stride` elements, turned and multiplied: so many rows and columns of so many elements, in a room for twelve vectors.
    struct Turned<'a>(&'a [f32], usize, [usize; 2], &'a mut [[[f32; LANES]; R]; W]);

    impl Kernel for Turned<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(data, stride, [rows, depth], chains) = self;
            let mut room = Room::<12>::new();
            let a = room.turn::<S, W>(s, (data, stride), (rows, depth));
            let b: [f32; R * 7] = core::array::from_fn(|i| i as f32);
            let ahead = Ahead { data, first: usize::MAX / 8, step: 1, stride: 1, vector: 1 };
            multiply_columns::<S, 2, R, W>(s, a, &b[..R * depth], chains, &ahead);
        }
    }

    const STRIDE: usize = 7;
    const ROWS: usize = LANES + 3;

    #[test]
    fn rows_are_turned_and_the_last_one_stands_for_those_that_are_not_there() {
        let data: std::vec::Vec<f32> = (0..STRIDE * ROWS).map(|i| i as f32).collect();
        for isa in Isa::available() {
            for depth in 0..=6 {
                let mut chains = [[[1.0; LANES]; R]; W];
                isa.run(Turned(&data, STRIDE, [ROWS, depth], &mut chains));
                for i in 0..W * LANES {
                    for c in 0..R {
                        let row = &data[i.min(ROWS - 1) * STRIDE..];
                        let wanted = (0..depth).fold(1.0, |sum, p| sum + row[p] * (p * R + c) as f32);
                        assert_eq!(
                            chains[i / LANES][c][i % LANES],
                            wanted,
                            "{isa}: row {i}, column {c} of {depth}"
                        );
                    }
                }
            }
        }
    }

    /// The bounds that the unsafe loops rely on, each to the element.
    #[test]
    fn the_last_element_is_in_and_the_next_is_out() {
        let data = [0.0; STRIDE * ROWS];
        let exact = STRIDE * (ROWS - 1);
        for isa in Isa::available() {
            let run = |len: usize, rows, depth| {
                let mut chains = [[[0.0; LANES]; R]; W];
                std::panic::catch_unwind(move || {
                    isa.run(Turned(&data[..len], STRIDE, [rows, depth], &mut chains))
                })
                .is_ok()
            };
            for depth in [3, 6] {
                assert!(run(exact + depth, ROWS, depth), "{isa}");
                assert!(!run(exact + depth - 1, ROWS, depth), "{isa}: one element short");
            }
            assert!(!run(data.len(), ROWS, 7), "{isa}: no room");
            assert!(!run(data.len(), LANES, 6), "{isa}: no row for the second vector");
        }
    }

    struct Lanes<'a>(&'a [f32]);

    impl Kernel for Lanes<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let a = Columns { data: self.0, next: 40, vector: LANES };
            let ahead = Ahead { data: self.0, first: 0, step: 40, stride: 640, vector: LANES };
            multiply_columns::<S, 2, R, W>(s, a, &[0.0; 3 * R], &mut [[[0.0; LANES]; R]; W], &ahead);
        }
    }

    #[test]
    fn no_column_ends_past_the_data() {
        let data = [0.0; 2 * 40 + W * LANES];
        for isa in Isa::available() {
            isa.run(Lanes(&data));
            let run = || isa.run(Lanes(&data[..data.len() - 1]));
            assert!(std::panic::catch_unwind(run).is_err(), "{isa}: one element short");
        }
    }
}
