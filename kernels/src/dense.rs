//! One row through one layer: y = x W + b, with W used where it lies.

use crate::arch::multiply::{Operands, multiply};
use crate::arch::{self, SMALL, compact};
use crate::floats::{Floats, load_at, store_at};
use crate::fma::mul_add;
use crate::simd::{Element, Kernel, LANES, Simd};
use crate::{Isa, reference};

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
    // The lengths fit.
    let _ = try_dense(isa, x, w, with, out);
}

/// [`dense`] for lengths that may not fit: false then, and `out` is left alone. Never panics.
#[must_use = "false: nothing was computed"]
#[inline(always)]
pub fn try_dense(isa: Isa, x: &[f32], w: Floats<'_>, with: Dense<'_>, out: &mut [f32]) -> bool {
    #[cfg(all(
        target_arch = "arm",
        target_os = "none",
        target_abi = "eabihf",
        not(target_has_atomic = "64")
    ))]
    {
        let _ = isa;
        arch::cortex_m4::layer(x, w, with, out)
    }
    #[cfg(not(all(
        target_arch = "arm",
        target_os = "none",
        target_abi = "eabihf",
        not(target_has_atomic = "64")
    )))]
    {
        let (k, n) = (x.len(), out.len());
        let fits = k.checked_mul(n) == Some(w.len()) && with.bias.is_none_or(|b| b.len() == n);
        if fits && SMALL {
            small(x, w, with, out);
        } else if fits && n > 0 {
            isa.run(Row { x, w, with, out });
        }
        fits
    }
}

/// The way of processors without vectors, and of those without assembly of ours: a chain at a time, with weights as
/// numbers where they are aligned.
fn small(x: &[f32], w: Floats<'_>, with: Dense<'_>, out: &mut [f32]) {
    match w {
        Floats::F32(w) => columns(x, w, with, out),
        Floats::Bytes(bytes) => match arch::aligned(bytes) {
            Some(w) => columns(x, w, with, out),
            None => columns(x, bytes, with, out),
        },
    }
}

/// A column after the other, each a chain.
fn columns<E: Element>(x: &[f32], w: &[E], with: Dense<'_>, out: &mut [f32]) {
    let stride = out.len();
    for (j, out) in out.iter_mut().enumerate() {
        let mut chain = if with.resume { *out } else { 0.0 };
        let mut at = j;
        for &x in x {
            let Some(w) = w.get(at) else { break };
            chain = mul_add(x, w.get(), chain);
            at = at.wrapping_add(stride);
            compact();
        }
        if let Some(b) = with.bias {
            chain += b.at(j);
        }
        *out = if with.relu { reference::relu(chain) } else { chain };
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

#[cfg(test)]
mod tests {
    use super::{Dense, columns, dense};
    use crate::{Floats, Isa};

    /// The way of small processors, against the way of this one (which the other tests hold to the reference).
    #[test]
    fn one_column_at_a_time_gives_the_same_bits() {
        let numbers: [f32; 700] = core::array::from_fn(|i| ((i * 7919 % 997) as f32 - 498.0) / 257.0);
        let b: [f32; 20] = core::array::from_fn(|i| (i as f32 - 11.0) / 3.0);
        for (k, n) in [(0, 3), (1, 1), (3, 20), (35, 20), (70, 10), (6, 16), (5, 17)] {
            let (x, w, b) = (&numbers[1..][..k], &numbers[..k * n], Floats::F32(&b[..n]));
            let mut bytes = [[0; 4]; 700];
            w.iter().zip(&mut bytes).for_each(|(w, bytes)| *bytes = w.to_le_bytes());
            for options in 0..8 {
                let bias = (options & 1 != 0).then_some(b);
                let with = Dense { bias, relu: options & 2 != 0, resume: options & 4 != 0 };
                let (mut want, mut numbers, mut bytewise) = ([0.5; 20], [0.5; 20], [0.5; 20]);
                dense(Isa::best(), x, Floats::F32(w), with, &mut want[..n]);
                columns(x, w, with, &mut numbers[..n]);
                columns(x, &bytes[..k * n], with, &mut bytewise[..n]);
                assert_eq!(numbers.map(f32::to_bits), want.map(f32::to_bits), "{k} x {n}, {options}");
                assert_eq!(bytewise.map(f32::to_bits), want.map(f32::to_bits), "{k} x {n}, {options}");
            }
        }
    }
}
