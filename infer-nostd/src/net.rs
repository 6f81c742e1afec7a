//! The net: checked once, then used where it lies.

use core::fmt;

use kernels::{
    FirstLayer, Input, Isa, Layer, Normalization, softmax_row, try_argmax, try_dense, try_first_layer,
};

use crate::names::{check_names, name};
use crate::{Error, format};

/// A two-layer net in the bytes of its file: scores = max(0, x̂ W1 + b1) W2 + b2 with x̂ = (x − μ)·s.
///
/// It borrows the bytes and copies none of them, whatever their alignment; copying a `Net` copies slices only. Having
/// one means that the file was whole: nothing is checked again but what a call brings along.
///
/// Source: eq. (2)-(4), (6). Scores are the bits of the trainer's forward pass, on every processor that has a
/// float unit or emulates one in full.
#[derive(Clone, Copy)]
pub struct Net<'a> {
    pub(crate) first: FirstLayer<'a>,
    pub(crate) second: Layer<'a>,
    /// UTF-8, each name ended by a line feed.
    pub(crate) names: &'a [u8],
}

impl<'a> Net<'a> {
    /// Reads a net file. `bytes` must be the file, the whole file and nothing but the file.
    ///
    /// All that inference relies on is checked here and at once: [`crate::format`] lists what is refused. Takes one
    /// pass for the checksum and one for the numbers, no memory, and never panics. As a `const fn` it also runs in the
    /// compiler, for which [`include_net!`](crate::include_net) is the short way.
    ///
    /// # Errors
    /// The first thing that is wrong, with its numbers.
    pub const fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        format::parse::<false>(bytes)
    }

    /// [`Net::from_bytes`] for `include_net!`: the same for a quarter of the compiler's time.
    #[doc(hidden)]
    pub const fn compiled_in(bytes: &'a [u8]) -> Result<Self, Error> {
        format::parse::<true>(bytes)
    }

    /// The same net, for time rather than flash, and with the same bits: see [`Layer::quick`]. [`include_net!`](crate::include_net) has
    /// done that; for a received net it takes a sixth to a quarter off the time of an inference on a Cortex-M4F, for 490 bytes of
    /// code. A net that normalises its inputs stays as it is.
    #[must_use]
    pub const fn quick(self) -> Self {
        if !self.normalization().mean().is_empty() {
            return self;
        }
        Self { first: self.first.quick(), second: self.second.quick(), ..self }
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
        self.first.layer().inputs()
    }

    /// Hidden units H.
    pub const fn h(&self) -> usize {
        self.first.layer().outputs()
    }

    /// Classes C.
    pub const fn c(&self) -> usize {
        self.second.outputs()
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
        check_names(self.names, self.c())
    }

    /// What the net was trained to be fed with: x̂ = (x − μ)·s.
    pub const fn normalization(&self) -> Normalization<'a> {
        self.first.normalization()
    }

    /// From inputs to the hidden layer: W1 and b1.
    pub const fn layer1(&self) -> Layer<'a> {
        self.first.layer()
    }

    /// From the hidden layer to the scores: W2 and b2.
    pub const fn layer2(&self) -> Layer<'a> {
        self.second
    }

    /// How many f32 an inference needs as scratch: H + C. Normalised inputs need none.
    pub const fn scratch_len(&self) -> usize {
        self.h() + self.c()
    }

    /// The C scores of a row of D raw inputs: s = max(0, x̂ W1 + b1) W2 + b2.
    ///
    /// `x` is `&[u8]` or `&[f32]` as it comes from the sensor; the net's normalisation is applied here. The result
    /// lies in the scratch, which is written before it is read. A NaN in `x` makes every score
    /// NaN: 0 · NaN is NaN, and the ReLU keeps it.
    ///
    /// # Errors
    /// If `x` does not have D elements or the scratch fewer than [`Net::scratch_len`].
    #[inline(always)]
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

    /// The class of a row and its probabilities, from one inference: what [`Net::classify`] and [`Net::probabilities`] say.
    ///
    /// # Errors
    /// As [`Net::scores`].
    pub fn predict<'s, 'x, S: AsMut<[f32]> + ?Sized>(
        &self,
        x: impl Into<Input<'x>>,
        scratch: &'s mut S,
    ) -> Result<(usize, &'s [f32]), Error> {
        let isa = Isa::best();
        let scores = self.forward(isa, x.into(), scratch.as_mut())?;
        let class = try_argmax(scores).unwrap_or(0); // there is no net without a class
        softmax_row(isa, scores);
        Ok((class, scores))
    }

    /// Both layers, or what does not fit the net.
    #[inline(always)]
    fn forward<'s>(&self, isa: Isa, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s mut [f32], Error> {
        let (inputs, room) = (x.len(), scratch.len());
        match self.layers(isa, x, scratch) {
            Some(scores) => Ok(scores),
            None if inputs != self.d() => Err(Error::Input { needed: self.d(), got: inputs }),
            None => Err(Error::Scratch { needed: self.scratch_len(), got: room }),
        }
    }

    /// Both layers; the one path behind the three calls above, compiled once: eq. (2)-(4). None if x or the scratch does not fit
    /// the net.
    fn layers<'s>(&self, isa: Isa, x: Input<'_>, scratch: &'s mut [f32]) -> Option<&'s mut [f32]> {
        let (hidden, rest) = scratch.split_at_mut_checked(self.h())?;
        let scores = rest.get_mut(..self.c())?;
        // The layers of a net fit each other, so the second is never refused.
        let fit = try_first_layer(isa, x, &self.first, hidden)
            && try_dense(isa, hidden, &self.second, false, scores);
        fit.then_some(scores)
    }
}

/// The shape, not the weights.
impl fmt::Debug for Net<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Net({}-{}-{})", self.d(), self.h(), self.c())
    }
}
