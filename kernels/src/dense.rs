//! One row through one layer: y = x W + b, with W used where it lies.

use crate::Isa;
use crate::arch::multiply::{Operands, multiply};
use crate::floats::{Floats, load_at, store_at};
use crate::simd::{Element, Kernel, LANES, Simd};

/// How the chains of [`dense`] start and end. The default: from +0, and that is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dense<'a> {
    /// The chains start from what `out` holds instead of +0: a long x may come in parts.
    pub resume: bool,
    /// Added to the finished chains.
    pub bias: Option<Floats<'a>>,
    /// max(0, ·) at the end, as [`crate::relu`] has it.
    pub relu: bool,
}

/// out ← x W (+ b, ReLU as `with` says), with x of k elements, W k × n row-major, out and b of n.
///
/// The bits of a row of [`crate::matmul()`] with the matching epilogue; no workspace, W is read once.
///
/// # Panics
/// If `w.len()` is not `x.len() · out.len()`, or the bias does not have `out.len()` elements.
///
/// ```
/// use kernels::{Dense, Floats, Isa, dense};
/// let (w, b) = ([1.0, -2.0, 3.0, -4.0], [0.5, 0.5]);
/// let mut h = [0.0; 2];
/// let with = Dense { bias: Some(Floats::F32(&b)), relu: true, ..Dense::default() };
/// dense(Isa::best(), &[1.0, 1.0], Floats::F32(&w), with, &mut h);
/// assert_eq!(h, [4.5, 0.0]);
/// ```
pub fn dense(isa: Isa, x: &[f32], w: Floats<'_>, with: Dense<'_>, out: &mut [f32]) {
    let (k, n) = (x.len(), out.len());
    assert!(
        Some(w.len()) == k.checked_mul(n),
        "W has {} elements, x has {k} and out {n}: it needs {k} x {n}",
        w.len()
    );
    if let Some(b) = with.bias {
        assert!(b.len() == n, "the bias has {} elements, out has {n}: they must be equal", b.len());
    }
    if n > 0 {
        isa.run(Row { x, w, with, out });
    }
}

/// A row times a matrix, as a kernel.
struct Row<'a> {
    x: &'a [f32],
    w: Floats<'a>,
    with: Dense<'a>,
    out: &'a mut [f32],
}

impl Kernel for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        match self.w {
            Floats::F32(w) => strips(s, self.x, w, self.with, self.out),
            Floats::Bytes(w) => strips(s, self.x, w, self.with, self.out),
        }
    }
}

/// Columns in strips of several vectors, which hide the latency of the chains, then one vector at a time.
#[inline(always)]
fn strips<S: Simd, E: Element>(s: S, x: &[f32], w: &[E], with: Dense<'_>, out: &mut [f32]) {
    let mut j = 0;
    if S::MANY_REGISTERS {
        while j + 8 * LANES <= out.len() {
            strip::<S, E, 8>(s, x, w, with, out, j);
            j += 8 * LANES;
        }
    }
    while j + 4 * LANES <= out.len() {
        strip::<S, E, 4>(s, x, w, with, out, j);
        j += 4 * LANES;
    }
    while j + 2 * LANES <= out.len() {
        strip::<S, E, 2>(s, x, w, with, out, j);
        j += 2 * LANES;
    }
    while j < out.len() {
        strip::<S, E, 1>(s, x, w, with, out, j);
        j += LANES;
    }
}

/// The chains of V vectors of columns from column j on.
#[inline(always)]
fn strip<S: Simd, E: Element, const V: usize>(
    s: S,
    x: &[f32],
    w: &[E],
    with: Dense<'_>,
    out: &mut [f32],
    j: usize,
) {
    let mut chains = [[s.splat(0.0); V]];
    if with.resume {
        for (v, chain) in chains[0].iter_mut().enumerate() {
            *chain = load_at(s, out, j + v * LANES);
        }
    }
    let operands = Operands {
        a: x,
        a_row: 0,
        a_col: 1,
        b: w.get(j..).unwrap_or(&[]),
        b_row: out.len(),
        b_vector: LANES,
        depth: x.len(),
        last: LANES.min(out.len() - j - (V - 1) * LANES),
    };
    multiply(s, operands, &mut chains);
    for (v, &chain) in chains[0].iter().enumerate() {
        let j = j + v * LANES;
        let sum = match with.bias {
            Some(b) => s.add(chain, b.load_at(s, j)),
            None => chain,
        };
        store_at(s, if with.relu { s.relu(sum) } else { sum }, out, j);
    }
}
