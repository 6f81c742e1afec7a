//! The backward pass: dS → dW2, db2, dH0 → dW1, db1, dX. Each step quotes the line of the forward pass that it
//! differentiates.

use kernels::{Epilogue, Mat, MatMut, Scalar, axpy, column_sums, cross_entropy_gradient};

use crate::loss::{chain, mean, penalty};
use crate::{Engine, Labels, Loss, Params, Workspace};

/// ∂L/∂W1, ∂L/∂b1, ∂L/∂W2, ∂L/∂b2 and, if `dx` asks for it, ∂L/∂X; returns L.
///
/// [`forward`](crate::forward()) must have run on the same net, X and workspace: H and S are taken from there, and
/// stay. `grads` (of the net's shape) and `dx` (N×D) are overwritten, not read; dS and dH0 are left in the workspace.
///
/// The penalty's gradient 2λW is added last, so with λ = 0 `grads` is the gradient of the data loss alone, which is
/// what [`update`](crate::update()) takes.
///
/// # Panics
/// If no forward pass over as many rows has run, or if labels, `grads` or `dx` do not fit.
///
/// Source: eq. (7)-(41).
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Labels, Params, Shape, Workspace, backward, forward};
/// let (engine, shape) = (Engine::default(), Shape::new(1, 1, 2)?);
/// //                                 W1   b1   W2        b2
/// let net = Params::from_vec(shape, vec![2.0, 0.0, 1.0, 1.0, 0.0, 0.0])?;
/// let (mut ws, mut grads) = (Workspace::new(shape, 1, 1), Params::zeros(shape));
/// let x = Mat::new(&[3.0f32], 1, 1);
/// forward(engine, &net, x, &mut ws);
/// backward(engine, &net, x, Labels::new(&[0], 2)?, 0.0, &mut ws, &mut grads, None);
/// // S = (6, 6), so softmax = (½, ½), dS = (−½, ½), dW2 = H dS with H = 6, and dH = −½ + ½ = 0.
/// assert_eq!(grads.as_slice(), [0.0, 0.0, -3.0, 3.0, -0.5, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[expect(clippy::too_many_arguments, reason = "the letters of the derivation, one argument each")]
pub fn backward<T: Scalar>(
    engine: Engine<'_>,
    net: &Params<T>,
    x: Mat<'_, T>,
    labels: Labels<'_>,
    lambda: T,
    ws: &mut Workspace<T>,
    grads: &mut Params<T>,
    dx: Option<MatMut<'_, T>>,
) -> Loss<T> {
    check(net, x, ws, grads, &dx);
    let n = x.rows();

    // (1), (5): L = 1/N Σ_i (ln Σ_j e^S_ij − S_iy) + …
    // (7)-(16): dS = (softmax(S) − onehot(y)) / N
    let data = score_gradient(engine, labels, ws);

    // (4): S = H W2 + b2
    // (17)-(21): dW2 = Hᵀ dS; db2 = Σ_rows dS
    engine.product(ws.h.top(n).t(), ws.ds.top(n), grads.w2_mut(), Epilogue::Store, &mut ws.products);
    column_sums(engine.isa, ws.ds.top(n), grads.b2_mut());

    // (4) again, and (3): H = max(0, H0)
    // (22)-(28): dH0 = (dS W2ᵀ) ∘ 1(H > 0)
    hidden_gradient(engine, net, ws);

    // (2): H0 = X W1 + b1
    // (35)-(38): dW1 = Xᵀ dH0; db1 = Σ_rows dH0
    engine.product(x.t(), ws.dh0.top(n), grads.w1_mut(), Epilogue::Store, &mut ws.products);
    column_sums(engine.isa, ws.dh0.top(n), grads.b1_mut());

    // (2) again
    // (31)-(34): dX = dH0 W1ᵀ
    if let Some(dx) = dx {
        engine.product(ws.dh0.top(n), net.w1().t(), dx, Epilogue::Store, &mut ws.products);
    }

    // (39): L = … + λ Σ W1² + λ Σ W2²
    // (40), (41): dW1 += 2λ W1, dW2 += 2λ W2
    if lambda != T::ZERO {
        axpy(engine.isa, lambda + lambda, net.w1_slice(), grads.w1_slice_mut());
        axpy(engine.isa, lambda + lambda, net.w2_slice(), grads.w2_slice_mut());
    }
    Loss { data, penalty: penalty(engine, net, lambda) }
}

/// dS ← (softmax(S) − onehot(y)) / N, N×C; returns the data loss, which comes from the same exponentials.
///
/// Source: eq. (7)-(11) for the right class, (12)-(16) for the others, (5) for the loss.
pub(crate) fn score_gradient<T: Scalar>(engine: Engine<'_>, labels: Labels<'_>, ws: &mut Workspace<T>) -> T {
    let n = ws.labelled_rows(labels);
    let (s, ds) = (ws.s.top(n), ws.ds.top_mut(n));
    cross_entropy_gradient(engine.isa, s, labels.as_slice(), ds, &mut ws.losses[..n]);
    mean(chain(T::ZERO, ws), n)
}

/// dH0 ← (dS W2ᵀ) ∘ 1(H > 0), N×H. H > 0 exactly where H0 > 0, so H0 itself is not needed.
///
/// Source: eq. (22)-(25) for dH = dS W2ᵀ, (26)-(30) for the mask.
pub(crate) fn hidden_gradient<T: Scalar>(engine: Engine<'_>, net: &Params<T>, ws: &mut Workspace<T>) {
    let n = ws.rows();
    let mask = Epilogue::ReluMask(ws.h.top(n));
    engine.product(ws.ds.top(n), net.w2().t(), ws.dh0.top_mut(n), mask, &mut ws.products);
}

/// Panics with both numbers where X, net or gradient are not those of the forward pass.
fn check<T: Scalar>(
    net: &Params<T>,
    x: Mat<'_, T>,
    ws: &Workspace<T>,
    grads: &Params<T>,
    dx: &Option<MatMut<'_, T>>,
) {
    let (shape, n, d) = (net.shape(), x.rows(), x.cols());
    assert!(
        shape == ws.shape(),
        "the net is {shape}, the workspace is for {}: they must be equal",
        ws.shape()
    );
    assert!(shape == grads.shape(), "the net is {shape}, the gradient {}: they must be equal", grads.shape());
    assert!(d == shape.d, "X has {d} columns, the net {} inputs: they must be equal", shape.d);
    assert!(n == ws.rows(), "X has {n} rows, the last forward pass had {}: they must be equal", ws.rows());
    if let Some(dx) = dx {
        let (rows, cols) = (dx.rows(), dx.cols());
        assert!((rows, cols) == (n, d), "dX is {rows} x {cols}, X is {n} x {d}: they must be equal");
    }
}
