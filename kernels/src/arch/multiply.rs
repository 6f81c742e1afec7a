//! The innermost loop of the matrix product, over operands at any strides, with every bound checked before it.

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
    let Some(end) = o.depth.checked_sub(1) else { return };
    // The furthest element of each operand. Saturating, so that an overflow fails too.
    let furthest = |n: usize, stride: usize, step: usize| {
        n.saturating_mul(stride).saturating_add(end.saturating_mul(step))
    };
    assert!(furthest(H - 1, o.a_row, o.a_col) < o.a.len());
    assert!(o.last <= LANES && o.b_vector >= LANES);
    assert!(furthest(V - 1, o.b_vector, o.b_row).saturating_add(o.last) <= o.b.len());
    if o.last == LANES {
        run::<S, E, H, V, true>(s, o, chains);
    } else {
        run::<S, E, H, V, false>(s, o, chains);
    }
}

/// The loop itself; FULL: the last vector of B has sixteen elements.
#[inline(always)]
fn run<S: Simd, E: Element, const H: usize, const V: usize, const FULL: bool>(
    s: S,
    o: Operands<'_, E>,
    chains: &mut [[S::V; V]; H],
) {
    let mut acc = *chains;
    for p in 0..o.depth {
        let mut row = [s.splat(0.0); V];
        for v in 0..V {
            let first = p * o.b_row + v * o.b_vector;
            let len = if FULL || v < V - 1 { LANES } else { o.last };
            // SAFETY: p < depth. The last vector ends within `b` by the last assertion of `multiply`; any other
            // one ends at `first + 16`, no later than the vector after it starts, since `b_vector` ≥ 16.
            let b = unsafe { o.b.get_unchecked(first..first + len) };
            row[v] = match b.first_chunk::<LANES>() {
                Some(b) => s.load(b),
                None => s.load_part(b, 0.0),
            };
        }
        for r in 0..H {
            // SAFETY: r < H and p < depth, so the first assertion of `multiply` covers the index.
            let x = s.splat(unsafe { *o.a.get_unchecked(r * o.a_row + p * o.a_col) });
            for v in 0..V {
                acc[r][v] = s.mul_add(x, row[v], acc[r][v]);
            }
        }
    }
    *chains = acc;
}
