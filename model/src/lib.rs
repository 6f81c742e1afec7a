//! A two-layer neural net and its training step, derived by hand: D inputs → H hidden units, ReLU → C classes,
//! softmax.
#![forbid(unsafe_code)]

mod backward;
mod engine;
mod forward;
mod labels;
mod loss;
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
pub use params::Params;
pub use predict::predict;
pub use sgd::{Step, sgd_step, update};
pub use shape::{Shape, ShapeError};
pub use workspace::Workspace;
