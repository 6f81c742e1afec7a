//! The arithmetic of a two-layer neural net, written by hand for every instruction set: matrix product, ReLU,
//! softmax, exp, ln and what goes with them. No dependencies, no std, stable Rust, and **the same bits on every
//! processor**.
//!
//! ```
//! use kernels::{Epilogue, Isa, Mat, MatMut, matmul, matmul_workspace};
//! let isa = Isa::best(); // AVX-512, AVX2, NEON or portable: found at run time
//! let (x, w, b) = ([1.0f32; 4 * 3], [0.5f32; 3 * 2], [-1.0f32, -2.0]);
//! let mut h = [0.0; 4 * 2];
//! let mut workspace = vec![0.0; matmul_workspace(4, 2, 3)];
//! // H ← max(0, X W + b): 4 × 3 times 3 × 2
//! let (x, w) = (Mat::new(&x, 4, 3), Mat::new(&w, 3, 2));
//! matmul(isa, x, w, MatMut::new(&mut h, 4, 2), Epilogue::BiasRelu(&b), &mut workspace);
//! assert_eq!(h, [0.5, 0.0, 0.5, 0.0, 0.5, 0.0, 0.5, 0.0]);
//! ```
//!
//! # Layout
//! Matrices are row-major; lengths and strides count elements. [`Mat`] reads through any strides, so `.t()` moves
//! nothing; [`MatMut`] writes rows of neighbours. Buffers belong to the caller, workspace included.
//!
//! # Operations
//! | call | formula |
//! |---|---|
//! | [`matmul()`] | C ← epilogue(A B). Epilogues: store, accumulate, + b, max(0, + b), ∘ 1(H > 0), f C − η A B ([`Epilogue`]). A is a matrix, or X or Xᵀ of a [`Batch`] ([`Source`]) |
//! | [`matmul_and_squares`] | the same, and Σ b² over all elements of B |
//! | [`dense()`] | y ← x W + b, ReLU: one row, weights used where they lie ([`Layer`]) |
//! | [`try_first_layer`] | h ← max(0, x̂ W + b): one raw row, normalised on the way ([`FirstLayer`]) |
//! | [`relu()`], [`relu_backward`] | max(0, x); d ∘ 1(h > 0) |
//! | [`softmax()`], [`log_sum_exp`] | e^{s − max} / Σ; ln Σ e^s |
//! | [`cross_entropy()`], [`cross_entropy_gradient`] | ln Σ e^s − s_y; (softmax − onehot) / N |
//! | [`exp()`], [`ln()`] | e^x, ln x |
//! | [`column_sums`], [`sum_of_squares`], [`argmax`] | Σ_i A_ij; Σ x²; first largest |
//! | [`axpy`], [`sgd_step`] | y ← a x + y; W ← f W − η G |
//! | [`momentum_step`] | v ← μ v − η (G + 2λ W), W ← W + v; or with Nesterov's look ahead |
//! | [`Normalization`], [`Batch::gather`] | x̂ ← (x − μ) s; the same for rows of a data set by number |
//! | [`mod@int8`] | the integer arithmetic of an int8 net |
//!
//! # The order contract
//! Floating point is not associative: the bits of a result are its order of operations. This is ours, for every
//! instruction set, blocking and number of threads; [`mod@reference`] is the same as plain loops, and the tests hold
//! every instruction set to it on any input, bit for bit. Only NaN payloads are free.
//!
//! - **Products, f32.** Every element is one chain of fused multiply-adds over k ascending, starting from +0, or
//!   from the old C where it accumulates; then the epilogue. So a row does not depend on the rows beside it, and
//!   products over consecutive blocks of k, accumulated in order, give the bits of one. (The feature `unfused`, for firmware on
//!   bare-metal Arm and RV32 alone, multiplies and adds in two roundings there: faster, and other bits.)
//! - **Products, f64.** The same chain with a product and a sum of their own (two roundings), in plain Rust: f64
//!   exists for gradient checks.
//! - **Reductions.** Of a row (softmax denominator): partial p of 16 sums the elements j ≡ p mod 16 in ascending j
//!   from +0; then partial p += partial p + 8, p + 4, p + 2, p + 1. Of a whole matrix (sum of squares): the same with
//!   128 partials, as multiply-adds.
//! - **Column sums.** One ascending chain from +0.
//! - **Softmax.** Subtract the row maximum, take exp, multiply by the reciprocal of the sum. **Cross-entropy.** ln of that sum
//!   less the own score, both on scores less their maximum; its gradient (p − onehot) / N, a subtraction and a division.
//! - **The step.** W ← fma(−η, g, f·W) with f = 1 − 2λη; biases b ← fma(−η, g, b), which is f = 1. The caller
//!   computes f in f64 and rounds it once.
//! - **The step with velocity.** t = −η·fma(2λ, W, g), two roundings; v ← fma(μ, v, t); W ← W + v, with Nesterov's look
//!   ahead W ← W + fma(μ, v, t) of the new v. Biases: the same with 2λ = 0.
//! - **Inputs.** x̂ = (x − μ)·s, two roundings.
//! - **Elementary functions.** exp and ln are fixed sequences of multiply-adds; std and libm have no part in any bit.
//! - **Special values.** relu(x) = +0 where x ≤ 0, −0 included, and NaN stays NaN; the mask is h > 0; argmax takes
//!   the first of equals and the first NaN; a NaN or +∞ in a row makes its softmax NaN.
//!
//! Where the processor has no FMA instruction, the portable path computes the fused result exactly in f64 arithmetic.
//! Needed of the target: IEEE 754 f32 and f64 in round-to-nearest without flushing subnormals (32-bit x86
//! therefore needs SSE2).
//!
//! # Threads
//! The crate starts none. Rows of C are independent, so whoever has threads gives each some of them; the bits stay the same:
//!
//! ```
//! use kernels::{Epilogue, Isa, Mat, MatMut, matmul, matmul_workspace};
//! let (m, k, n) = (6, 3, 2);
//! let (a, b, mut c) = ([1.0f32; 18], [2.0; 6], [0.0; 12]);
//! let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
//! let (upper, lower) = MatMut::new(&mut c, m, n).split_rows(m / 2);
//! std::thread::scope(|scope| {
//!     for (rows, c) in [(0..m / 2, upper), (m / 2..m, lower)] {
//!         scope.spawn(move || {
//!             let mut workspace = vec![0.0; matmul_workspace(c.rows(), n, k)];
//!             matmul(Isa::best(), a.row_range(rows), b, c, Epilogue::Store, &mut workspace);
//!         });
//!     }
//! });
//! assert_eq!(c, [6.0; 12]);
//! ```
//!
//! # Speed in debug builds
//! Unoptimised, this crate is a hundred times slower. Two lines in your `Cargo.toml` keep it fast in every profile:
//!
//! ```toml
//! [profile.dev.package.kernels]
//! opt-level = 3
//! ```
//!
//! # Panics
//! Shapes that do not fit are a programmer's mistake: functions panic, name both numbers and, as std does, the line that
//! called them. Views have `try_` twins for shapes that come from elsewhere.
//!
//! # Equations
//! *Source: eq. (4)* means the derivation, `DERIVATION.md` in the crate `model`, which has the letters too: X is N × D, H
//! N × H, the scores S N × C.
#![no_std]
// Processors without vectors leave the vector ways of some operations aside.
#![cfg_attr(target_os = "none", allow(dead_code, unused_imports))]
// Loops over rows and lanes are written with their indices, as the formulas are.
#![allow(clippy::needless_range_loop)]

mod arch;
mod batch;
mod cross_entropy;
mod dense;
mod exp;
mod first_layer;
mod floats;
mod fma;
pub mod int8;
mod isa;
mod ln;
mod matmul;
mod normalize;
mod reduce;
pub mod reference;
mod relu;
mod scalar;
mod simd;
mod softmax;
mod source;
mod update;
mod view;

pub use batch::Batch;
pub use cross_entropy::{cross_entropy, cross_entropy_gradient};
pub use dense::{Layer, STRIP, dense, pack_layer, try_dense};
pub use exp::exp;
pub use first_layer::{FirstLayer, try_first_layer};
pub use floats::Floats;
pub use isa::Isa;
pub use ln::ln;
pub use matmul::{Epilogue, matmul, matmul_and_squares, matmul_workspace};
pub use normalize::{Input, Normalization, NormalizationError};
pub use reduce::{argmax, column_sums, sum_of_squares, try_argmax};
pub use relu::{relu, relu_backward};
pub use scalar::Scalar;
pub use softmax::{log_sum_exp, softmax, softmax_row};
pub use source::Source;
pub use update::{Momentum, axpy, momentum_step, sgd_step};
pub use view::{Mat, MatMut, ShapeError};
