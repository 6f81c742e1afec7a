//! The int8 net: checked once, then used where it lies.

use core::fmt;

use kernels::int8::{Layer, Rescale, Weights, argmax, quantize, results, sums, try_dense};
use kernels::{Floats, Input, Isa, Normalization, softmax_row, try_argmax};

use crate::compact::compact;
use crate::format::Header;
use crate::format8::{HIDDEN_LOW, KIND8, SCORE_LOW};
use crate::names::{check_names, name};
use crate::{Error, format8};

/// Inputs that become bytes at a time, and of them those that are normalised at a time; on the stack, 256 bytes.
const BLOCK: usize = 128;
const NUMBERS: usize = 32;

/// A layer of an int8 net: a_j = b_j + Σ_k w_kj q_k, result q_j = clamp(⌊a_j M_j⌉ + z, low, 127), which stands for s (q_j − z).
#[derive(Clone, Copy)]
pub struct Layer8<'a> {
    /// Its results are q_j − `low`, and so is its z.
    layer: Layer<'a>,
    low: i32,
    scale: f32,
}

impl<'a> Layer8<'a> {
    /// The weights, in tiles.
    pub const fn weights(&self) -> Weights<'a> {
        self.layer.weights()
    }

    /// b_j; None if there is no output j.
    pub fn bias(&self, j: usize) -> Option<i32> {
        self.layer.bias(j)
    }

    /// M_j; None if there is no output j.
    pub fn rescale(&self, j: usize) -> Option<Rescale> {
        self.layer.rescale(j)
    }

    /// s: what one step of a result stands for.
    pub const fn scale(&self) -> f32 {
        self.scale
    }

    /// z: the result that stands for 0.
    pub const fn zero(&self) -> i32 {
        self.layer.zero() as i32 + self.low
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
    /// Its results are q_j − [`HIDDEN_LOW`].
    pub(crate) layer1: Layer<'a>,
    /// Its results are q_j − [`SCORE_LOW`]; outputs that fill its last tile are no classes.
    pub(crate) layer2: Layer<'a>,
    pub(crate) c: usize,
    /// The scales of both layers.
    pub(crate) scales: &'a [[u8; 4]; 2],
    /// Q means, then Q scales.
    pub(crate) moments: &'a [[u8; 4]],
    /// UTF-8, each name ended by a line feed.
    pub(crate) names: &'a [u8],
}

impl<'a> Net8<'a> {
    /// Reads the file of an int8 net: as [`Net::from_bytes`](crate::Net::from_bytes).
    ///
    /// # Errors
    /// The first thing that is wrong, with its numbers.
    pub const fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        format8::parse::<false>(bytes)
    }

    /// [`Net8::from_bytes`] for `include_net8!`: the same for less of the compiler's time.
    #[doc(hidden)]
    pub const fn compiled_in(bytes: &'a [u8]) -> Result<Self, Error> {
        format8::parse::<true>(bytes)
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
        self.layer1.inputs()
    }

    /// Hidden units H.
    pub const fn h(&self) -> usize {
        self.layer2.inputs()
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
        let (mean, scale) = self.moments.split_at(self.moments.len() / 2);
        Normalization::trusted(self.d(), Floats::Bytes(mean), Floats::Bytes(scale)) // Q divides D
    }

    /// From inputs to the hidden layer.
    pub const fn layer1(&self) -> Layer8<'a> {
        Layer8 { layer: self.layer1, low: HIDDEN_LOW, scale: f32::from_le_bytes(self.scales[0]) }
    }

    /// From the hidden layer to the scores.
    pub const fn layer2(&self) -> Layer8<'a> {
        Layer8 { layer: self.layer2, low: SCORE_LOW, scale: f32::from_le_bytes(self.scales[1]) }
    }

    /// How many f32 an inference needs as scratch: H + C, each rounded up to a multiple of 4. While it runs they hold integers.
    pub const fn scratch_len(&self) -> usize {
        self.layer1.outputs() + self.layer2.outputs()
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
        Ok(argmax(results(sums(scores)).get(..self.c).unwrap_or(&[])))
    }

    /// The class of a row and its probabilities, from one inference: what [`Net8::classify`] and [`Net8::probabilities`] say.
    ///
    /// # Errors
    /// As [`Net8::scores`].
    pub fn predict<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<(usize, &'s [f32]), Error> {
        let scores = self.real_scores(x.into(), scratch.as_mut())?;
        let class = try_argmax(scores).unwrap_or(0); // there is no net without a class
        softmax_row(Isa::best(), scores);
        Ok((class, scores))
    }

    /// The C results of the last layer as they are, q_j from −128 to 127.
    ///
    /// # Errors
    /// As [`Net8::scores`].
    pub fn quantized_scores<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<impl ExactSizeIterator<Item = i8> + 's, Error> {
        let scores = results(sums(self.forward(x.into(), scratch.as_mut())?));
        Ok(scores.iter().take(self.c).map(|&u| (u ^ 0x80) as i8))
    }

    /// [`Net8::scores`], which the caller may write to.
    fn real_scores<'s>(&self, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        let last = self.layer2();
        let scores = self.forward(x, scratch)?.get_mut(..self.c).unwrap_or(&mut []); // all, as outputs are never fewer
        // The last ones first: score j lies where the bytes from 4 j on are.
        for j in (0..self.c).rev() {
            let byte = results(sums(scores)).get(j).map_or(0, |&u| i32::from(u));
            if let Some(score) = scores.get_mut(j) {
                *score = (byte - i32::from(last.layer.zero())) as f32 * last.scale;
            }
            compact();
        }
        Ok(scores)
    }

    /// Both layers; the one path behind the calls above. The scores are the first bytes.
    fn forward<'s>(&self, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        let (isa, first, second) = (Isa::best(), &self.layer1, &self.layer2);
        if x.len() != first.inputs() {
            return Err(Error::Input { needed: first.inputs(), got: x.len() });
        }
        let short = Error::Scratch { needed: self.scratch_len(), got: scratch.len() };
        let scratch = scratch.get_mut(..self.scratch_len()).ok_or(short)?;
        let (hidden, scores) = scratch.split_at_mut_checked(first.outputs()).ok_or(short)?;
        let hidden = sums(hidden);
        let good = match x {
            Input::U8(x) if self.moments.is_empty() => try_dense(isa, x, first, 0, hidden),
            _ => self.numbers(x, hidden),
        };
        match results(hidden).get(..second.inputs()) {
            Some(hidden) if good && try_dense(isa, hidden, second, 0, sums(scores)) => Ok(scores),
            _ => Err(short), // the parts of a net fit each other, so never; but no panic either way
        }
    }

    /// The first layer of inputs that are normalised or no bytes: a function of its own, for its floats and its stack.
    #[inline(never)]
    fn numbers(&self, x: Input<'_>, hidden: &mut [i32]) -> bool {
        let (mut first, mut numbers, mut block) = (0, [0.0; NUMBERS], [0; BLOCK]);
        while first < x.len() {
            let len = (x.len() - first).min(BLOCK);
            let mut done = 0;
            while done < len {
                let count = (len - done).min(NUMBERS);
                let Some(numbers) = numbers.get_mut(..count) else { return false };
                if !self.normalization().try_apply(Isa::best(), first + done, x, numbers) {
                    return false;
                }
                quantize(numbers, block.get_mut(done..).unwrap_or(&mut []));
                done += count;
            }
            let Some(block) = block.get(..len) else { return false };
            if !try_dense(Isa::best(), block, &self.layer1, first, hidden) {
                return false;
            }
            first += len;
        }
        true
    }
}

/// The shape, not the weights.
impl fmt::Debug for Net8<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net8({}-{}-{})", self.d(), self.h(), self.c)
    }
}
