//! The int8 net: checked once, then used where it lies.

use core::fmt;

use kernels::int8::{INPUTS, Rescale, Weights, accumulate, quantize_bytes, quantize_numbers, rescale, sums};
use kernels::{Input, Isa, Normalization, softmax_row};

use crate::compact::compact;
use crate::format::Header;
use crate::format8::{HIDDEN_ZERO, KIND8};
use crate::names::{check_names, name};
use crate::{Error, format8};

/// Activations at a time, on the stack. A processor with vectors takes a whole row, if it can, to read weights in one go.
const BLOCK: usize = if cfg!(target_os = "none") { 128 } else { 4096 };
/// Normalised inputs at a time, on the stack: 256 bytes.
const NUMBERS: usize = 64;

/// A layer of an int8 net: a_j = b_j + Σ_k w_kj q_k, result q_j = clamp(⌊a_j M_j⌉ + z), which stands for s (q_j − z).
#[derive(Clone, Copy)]
pub struct Layer8<'a> {
    pub(crate) w: Weights<'a>,
    pub(crate) bias: &'a [[u8; 4]],
    pub(crate) multiplier: &'a [[u8; 4]],
    pub(crate) shifts: &'a [u8],
    pub(crate) scale: f32,
    pub(crate) zero: i32,
}

impl<'a> Layer8<'a> {
    pub(crate) const fn new(
        w: Weights<'a>,
        bias: &'a [[u8; 4]],
        multiplier: &'a [[u8; 4]],
        shifts: &'a [u8],
        scale: f32,
        zero: i32,
    ) -> Self {
        Self { w, bias, multiplier, shifts, scale, zero }
    }

    /// The weights, in tiles.
    pub const fn weights(&self) -> Weights<'a> {
        self.w
    }

    /// b_j; None if there is no output j.
    pub fn bias(&self, j: usize) -> Option<i32> {
        self.bias.get(j).map(|&b| i32::from_le_bytes(b))
    }

    /// M_j; None if there is no output j.
    pub fn rescale(&self, j: usize) -> Option<Rescale> {
        Rescale::new(i32::from_le_bytes(*self.multiplier.get(j)?), *self.shifts.get(j)?).ok()
    }

    /// s: what one step of a result stands for.
    pub const fn scale(&self) -> f32 {
        self.scale
    }

    /// z: the result that stands for 0.
    pub const fn zero(&self) -> i32 {
        self.zero
    }

    /// Sums start from the bias.
    fn start(&self, sums: &mut [i32]) {
        for (sum, &b) in sums.iter_mut().zip(self.bias) {
            *sum = i32::from_le_bytes(b);
            compact();
        }
    }
}

/// A two-layer net of 8-bit integers in the bytes of its file: a quarter of an f32 net's size, and no floating point between
/// bytes in and class out.
///
/// The calls are those of [`Net`](crate::Net), with the same scratch; `docs/INT8.md` derives the arithmetic. It borrows the
/// bytes and copies none of them. Integers agree everywhere: results are the same on every processor.
///
/// ```
/// use infer_nostd::{Net8, Scratch, include_net8};
/// const NET: Net8<'static> = include_net8!("../tests/data/digits8.tln");
/// let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
/// let images = include_bytes!("../tests/data/digits.rows"); // raw pixels
/// let image = images.first_chunk::<64>().expect("the first image");
/// assert_eq!(NET.class_name(NET.classify(image, &mut scratch)?), Some("0"));
/// # Ok::<(), infer_nostd::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Net8<'a> {
    pub(crate) h: usize,
    pub(crate) c: usize,
    pub(crate) normalization: Normalization<'a>,
    pub(crate) layer1: Layer8<'a>,
    pub(crate) layer2: Layer8<'a>,
    /// UTF-8, each name ended by a line feed.
    pub(crate) names: &'a [u8],
}

impl<'a> Net8<'a> {
    /// Reads the file of an int8 net: as [`Net::from_bytes`](crate::Net::from_bytes).
    ///
    /// # Errors
    /// The first thing that is wrong, with its numbers.
    pub const fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        format8::parse(bytes)
    }

    /// How many bytes the file takes that starts here, by its own word: as [`Net::file_len`](crate::Net::file_len).
    ///
    /// # Errors
    /// If this is no file of an int8 net.
    pub const fn file_len(bytes: &[u8]) -> Result<usize, Error> {
        match Header::read(bytes, KIND8) {
            Ok(header) => Ok(header.stated),
            Err(error) => Err(error),
        }
    }

    /// Inputs D.
    pub const fn d(&self) -> usize {
        self.normalization.inputs()
    }

    /// Hidden units H.
    pub const fn h(&self) -> usize {
        self.h
    }

    /// Classes C.
    pub const fn c(&self) -> usize {
        self.c
    }

    /// The name of class i; None if there is no such class or the file has no names.
    pub fn class_name(&self, i: usize) -> Option<&'a str> {
        name(self.names, i)
    }

    /// Whether the names are as [`mod@crate::format`] says: as [`Net::check_names`](crate::Net::check_names).
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub const fn check_names(&self) -> Result<(), Error> {
        check_names(self.names, self.c)
    }

    /// How raw inputs become activations: q = clamp(⌊(x − μ)·s⌉, 0, 254) − 127.
    pub const fn normalization(&self) -> Normalization<'a> {
        self.normalization
    }

    /// From inputs to the hidden layer.
    pub const fn layer1(&self) -> Layer8<'a> {
        self.layer1
    }

    /// From the hidden layer to the scores.
    pub const fn layer2(&self) -> Layer8<'a> {
        self.layer2
    }

    /// How many f32 an inference needs as scratch: H + C, each rounded up to a multiple of 4. While it runs they hold integers.
    pub const fn scratch_len(&self) -> usize {
        self.layer1.w.outputs() + self.layer2.w.outputs()
    }

    /// The C scores of a row of D raw inputs: s (q_j − z) of the last layer.
    ///
    /// `x` is `&[u8]` or `&[f32]` as it comes from the sensor. The result lies in the scratch, which is written before it is
    /// read. A NaN in `x` counts as the lowest input.
    ///
    /// # Errors
    /// If `x` does not have D elements or the scratch fewer than [`Net8::scratch_len`].
    pub fn scores<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<&'s [f32], Error> {
        match self.real_scores(x.into(), scratch.as_mut()) {
            Ok(scores) => Ok(scores),
            Err(error) => Err(error),
        }
    }

    /// The C probabilities of a row: the softmax of its scores.
    ///
    /// # Errors
    /// As [`Net8::scores`].
    pub fn probabilities<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<&'s [f32], Error> {
        let scores = self.real_scores(x.into(), scratch.as_mut())?;
        softmax_row(Isa::best(), scores);
        Ok(scores)
    }

    /// The class of a row: the first of the largest scores. From bytes, if the net has no normalisation, integers only.
    ///
    /// # Errors
    /// As [`Net8::scores`].
    pub fn classify<'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &mut S,
    ) -> Result<usize, Error> {
        let scores = self.forward(x.into(), scratch.as_mut())?;
        let (mut best, mut largest) = (0, i32::MIN);
        for (j, &score) in scores.iter().enumerate() {
            if score > largest {
                (best, largest) = (j, score);
            }
            compact();
        }
        Ok(best)
    }

    /// The C results of the last layer as they are, q_j from −128 to 127, in the scratch.
    ///
    /// # Errors
    /// As [`Net8::scores`].
    pub fn quantized_scores<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<&'s [i32], Error> {
        match self.forward(x.into(), scratch.as_mut()) {
            Ok(scores) => Ok(scores),
            Err(error) => Err(error),
        }
    }

    /// [`Net8::scores`], which the caller may write to.
    fn real_scores<'s>(&self, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        let first = self.layer1.w.outputs();
        self.forward(x, scratch)?;
        let scores = scratch.get_mut(first..).and_then(|scores| scores.get_mut(..self.c));
        let scores = scores.ok_or(Error::Scratch { needed: self.scratch_len(), got: 0 })?; // never: forward has used it
        for score in scores.iter_mut() {
            *score = (score.to_bits() as i32 - self.layer2.zero) as f32 * self.layer2.scale;
        }
        Ok(scores)
    }

    /// Both layers; the one path behind the calls above.
    fn forward<'s>(&self, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [i32], Error> {
        if x.len() != self.d() {
            return Err(Error::Input { needed: self.d(), got: x.len() });
        }
        let short = Error::Scratch { needed: self.scratch_len(), got: scratch.len() };
        let (hidden, rest) = sums(scratch).split_at_mut_checked(self.layer1.w.outputs()).ok_or(short)?;
        let scores = rest.get_mut(..self.layer2.w.outputs()).ok_or(short)?;
        let (first, second) = (&self.layer1, &self.layer2);
        first.start(hidden);
        second.start(scores);
        let good = match x {
            Input::U8(x) if self.normalization.mean().is_empty() => {
                blocks(first.w, x, hidden, quantize_bytes)
            }
            _ => self.numbers(x, hidden),
        };
        rescale(hidden, first.multiplier, first.shifts, HIDDEN_ZERO, HIDDEN_ZERO);
        let bytes = |hidden: &[i32], q: &mut [i8]| {
            for (q, &h) in q.iter_mut().zip(hidden) {
                *q = h as i8;
                compact();
            }
        };
        if !good || !blocks(second.w, hidden, scores, bytes) {
            return Err(short); // the parts of a net fit each other, so never; but no panic either way
        }
        rescale(scores, second.multiplier, second.shifts, second.zero, -128);
        scores.get_mut(..self.c).ok_or(short)
    }

    /// The first layer of inputs that are normalised or no bytes: a function of its own, for its floats and its stack.
    #[inline(never)]
    fn numbers(&self, x: Input<'_>, hidden: &mut [i32]) -> bool {
        let (mut first, mut numbers, mut block) = (0, [0.0; NUMBERS], [0; NUMBERS]);
        while first < x.len() {
            let len = (x.len() - first).min(NUMBERS);
            let (Some(now), Some(numbers)) = (x.get(first, len), numbers.get_mut(..len)) else {
                return false;
            };
            if !self.normalization.try_apply(Isa::best(), first, now, numbers) {
                return false;
            }
            quantize_numbers(numbers, &mut block);
            let Some(block) = block.get(..len.next_multiple_of(INPUTS)) else { return false };
            if !accumulate(Isa::best(), block, self.layer1.w, first, hidden) {
                return false;
            }
            first += len;
        }
        true
    }
}

/// sums += W x, with x turned to activations block by block. What a block has behind x meets weights of 0.
#[inline(always)]
fn blocks<T>(w: Weights<'_>, x: &[T], sums: &mut [i32], quantize: impl Fn(&[T], &mut [i8])) -> bool {
    let (mut first, mut block) = (0, [0; BLOCK]);
    for x in x.chunks(BLOCK) {
        quantize(x, &mut block);
        let Some(block) = block.get(..x.len().next_multiple_of(INPUTS)) else { return false };
        if !accumulate(Isa::best(), block, w, first, sums) {
            return false;
        }
        first += BLOCK;
    }
    true
}

/// The shape, not the weights.
impl fmt::Debug for Net8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net8({}-{}-{})", self.d(), self.h, self.c)
    }
}
