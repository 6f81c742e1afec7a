//! The innermost loops of the matrix product, with every bound checked before them.

use crate::simd::{Element, LANES, Simd};

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
    if check::<E, H, V>(&o) {
        run::<S, E, H, V, true, false>(s, o, chains, &mut []);
    } else {
        run::<S, E, H, V, false, false>(s, o, chains, &mut []);
    }
}

/// [`multiply`] that leaves a copy of what it reads of B: row p as V whole vectors, side by side, at `copy[p · 16 V ..]`.
/// The copy costs next to nothing, since the loop waits for its multiplications.
///
/// # Panics
/// If an element lies outside `a`, `b` or `copy`.
#[inline(always)]
pub(crate) fn multiply_copying<S: Simd, const H: usize, const V: usize>(
    s: S,
    o: Operands<'_, f32>,
    chains: &mut [[S::V; V]; H],
    copy: &mut [f32],
) {
    let copy = copy.as_chunks_mut::<LANES>().0;
    assert!(o.depth.saturating_mul(V) <= copy.len());
    if check::<f32, H, V>(&o) {
        run::<S, f32, H, V, true, true>(s, o, chains, copy);
    } else {
        run::<S, f32, H, V, false, true>(s, o, chains, copy);
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

/// The loop itself, after [`check`]. FULL: the last vector of B has sixteen elements. COPY: `copy` has V vectors for each of
/// the rows of B.
#[inline(always)]
fn run<S: Simd, E: Element, const H: usize, const V: usize, const FULL: bool, const COPY: bool>(
    s: S,
    o: Operands<'_, E>,
    chains: &mut [[S::V; V]; H],
    copy: &mut [[f32; LANES]],
) {
    let mut acc = *chains;
    for p in 0..o.depth {
        let mut row = [s.splat(0.0); V];
        if COPY {
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
            if COPY {
                // SAFETY: p < depth and v < V, and `copy` has depth · V vectors.
                s.store(row[v], unsafe { copy.get_unchecked_mut(p * V + v) });
            }
        }
        for r in 0..H {
            // SAFETY: r < H and p < depth, so the first assertion of `check` covers the index.
            let x = s.splat(unsafe { *o.a.get_unchecked(r * o.a_row + p * o.a_col) });
            for v in 0..V {
                acc[r][v] = s.mul_add(x, row[v], acc[r][v]);
            }
        }
    }
    *chains = acc;
}

/// Sixteen rows of A times R columns of B, in lanes along the rows: lane l of chains(c) ← fma(A(l, p), B(p, c), ·) for p
/// ascending. A(l, p) lies at `a[l · a_row + p]` and is turned in registers, four columns at a time; B(p, c) at
/// `b[p · R + c]`.
///
/// # Panics
/// If an element lies outside `a` or `b`.
#[inline(always)]
pub(crate) fn multiply_turning<S: Simd, const R: usize>(
    s: S,
    (a, a_row): (&[f32], usize),
    b: &[f32],
    depth: usize,
    chains: &mut [[S::V; 1]; R],
) {
    let Some(end) = depth.checked_sub(1) else { return };
    assert!(furthest(LANES - 1, a_row, end, 1) < a.len());
    let b = &b.as_chunks::<R>().0[..depth];
    let mut acc = *chains;
    let (fours, rest) = b.as_chunks::<4>();
    for (four, b) in fours.iter().enumerate() {
        let mut rows = [&[0.0; 4]; LANES];
        for l in 0..LANES {
            let first = l * a_row + four * 4;
            // SAFETY: l < 16 and the last of the four p is below depth, so the assertion covers all four.
            rows[l] = unsafe { &*a.as_ptr().add(first).cast::<[f32; 4]>() };
        }
        let v = s.columns(rows);
        for p in 0..4 {
            for c in 0..R {
                acc[c][0] = s.mul_add(v[p], s.splat(b[p][c]), acc[c][0]);
            }
        }
    }
    for (p, b) in rest.iter().enumerate() {
        let mut column = [0.0; LANES];
        for l in 0..LANES {
            column[l] = a[l * a_row + fours.len() * 4 + p];
        }
        let column = s.load(&column);
        for c in 0..R {
            acc[c][0] = s.mul_add(column, s.splat(b[c]), acc[c][0]);
        }
    }
    *chains = acc;
}
