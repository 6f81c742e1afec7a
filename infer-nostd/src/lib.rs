//! Runs a trained two-layer net on anything with a processor: no std, no heap, no unsafe code, no panic.
#![no_std]
#![forbid(unsafe_code)]

mod crc;
mod error;
pub mod format;
mod include;
mod net;
mod scratch;

pub use error::{Error, Section};
pub use format::{Contents, encode, encoded_len};
#[doc(hidden)]
pub use include::Aligned;
pub use kernels::Input;
pub use net::Net;
pub use scratch::Scratch;
