//! From an f32 net to an int8 net: `infer-nostd/docs/INT8.md` derives it, this is the same in code.
//!
//! [`Calibration`] says from where to where inputs, hidden layer and scores go on training rows, [`quantize`] rounds the net to
//! the scales that follow, [`compare()`] says what it cost. No step draws or depends on threads: the same net and rows give the same file.

mod calibrate;
mod compare;
mod scheme;

pub use calibrate::{Calibration, Method, Range, calibrate};
pub use compare::{Comparison, compare};
pub use scheme::quantize;
