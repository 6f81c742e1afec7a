//! A layer: from bytes to bytes.

use core::fmt;

use super::{INPUTS, Rescale, TILE, Weights};
#[cfg(not(armv7e_m))]
use super::{OUTPUTS, Product, input::signed, rescale::rescale};
use crate::arch::{self, compact};
use crate::{Isa, arch::int8::bytes};

/// Biases are smaller than this: with the products, below 2²⁹ too, sums stay below 2³⁰.
pub const BIAS_MAX: i32 = 1 << 29;

/// The numbers of a layer, where they lie: little-endian, for each output that the weights have.
#[derive(Clone, Copy, Debug)]
pub struct Layer<'a> {
    pub(crate) tiles: &'a [[u8; TILE]],
    /// Biases, then multipliers: `shift.len()` of each.
    pub(crate) numbers: &'a [[u8; 4]],
    pub(crate) shift: &'a [u8],
    pub(crate) inputs: u16, // at most MAX_INPUTS
    pub(crate) zero: u8,
}

/// Why numbers do not make a [`Layer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerError {
    /// Biases, multipliers and shifts are not as many as the weights have outputs.
    Length,
    /// The bias of this output is [`BIAS_MAX`] or more in size.
    Bias(usize),
    /// Multiplier and shift of this output are no [`Rescale`].
    Rescale(usize),
}

impl fmt::Display for LayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => {
                write!(f, "biases, multipliers and shifts are not as many as the weights have outputs")
            }
            Self::Bias(j) => write!(f, "the bias of output {j}: it must be smaller than {BIAS_MAX} in size"),
            Self::Rescale(j) => {
                write!(f, "multiplier and shift of output {j}: they must be 0, or 2^30 or more, and 1 to 31")
            }
        }
    }
}

impl core::error::Error for LayerError {}

impl<'a> Layer<'a> {
    /// A layer of `w`: `numbers` are all b_j, then the multipliers of all M_j; their shifts; and the zero point z of its results.
    ///
    /// # Errors
    /// The first thing that is wrong: see [`LayerError`].
    pub const fn new(
        w: Weights<'a>,
        numbers: &'a [[u8; 4]],
        shift: &'a [u8],
        zero: u8,
    ) -> Result<Self, LayerError> {
        let n = w.outputs();
        if shift.len() != n || numbers.len() != 2 * n {
            return Err(LayerError::Length);
        }
        let layer = Self { tiles: w.tiles, numbers, shift, inputs: w.inputs() as u16, zero };
        let (bias, multiplier) = (layer.biases(), layer.multipliers());
        let mut j = 0;
        while j < bias.len() && j < multiplier.len() && j < shift.len() {
            compact();
            let b = i32::from_le_bytes(bias[j]);
            if b <= -BIAS_MAX || b >= BIAS_MAX {
                return Err(LayerError::Bias(j));
            }
            if Rescale::new(i32::from_le_bytes(multiplier[j]), shift[j]).is_err() {
                return Err(LayerError::Rescale(j));
            }
            j += 1;
        }
        Ok(layer)
    }

    /// The weights, in tiles.
    pub const fn weights(&self) -> Weights<'a> {
        Weights { k: self.inputs(), tiles: self.tiles }
    }

    /// b_j; None if there is no output j.
    pub fn bias(&self, j: usize) -> Option<i32> {
        self.biases().get(j).map(|&b| i32::from_le_bytes(b))
    }

    /// M_j; None if there is no output j.
    pub fn rescale(&self, j: usize) -> Option<Rescale> {
        Rescale::new(i32::from_le_bytes(*self.multipliers().get(j)?), *self.shift.get(j)?).ok()
    }

    /// z: the result that stands for 0.
    pub const fn zero(&self) -> u8 {
        self.zero
    }

    /// Inputs.
    pub const fn inputs(&self) -> usize {
        self.inputs as usize
    }

    /// Outputs, with those that are there to fill the last tile.
    pub const fn outputs(&self) -> usize {
        self.shift.len()
    }

    pub(crate) const fn biases(&self) -> &'a [[u8; 4]] {
        self.numbers.split_at(self.numbers.len() / 2).0
    }

    pub(crate) const fn multipliers(&self) -> &'a [[u8; 4]] {
        self.numbers.split_at(self.numbers.len() / 2).1
    }
}

/// A part of a layer's inputs that fits: there is at least one input and one output; x lies within the layer's inputs, from a
/// multiple of [`INPUTS`] on, and ends at one or with the last of them; there is one element of `out` for each output.
pub(crate) struct Part<'a> {
    x: &'a [u8],
    layer: &'a Layer<'a>,
    first: usize,
    out: &'a mut [i32],
}

impl<'a> Part<'a> {
    #[inline(always)]
    fn new(x: &'a [u8], layer: &'a Layer<'a>, first: usize, out: &'a mut [i32]) -> Option<Self> {
        let (k, n, end) = (layer.inputs(), layer.outputs(), first.checked_add(x.len())?);
        let whole = first.is_multiple_of(INPUTS) && (end == k || end < k && end.is_multiple_of(INPUTS));
        (whole && end > first && n > 0 && out.len() == n).then_some(Self { x, layer, first, out })
    }

    /// Whether no input follows.
    pub(crate) const fn is_last(&self) -> bool {
        self.first + self.x.len() == self.layer.inputs()
    }

    /// x, the layer, the number of the first input, and where results go.
    #[cfg(armv7e_m)]
    pub(crate) fn take(self) -> (&'a [u8], &'a Layer<'a>, usize, &'a mut [i32]) {
        (self.x, self.layer, self.first, self.out)
    }
}

/// u′_j ← clamp(⌊M_j a_j⌉ + z, 0, 255), a_j = b_j + Σ_k w_jk q_k, q_k = min(u_k, 254) − 127, for the inputs u = `x`.
///
/// A long x may come in parts, inputs `first` .. `first` + `x.len()`, by ascending k: until the last input has come, `out` holds
/// the sums so far; then its first bytes ([`results`]) are the u′. False, and nothing is done, unless there is an input, `out` has
/// one element for each output, and `first` and the ends of all parts but the last are multiples of [`INPUTS`]. Never panics.
///
/// ```
/// use kernels::{Isa, int8};
/// let mut bytes = [0; 64]; // 2 inputs, 1 output: one tile
/// int8::pack(&[3, -5], 2, 1, &mut bytes);
/// let w = int8::Weights::new(2, 1, &bytes).unwrap();
/// let m = int8::Rescale::from_factor(0.25).unwrap();
/// let by = m.multiplier();
/// let numbers = [1000, 0, 0, 0, by, by, by, by].map(i32::to_le_bytes); // b, then multipliers
/// let shifts = [m.shift(); 4];
/// let layer = int8::Layer::new(w, &numbers, &shifts, 7).unwrap();
/// let mut out = [0; 4];
/// assert!(int8::try_dense(Isa::best(), &[137, 147], &layer, 0, &mut out)); // q = 10, 20
/// assert_eq!(int8::results(&mut out)[0], 240); // (1000 + 30 - 100) / 4 = 232.5, and 7
/// ```
#[must_use = "false: nothing was computed"]
#[cfg_attr(armv7e_m, inline(always))] // checks that the caller's own make superfluous, then the call
pub fn try_dense(isa: Isa, x: &[u8], layer: &Layer<'_>, first: usize, out: &mut [i32]) -> bool {
    let Some(part) = Part::new(x, layer, first, out) else { return false };
    run(isa, part);
    true
}

#[cfg(armv7e_m)]
#[inline(always)]
fn run(_: Isa, part: Part<'_>) {
    arch::int8::cortex_m4::layer(part);
}

/// Few activations, or all of small processors, at a time: what is put on the stack is cleared, which takes longer than the work if
/// it is much more. Processors with vectors take a whole row, if they can, to read weights in one go.
#[cfg(not(armv7e_m))]
fn run(isa: Isa, part: Part<'_>) {
    if arch::SMALL || part.x.len() <= 128 { blocks::<128>(isa, part) } else { blocks::<4096>(isa, part) }
}

/// The part, so many inputs at a time.
#[cfg(not(armv7e_m))]
#[inline]
fn blocks<const BLOCK: usize>(isa: Isa, part: Part<'_>) {
    let last = part.is_last();
    let Part { x, layer, first, out } = part;
    if first == 0 {
        for (sum, &b) in out.iter_mut().zip(layer.biases()) {
            *sum = i32::from_le_bytes(b);
            compact();
        }
    }
    let (mut first, stride) = (first / INPUTS, layer.weights().stride());
    let mut block = [0; BLOCK];
    for x in x.chunks(BLOCK) {
        signed(x, &mut block);
        // What is missing to a whole tile is 0, whatever the weights.
        block.iter_mut().skip(x.len()).take(INPUTS - 1).for_each(|q| *q = 0);
        let x = block.as_chunks().0.get(..x.len().div_ceil(INPUTS)).unwrap_or(&[]);
        let tiles = layer.tiles.get(first..).unwrap_or(&[]);
        isa.accumulate(Product { x, tiles, stride, sums: out.as_chunks_mut::<OUTPUTS>().0 });
        first += x.len();
    }
    if last {
        rescale(isa, out, layer);
    }
}

/// The results of [`try_dense`] (its example reads them), when all inputs have come: one byte each, and behind them bytes without meaning.
#[inline(always)]
pub fn results(out: &mut [i32]) -> &mut [u8] {
    bytes(out)
}

/// The number of the first of the largest. Of none it is 0, where [`crate::argmax`] panics: this one is for firmware.
///
/// ```
/// assert_eq!(kernels::int8::argmax(&[3, 200, 7, 200]), 1);
/// ```
#[cfg_attr(armv7e_m, inline(always))]
pub fn argmax(u: &[u8]) -> usize {
    first_largest(u)
}

#[cfg(armv7e_m)]
use arch::int8::cortex_m4::argmax as first_largest;

#[cfg(not(armv7e_m))]
fn first_largest(u: &[u8]) -> usize {
    let (mut best, mut largest) = (0, 0);
    for (j, &u) in arch::kept(u).iter().enumerate() {
        if u32::from(u) > largest {
            (best, largest) = (j, u32::from(u));
        }
        compact();
    }
    best
}

/// The memory of floats as 32-bit integers, for a caller whose one buffer holds sums first and scores in the end. Every float is some
/// integer and every integer some float: nothing is converted.
///
/// ```
/// let mut buffer = [1.0f32, 0.0];
/// kernels::int8::sums(&mut buffer)[1] = 0x4000_0000;
/// assert_eq!(buffer, [1.0, 2.0]);
/// ```
#[inline(always)]
pub fn sums(floats: &mut [f32]) -> &mut [i32] {
    arch::int8::integers(floats)
}
