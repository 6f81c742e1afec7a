//! The net: checked once, then used where it lies.

use core::fmt;

use kernels::{Dense, Floats, Input, Isa, Normalization, softmax_row, try_argmax, try_dense};

use crate::{Error, format};

/// Inputs that are normalised at a time, on the stack: 256 bytes.
const BLOCK: usize = 64;

/// A two-layer net in the bytes of its file: scores = max(0, x̂ W1 + b1) W2 + b2 with x̂ = (x − μ)·s.
///
/// It borrows the bytes and copies none of them, whatever their alignment; copying a `Net` copies slices only. Having
/// one means that the file was whole: nothing is checked again but what a call brings along.
///
/// Source: eq. (2)-(4), (6). Scores are the bits of the trainer's forward pass, on every processor that has a
/// float unit or emulates one in full.
#[derive(Clone, Copy)]
pub struct Net<'a> {
    pub(crate) h: usize,
    pub(crate) c: usize,
    pub(crate) normalization: Normalization<'a>,
    pub(crate) w1: &'a [[u8; 4]],
    pub(crate) b1: &'a [[u8; 4]],
    pub(crate) w2: &'a [[u8; 4]],
    pub(crate) b2: &'a [[u8; 4]],
    /// UTF-8, each name ended by a line feed.
    pub(crate) names: &'a [u8],
}

impl<'a> Net<'a> {
    /// Reads a net file. `bytes` must be the file, the whole file and nothing but the file.
    ///
    /// Everything is checked here and at once: [`crate::format`] lists what is refused. Takes one pass for the checksum and
    /// one for the numbers, no memory, and never panics. As a `const fn` it also runs in the compiler, for which
    /// [`include_net!`](crate::include_net) is the short way.
    ///
    /// # Errors
    /// The first thing that is wrong, with its numbers.
    pub const fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        format::parse(bytes)
    }

    /// How many bytes the file takes that starts here: for a net in a flash area that is longer than the net. Only
    /// the header (32 bytes) is read and checked.
    ///
    /// # Errors
    /// What is wrong with the header.
    ///
    /// ```
    /// use infer_nostd::Net;
    /// # let mut flash = [0xFF; 16 * 1024];
    /// # let file = include_bytes!("../tests/data/net-64-32-10.tln");
    /// # flash[..file.len()].copy_from_slice(file);
    /// let len = Net::file_len(&flash)?;
    /// let file = flash.get(..len).expect("the net fits the flash area");
    /// let net = Net::from_bytes(file)?;
    /// # assert_eq!(net.d(), 64);
    /// # Ok::<(), infer_nostd::Error>(())
    /// ```
    pub const fn file_len(bytes: &[u8]) -> Result<usize, Error> {
        format::parse_len(bytes)
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
        let mut names = self.names.split(|&byte| byte == b'\n').filter(|name| !name.is_empty());
        core::str::from_utf8(names.nth(i)?).ok()
    }

    /// What the net was trained to be fed with: x̂ = (x − μ)·s.
    pub const fn normalization(&self) -> Normalization<'a> {
        self.normalization
    }

    /// W1, D × H row-major.
    pub const fn w1(&self) -> Floats<'a> {
        Floats::Bytes(self.w1)
    }

    /// b1, H of them.
    pub const fn b1(&self) -> Floats<'a> {
        Floats::Bytes(self.b1)
    }

    /// W2, H × C row-major.
    pub const fn w2(&self) -> Floats<'a> {
        Floats::Bytes(self.w2)
    }

    /// b2, C of them.
    pub const fn b2(&self) -> Floats<'a> {
        Floats::Bytes(self.b2)
    }

    /// How many f32 an inference needs as scratch: H + C. Inputs are normalised in blocks on the stack and need none.
    pub const fn scratch_len(&self) -> usize {
        self.h + self.c
    }

    /// The C scores of a row of D raw inputs: s = max(0, x̂ W1 + b1) W2 + b2.
    ///
    /// `x` is `&[u8]` or `&[f32]` as it comes from the sensor; the net's normalisation is applied here. The result
    /// lies in the scratch, which is written before it is read. A NaN in `x` makes every score
    /// NaN: 0 · NaN is NaN, and the ReLU keeps it.
    ///
    /// # Errors
    /// If `x` does not have D elements or the scratch fewer than [`Net::scratch_len`].
    pub fn scores<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<&'s [f32], Error> {
        match self.forward(Isa::best(), x.into(), scratch.as_mut()) {
            Ok(scores) => Ok(scores),
            Err(error) => Err(error),
        }
    }

    /// The C probabilities of a row: the softmax of its scores. They sum to 1 within rounding; where a score is NaN
    /// or +∞, all are NaN.
    ///
    /// # Errors
    /// As [`Net::scores`].
    pub fn probabilities<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<&'s [f32], Error> {
        let isa = Isa::best();
        let scores = self.forward(isa, x.into(), scratch.as_mut())?;
        softmax_row(isa, scores);
        Ok(scores)
    }

    /// The class of a row: the first of the largest scores, or the first score that is NaN (class 0 where `x` holds
    /// a NaN).
    ///
    /// # Errors
    /// As [`Net::scores`].
    pub fn classify<'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &mut S,
    ) -> Result<usize, Error> {
        let scores = self.forward(Isa::best(), x.into(), scratch.as_mut())?;
        Ok(try_argmax(scores).unwrap_or(0)) // there is no net without a class
    }

    /// Both layers; the one path behind the three calls above, compiled once.
    fn forward<'s>(&self, isa: Isa, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        if x.len() != self.d() {
            return Err(Error::Input { needed: self.d(), got: x.len() });
        }
        let got = scratch.len();
        let short = Error::Scratch { needed: self.scratch_len(), got };
        let (hidden, rest) = scratch.split_at_mut_checked(self.h).ok_or(short)?;
        let scores = rest.get_mut(..self.c).ok_or(short)?;
        let last = Dense { bias: Some(self.b2()), ..Dense::default() };
        if self.hidden(isa, x, hidden) && try_dense(isa, hidden, self.w2(), last, scores) {
            Ok(scores)
        } else {
            Err(short) // the parts of a net fit each other, so never; but no panic either way
        }
    }

    /// hidden ← max(0, x̂ W1 + b1). Eq. (2), (3). Each chain of the product is taken up again for every block of inputs, so
    /// the bits are those of one go. True, as the parts of a net fit each other.
    fn hidden(&self, isa: Isa, x: Input<'_>, hidden: &mut [f32]) -> bool {
        let ends = Dense { resume: false, bias: Some(self.b1()), relu: true };
        match x {
            Input::F32(x) if self.normalization.mean().is_empty() => {
                try_dense(isa, x, self.w1(), ends, hidden)
            }
            _ => self.normalised(isa, x, ends, hidden),
        }
    }

    /// [`Net::hidden`] with x̂ in blocks on the stack: a function of its own, so that a call that needs no block has none.
    #[inline(never)]
    fn normalised(&self, isa: Isa, mut x: Input<'_>, ends: Dense<'_>, hidden: &mut [f32]) -> bool {
        let mut block = [0.0; BLOCK];
        let (mut first, mut w1) = (0, self.w1);
        loop {
            let len = x.len().min(BLOCK);
            let (Some((now, later)), Some((rows, others)), Some(block)) =
                (x.split(len), w1.split_at_checked(len.saturating_mul(self.h)), block.get_mut(..len))
            else {
                return false;
            };
            let last = later.is_empty();
            let bias = if last { ends.bias } else { None };
            let with = Dense { resume: first > 0, bias, relu: ends.relu && last };
            if !self.normalization.try_apply(isa, first, now, block)
                || !try_dense(isa, block, Floats::Bytes(rows), with, hidden)
            {
                return false;
            }
            if last {
                return true;
            }
            (first, x, w1) = (first + len, later, others);
        }
    }
}

/// The shape, not the weights.
impl fmt::Debug for Net<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net({}-{}-{})", self.d(), self.h, self.c)
    }
}
