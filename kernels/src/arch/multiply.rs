//! The innermost loops of the matrix product, with every bound checked before them.

use super::eight::Eight;
use crate::simd::{Element, LANES, Lines, Simd};

/// Where the operands of one tile lie, in elements: A(r, p) at `a[r · a_row + p · a_col]`, vector v of row p of B
/// at `b[p · b_row + v · b_vector ..]`, for p < `depth`. The last vector of B has `last` ≤ 16 elements.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a, E> {
    pub(crate) a: &'a [f32],
    pub(crate) a_row: usize,
    pub(crate) a_col: usize,
    pub(crate) b: &'a [E],
    pub(crate) b_row: usize,
    pub(crate) b_vector: usize,
    pub(crate) depth: usize,
    pub(crate) last: usize,
}

/// The furthest element at `n` strides and `end` steps. Saturating, so that an overflow fails the comparison too.
#[inline(always)]
fn furthest(n: usize, stride: usize, end: usize, step: usize) -> usize {
    n.saturating_mul(stride).saturating_add(end.saturating_mul(step))
}

/// chains(r, v) ← fma(A(r, p), B(p, v), chains(r, v)) for p ascending: the loop that all the others are there for.
///
/// # Panics
/// If an element lies outside `a` or `b`.
#[inline(always)]
pub(crate) fn multiply<S: Simd, E: Element, const H: usize, const V: usize>(
    s: S,
    o: Operands<'_, E>,
    chains: &mut [[S::V; V]; H],
) {
    let none: (&mut [f32], &mut [[f32; LANES]]) = (&mut [], &mut []);
    let whole = check::<E, H, V>(&o);
    if S::tight(H * V) {
        // A part of a vector would take registers, and chains would be pushed out of theirs.
        assert!(whole);
        if V == 1 && H >= S::TILE_ROWS && o.a_row == 1 && o.a_col > LANES {
            return run::<S, E, H, V, true, false, true, false, false>(s, o, chains, none);
        }
        return run::<S, E, H, V, true, false, false, false, false>(s, o, chains, none);
    }
    let far = H >= S::TILE_ROWS && V >= 2 && V * o.depth > NEAR_VECTORS;
    let apart = H >= S::TILE_ROWS && V >= 2 && o.a_row == 1 && o.a_col > LANES;
    match (whole, far, apart) {
        (false, ..) => run::<S, E, H, V, false, false, false, false, false>(s, o, chains, none),
        (true, false, false) => run::<S, E, H, V, true, false, false, false, false>(s, o, chains, none),
        (true, false, true) => run::<S, E, H, V, true, false, true, false, false>(s, o, chains, none),
        (true, true, false) => run::<S, E, H, V, true, true, false, false, false>(s, o, chains, none),
        (true, true, true) => run::<S, E, H, V, true, true, true, false, false>(s, o, chains, none),
    }
}

/// [`multiply`] that leaves copies of what it reads: if LEAVES_A, A(r, p) at `copies.0[16 p + r]`; if LEAVES_B, row p of B as V
/// whole vectors, side by side, at `copies.1[16 V p ..]`. B's costs next to nothing, since the loop waits for its multiplications; A's does so
/// only on processors that multiply by halves.
///
/// # Panics
/// If an element lies outside `a`, `b` or a copy, or if A is to be left and the last vector of B is not whole.
#[inline(always)]
pub(crate) fn multiply_leaving<
    S: Simd,
    const H: usize,
    const V: usize,
    const LEAVES_A: bool,
    const LEAVES_B: bool,
>(
    s: S,
    o: Operands<'_, f32>,
    chains: &mut [[S::V; V]; H],
    copies: (&mut [f32], &mut [f32]),
) {
    let copies = (copies.0, copies.1.as_chunks_mut::<LANES>().0);
    assert!(
        !LEAVES_A || H <= LANES && o.depth.saturating_mul(LANES) <= copies.0.len().saturating_add(LANES - H)
    );
    assert!(!LEAVES_B || o.depth.saturating_mul(V) <= copies.1.len());
    if check::<f32, H, V>(&o) {
        run::<S, f32, H, V, true, false, false, LEAVES_A, LEAVES_B>(s, o, chains, copies);
    } else {
        assert!(!LEAVES_A);
        run::<S, f32, H, V, false, false, false, false, LEAVES_B>(s, o, chains, copies);
    }
}

/// Panics if an element lies outside its operand; otherwise, whether all vectors of B are whole.
#[inline(always)]
fn check<E, const H: usize, const V: usize>(o: &Operands<'_, E>) -> bool {
    if let Some(end) = o.depth.checked_sub(1) {
        assert!(furthest(H - 1, o.a_row, end, o.a_col) < o.a.len());
        assert!(o.last <= LANES && o.b_vector >= LANES);
        assert!(furthest(V - 1, o.b_vector, end, o.b_row).saturating_add(o.last) <= o.b.len());
    }
    o.last == LANES
}

/// Vectors of a panel that stays in the L1 cache.
const NEAR_VECTORS: usize = 384;
/// Elements of a page of memory, and of all sets of an L1 cache: what lies so far apart meets in one set.
pub(crate) const PAGE: usize = 1024;
/// How many rows of B, or columns of A, ahead of the multiplications memory is asked for.
const AHEAD: usize = 8;

/// The loop itself, after [`check`]. FULL: the last vector of B has sixteen elements. FAR: B is asked for ahead. APART: so is
/// A, whose columns lie apart, each on a line (and often a page) of its own.
/// `copies` are as long as [`multiply_leaving`] asserts.
#[inline(always)]
fn run<
    S: Simd,
    E: Element,
    const H: usize,
    const V: usize,
    const FULL: bool,
    const FAR: bool,
    const APART: bool,
    const LEAVES_A: bool,
    const LEAVES_B: bool,
>(
    s: S,
    o: Operands<'_, E>,
    chains: &mut [[S::V; V]; H],
    copies: (&mut [f32], &mut [[f32; LANES]]),
) {
    let mut acc = *chains;
    let eight_rows = H == 8 && V >= 2 && !APART; // APART: the rows are neighbours
    let mut eight = Eight::new(o.a, o.a_row, o.a_col);
    // Where registers are few, the column of A waits in them for the vectors of B if it is less than these.
    let wider = S::tight(H * V) && V > H;
    for p in 0..o.depth {
        let mut row = [s.splat(0.0); V];
        let mut x = [s.splat(0.0); H];
        if wider {
            for r in 0..H {
                // SAFETY: A(r, p), with r < H and p < depth: the first assertion of `check` covers its index.
                x[r] = s.splat(*unsafe { o.a.get_unchecked(r * o.a_row + p * o.a_col) });
            }
        }
        if APART {
            s.prefetch(o.a, (p + AHEAD).wrapping_mul(o.a_col));
        }
        if FAR {
            // The panel comes from the second cache each time, and a processor with two multiply-adds a cycle waits for it.
            for v in 0..V {
                s.prefetch(o.b, (p + AHEAD) * o.b_row + v * o.b_vector);
            }
        }
        if LEAVES_B {
            // What is copied comes from afar, a piece of each row only.
            for v in 0..=V {
                s.prefetch(o.b, (p + 12) * o.b_row + v * LANES);
            }
        }
        for v in 0..V {
            let first = p * o.b_row + v * o.b_vector;
            let len = if FULL || v < V - 1 { LANES } else { o.last };
            // SAFETY: p < depth. The last vector ends within `b` by the last assertion of `check`; any other
            // one ends at `first + 16`, no later than the vector after it starts, since `b_vector` ≥ 16.
            let b = unsafe { o.b.get_unchecked(first..first + len) };
            row[v] = match b.first_chunk::<LANES>() {
                Some(b) => s.load(b),
                None => s.load_part(b, 0.0),
            };
            if LEAVES_B {
                // SAFETY: p < depth and v < V, and the copy has depth · V vectors.
                s.store(row[v], unsafe { copies.1.get_unchecked_mut(p * V + v) });
            }
            if wider {
                for r in 0..H {
                    acc[r][v] = s.mul_add(x[r], row[v], acc[r][v]);
                }
            }
        }
        if wider {
            continue;
        }
        for r in 0..H {
            let at =
                if eight_rows { eight.at(r) } else { o.a.as_ptr().wrapping_add(r * o.a_row + p * o.a_col) };
            // SAFETY: A(r, p), with r < H and p < depth: the first assertion of `check` covers its index.
            let x = s.splat(unsafe { *at });
            if LEAVES_A {
                // A reading of its own, as bits: the number would be spread from its register, by a unit that multiplies.
                // SAFETY: as above, and any float is bits.
                let bits = unsafe { at.cast::<u32>().read_volatile() };
                // SAFETY: r < H and p < depth, and the copy has (depth − 1) · 16 + H elements.
                *unsafe { copies.0.get_unchecked_mut(p * LANES + r) } = f32::from_bits(bits);
            }
            for v in 0..V {
                acc[r][v] = s.mul_add(x, row[v], acc[r][v]);
            }
        }
        eight.next();
    }
    *chains = acc;
}

/// `rows` ≤ 16 rows of A times R columns of B, in lanes along the rows: lane l of chains(c) ← fma(A(l, p), B(p, c), ·) for p
/// ascending. Where there are fewer rows, the last one stands for the rest. A(l, p) lies at `a[l · a_row + p]` and is
/// turned in registers, four columns at a time; B(p, c) at `b[p · R + c]`.
///
/// # Panics
/// If an element lies outside `a` or `b`.
#[inline(always)]
pub(crate) fn multiply_turning<S: Simd, const R: usize>(
    s: S,
    (a, a_row, rows): (&[f32], usize, usize),
    b: &[f32],
    depth: usize,
    chains: &mut [[S::V; 1]; R],
) {
    let Some(end) = depth.checked_sub(1) else { return };
    assert!(0 < rows && rows <= LANES && furthest(rows - 1, a_row, end, 1) < a.len());
    let b = &b.as_chunks::<R>().0[..depth];
    let mut acc = *chains;
    let (fours, rest) = b.as_chunks::<4>();
    let mut done = 0;
    if !S::MANY_REGISTERS && a_row.is_multiple_of(PAGE) {
        // Sixteen rows whole pages apart meet in one set of the L1 cache: a line of each is read once and goes to where it meets no other.
        let mut lines = Lines([[0.0; LANES]; LANES]);
        for (i, b) in fours.as_chunks::<4>().0.iter().enumerate() {
            for l in 0..LANES {
                let first = l.min(rows - 1) * a_row + i * LANES;
                // SAFETY: the last of the sixteen p is below depth, so the assertion covers them in all rows.
                let line = unsafe { &*a.as_ptr().add(first).cast::<[f32; LANES]>() };
                s.store(s.load(line), &mut lines.0[l]);
            }
            for q in 0..4 {
                // SAFETY: sixteen rows of sixteen.
                let v = unsafe { four(s, lines.0.as_flattened(), LANES, 4 * q, LANES) };
                for p in 0..4 {
                    for c in 0..R {
                        acc[c][0] = s.mul_add(v[p], s.splat(b[q][p][c]), acc[c][0]);
                    }
                }
            }
            done += 4;
        }
    }
    for (q, b) in fours.iter().enumerate().skip(done) {
        // SAFETY: the last of the four p is below depth, so the assertion covers it in all rows.
        let v = unsafe { four(s, a, a_row, 4 * q, rows) };
        for p in 0..4 {
            for c in 0..R {
                acc[c][0] = s.mul_add(v[p], s.splat(b[p][c]), acc[c][0]);
            }
        }
    }
    for (p, b) in rest.iter().enumerate() {
        let mut column = [0.0; LANES];
        for l in 0..LANES {
            column[l] = a[l.min(rows - 1) * a_row + fours.len() * 4 + p];
        }
        let column = s.load(&column);
        for c in 0..R {
            acc[c][0] = s.mul_add(column, s.splat(b[c]), acc[c][0]);
        }
    }
    *chains = acc;
}

/// `width` ≤ 16 columns of `depth` ≥ 4 neighbours, `along` apart in `data`, as rows of sixteen, `step` vectors apart in `out`:
/// through registers, four rows at a time. Where there are fewer columns, the last one stands for the rest.
///
/// # Panics
/// If an element lies outside `data` or `out`.
#[inline(always)]
pub(crate) fn turn<S: Simd>(
    s: S,
    (data, along): (&[f32], usize),
    (width, depth): (usize, usize),
    (out, step): (&mut [[f32; LANES]], usize),
) {
    assert!(width > 0 && width <= LANES && depth >= 4);
    assert!(
        furthest(width - 1, along, depth - 1, 1) < data.len() && furthest(depth - 1, step, 0, 0) < out.len()
    );
    let mut p = 0;
    while p < depth {
        // The last four may have been in part among those before them.
        p = p.min(depth - 4);
        // SAFETY: p + 3 < depth, so the assertion covers the four elements of the last column.
        let rows = unsafe { four(s, data, along, p, width) };
        for r in 0..4 {
            // SAFETY: p + r < depth, so the assertion covers the row.
            s.store(rows[r], unsafe { out.get_unchecked_mut((p + r) * step) });
        }
        p += 4;
    }
}

/// Elements p to p + 4 of sixteen rows, `stride` apart, as four vectors. Where there are fewer rows, the last one stands for the
/// rest.
///
/// # Safety
/// Element (rows − 1) · `stride` + p + 3 is within `data`, and 0 < rows ≤ 16.
#[inline(always)]
unsafe fn four<S: Simd>(s: S, data: &[f32], stride: usize, p: usize, rows: usize) -> [S::V; 4] {
    let mut pieces = [&[0.0; 4]; LANES];
    for l in 0..LANES {
        let first = l.min(rows - 1) * stride + p;
        // SAFETY: no later than that of the last row, which is within `data`.
        pieces[l] = unsafe { &*data.as_ptr().add(first).cast::<[f32; 4]>() };
    }
    s.columns(pieces)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{LANES, Operands, Simd, multiply_leaving};
    use crate::Isa;
    use crate::simd::Kernel;

    const H: usize = 8;
    const DEPTH: usize = 3;
    /// Elements of A, B and the two copies that a tile of H rows and a vector takes, each to the last one.
    const EXACT: [usize; 4] = [H * DEPTH, DEPTH * LANES, (DEPTH - 1) * LANES + H, DEPTH * LANES];

    /// A tile over the first elements of operands and copies: so many of each.
    struct Tile<'a>([usize; 4], &'a mut [f32; LANES * DEPTH], &'a mut [f32; LANES * DEPTH]);

    impl Kernel for Tile<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self([a, b, a_copy, b_copy], a_to, b_to) = self;
            let numbers: [f32; 64] = core::array::from_fn(|i| i as f32);
            let (a, b) = (&numbers[..a], &numbers[..b]);
            let o = Operands {
                a,
                a_row: DEPTH,
                a_col: 1,
                b,
                b_row: LANES,
                b_vector: LANES,
                depth: DEPTH,
                last: LANES,
            };
            let mut chains = [[s.splat(0.0); 1]; H];
            let copies = (&mut a_to[..a_copy], &mut b_to[..b_copy]);
            multiply_leaving::<S, H, 1, true, true>(s, o, &mut chains, copies);
        }
    }

    /// The bounds that the unsafe loop relies on, each to the element.
    #[test]
    fn the_last_element_is_in_and_the_next_is_out() {
        for isa in Isa::available() {
            let (mut a_copy, mut b_copy) = ([-1.0; LANES * DEPTH], [-1.0; LANES * DEPTH]);
            isa.run(Tile(EXACT, &mut a_copy, &mut b_copy));
            assert!((0..DEPTH * LANES).all(|i| b_copy[i] == i as f32), "{isa}");
            for (i, &copy) in a_copy.iter().enumerate() {
                let (p, r) = (i / LANES, i % LANES);
                assert_eq!(copy, if r < H { (r * DEPTH + p) as f32 } else { -1.0 }, "{isa}: A({r}, {p})");
            }
            for short in 0..4 {
                let mut room = EXACT;
                room[short] -= 1;
                let run = || isa.run(Tile(room, &mut [0.0; LANES * DEPTH], &mut [0.0; LANES * DEPTH]));
                assert!(
                    std::panic::catch_unwind(run).is_err(),
                    "{isa}: operand {short} is one element short"
                );
            }
        }
    }
}
