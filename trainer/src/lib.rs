//! Trains the two-layer net: reads data sets, learns, writes net files.
#![forbid(unsafe_code)]

pub mod dataset;
mod error;

pub use error::{Error, Kind};
