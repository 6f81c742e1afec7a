//! The tests of `model`: one for each equation of DERIVATION.md, and what must hold beside them.
//!
//! Numbers of the derivation are in the names: `eq_19_to_21_dw2` checks eq. (19) to (21).

mod backward;
mod bounds;
mod by_rows;
mod derivation;
mod forward;
mod golden;
mod gradient_check;
mod loss;
mod misuse;
mod momentum;
#[path = "../../../kernels/tests/common/panics.rs"]
mod panics;
mod penalty;
mod predict;
mod same_bits;
mod support;
mod trajectory;
