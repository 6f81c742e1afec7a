//! What a kernel may ask of an instruction set: the trait [`Simd`], twenty operations on a vector of sixteen f32 that each one
//! writes, and ten more that it may write if it knows better.
//!
//! A vector is sixteen floats on *every* instruction set: one register on AVX-512, two on AVX2, four on NEON, an
//! array where there is none. So the sixteen partial sums of the order contract are one vector everywhere, and a
//! kernel is one generic body without a word on widths.
//!
//! A body must end up inside its instruction set's entry (`enter` in `arch/`), or it is compiled without the
//! instructions and runs a hundred times slower, in silence. Hence `#[inline(always)]` on every generic function
//! from [`Kernel::run`] down, and no closures that a library function might keep apart.

use core::mem::MaybeUninit;

pub(crate) use crate::arch::element::Element;

/// Floats in a vector.
pub(crate) const LANES: usize = 16;

/// Vectors on cache lines of their own. Elsewhere one that straddles two takes twice the time, and where an array lies on the stack changes
/// from one start of a program to the next: products of ten columns took 1 to 9 % longer in half of them.
#[repr(align(64))]
pub(crate) struct Lines<T>(pub(crate) T);

/// An instruction set, as a zero-size token that exists only where the processor has it.
pub(crate) trait Simd: Copy {
    /// Sixteen floats in registers.
    type V: Copy;
    /// Whether registers hold more than twenty vectors: tiles are larger then.
    const MANY_REGISTERS: bool;
    /// Rows of a full tile of the matrix product: 8 (up to three vectors wide) with many registers, else 6 (beside 5) or 4 (one wide). `dense`
    /// passes one row over at most so many strips at a time.
    const TILE_ROWS: usize;
    /// The most columns of a narrow tile of the matrix product, even; 0 for no such tiles. With few registers more than six go in two equal parts.
    const NARROW: usize;
    /// Whether [`Simd::scale`] takes any n and p of e^x = p · 2ⁿ: +0 where n < −150, ∞ where n > 128, and NaN where n is.
    const SCALES_ANY: bool;

    /// Whether a vector goes through the multipliers in two halves and takes all of them for a cycle (as AVX-512 on Zen 4). Then there is
    /// time to load what is multiplied from where it lies.
    #[inline(always)]
    fn double_pumped(self) -> bool {
        false
    }

    /// Whether a tile of so many vectors leaves the innermost loop of the product no register for anything else.
    #[inline(always)]
    fn tight(vectors: usize) -> bool {
        !Self::MANY_REGISTERS && vectors >= 5
    }

    /// Runs a part of a kernel that is to be compiled once, apart from where it is called.
    fn enter<K: Kernel>(self, kernel: K) -> K::Output;

    /// x in every lane.
    fn splat(self, x: f32) -> Self::V;
    /// Sixteen elements from memory.
    fn load<E: Element>(self, src: &[E; LANES]) -> Self::V;
    /// The first `src.len()` ≤ 16 lanes from memory, `fill` in the others. Reads nothing beyond `src`.
    fn load_part<E: Element>(self, src: &[E], fill: f32) -> Self::V;
    /// Up to sixteen elements from memory, each in a lane or several, or −∞: the largest of the lanes is the largest of them.
    #[inline(always)]
    fn load_for_max(self, src: &[f32]) -> Self::V {
        self.load_part(src, f32::NEG_INFINITY)
    }
    /// Sixteen bytes from memory, as the floats of their values.
    fn load_bytes(self, src: &[u8; LANES]) -> Self::V;
    /// Prefetches element i, which may lie past the end. Changes nothing but time.
    #[inline(always)]
    fn prefetch<E: Element>(self, src: &[E], i: usize) {
        let _ = (src, i);
    }
    /// The same for element i of any kind that is wanted later: it goes no nearer than the L2 cache.
    #[inline(always)]
    fn prefetch_far<E>(self, src: &[E], i: usize) {
        let _ = (src, i);
    }
    /// Sixteen elements to memory.
    fn store(self, v: Self::V, dst: &mut [f32; LANES]);
    /// The first `dst.len()` ≤ 16 lanes to memory. Writes nothing beyond `dst`.
    fn store_part(self, v: Self::V, dst: &mut [f32]);
    /// The same where what follows `dst` in memory is read soon.
    #[inline(always)]
    fn store_end(self, v: Self::V, dst: &mut [f32]) {
        self.store_part(v, dst);
    }

    /// a + b.
    fn add(self, a: Self::V, b: Self::V) -> Self::V;
    /// a − b.
    fn sub(self, a: Self::V, b: Self::V) -> Self::V;
    /// a · b.
    fn mul(self, a: Self::V, b: Self::V) -> Self::V;
    /// a / b.
    fn div(self, a: Self::V, b: Self::V) -> Self::V;
    /// a · b + c, rounded once.
    fn mul_add(self, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// The larger one; either where they are equal (±0); NaN where b is NaN, either where a alone is.
    fn max(self, a: Self::V, b: Self::V) -> Self::V;
    /// The smaller one, as [`Simd::max`] has the larger one.
    fn min(self, a: Self::V, b: Self::V) -> Self::V;
    /// Lane by lane: x where a > b, else y (so y where a or b is NaN).
    fn select_gt(self, a: Self::V, b: Self::V, x: Self::V, y: Self::V) -> Self::V;
    /// Lane by lane: x where a > b, else +0. Of a choice between x and 0, the compiler makes two instructions on AVX2, or a slow store under
    /// a mask.
    #[inline(always)]
    fn keep_gt(self, a: Self::V, b: Self::V, x: Self::V) -> Self::V {
        self.select_gt(a, b, x, self.splat(0.0))
    }
    /// +0 where x ≤ 0, else x (so NaN stays). By a maximum: on a Zen 4 a comparison into a mask takes the place of a multiply-add.
    #[inline(always)]
    fn relu(self, x: Self::V) -> Self::V {
        let zero = self.splat(0.0);
        self.add(self.max(zero, x), zero) // −0 + 0 is +0
    }

    /// v, all of whose vectors the compiler computes before it goes on with any: left alone, it finishes one after the
    /// other, with all their constants in registers, and has none left for others.
    #[inline(always)]
    fn in_order<const N: usize>(self, v: [Self::V; N]) -> [Self::V; N] {
        v
    }
    /// Whether [`Simd::scale_near`] takes these n: no bit depends on it. To be asked before p is computed: the answer is known early then, and
    /// asking takes no registers from p.
    #[inline(always)]
    fn near<const N: usize>(self, n: &[Self::V; N]) -> bool {
        let _ = n;
        false
    }
    /// p · 2ⁿ as [`Simd::scale`] has it, of the n for which [`Simd::near`] says so, here as n + 1.5 · 2²³. To be given together with it.
    #[inline(always)]
    fn scale_near<const N: usize>(self, p: [Self::V; N], raised: [Self::V; N]) -> [Self::V; N] {
        let _ = raised;
        p
    }
    /// p · 2ⁿ rounded once, subnormal and infinite results included, for N vectors; n integral, −160 ≤ n ≤ 160, ½ ≤ |p| ≤ 2
    /// or p NaN. More where [`Simd::SCALES_ANY`], and there p is NaN only where n is NaN or infinite.
    fn scale<const N: usize>(self, p: [Self::V; N], n: [Self::V; N]) -> [Self::V; N];
    /// x = m · 2ᵉ with √½ ≲ m ≲ √2 (m = [`split`](crate::arch::portable::split)'s), for normal x > 0; anything for others.
    fn split(self, x: Self::V) -> (Self::V, Self::V);

    /// Number `from[l]` < 16 of v in lane l. Four lanes from a multiple of four on want numbers of one four of v.
    fn pick(self, v: &[f32; LANES], from: &[u8; LANES]) -> Self::V;
    /// Four columns of sixteen rows: lane l of vector p is element p of row l.
    fn four_columns(self, rows: [&[f32; 4]; LANES]) -> [Self::V; 4];
    /// The same of eight rows, to memory: lane l of `out[p]` becomes element p of row l. For transposing where registers are few.
    #[inline(always)]
    fn transpose_eight(self, rows: [&[f32; 4]; LANES / 2], out: [&mut MaybeUninit<[f32; LANES / 2]>; 4]) {
        for (p, out) in out.into_iter().enumerate() {
            let mut column = [0.0; LANES / 2];
            for l in 0..LANES / 2 {
                column[l] = rows[l][p];
            }
            out.write(column);
        }
    }
    /// One step of sixteen row reductions at once: (lower, upper) halves of the groups of lanes that `a` and `b` hold, a's
    /// beside b's. STEP 0 takes lanes 0..8 and 8..16 of both; steps 1, 2, 3 halve the groups of 8, 4, 2 that are left.
    fn halves<const STEP: usize>(self, a: Self::V, b: Self::V) -> (Self::V, Self::V);
    /// Sum of the lanes as a tree: lane p += lane p + 8, then + 4, + 2, + 1.
    fn reduce_sum(self, v: Self::V) -> f32;
}

/// A computation that is generic over the instruction set; `Isa::run` picks one.
pub(crate) trait Kernel {
    /// What it returns.
    type Output;
    /// The body; `#[inline(always)]`, and so is every generic function it calls.
    fn run<S: Simd>(self, s: S) -> Self::Output;
}
