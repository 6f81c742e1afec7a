//! The loss: cross-entropy of the scores, and the penalty on the weights.

use kernels::{Scalar, cross_entropy, sum_of_squares};

use crate::{Engine, Labels, Params, Workspace};

/// The two parts of L. Their sum is what training minimises.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss<T> {
    /// 1/N Σ_i L_i, the mean cross-entropy.
    pub data: T,
    /// λ Σ W1² + λ Σ W2².
    pub penalty: T,
}

impl<T: Scalar> Loss<T> {
    /// L = data + penalty.
    pub fn total(self) -> T {
        self.data + self.penalty
    }
}

/// L = 1/N Σ_i L_i + λ Σ W1² + λ Σ W2², with L_i = ln Σ_j e^{S_ij} − S_iy.
///
/// S is that of the last [`forward`](crate::forward()), and stays as it is. L_i is computed from scores less their
/// row's maximum, so it is never negative, accurate where it is small, and finite wherever the differences of scores
/// are. The mean is one ascending chain over i from +0, divided by N.
///
/// Without a penalty (λ = 0) the weights are not read.
///
/// # Panics
/// If no forward pass has run, or if the labels do not fit its rows or the net's classes, or the net the workspace.
///
/// Source: eq. (1), (5), (39).
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Labels, Params, Shape, Workspace, forward, loss};
/// let (engine, shape) = (Engine::default(), Shape::new(3, 2, 4)?);
/// let net = Params::<f64>::zeros(shape);
/// let mut ws = Workspace::new(shape, 1, 1);
/// forward(engine, &net, Mat::new(&[1.0, 2.0, 3.0], 1, 3), &mut ws);
/// let loss = loss(engine, &net, Labels::new(&[2], 4)?, 0.1, &mut ws);
/// assert!((loss.total() - 4f64.ln()).abs() < 1e-15); // equal scores: every class has probability 1/4
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn loss<T: Scalar>(
    engine: Engine<'_>,
    net: &Params<T>,
    labels: Labels<'_>,
    lambda: T,
    ws: &mut Workspace<T>,
) -> Loss<T> {
    let sum = add_losses(engine, labels, T::ZERO, ws);
    Loss { data: mean(sum, ws.rows()), penalty: penalty(engine, net, lambda) }
}

/// `sum` + Σ_i L_i: the chain of the data loss, taken up where an earlier part of the rows left it.
///
/// For evaluating more rows than fit a workspace: parts in order, starting from 0, and one division by the number of
/// all rows give the bits of one pass over them all.
///
/// # Panics
/// As [`loss`].
///
/// Source: eq. (5).
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Labels, Params, Shape, Workspace, add_losses, forward};
/// let (engine, shape) = (Engine::default(), Shape::new(1, 2, 4)?);
/// let (net, mut ws) = (Params::<f64>::zeros(shape), Workspace::new(shape, 2, 1));
/// let mut sum = 0.0;
/// for (x, y) in [(&[1.0, 2.0][..], &[2, 0][..]), (&[3.0], &[1])] {
///     forward(engine, &net, Mat::new(x, x.len(), 1), &mut ws);
///     sum = add_losses(engine, Labels::new(y, 4)?, sum, &mut ws);
/// }
/// assert!((sum / 3.0 - 4f64.ln()).abs() < 1e-15); // equal scores: ln 4 a row
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn add_losses<T: Scalar>(engine: Engine<'_>, labels: Labels<'_>, sum: T, ws: &mut Workspace<T>) -> T {
    ws.label(labels);
    let (s, y, losses) = ws.losses();
    cross_entropy(engine.isa, s, y, losses);
    chain(sum, ws)
}

/// λ Σ W1² + λ Σ W2², computed as λ (Σ W1² + Σ W2²). Biases are not in it. Source: eq. (1), (39).
///
/// ```
/// use model::{Engine, Params, Shape, penalty};
/// let mut net = Params::<f64>::zeros(Shape::new(1, 1, 2)?);
/// net.as_mut_slice().copy_from_slice(&[1.0, 9.0, 2.0, -3.0, 9.0, 9.0]); // W1, b1, W2, b2
/// assert_eq!(penalty(Engine::default(), &net, 0.5), 0.5 * (1.0 + 4.0 + 9.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn penalty<T: Scalar>(engine: Engine<'_>, net: &Params<T>, lambda: T) -> T {
    if lambda == T::ZERO {
        return T::ZERO;
    }
    lambda * (sum_of_squares(engine.isa, net.w1_slice()) + sum_of_squares(engine.isa, net.w2_slice()))
}

/// `sum` + Σ_i L_i, one ascending chain.
pub(crate) fn chain<T: Scalar>(sum: T, ws: &mut Workspace<T>) -> T {
    ws.losses().2.iter().fold(sum, |sum, &loss| sum + loss)
}

/// sum / N.
pub(crate) fn mean<T: Scalar>(sum: T, n: usize) -> T {
    sum / T::from_f64(n as f64)
}
