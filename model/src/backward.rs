//! The backward pass: dS → dW2, db2, dH0 → dW1, db1, dX. Each step quotes the line of the forward pass that it
//! differentiates.

use kernels::{Epilogue, Isa, MatMut, Scalar, Source, axpy, column_sums, cross_entropy_gradient, matmul};

use crate::band::{Band, Layers, gather};
use crate::loss::{chain, mean, penalty};
use crate::{Engine, Labels, Loss, Params, Workspace};

/// ∂L/∂W1, ∂L/∂b1, ∂L/∂W2, ∂L/∂b2 and, if `dx` asks for it, ∂L/∂X; returns L.
///
/// [`forward`](crate::forward()) must have run on the same net, X and workspace: H and S are taken from there, and
/// stay. X may come as a matrix or by row numbers, as there. `grads` (of the net's shape) and `dx` (N×D) are
/// overwritten, not read; dS and dH0 are left in the workspace.
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
#[track_caller]
pub fn backward<'a, T: Scalar>(
    engine: Engine<'_>,
    net: &Params<T>,
    x: impl Into<Source<'a, T>>,
    labels: Labels<'_>,
    lambda: T,
    ws: &mut Workspace<T>,
    grads: &mut Params<T>,
    dx: Option<MatMut<'_, T>>,
) -> Loss<T> {
    let (x, isa) = (x.into(), engine.isa);
    check(net, x, ws, grads, &dx);
    ws.label(labels);

    // Row by row of the batch: dS, dH0, dX.
    engine.share(ws.band(x, dx), &|mut band| {
        gather(isa, band.x, &mut band.gathered);
        score_gradient(isa, &mut band);
        hidden_gradient(isa, net, &mut band);
        input_gradient(isa, net, &mut band);
    });
    // (1), (5): L = 1/N Σ_i (ln Σ_j e^S_ij − S_iy) + …
    let data = mean(chain(T::ZERO, ws), x.rows());

    // Row by row of the weights: dW2, dW1.
    let (w1, b1, w2, b2) = grads.split_mut();
    engine.share(ws.layers(x, w1, w2), &|layers| weight_gradients(isa, layers, Epilogue::Store));
    // (2), (4): b1 and b2 are added to every row
    // db2 = Σ_rows dS; db1 = Σ_rows dH0
    column_sums(isa, ws.score_gradient(), b2);
    column_sums(isa, ws.hidden_gradient(), b1);

    // (39): L = … + λ Σ W1² + λ Σ W2²
    // (40), (41): dW1 += 2λ W1, dW2 += 2λ W2
    if lambda != T::ZERO {
        axpy(isa, lambda + lambda, net.w1_slice(), grads.w1_slice_mut());
        axpy(isa, lambda + lambda, net.w2_slice(), grads.w2_slice_mut());
    }
    Loss { data, penalty: penalty(engine, net, lambda) }
}

/// dS ← (softmax(S) − onehot(y)) / N, and L_i, which comes from the same exponentials, for some rows.
///
/// Source: eq. (7)-(11) for the right class, (12)-(16) for the others, (5) for the loss.
pub(crate) fn score_gradient<T: Scalar>(isa: Isa, band: &mut Band<'_, T>) {
    let Band { s, y, n, ds, losses, .. } = band;
    cross_entropy_gradient(isa, s.as_mat(), y, *n, ds.reborrow(), losses);
}

/// dH0 ← (dS W2ᵀ) ∘ 1(H > 0) for some rows. H > 0 exactly where H0 > 0, so H0 itself is not needed.
///
/// Source: eq. (22)-(25) for dH = dS W2ᵀ, (26)-(30) for the mask.
pub(crate) fn hidden_gradient<T: Scalar>(isa: Isa, net: &Params<T>, band: &mut Band<'_, T>) {
    let Band { h, ds, dh0, products, .. } = band;
    // (4): S = H W2 + b2, (3): H = max(0, H0)
    // (22)-(28): dH0 = (dS W2ᵀ) ∘ 1(H > 0)
    matmul(isa, ds.as_mat(), net.w2().t(), dh0.reborrow(), Epilogue::ReluMask(h.as_mat()), products);
}

/// dX ← dH0 W1ᵀ for some rows, if it is asked for.
///
/// Source: eq. (31)-(34).
fn input_gradient<T: Scalar>(isa: Isa, net: &Params<T>, band: &mut Band<'_, T>) {
    let Band { dh0, dx, products, .. } = band;
    if let Some(dx) = dx {
        // (2): H0 = X W1 + b1
        // (31)-(34): dX = dH0 W1ᵀ
        matmul(isa, dh0.as_mat(), net.w1().t(), dx.reborrow(), Epilogue::Store, products);
    }
}

/// dW2 = Hᵀ dS and dW1 = Xᵀ dH0, for some rows of W2 and of W1, and what `epilogue` makes of them.
///
/// Source: eq. (17)-(21), (35)-(38).
pub(crate) fn weight_gradients<T: Scalar>(isa: Isa, layers: Layers<'_, T>, epilogue: Epilogue<'_, T>) {
    let Layers { xt, dh0, w1, ht, ds, w2, products, .. } = layers;
    // (4): S = H W2 + b2
    // (17)-(21): dW2 = Hᵀ dS
    matmul(isa, ht, ds, w2, epilogue, products);
    // (2): H0 = X W1 + b1
    // (35)-(38): dW1 = Xᵀ dH0
    matmul(isa, xt, dh0, w1, epilogue, products);
}

/// Panics with both numbers where X, net or gradient are not those of the forward pass.
#[track_caller]
fn check<T: Scalar>(
    net: &Params<T>,
    x: Source<'_, T>,
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
    assert!(d == shape.d(), "X has {d} columns, the net {} inputs: they must be equal", shape.d());
    assert!(n == ws.rows(), "X has {n} rows, the last forward pass had {}: they must be equal", ws.rows());
    if let Some(dx) = dx {
        let (rows, cols) = (dx.rows(), dx.cols());
        assert!((rows, cols) == (n, d), "dX is {rows} x {cols}, X is {n} x {d}: they must be equal");
    }
}
