//! The forward pass: X → H → S.

use kernels::{Epilogue, Isa, Scalar, Source, matmul, matmul_and_squares, sum_of_squares};

use crate::band::{Band, gather};
use crate::{Engine, Params, Workspace};

/// H ← max(0, X W1 + b1); S ← H W2 + b2.
///
/// X is N×D: a matrix at any strides, or rows of a data set by their numbers ([`kernels::Batch`]), with the same bits.
/// H (N×H) and S (N×C) are left in the workspace: [`Workspace::hidden`], [`Workspace::scores`]. H0 = X W1 + b1 is not
/// kept: bias and ReLU are applied while the product is in registers.
///
/// A row of the result does not depend on the rows beside it, bit for bit. Each element of H and S is a product as
/// [`kernels::matmul()`] bounds it, then one rounding for the bias.
///
/// # Panics
/// If X does not have D columns, or more rows than the workspace is for, or if the workspace is for another shape.
///
/// Source: eq. (2), (3), (4).
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Params, Shape, Workspace, forward};
/// let shape = Shape::new(2, 1, 2)?;
/// //                                    W1        b1   W2         b2
/// let net = Params::from_vec(shape, vec![1.0, 2.0, -1.0, 3.0, -3.0, 0.0, 0.5])?;
/// let mut ws = Workspace::new(shape, 2, 1);
/// forward(Engine::default(), &net, Mat::new(&[1.0f32, 1.0, -1.0, 0.0], 2, 2), &mut ws);
/// assert_eq!(ws.hidden().row(0), Some(&[2.0][..])); // 1·1 + 1·2 − 1
/// assert_eq!(ws.scores().row(0), Some(&[6.0, -5.5][..]));
/// assert_eq!(ws.scores().row(1), Some(&[0.0, 0.5][..])); // −1 − 1 < 0: the hidden unit is off
/// # Ok::<(), model::ShapeError>(())
/// ```
#[track_caller]
pub fn forward<'a, T: Scalar>(
    engine: Engine<'_>,
    net: &Params<T>,
    x: impl Into<Source<'a, T>>,
    ws: &mut Workspace<T>,
) {
    let x = x.into();
    ws.begin(net.shape(), x);
    engine.share(ws.band(x, None), &|mut band| scores(engine.isa, net, &mut band));
}

/// H ← max(0, X W1 + b1), S ← H W2 + b2 for some rows; and Σ W1² + Σ W2², if it is wanted, while W1 is at hand.
///
/// Source: eq. (2), (3), (4), (39).
pub(crate) fn scores<T: Scalar>(isa: Isa, net: &Params<T>, band: &mut Band<'_, T>) {
    let Band { x, gathered, h, s, products, squares, .. } = band;
    let x = gather(isa, *x, gathered);
    // (2), (3): H0 = X W1 + b1, H = max(0, H0)
    let (w1, to, bias_relu) = (net.w1(), h.reborrow(), Epilogue::BiasRelu(net.b1()));
    match squares {
        None => matmul(isa, x, w1, to, bias_relu, products),
        Some(squares) => {
            let of_w1 = matmul_and_squares(isa, x, w1, to, bias_relu, products);
            **squares = of_w1 + sum_of_squares(isa, net.w2_slice());
        }
    }
    // (4): S = H W2 + b2
    matmul(isa, h.as_mat(), net.w2(), s.reborrow(), Epilogue::Bias(net.b2()), products);
}
