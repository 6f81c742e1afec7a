//! What the criterion benches share: shapes, filled matrices, peers, and the checks that come before the clock.
//!
//! The benches themselves are `../kernels.rs`, declared by the package `kernels`, and `../net.rs`, declared by this
//! one.

mod data;
mod inlined;
mod lines;
mod peers;
mod rival;
mod shapes;
mod softmax;
mod steps;

pub use data::{Product, filled};
pub use inlined::outlined_intrinsics;
pub use lines::OnLines;
pub use peers::{ExpPeer, Peer, exp_peers, gemm_with, peers};
pub use rival::Rival;
pub use shapes::{After, Layout, SHAPES, Shape};
pub use softmax::{SOFTMAXES, Softmax};
pub use steps::{NETS, Pixels, loss_bound, start};

/// The examples of README.md, so that they stay true.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
