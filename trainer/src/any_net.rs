//! A net file of either element type.

use infer_nostd::{Error, Input, Net, Net8, format};
use kernels::Normalization;

/// A net of f32 or of int8, with the calls that both have.
#[derive(Clone, Copy, Debug)]
pub enum AnyNet<'a> {
    /// Element type 0.
    F32(Net<'a>),
    /// Element type 1.
    Int8(Net8<'a>),
}

/// The same call on either.
macro_rules! either {
    ($self:ident, $net:ident => $call:expr) => {
        match $self {
            AnyNet::F32($net) => $call,
            AnyNet::Int8($net) => $call,
        }
    };
}

impl<'a> AnyNet<'a> {
    /// Reads a net file by the element type in its header.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_bytes(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.get(format::AT_ELEMENT_TYPE) {
            Some(&format::I8) => Net8::from_bytes(bytes).map(Self::Int8),
            _ => Net::from_bytes(bytes).map(Self::F32),
        }
    }

    /// Whether its names are good.
    ///
    /// # Errors
    /// The first thing that is wrong with them.
    pub const fn check_names(&self) -> Result<(), Error> {
        either!(self, net => net.check_names())
    }

    /// Inputs D.
    #[must_use]
    pub const fn d(&self) -> usize {
        either!(self, net => net.d())
    }

    /// Hidden units H.
    #[must_use]
    pub const fn h(&self) -> usize {
        either!(self, net => net.h())
    }

    /// Classes C.
    #[must_use]
    pub const fn c(&self) -> usize {
        either!(self, net => net.c())
    }

    /// How the inputs are normalised.
    #[must_use]
    pub const fn normalization(&self) -> Normalization<'a> {
        either!(self, net => net.normalization())
    }

    /// The name of class i.
    #[must_use]
    pub fn class_name(&self, i: usize) -> Option<&'a str> {
        either!(self, net => net.class_name(i))
    }

    /// How many f32 an inference needs as scratch.
    #[must_use]
    pub const fn scratch_len(&self) -> usize {
        either!(self, net => net.scratch_len())
    }

    /// The scores of a row.
    ///
    /// # Errors
    /// If the row or the scratch does not fit.
    pub fn scores<'s>(&self, x: Input<'_>, scratch: &'s mut [f32]) -> Result<&'s [f32], Error> {
        either!(self, net => net.scores(x, scratch))
    }
}
