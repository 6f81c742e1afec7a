//! Stochastic gradient descent: one step.

use kernels::{Epilogue, Isa, Mat, Scalar, Source, column_sums};

use crate::backward::{hidden_gradient, score_gradient, weight_gradients};
use crate::band::Band;
use crate::forward::scores;
use crate::loss::{chain, mean};
use crate::{Engine, Labels, Loss, Params, Workspace};

/// How far a step goes, and how strongly it shrinks the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<T> {
    /// The learning rate η.
    pub eta: T,
    /// The strength λ of the penalty λ Σ W².
    pub lambda: T,
}

impl<T: Scalar> Step<T> {
    /// f = 1 − 2λη, in f64 and rounded once: what a step leaves of a weight whose data gradient is 0.
    pub fn factor(self) -> T {
        T::from_f64(1.0 - 2.0 * self.lambda.to_f64() * self.eta.to_f64())
    }
}

/// One step of gradient descent on one batch: forward, loss, backward, W ← W − η ∂L/∂W. Returns L before the step.
///
/// With ∂L/∂W = G + 2λW, G the gradient of the data loss, the step is W ← f W − η G, f = 1 − 2λη; for biases f = 1.
/// The product that computes G writes the new W from its registers, so no gradient goes through memory. The bits are
/// those of [`backward`](crate::backward()) with λ = 0 and then [`update`].
///
/// # Panics
/// If X, labels and workspace do not fit the net, or if X has no rows.
///
/// Source: eq. (1)-(41), and "The step" of the derivation.
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Labels, Params, Shape, Step, Workspace, sgd_step};
/// let (engine, shape) = (Engine::default(), Shape::new(1, 2, 2)?);
/// //                                     W1         b1        W2                  b2
/// let mut net = Params::from_vec(shape, vec![1.0, -1.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0])?;
/// let (x, labels) = ([1.0f32, -1.0], [0, 1]); // class 1 is where x is negative
/// let mut ws = Workspace::new(shape, 2, 1);
/// let mut step = || {
///     let (x, y) = (Mat::new(&x, 2, 1), Labels::new(&labels, 2).expect("labels below 2"));
///     sgd_step(engine, &mut net, x, y, Step { eta: 0.5, lambda: 0.0 }, &mut ws).total()
/// };
/// let before = step();
/// let after = (0..20).map(|_| step()).last().expect("20 losses");
/// assert!(after < before / 4.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn sgd_step<'a, T: Scalar>(
    engine: Engine<'_>,
    net: &mut Params<T>,
    x: impl Into<Source<'a, T>>,
    labels: Labels<'_>,
    step: Step<T>,
    ws: &mut Workspace<T>,
) -> Loss<T> {
    let (x, isa) = (x.into(), engine.isa);
    let loss = down_to_hidden(engine, net, x, labels, step.lambda, ws);

    let descend = Epilogue::SgdStep { f: step.factor(), eta: step.eta };
    let (w1, b1, w2, b2) = net.split_mut();
    engine.share(ws.layers(x, w1, w2), &|layers| weight_gradients(isa, layers, descend));
    let (ds, dh0, db) = ws.bias_gradients();
    descend_bias(isa, ds, step.eta, db, b2);
    descend_bias(isa, dh0, step.eta, db, b1);
    loss
}

/// X → H → S → dS → dH0, all that comes before a weight moves, and L: each thread takes its rows the whole way.
///
/// Source: eq. (1)-(16), (22)-(30), (39).
#[track_caller]
pub(crate) fn down_to_hidden<T: Scalar>(
    engine: Engine<'_>,
    net: &Params<T>,
    x: Source<'_, T>,
    labels: Labels<'_>,
    lambda: T,
    ws: &mut Workspace<T>,
) -> Loss<T> {
    ws.begin(net.shape(), x);
    ws.label(labels);
    let mut squares = T::ZERO;
    let room = (lambda != T::ZERO).then_some(&mut squares);
    engine.share(Band { squares: room, ..ws.band(x, None) }, &|mut band| {
        scores(engine.isa, net, &mut band);
        score_gradient(engine.isa, &mut band);
        hidden_gradient(engine.isa, net, &mut band);
    });
    // The bits of penalty().
    let penalty = if lambda == T::ZERO { T::ZERO } else { lambda * squares };
    Loss { data: mean(chain(T::ZERO, ws), x.rows()), penalty }
}

/// W ← f W − η dW, b ← b − η db, with f = 1 − 2λη and `grads` the gradient of the **data loss alone** (backward with
/// λ = 0): the penalty's gradient 2λW is in f.
///
/// For those who want to see the gradient before it is used. The net that comes out is that of [`sgd_step`], bit for
/// bit.
///
/// # Panics
/// If the shapes differ.
///
/// ```
/// use model::{Engine, Params, Shape, Step, update};
/// let shape = Shape::new(1, 1, 1)?;
/// let mut net = Params::from_vec(shape, vec![1.0f32, 1.0, 1.0, 1.0])?;
/// let grads = Params::from_vec(shape, vec![0.0, 0.0, 2.0, 2.0])?;
/// update(Engine::default(), &mut net, &grads, Step { eta: 0.5, lambda: 0.25 });
/// assert_eq!(net.as_slice(), [0.75, 1.0, -0.25, 0.0]); // f = ¾ for the weights, 1 for the biases
/// # Ok::<(), model::ShapeError>(())
/// ```
#[track_caller]
pub fn update<T: Scalar>(engine: Engine<'_>, net: &mut Params<T>, grads: &Params<T>, step: Step<T>) {
    let (shape, other) = (net.shape(), grads.shape());
    assert!(shape == other, "the net is {shape}, the gradient {other}: they must be equal");
    let f = step.factor();
    kernels::sgd_step(engine.isa, net.w2_slice_mut(), grads.w2_slice(), f, step.eta);
    kernels::sgd_step(engine.isa, net.b2_mut(), grads.b2(), T::ONE, step.eta);
    kernels::sgd_step(engine.isa, net.w1_slice_mut(), grads.w1_slice(), f, step.eta);
    kernels::sgd_step(engine.isa, net.b1_mut(), grads.b1(), T::ONE, step.eta);
}

/// b ← b − η Σ_rows d, with room for the sums in `db`.
fn descend_bias<T: Scalar>(isa: Isa, d: Mat<'_, T>, eta: T, db: &mut [T], b: &mut [T]) {
    let db = &mut db[..b.len()];
    column_sums(isa, d, db);
    kernels::sgd_step(isa, b, db, T::ONE, eta);
}
