//! The net: checked once, then used where it lies.

use core::fmt;

use kernels::{Dense, Floats, Input, Isa, Normalization, softmax_row, try_argmax, try_dense};

use crate::names::{check_names, name};
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
    pub(crate) d: usize,
    pub(crate) h: usize,
    pub(crate) c: usize,
    /// Means, and as many scales.
    pub(crate) q: usize,
    /// W1, b1, W2, b2, means, scales, with nothing between them.
    pub(crate) numbers: &'a [[u8; 4]],
    /// UTF-8, each name ended by a line feed.
    pub(crate) names: &'a [u8],
}

impl<'a> Net<'a> {
    /// Reads a net file. `bytes` must be the file, the whole file and nothing but the file.
    ///
    /// All that inference relies on is checked here and at once: [`crate::format`] lists what is refused. Takes one pass for the checksum and
    /// one for the numbers, no memory, and never panics. As a `const fn` it also runs in the compiler, for which
    /// [`include_net!`](crate::include_net) is the short way.
    ///
    /// # Errors
    /// The first thing that is wrong, with its numbers.
    pub const fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        format::parse(bytes)
    }

    /// How many bytes the file takes that starts here, by its own word: for a net in a flash area that is longer than the
    /// net. Only the header (32 bytes) is read; [`Net::from_bytes`] checks all of it, this length included.
    ///
    /// # Errors
    /// If this is no net file, or one of a kind that this reader does not know.
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
        match format::Header::read(bytes, format::KIND) {
            Ok(header) => Ok(header.stated),
            Err(error) => Err(error),
        }
    }

    /// Inputs D.
    pub const fn d(&self) -> usize {
        self.d
    }

    /// Hidden units H.
    pub const fn h(&self) -> usize {
        self.h
    }

    /// Classes C.
    pub const fn c(&self) -> usize {
        self.c
    }

    /// The name of class i; None if there is no such class or the file has no (good) name for it.
    pub fn class_name(&self, i: usize) -> Option<&'a str> {
        name(self.names, i)
    }

    /// Whether the names are as [`crate::format`] says. [`encode()`](crate::encode()) and
    /// [`include_net!`](crate::include_net) see to it; [`Net::from_bytes`] does not, for a device needs no names. Takes up to
    /// (bytes of the names)²/2 steps.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub const fn check_names(&self) -> Result<(), Error> {
        check_names(self.names, self.c)
    }

    /// What the net was trained to be fed with: x̂ = (x − μ)·s.
    pub const fn normalization(&self) -> Normalization<'a> {
        let parts = self.all_parts();
        Normalization::trusted(self.d, Floats::Bytes(parts.mean), Floats::Bytes(parts.scale)) // Q divides D
    }

    /// W1, D × H row-major.
    pub const fn w1(&self) -> Floats<'a> {
        Floats::Bytes(self.all_parts().w1)
    }

    /// b1, H of them.
    pub const fn b1(&self) -> Floats<'a> {
        Floats::Bytes(self.all_parts().b1)
    }

    /// W2, H × C row-major.
    pub const fn w2(&self) -> Floats<'a> {
        Floats::Bytes(self.all_parts().w2)
    }

    /// b2, C of them.
    pub const fn b2(&self) -> Floats<'a> {
        Floats::Bytes(self.all_parts().b2)
    }

    /// The numbers, part by part. Some: the file's length has been checked.
    #[inline(always)]
    const fn parts(&self) -> Option<Parts<'a>> {
        let &Self { d, h, c, q, numbers, .. } = self;
        let Some((w1, rest)) = numbers.split_at_checked(d.wrapping_mul(h)) else { return None };
        let Some((b1, rest)) = rest.split_at_checked(h) else { return None };
        let Some((w2, rest)) = rest.split_at_checked(h.wrapping_mul(c)) else { return None };
        let Some((b2, rest)) = rest.split_at_checked(c) else { return None };
        let Some((mean, scale)) = rest.split_at_checked(q) else { return None };
        Some(Parts { w1, b1, w2, b2, mean, scale })
    }

    /// The same, without an answer for lengths that do not fit.
    const fn all_parts(&self) -> Parts<'a> {
        match self.parts() {
            Some(parts) => parts,
            None => Parts { w1: &[], b1: &[], w2: &[], b2: &[], mean: &[], scale: &[] },
        }
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
        if x.len() != self.d {
            return Err(Error::Input { needed: self.d, got: x.len() });
        }
        let short = Error::Scratch { needed: self.scratch_len(), got: scratch.len() };
        let parts = self.parts().ok_or(short)?;
        let (hidden, rest) = scratch.split_at_mut_checked(self.h).ok_or(short)?;
        let scores = rest.get_mut(..self.c).ok_or(short)?;
        let last = Dense { bias: Some(Floats::Bytes(parts.b2)), ..Dense::default() };
        if self.hidden(isa, x, &parts, hidden)
            && try_dense(isa, hidden, Floats::Bytes(parts.w2), last, scores)
        {
            Ok(scores)
        } else {
            Err(short) // the parts of a net fit each other, so never; but no panic either way
        }
    }

    /// hidden ← max(0, x̂ W1 + b1). Eq. (2), (3). True, as the parts of a net fit each other.
    fn hidden(&self, isa: Isa, x: Input<'_>, parts: &Parts<'_>, hidden: &mut [f32]) -> bool {
        match x {
            Input::F32(x) if self.q == 0 => {
                let with = Dense { resume: false, bias: Some(Floats::Bytes(parts.b1)), relu: true };
                try_dense(isa, x, Floats::Bytes(parts.w1), with, hidden)
            }
            _ => self.normalised(isa, x, hidden),
        }
    }

    /// [`Net::hidden`] with x̂ in blocks on the stack: a function of its own, so that a call that needs no block has none.
    /// Each chain of the product is taken up again for every block of inputs, so the bits are those of one go.
    #[inline(never)]
    fn normalised(&self, isa: Isa, x: Input<'_>, hidden: &mut [f32]) -> bool {
        let Some(parts) = self.parts() else { return false };
        let normalization = self.normalization();
        let mut block = [0.0; BLOCK];
        let (mut first, mut w1) = (0, parts.w1);
        loop {
            let len = (self.d - first).min(BLOCK);
            let last = first + len == self.d;
            let (Some((rows, others)), Some(now), Some(block)) =
                (w1.split_at_checked(len.wrapping_mul(self.h)), x.get(first, len), block.get_mut(..len))
            else {
                return false;
            };
            let bias = if last { Some(Floats::Bytes(parts.b1)) } else { None };
            let with = Dense { resume: first > 0, bias, relu: last };
            if !normalization.try_apply(isa, first, now, block)
                || !try_dense(isa, block, Floats::Bytes(rows), with, hidden)
            {
                return false;
            }
            if last {
                return true;
            }
            (first, w1) = (first + len, others);
        }
    }
}

/// The numbers of a net, part by part.
struct Parts<'a> {
    w1: &'a [[u8; 4]],
    b1: &'a [[u8; 4]],
    w2: &'a [[u8; 4]],
    b2: &'a [[u8; 4]],
    mean: &'a [[u8; 4]],
    scale: &'a [[u8; 4]],
}

/// The shape, not the weights.
impl fmt::Debug for Net<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net({}-{}-{})", self.d, self.h, self.c)
    }
}
