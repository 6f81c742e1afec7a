//! What the criterion benches share: shapes, filled matrices, peers, and the checks that come before the clock.
//!
//! The benches themselves are `../kernels.rs`, declared by the package `kernels`, and `../net.rs`, declared by this
//! one.

mod data;
mod peers;
mod rival;
mod steps;

pub use data::{Product, SHAPES, Shape, filled};
pub use peers::{PEERS, Peer, gemm_with};
pub use rival::Rival;
pub use steps::{NETS, Pixels, loss_bound, start};

/// The examples of README.md, so that they stay true.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
