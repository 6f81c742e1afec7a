//! A two-layer neural net and its training step, derived by hand: D inputs → H hidden units, ReLU → C classes, softmax.
//!
//! ```
//! use kernels::{Batch, Floats, Input, Normalization};
//! use model::{Engine, Labels, Params, Shape, Step, Workspace, forward, predict, sgd_step};
//! // Is the point above the line from corner to corner? Six points of two bytes, and x̂ = (x − 0)·(1/255).
//! let points = [26u8, 230, 204, 77, 102, 179, 230, 51, 51, 77, 153, 26];
//! let labels = Labels::new(&[1, 0, 1, 0, 1, 0], 2)?;
//! let unit = Normalization::new(2, Floats::F32(&[0.0]), Floats::F32(&[1.0 / 255.0])).expect("one mean, one scale");
//! let (engine, shape) = (Engine::default(), Shape::new(2, 4, 2)?);
//! let mut net = Params::zeros(shape);
//! // Any small numbers without a pattern will do to start from.
//! net.as_mut_slice().iter_mut().zip(1..).for_each(|(w, k)| *w = (k * k % 7) as f32 / 7.0 - 0.4);
//! let mut ws = Workspace::new(shape, 6, 1); // every buffer, allocated once
//! for step in 0..400 {
//!     let rows = [step % 6, (step + 1) % 6, (step + 3) % 6]; // a batch: the numbers of its rows
//!     let (x, y) = (Batch::new(Input::U8(&points), unit, &rows), labels.rows(&rows));
//!     sgd_step(engine, &mut net, x, y, Step { eta: 0.5, lambda: 1e-4 }, &mut ws);
//! }
//! let mut classes = [0; 6];
//! forward(engine, &net, Batch::new(Input::U8(&points), unit, &[0, 1, 2, 3, 4, 5]), &mut ws);
//! predict(ws.scores(), &mut classes);
//! assert_eq!(classes, [1, 0, 1, 0, 1, 0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A batch by row numbers leaves the data where they are; a [`kernels::Mat`] X is taken in the same place, with the same bits.
//!
//! The arithmetic is that of [`kernels`], and so is the promise: the same bits on every instruction set and for any
//! number of threads. Functions are generic over f32, which nets are trained in, and f64, in which gradients are
//! checked. Buffers belong to the caller, who allocates them once: a step allocates nothing.
//!
//! What follows is the derivation of all that this crate computes.
#![doc = ""]
#![doc = include_str!("../DERIVATION.md")]
#![forbid(unsafe_code)]

mod aligned;
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
pub use engine::{Engine, Join, MIN_MACS, Serial};
pub use forward::forward;
pub use labels::{LabelError, Labels};
pub use loss::{Loss, add_losses, loss, penalty};
pub use momentum::{Inertia, Motion, sgd_step_with_velocity};
pub use params::Params;
pub use predict::predict;
pub use sgd::{Step, sgd_step, update};
pub use shape::{Shape, ShapeError};
pub use workspace::Workspace;
