//! The innermost loop of one row: x passes over several strips of a layer side by side.

use crate::simd::{LANES, Simd};

/// V strips of a layer, of which x takes the rows from `row` on: strip v begins at `numbers[v · size]`, its rows of sixteen numbers one
/// after the other; those of the last strip have `last` ≤ 16.
#[derive(Clone, Copy)]
pub(crate) struct Strips<'a> {
    pub(crate) numbers: &'a [[u8; 4]],
    pub(crate) size: usize,
    pub(crate) last: usize,
    pub(crate) row: usize,
}

/// chains(v) ← fma(x_p, W(row + p, v), chains(v)) for p ascending, W(p, v) row p of strip v.
///
/// # Panics
/// If the rows of a strip reach into the next one, or past the end, or if `last` is none of 1 to 16.
#[inline(always)]
pub(crate) fn pass_over<S: Simd, const V: usize>(s: S, x: &[f32], w: Strips<'_>, chains: &mut [S::V; V]) {
    let rows = w.row.saturating_add(x.len());
    assert!(0 < w.last && w.last <= LANES);
    assert!(V == 1 || rows.saturating_mul(LANES) <= w.size);
    let end = (V - 1).saturating_mul(w.size).saturating_add(rows.saturating_mul(w.last));
    assert!(end <= w.numbers.len());
    if w.last == LANES {
        // SAFETY: the assertions say where rows end, and WHOLE is asked here.
        unsafe { run::<S, V, true>(s, x, w, chains) }
    } else {
        // SAFETY: as above.
        unsafe { run::<S, V, false>(s, x, w, chains) }
    }
}

/// The loop itself.
///
/// # Safety
/// The last strip has `row` rows of `last` ≤ 16 numbers and one for each x, no later than `numbers` ends; those before it have as many of
/// sixteen, no later than the next one begins. If WHOLE, `last` is 16.
#[inline(always)]
unsafe fn run<S: Simd, const V: usize, const WHOLE: bool>(
    s: S,
    x: &[f32],
    w: Strips<'_>,
    chains: &mut [S::V; V],
) {
    let mut acc = *chains;
    for (p, &x) in x.iter().enumerate() {
        let x = s.splat(x);
        for v in 0..V {
            let width = if WHOLE || v < V - 1 { LANES } else { w.last };
            let first = v * w.size + (w.row + p) * width;
            // SAFETY: row `row` + p of strip v, with p below the number of x and v < V: within `numbers`, as this function asks.
            let row = unsafe { w.numbers.get_unchecked(first..first + width) };
            let row = match row.first_chunk::<LANES>() {
                Some(row) => s.load(row),
                None => s.load_part(row, 0.0),
            };
            acc[v] = s.mul_add(x, row, acc[v]);
        }
    }
    *chains = acc;
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Isa;
    use crate::simd::Kernel;

    /// Rows of a strip, the first that x takes, and as far apart as strips may lie.
    const ROWS: usize = 4;
    const FIRST: usize = 1;
    const SIZE: usize = ROWS * LANES;

    /// V strips of so many numbers, which are 0, 1, 2 …; the sums of their columns go to the first argument.
    struct Sums<'a, const V: usize>(&'a mut [[f32; LANES]; V], usize, Strips<'a>);

    impl<const V: usize> Kernel for Sums<'_, V> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(sums, len, w) = self;
            let numbers: [[u8; 4]; 2 * SIZE] = core::array::from_fn(|i| (i as f32).to_le_bytes());
            let mut chains = [s.splat(0.0); V];
            pass_over(s, &[1.0; ROWS - FIRST], Strips { numbers: &numbers[..len], ..w }, &mut chains);
            for v in 0..V {
                s.store(chains[v], &mut sums[v]);
            }
        }
    }

    /// V strips with a last one of so many columns.
    fn check<const V: usize>(isa: Isa, last: usize) {
        let (w, exact) =
            (Strips { numbers: &[], size: SIZE, last, row: FIRST }, (V - 1) * SIZE + ROWS * last);
        let mut sums = [[-1.0; LANES]; V];
        isa.run(Sums(&mut sums, exact, w));
        for v in 0..V {
            let width = if v < V - 1 { LANES } else { last };
            for j in 0..LANES {
                let sum = (FIRST..ROWS).map(|p| v * SIZE + p * width + j).sum::<usize>();
                assert_eq!(sums[v][j], if j < width { sum as f32 } else { 0.0 }, "{isa}: strip {v} of {V}");
            }
        }
        let fails =
            |len, w| std::panic::catch_unwind(|| isa.run(Sums(&mut [[0.0; LANES]; V], len, w))).is_err();
        assert!(fails(exact - 1, w), "{isa}: a number is missing");
        assert!(fails(exact, Strips { row: FIRST + 1, ..w }), "{isa}: a row too far");
        assert!(fails(exact, Strips { row: usize::MAX, ..w }), "{isa}: far out");
        assert!(
            fails(2 * SIZE, Strips { last: 0, ..w }) && fails(2 * SIZE, Strips { last: 17, ..w }),
            "{isa}"
        );
        if V > 1 {
            assert!(fails(2 * SIZE, Strips { size: SIZE - 1, ..w }), "{isa}: strips overlap");
            assert!(fails(2 * SIZE, Strips { size: usize::MAX, ..w }), "{isa}: strips far apart");
        }
    }

    /// The bounds that the unsafe loop relies on, each to the element.
    #[test]
    fn the_last_number_is_in_and_the_next_is_out() {
        for isa in Isa::available() {
            for last in [1, 5, 16] {
                check::<1>(isa, last);
                check::<2>(isa, last);
            }
        }
    }
}
