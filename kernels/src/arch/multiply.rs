//! The innermost loops of the matrix product, with every bound checked before them.

use super::eight::Eight;
use crate::simd::{LANES, Simd};

/// Where the operands of one tile lie, in elements: A(r, p) at `a[r · a_row + p · a_col]`, vector v of row p of B
/// at `b[p · b_row + v · b_vector ..]`, for p < `depth`. The last vector of B has `last` ≤ 16 elements.
#[derive(Clone, Copy)]
pub(crate) struct Operands<'a> {
    pub(crate) a: &'a [f32],
    pub(crate) a_row: usize,
    pub(crate) a_col: usize,
    pub(crate) b: &'a [f32],
    pub(crate) b_row: usize,
    pub(crate) b_vector: usize,
    pub(crate) depth: usize,
    pub(crate) last: usize,
}

/// The furthest element at `n` strides and `end` steps. Saturating, so that an overflow fails the comparison too.
#[inline(always)]
pub(super) fn furthest(n: usize, stride: usize, end: usize, step: usize) -> usize {
    n.saturating_mul(stride).saturating_add(end.saturating_mul(step))
}

/// How a tile goes through its operands: what is compiled apart.
trait Variant {
    /// The last vector of B has sixteen elements.
    const WHOLE: bool = true;
    /// B is prefetched: the panel comes from the L2 cache each time, or from further.
    const FAR: bool = false;
    /// So is A, whose columns lie apart, each on a line (and often a page) of its own, and whose rows are neighbours.
    const APART: bool = false;
    /// A is copied, B is packed.
    const COPIES_A: bool = false;
    const PACKS_B: bool = false;
}

struct Near;
struct PartOfVector;
struct Far;
struct Apart;
struct FarApart;
struct Copies<const WHOLE: bool, const A: bool, const B: bool>;

impl Variant for Near {}
impl Variant for PartOfVector {
    const WHOLE: bool = false;
}
impl Variant for Far {
    const FAR: bool = true;
}
impl Variant for Apart {
    const APART: bool = true;
}
impl Variant for FarApart {
    const FAR: bool = true;
    const APART: bool = true;
}
impl<const WHOLE: bool, const A: bool, const B: bool> Variant for Copies<WHOLE, A, B> {
    const WHOLE: bool = WHOLE;
    const COPIES_A: bool = A;
    const PACKS_B: bool = B;
}

/// Tiles of H rows × V vectors, whose operands begin anywhere in those of `o`: what is the same for all of them is found out once, for
/// what comes between two tiles is time in which nothing is multiplied.
pub(crate) struct TileOperands<'a, const H: usize, const V: usize> {
    o: Operands<'a>,
    /// A tile may begin at element a of A if a < `a_room` = len(A) − (H − 1)·`a_row` − (depth − 1)·`a_col`, or 0 if that is negative.
    a_room: usize,
    /// And at element b of B if b + last ≤ `b_room` = len(B) − (V − 1)·`b_vector` − (depth − 1)·`b_row`, or 0.
    b_room: usize,
    /// Whether B is prefetched, and whether A is: see [`Variant`].
    far: bool,
    apart: bool,
}

impl<'a, const H: usize, const V: usize> TileOperands<'a, H, V> {
    /// # Panics
    /// If the vectors of a row of B overlap.
    #[inline(always)]
    pub(crate) fn new<S: Simd>(_: S, o: Operands<'a>) -> Self {
        assert!(o.b_vector >= LANES);
        let end = o.depth.saturating_sub(1);
        let prefetches = Self::prefetches::<S>();
        Self {
            a_room: o.a.len().saturating_sub(furthest(H - 1, o.a_row, end, o.a_col)),
            b_room: o.b.len().saturating_sub(furthest(V - 1, o.b_vector, end, o.b_row)),
            far: H + 1 >= S::TILE_ROWS && prefetches && V * o.depth > NEAR_VECTORS,
            apart: H >= S::TILE_ROWS && prefetches && o.a_row == 1 && o.a_col > LANES,
            o,
        }
    }

    /// The tiles whose rows begin at element `a` of A.
    ///
    /// # Panics
    /// If an element of theirs lies outside A.
    #[inline(always)]
    pub(crate) fn row(&self, a: usize) -> RowOfTiles<'a, H, V> {
        let mut o = Operands { a: &[], ..self.o };
        if o.depth > 0 {
            assert!(a < self.a_room);
            // SAFETY: `a` < `a_room` ≤ the length of A.
            o.a = unsafe { self.o.a.get_unchecked(a..) };
        }
        RowOfTiles { o, b_room: self.b_room, far: self.far, apart: self.apart }
    }

    /// Whether a tile of this shape ever prefetches.
    #[inline(always)]
    fn prefetches<S: Simd>() -> bool {
        V >= 2 || S::tight(H * V)
    }
}

/// Tiles of H rows × V vectors side by side: all that is left to find out is where a tile begins in B.
#[derive(Clone, Copy)]
pub(crate) struct RowOfTiles<'a, const H: usize, const V: usize> {
    /// If `depth` > 0, (H − 1)·`a_row` + (depth − 1)·`a_col` < len(A).
    o: Operands<'a>,
    /// As in [`TileOperands`].
    b_room: usize,
    far: bool,
    apart: bool,
}

impl<'a, const H: usize, const V: usize> RowOfTiles<'a, H, V> {
    /// The tile whose columns begin at element `b` of B and whose last vector has `last` elements: none if nothing is to be
    /// multiplied. In what is returned (H − 1)·`a_row` + (depth − 1)·`a_col` < len(A) and
    /// (V − 1)·`b_vector` + (depth − 1)·`b_row` + `last` ≤ len(B), with 0 < `last` ≤ 16 ≤ `b_vector`.
    ///
    /// # Panics
    /// If an element lies outside B.
    #[inline(always)]
    fn tile(&self, b: usize, last: usize) -> Option<Operands<'a>> {
        if self.o.depth == 0 {
            return None;
        }
        assert!(0 < last && last <= LANES && b < self.b_room && last <= self.b_room - b);
        // SAFETY: `b` < `b_room` ≤ the length of B.
        let b = unsafe { self.o.b.get_unchecked(b..) };
        Some(Operands { b, last, ..self.o })
    }

    /// chains(r, v) ← fma(A(r, p), B(p, v), chains(r, v)) for p ascending, B from this element on: the loop that all the others are
    /// there for. WHOLE: `last` is 16. Otherwise nothing is prefetched.
    ///
    /// # Panics
    /// If an element lies outside B, or if the last vector of B is a part of one and either WHOLE or the tile is [`Simd::tight`].
    #[inline(always)]
    pub(crate) fn multiply<S: Simd, const WHOLE: bool>(
        &self,
        s: S,
        b: usize,
        last: usize,
        chains: &mut [[S::V; V]; H],
    ) {
        let none: (&mut [f32], &mut [[f32; LANES]]) = (&mut [], &mut []);
        let Some(o) = self.tile(b, last) else { return };
        // A part of a vector takes registers: in a tight tile chains would be pushed out of theirs.
        assert!(last == LANES || !WHOLE && !S::tight(H * V));
        // Known when it is compiled: where it is false, so are `far` and `apart`, and their loops are left out.
        let prefetches = WHOLE && TileOperands::<H, V>::prefetches::<S>();
        match (last == LANES, self.far && prefetches, self.apart && prefetches) {
            // SAFETY: `o` is of `tile`, and there are no copies. So in the others.
            (false, ..) => unsafe { run::<S, PartOfVector, H, V>(s, o, chains, none) },
            // SAFETY: as above.
            (true, false, false) => unsafe { run::<S, Near, H, V>(s, o, chains, none) },
            // SAFETY: as above.
            (true, false, true) => unsafe { run::<S, Apart, H, V>(s, o, chains, none) },
            // SAFETY: as above.
            (true, true, false) => unsafe { run::<S, Far, H, V>(s, o, chains, none) },
            // SAFETY: as above.
            (true, true, true) => unsafe { run::<S, FarApart, H, V>(s, o, chains, none) },
        }
    }

    /// [`RowOfTiles::multiply`] that copies what it reads: if COPIES_A, A(r, p) at `copies.0[16 p + r]`; if PACKS_B, row p
    /// of B as V whole vectors, side by side, at `copies.1[16 V p ..]`. B's costs little, since the loop waits for its
    /// multiplications; A's does so only on double-pumped processors.
    ///
    /// # Panics
    /// If an element lies outside B or a copy, or if A is to be copied and the last vector of B is not whole.
    #[inline(always)]
    pub(crate) fn multiply_copying<S: Simd, const COPIES_A: bool, const PACKS_B: bool>(
        &self,
        s: S,
        b: usize,
        last: usize,
        chains: &mut [[S::V; V]; H],
        copies: (&mut [f32], &mut [f32]),
    ) {
        let Some(o) = self.tile(b, last) else { return };
        let copies = (copies.0, copies.1.as_chunks_mut::<LANES>().0);
        assert!(
            !COPIES_A
                || H <= LANES && o.depth.saturating_mul(LANES) <= copies.0.len().saturating_add(LANES - H)
        );
        assert!(!PACKS_B || o.depth.saturating_mul(V) <= copies.1.len());
        if last == LANES {
            // SAFETY: `o` is of `tile`, and the assertions say how long the copies are.
            unsafe { run::<S, Copies<true, COPIES_A, PACKS_B>, H, V>(s, o, chains, copies) };
        } else {
            assert!(!COPIES_A);
            // SAFETY: as above.
            unsafe { run::<S, Copies<false, false, PACKS_B>, H, V>(s, o, chains, copies) };
        }
    }
}

/// [`RowOfTiles::multiply`] for one tile, whose operands are all of `o`. Nothing is prefetched.
#[inline(always)]
pub(crate) fn multiply<S: Simd, const H: usize, const V: usize>(
    s: S,
    o: Operands<'_>,
    chains: &mut [[S::V; V]; H],
) {
    TileOperands::new(s, o).row(0).multiply::<S, false>(s, 0, o.last, chains);
}

/// Vectors of a panel that stays in the L1 cache.
const NEAR_VECTORS: usize = 384;
/// How many rows of B, or columns of A, ahead of the multiplications are prefetched.
const AHEAD: usize = 8;
/// How many are where they go into the L2 cache.
const FAR_AHEAD: usize = 32;

/// The loop itself.
///
/// # Safety
/// `o` is of [`RowOfTiles::tile`] of this H and V:
/// - (H − 1)·`a_row` + (depth − 1)·`a_col` < len(A);
/// - (V − 1)·`b_vector` + (depth − 1)·`b_row` + `last` ≤ len(B), with `last` = 16 if WHOLE, else 0 < `last` ≤ 16; and `b_vector` ≥ 16.
///
/// If COPIES_A, (depth − 1)·16 + H ≤ len(`copies.0`), with H ≤ 16. If PACKS_B, depth·V ≤ len(`copies.1`).
#[inline(always)]
unsafe fn run<S: Simd, X: Variant, const H: usize, const V: usize>(
    s: S,
    o: Operands<'_>,
    chains: &mut [[S::V; V]; H],
    copies: (&mut [f32], &mut [[f32; LANES]]),
) {
    let mut acc = *chains;
    let eight_rows = H == 8 && V >= 2 && !X::APART; // APART: the rows are neighbours
    let mut eight = Eight::new(o.a, o.a_row, o.a_col);
    for p in 0..o.depth {
        prefetch::<S, X, V>(s, &o, p);
        let mut row = [s.splat(0.0); V];
        for v in 0..V {
            // SAFETY: `o` is of `RowOfTiles::tile`, p < depth and v < V.
            row[v] = unsafe { vector_of_b::<S, X, V>(s, &o, p, v) };
            if X::PACKS_B {
                // SAFETY: p < depth and v < V, and the copy has depth · V vectors.
                s.store(row[v], unsafe { copies.1.get_unchecked_mut(p * V + v) });
            }
        }
        for r in 0..H {
            let at =
                if eight_rows { eight.at(r) } else { o.a.as_ptr().wrapping_add(r * o.a_row + p * o.a_col) };
            // SAFETY: A(r, p), with r < H and p < depth: r·a_row + p·a_col < len(A).
            let x = s.splat(unsafe { *at });
            if X::COPIES_A {
                // A reading of its own, as bits: the number would be spread from its register, by a unit that multiplies.
                // SAFETY: as above, and any float is bits.
                let bits = unsafe { at.cast::<u32>().read_volatile() };
                // SAFETY: p·16 + r ≤ (depth − 1)·16 + H − 1, and the copy has one more.
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

/// Prefetches what comes after row p of B and column p of A.
#[inline(always)]
fn prefetch<S: Simd, X: Variant, const V: usize>(s: S, o: &Operands<'_>, p: usize) {
    if X::APART {
        prefetch_ahead(s, o.a, p.wrapping_mul(o.a_col), o.a_col);
    }
    if X::FAR {
        for v in 0..V {
            prefetch_ahead(s, o.b, p.wrapping_mul(o.b_row).wrapping_add(v * o.b_vector), o.b_row);
        }
    }
    if X::PACKS_B {
        // What is copied comes from afar, a piece of each row only.
        for v in 0..=V {
            s.prefetch_far(o.b, (p + FAR_AHEAD).wrapping_mul(o.b_row).wrapping_add(v * LANES));
            s.prefetch(o.b, (p + 12).wrapping_mul(o.b_row).wrapping_add(v * LANES));
        }
    }
}

/// Prefetches what is so many strides behind element i. Where registers are many, into the L2 cache alone: of columns a multiple of 4 KB
/// apart, one set of the first has no room for so many as are on their way.
#[inline(always)]
fn prefetch_ahead<S: Simd>(s: S, data: &[f32], i: usize, stride: usize) {
    if S::MANY_REGISTERS {
        s.prefetch_far(data, i.wrapping_add(FAR_AHEAD.wrapping_mul(stride)));
    } else {
        s.prefetch(data, i.wrapping_add(AHEAD.wrapping_mul(stride)));
    }
}

/// Vector v of row p of B.
///
/// # Safety
/// p < depth, v < V, `b_vector` ≥ 16 and (V − 1)·`b_vector` + (depth − 1)·`b_row` + `last` ≤ len(B), with `last` = 16 if WHOLE.
#[inline(always)]
unsafe fn vector_of_b<S: Simd, X: Variant, const V: usize>(
    s: S,
    o: &Operands<'_>,
    p: usize,
    v: usize,
) -> S::V {
    let first = p * o.b_row + v * o.b_vector;
    let len = if X::WHOLE || v < V - 1 { LANES } else { o.last };
    // SAFETY: the last vector ends at p·b_row + (V − 1)·b_vector + last ≤ len(B). Any other one ends at first + 16, no later than the
    // vector after it starts, since b_vector ≥ 16.
    let b = unsafe { o.b.get_unchecked(first..first + len) };
    match b.first_chunk::<LANES>() {
        Some(b) => s.load(b),
        None => s.load_part(b, 0.0),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{LANES, Operands, Simd, TileOperands};
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
            let row = TileOperands::<H, 1>::new(s, o).row(0);
            row.multiply_copying::<S, true, true>(s, 0, LANES, &mut chains, copies);
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
                let mut sizes = EXACT;
                sizes[short] -= 1;
                let run = || isa.run(Tile(sizes, &mut [0.0; LANES * DEPTH], &mut [0.0; LANES * DEPTH]));
                assert!(
                    std::panic::catch_unwind(run).is_err(),
                    "{isa}: operand {short} is one element short"
                );
            }
        }
    }
}
