//! Columns of A as lanes, times few columns of B, where registers are few: chains wait in memory, as many at a time in registers as these
//! hold. Every bound is checked before.

use super::multiply::furthest;
use crate::simd::{LANES, Simd};

/// Columns of A that are lanes: vector w of column p at `data[p · next + 16 w ..]`.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) next: usize,
}

/// What goes on beside the multiplications of four columns.
pub(crate) trait Alongside {
    /// Beside columns 4 q to 4 q + 3, once for each of the R/H groups of chains that take them.
    fn four<S: Simd>(&mut self, s: S, q: usize);
}

/// Prefetches element `first` + p · `next` of `data`, which may lie past its end, beside column p.
pub(crate) struct Ahead<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) first: usize,
    pub(crate) next: usize,
}

impl Alongside for Ahead<'_> {
    #[inline(always)]
    fn four<S: Simd>(&mut self, s: S, q: usize) {
        for p in 4 * q..4 * q + 4 {
            s.prefetch(self.data, self.first.wrapping_add(p.wrapping_mul(self.next)));
        }
    }
}

/// chains(w, c) ← fma(A(w, p), B(p, c), chains(w, c)) for p ascending, H chains c after H chains, of W vectors of rows; B(p, c) at
/// `b[p · R + c]`.
///
/// # Panics
/// If a column does not lie within `a`, or if R is no multiple of H.
#[inline(always)]
pub(crate) fn multiply_columns<S: Simd, const H: usize, const R: usize, const W: usize>(
    s: S,
    a: Columns<'_>,
    b: &[f32],
    chains: &mut [[[f32; LANES]; R]; W],
    beside: &mut impl Alongside,
) {
    assert!(R.is_multiple_of(H));
    let b = b.as_chunks::<R>().0;
    let Some(end) = b.len().checked_sub(1) else { return };
    assert!(furthest(W, LANES, end, a.next) <= a.data.len());
    let (fours, rest) = b.as_chunks::<4>();
    for first in (0..R).step_by(H) {
        let mut acc = [[s.splat(0.0); W]; H];
        for w in 0..W {
            for c in 0..H {
                acc[c][w] = s.load(&chains[w][first + c]);
            }
        }
        for (q, b) in fours.iter().enumerate() {
            beside.four(s, q);
            for p in 0..4 {
                // SAFETY: 4 q + p ≤ `end`, so the column lies within `a`; R is a multiple of H, so `first` + H ≤ R.
                unsafe { column::<S, H, R, W>(s, a, (4 * q + p, &b[p]), first, &mut acc) };
            }
        }
        for (p, b) in rest.iter().enumerate() {
            // SAFETY: as above.
            unsafe { column::<S, H, R, W>(s, a, (4 * fours.len() + p, b), first, &mut acc) };
        }
        for w in 0..W {
            for c in 0..H {
                s.store(acc[c][w], &mut chains[w][first + c]);
            }
        }
    }
}

/// Column p of A times H of row p of B, from the `first` on.
///
/// # Safety
/// The column lies within `a`, and `first` + H ≤ R.
#[inline(always)]
unsafe fn column<S: Simd, const H: usize, const R: usize, const W: usize>(
    s: S,
    a: Columns<'_>,
    (p, b): (usize, &[f32; R]),
    first: usize,
    acc: &mut [[S::V; W]; H],
) {
    let mut y = [0.0; H];
    for c in 0..H {
        // SAFETY: `first` + c < R.
        y[c] = *unsafe { b.get_unchecked(first + c) };
    }
    for w in 0..W {
        // SAFETY: the column lies within `a`.
        let x = s.load(unsafe { &*a.data.as_ptr().add(p * a.next + w * LANES).cast::<[f32; LANES]>() });
        for c in 0..H {
            acc[c][w] = s.mul_add(x, s.splat(y[c]), acc[c][w]);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Isa;
    use crate::simd::Kernel;

    const R: usize = 4;
    const W: usize = 2;

    fn panics(run: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(run).is_err()
    }

    /// H chains at a time.
    struct Lanes<'a, const H: usize>(&'a [f32]);

    impl<const H: usize> Kernel for Lanes<'_, H> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let a = Columns { data: self.0, next: 40 };
            let ahead = &mut Ahead { data: self.0, first: usize::MAX / 8, next: 40 };
            multiply_columns::<S, H, R, W>(s, a, &[0.0; 5 * R], &mut [[[0.0; LANES]; R]; W], ahead);
        }
    }

    #[test]
    fn no_column_ends_past_the_data_and_no_chain_is_left_over() {
        let data = [0.0; 4 * 40 + W * LANES];
        for isa in Isa::available() {
            isa.run(Lanes::<2>(&data));
            assert!(panics(move || isa.run(Lanes::<2>(&data[..data.len() - 1]))), "{isa}: one element short");
            assert!(panics(move || isa.run(Lanes::<3>(&data))), "{isa}: a chain of four is left over");
        }
    }
}
