//! A two-layer neural net and its training step, derived by hand: D inputs → H hidden units, ReLU → C classes, softmax.
//!
//! ```
//! use kernels::Mat;
//! use model::{Engine, Labels, Params, Shape, Step, Workspace, forward, predict, sgd_step};
//! // Is the point above the line from corner to corner?
//! let x = [0.1f32, 0.9, 0.8, 0.3, 0.4, 0.7, 0.9, 0.2, 0.2, 0.3, 0.6, 0.1];
//! let (x, y) = (Mat::new(&x, 6, 2), Labels::new(&[1, 0, 1, 0, 1, 0], 2)?);
//! let (engine, shape) = (Engine::default(), Shape::new(2, 4, 2)?);
//! let mut net = Params::zeros(shape);
//! // Any small numbers without a pattern will do to start from.
//! net.as_mut_slice().iter_mut().zip(1..).for_each(|(w, k)| *w = (k * k % 7) as f32 / 7.0 - 0.4);
//! let mut ws = Workspace::new(shape, 6, 1); // every buffer, allocated once
//! for _ in 0..200 {
//!     sgd_step(engine, &mut net, x, y, Step { eta: 0.5, lambda: 1e-4 }, &mut ws);
//! }
//! let mut classes = [0; 6];
//! forward(engine, &net, x, &mut ws);
//! predict(ws.scores(), &mut classes);
//! assert_eq!(classes, [1, 0, 1, 0, 1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The arithmetic is that of [`kernels`], and so is the promise: the same bits on every instruction set and for any
//! number of threads. Functions are generic over f32, which nets are trained in, and f64, in which gradients are
//! checked. Buffers belong to the caller, who allocates them once: a step allocates nothing.
//!
//! What follows is the derivation of all that this crate computes.
#![doc = ""]
#![doc = include_str!("../DERIVATION.md")]
#![forbid(unsafe_code)]

mod backward;
mod band;
mod engine;
mod forward;
mod labels;
mod loss;
mod momentum;
mod params;
mod predict;
mod sgd;
mod shape;
mod workspace;

pub use backward::backward;
pub use engine::{Engine, Join, Serial};
pub use forward::forward;
pub use labels::{LabelError, Labels};
pub use loss::{Loss, add_losses, loss, penalty};
pub use momentum::{Inertia, Motion, sgd_step_with_velocity};
pub use params::Params;
pub use predict::predict;
pub use sgd::{Step, sgd_step, update};
pub use shape::{Shape, ShapeError};
pub use workspace::Workspace;
