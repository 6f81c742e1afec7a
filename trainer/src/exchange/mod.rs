//! Nets for other programs, and from them.
//!
//! | format | writes | reads |
//! |---|---|---|
//! | [`safetensors`] | `fc1.weight` (H × D), `fc1.bias`, `fc2.weight` (C × H), `fc2.bias`, `mean`, `scale` | the same, under any names that end in `weight` and `bias` |
//! | [`npz`] | `coefs_0` (D × H), `intercepts_0`, `coefs_1` (H × C), `intercepts_1`, `mean`, `scale`, `classes` | the same |
//! | [`onnx`] | raw inputs → normalisation → two layers → scores and classes | |
//! | [`source`] | C99 and Rust, with the order of operations of the kernels: the same bits | |
//! | [`source8`] | the same of an int8 net | |
//!
//! Each format takes a page or two, so each is written out here; the libraries of those formats are the judges
//! (`.ci/exchange`).

pub mod layers;
pub mod net;
pub mod npz;
pub mod onnx;
pub mod safetensors;
pub mod source;
pub mod source8;
