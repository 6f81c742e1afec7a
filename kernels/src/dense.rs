//! One row through one layer: y = x W + b, with weights used where they lie.

#[cfg(cortex_m_fpu)]
use core::mem::offset_of;

#[cfg(cortex_m_fpu)]
use crate::arch::cortex_m4;
use crate::arch::strips::{Strips, pass_over};
use crate::arch::{SMALL, compact, kept};
use crate::floats::{load_at, store_at};
use crate::fma::mul_add;
use crate::simd::{Element, Kernel, LANES, Simd};
use crate::{Isa, reference};

/// Columns of a strip of a [`Layer`].
pub const STRIP: usize = LANES;

/// The weights and biases of a layer, as [`dense`] wants them to lie: the k + 1 rows of [W; b] (row k is b), n columns each, in
/// *strips* of sixteen columns. Strip p holds columns 16p to 16p + 15, or as many as are left, its rows one after the
/// other; the strips follow each other. Every number is four little-endian bytes, of any alignment.
///
/// So the weights that a processor takes up together lie side by side: a row of a strip is a vector (where the first number
/// lies at a multiple of 64, a cache line), and x passes over one run of memory a strip.
#[derive(Clone, Copy, Debug)]
#[repr(C)] // in this order: `arch/cortex_m4.rs` reads it where it lies
pub struct Layer<'a> {
    // Nobody else writes them, for `arch/cortex_m4.rs` counts on it that there are as many numbers as k and n say.
    k: usize,
    n: usize,
    numbers: &'a [[u8; 4]],
    #[cfg(cortex_m_fpu)]
    way: cortex_m4::Way,
}

/// Where the assembly finds them.
#[cfg(cortex_m_fpu)]
const _: () = {
    assert!(offset_of!(Layer<'_>, k) == 0 && offset_of!(Layer<'_>, n) == 4);
    assert!(offset_of!(Layer<'_>, numbers) == 8);
};

impl<'a> Layer<'a> {
    /// A layer of k inputs and n outputs. None if k or n is 0, or there are not (k + 1)·n numbers.
    #[inline(always)]
    pub const fn new(k: usize, n: usize, numbers: &'a [[u8; 4]]) -> Option<Self> {
        match Self::take(k, n, numbers) {
            Some((layer, [])) => Some(layer),
            _ => None,
        }
    }

    /// A layer of the first (k + 1)·n numbers, and those that follow. None if k or n is 0, or there are fewer.
    #[inline(always)]
    pub const fn take(k: usize, n: usize, numbers: &'a [[u8; 4]]) -> Option<(Self, &'a [[u8; 4]])> {
        let rows = k.wrapping_add(1); // 0 only for the largest k
        if rows < 2 || n == 0 || n > numbers.len() / rows {
            return None;
        }
        let len = rows * n;
        match numbers.split_at_checked(len) {
            Some((numbers, rest)) => {
                let layer = Self {
                    k,
                    n,
                    numbers,
                    #[cfg(cortex_m_fpu)]
                    way: cortex_m4::SMALL,
                };
                Some((layer, rest))
            }
            None => None,
        }
    }

    /// The same layer, for time rather than flash, and with the same bits.
    ///
    /// On a Cortex-M with a float unit a layer goes through a function of 308 bytes that takes all of them. A quick one goes
    /// through another of 314, a sixth faster, where the numbers are aligned, and all strips are whole but for a last one of
    /// ten columns without ReLU. That is asked at every call, unless the compiler knows the layer; a program in which it does
    /// not links both. Elsewhere nothing changes.
    #[must_use]
    pub const fn quick(self) -> Self {
        Self {
            #[cfg(cortex_m_fpu)]
            way: cortex_m4::QUICK,
            ..self
        }
    }

    /// Not [`Layer::quick`].
    #[cfg(cortex_m_fpu)]
    pub(crate) const fn small(self) -> Self {
        Self { way: cortex_m4::SMALL, ..self }
    }

    /// The function that it goes through.
    #[cfg(cortex_m_fpu)]
    #[inline(always)]
    pub(crate) const fn way(&self) -> cortex_m4::Way {
        self.way
    }

    /// Whether x and `out` of these lengths are as long as its inputs and outputs.
    #[inline(always)]
    pub(crate) const fn fits(&self, x: usize, out: usize) -> bool {
        x == self.k && out == self.n
    }

    /// Inputs k.
    pub const fn inputs(&self) -> usize {
        self.k
    }

    /// Outputs n.
    pub const fn outputs(&self) -> usize {
        self.n
    }

    /// The numbers as they lie.
    pub const fn numbers(&self) -> &'a [[u8; 4]] {
        self.numbers
    }

    /// W, row-major: k rows of n.
    pub fn weights(self) -> impl ExactSizeIterator<Item = f32> + 'a {
        let Self { k, n, .. } = self;
        (0..k * n).map(move |i| self.get(i / n, i % n))
    }

    /// b: n of them.
    pub fn bias(self) -> impl ExactSizeIterator<Item = f32> + 'a {
        (0..self.n).map(move |j| self.get(self.k, j))
    }

    /// Row p, column j of [W; b].
    fn get(&self, p: usize, j: usize) -> f32 {
        let first = j / STRIP * STRIP; // of its strip
        self.numbers[first * (self.k + 1) + p * STRIP.min(self.n - first) + j % STRIP].get()
    }
}

/// Lays a row-major W, k × n, and b, of n, in strips: the numbers of a [`Layer`].
///
/// # Panics
/// If `w.len()` is not k · `b.len()`, or `out.len()` not (k + 1) · `b.len()`.
///
/// ```
/// use kernels::{Layer, pack_layer};
/// let mut numbers = [[0; 4]; 6];
/// pack_layer(&[1.0, -2.0, 3.0, -4.0], &[0.5, 0.25], &mut numbers);
/// let layer = Layer::new(2, 2, &numbers).unwrap();
/// assert!(layer.weights().eq([1.0, -2.0, 3.0, -4.0]));
/// assert!(layer.bias().eq([0.5, 0.25]));
/// ```
#[track_caller]
pub fn pack_layer(w: &[f32], b: &[f32], out: &mut [[u8; 4]]) {
    let (n, got) = (b.len(), out.len());
    // A W of rows of 0 is empty: 0 alone is a multiple of 0.
    assert!(
        w.len().checked_add(n) == Some(got) && w.len().is_multiple_of(n),
        "W has {} elements, b {n}, out {got}: W must be rows of {n}, and out W and b",
        w.len()
    );
    let mut out = out.iter_mut();
    for first in (0..n).step_by(STRIP) {
        let columns = first..n.min(first + STRIP);
        for row in w.chunks(n).chain([b]) {
            for (x, out) in row[columns.clone()].iter().zip(&mut out) {
                *out = x.to_le_bytes();
            }
        }
    }
}

/// out ← x W + b, and max(0, ·) of it if `relu`.
///
/// The bits of a row of [`crate::matmul()`] with the matching epilogue; no workspace, weights are read once. (With the feature
/// `unfused`, on bare-metal Arm and RV32: other bits, for every product is rounded before it is added.)
///
/// # Panics
/// If x does not have as many elements as the layer has inputs, or `out` as it has outputs.
///
/// ```
/// use kernels::{Isa, Layer, dense, pack_layer};
/// let mut numbers = [[0; 4]; 6];
/// pack_layer(&[1.0, -2.0, 3.0, -4.0], &[0.5, 0.5], &mut numbers);
/// let layer = Layer::new(2, 2, &numbers).unwrap();
/// let mut h = [0.0; 2];
/// dense(Isa::best(), &[1.0, 1.0], &layer, true, &mut h);
/// assert_eq!(h, [4.5, 0.0]);
/// ```
#[track_caller]
pub fn dense(isa: Isa, x: &[f32], layer: &Layer<'_>, relu: bool, out: &mut [f32]) {
    let fit = try_dense(isa, x, layer, relu, out);
    let (inputs, outputs, &Layer { k, n, .. }) = (x.len(), out.len(), layer);
    assert!(
        fit,
        "x has {inputs} elements, the layer {k} inputs; out has {outputs}, the layer {n} outputs: they must be equal"
    );
}

/// [`dense`] for lengths that may not fit: false then, and `out` is left alone. Never panics.
///
/// ```
/// use kernels::{Isa, Layer, pack_layer, try_dense};
/// let mut numbers = [[0; 4]; 3];
/// pack_layer(&[1.0, -2.0], &[0.5], &mut numbers);
/// let layer = Layer::new(2, 1, &numbers).unwrap();
/// let mut s = [0.0];
/// assert!(try_dense(Isa::best(), &[3.0, 1.0], &layer, false, &mut s));
/// assert_eq!(s, [1.5]);
/// assert!(!try_dense(Isa::best(), &[3.0], &layer, false, &mut s));
/// ```
#[must_use = "false: nothing was computed"]
#[inline(always)]
pub fn try_dense(isa: Isa, x: &[f32], layer: &Layer<'_>, relu: bool, out: &mut [f32]) -> bool {
    #[cfg(cortex_m_fpu)]
    {
        let _ = isa;
        cortex_m4::dense(x, layer, relu, out)
    }
    #[cfg(not(cortex_m_fpu))]
    {
        let fit = layer.fits(x.len(), out.len());
        if fit {
            run(isa, Part { x, layer, first: 0, last: true, relu }, out);
        }
        fit
    }
}

/// out ← the part of the row (or the whole of it) through its layer: the only loop of this processor, or vectors.
#[inline(always)]
pub(crate) fn run(isa: Isa, part: Part<'_>, out: &mut [f32]) {
    if SMALL { small(part, out) } else { isa.run(Row { part, out }) }
}

/// A part of a row and the layer that it goes through: x is not empty, and `first` + its length at most the layer's inputs. It is
/// out ← x W, and if x ends with the layer's last input (`last`) + b, and max(0, ·) if `relu` too; the chains start
/// from +0 if `first` is 0, else from what `out` holds.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) layer: &'a Layer<'a>,
    pub(crate) first: usize,
    pub(crate) last: bool,
    pub(crate) relu: bool,
}

/// The way of processors without vectors and without assembly of ours: a column after the other, each a chain. Weights are
/// taken up as bytes, aligned or not: four loads are nothing beside a float without a float unit. Compiled once, not for
/// each layer; and its choices are [`kept`] from becoming loops of their own.
#[inline(never)]
fn small(part: Part<'_>, out: &mut [f32]) {
    let Part { x, layer, first, last, relu } = part;
    let mut numbers = layer.numbers;
    for out in out.chunks_mut(STRIP) {
        let width = out.len();
        for (j, out) in out.iter_mut().enumerate() {
            let mut chain = if kept(first) > 0 { *out } else { 0.0 };
            let mut at = first.wrapping_mul(width).wrapping_add(j);
            for &x in x {
                let Some(w) = numbers.get(at) else { break };
                chain = if cfg!(feature = "unfused") && SMALL {
                    chain + x * w.get()
                } else {
                    mul_add(x, w.get(), chain)
                };
                at = at.wrapping_add(width);
                compact();
            }
            if kept(last) {
                chain += numbers.get(at).map_or(0.0, |b| b.get());
            }
            *out = if kept(relu) { reference::relu(chain) } else { chain };
        }
        numbers = numbers.get(layer.k.wrapping_add(1).wrapping_mul(STRIP)..).unwrap_or(&[]);
    }
}

/// A row through a layer, as a kernel.
struct Row<'a> {
    part: Part<'a>,
    out: &'a mut [f32],
}

/// [`strips`] for so many from `first` on: code for each number, up to the rows of a full tile.
macro_rules! group {
    ($($count:literal)*; $s:ident, $part:ident, $first:ident, $strips:expr, $out:ident) => {
        match $strips {
            $($count if $count <= S::TILE_ROWS => strips::<S, $count>($s, &$part, $first, $out),)*
            _ => unreachable!("a group has no more"),
        }
    };
}

impl Kernel for Row<'_> {
    type Output = ();

    /// All strips in groups as equal as can be, of no more than a full tile has rows: chains enough to hide the latency of the
    /// multiply-add, also of those that would be left over, and of the last strip, which may be a part of one.
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        const { assert!(S::TILE_ROWS <= 8) }
        let Self { part, out } = self;
        let all = out.len().div_ceil(STRIP);
        let (mut first, mut groups) = (0, all.div_ceil(S::TILE_ROWS));
        while groups > 0 {
            let end = if groups == 1 { all } else { first + (all - first).div_ceil(groups) };
            group!(1 2 3 4 5 6 7 8; s, part, first, end - first, out);
            (first, groups) = (end, groups - 1);
        }
    }
}

/// The chains of V strips from strip `first` on; the last may be a part of one.
#[inline(always)]
fn strips<S: Simd, const V: usize>(s: S, part: &Part<'_>, first: usize, out: &mut [f32]) {
    let Layer { k, n, numbers, .. } = *part.layer;
    // Only a single strip could be too large for a usize, and it begins at 0.
    let (size, j) = (STRIP.wrapping_mul(k + 1), first * STRIP);
    let last = STRIP.min(n - j - (V - 1) * STRIP);
    let numbers = numbers.get(first * size..).unwrap_or(&[]);
    let mut chains = [s.splat(0.0); V];
    if part.first > 0 {
        for v in 0..V {
            chains[v] = load_at(s, out, j + v * STRIP);
        }
    }
    pass_over(s, part.x, Strips { numbers, size, last, row: part.first }, &mut chains);
    for v in 0..V {
        let mut sum = chains[v];
        if part.last {
            let width = if v < V - 1 { STRIP } else { last };
            let bias = numbers.get(v * size + k * width..).unwrap_or(&[]);
            sum = s.add(sum, load_at(s, bias.get(..width).unwrap_or(&[]), 0));
        }
        store_at(s, if part.relu { s.relu(sum) } else { sum }, out, j + v * STRIP);
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, Part, STRIP, dense, pack_layer, run, small};
    use crate::Isa;

    /// A row in two parts, cut anywhere, by every instruction set and by the way of small processors: the bits of one piece
    /// (which the other tests hold to the reference).
    #[test]
    fn parts_give_the_same_bits() {
        let numbers: [f32; 1400] = core::array::from_fn(|i| ((i * 7919 % 997) as f32 - 498.0) / 257.0);
        let groups = (1..=8).flat_map(|strips| [(3, strips * STRIP), (3, strips * STRIP - 5)]);
        for (k, n) in [(1, 1), (3, 20), (35, 20), (70, 10), (6, 16), (5, 17), (4, 48), (9, 33), (8, 150)]
            .into_iter()
            .chain(groups)
        {
            let (x, w, b) = (&numbers[1..][..k], &numbers[..k * n], &numbers[7..][..n]);
            let mut bytes = [[0; 4]; 1400];
            let bytes = &mut bytes[..(k + 1) * n];
            pack_layer(w, b, bytes);
            let layer = &Layer::new(k, n, bytes).unwrap();
            for relu in [false, true] {
                let mut want = [0.5; 150];
                dense(Isa::best(), x, layer, relu, &mut want[..n]);
                for cut in 0..k {
                    let check = |way: &str, run: &dyn Fn(Part<'_>, &mut [f32])| {
                        let mut got = [0.5; 150];
                        for (first, x) in [(0, &x[..cut]), (cut, &x[cut..])] {
                            if !x.is_empty() {
                                let last = first + x.len() == k;
                                run(Part { x, layer, first, last, relu: relu && last }, &mut got[..n]);
                            }
                        }
                        assert_eq!(
                            got.map(f32::to_bits),
                            want.map(f32::to_bits),
                            "{way}: {k} x {n}, {cut}, {relu}"
                        );
                    };
                    check("small", &small);
                    for isa in Isa::available() {
                        check(isa.name(), &|part, out| run(isa, part, out));
                    }
                }
            }
        }
    }
}
