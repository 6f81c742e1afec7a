//! Gradient descent with velocity: momentum, and Nesterov's look ahead.

use kernels::{Epilogue, Momentum, Scalar, Source, column_sums, momentum_step};

use crate::backward::weight_gradients;
use crate::sgd::down_to_hidden;
use crate::{Engine, Labels, Loss, Params, Step, Workspace};

/// What is kept of the velocity, and how it is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inertia<T> {
    /// The share μ of the velocity that a step keeps.
    pub mu: T,
    /// Nesterov: the step already has the next velocity's share in it.
    pub nesterov: bool,
}

/// The room of steps with velocity: the velocity itself, 0 at the start, and the gradient.
#[derive(Clone, Debug)]
pub struct Motion<T> {
    /// The velocity v, of the net's shape. (Another one of the same shape may take its place.)
    pub velocity: Params<T>,
    gradient: Params<T>,
}

impl<T: Scalar> Motion<T> {
    /// At rest.
    pub fn new(shape: crate::Shape) -> Self {
        Self::with(Params::zeros(shape))
    }

    /// With this velocity.
    pub fn with(velocity: Params<T>) -> Self {
        let gradient = Params::zeros(velocity.shape());
        Self { velocity, gradient }
    }
}

/// One step on one batch: forward, loss, backward, then v ← μ v − η ∂L/∂W, W ← W + v. Returns L before the step.
///
/// ∂L/∂W = G + 2λW, with G the gradient of the data loss, which goes through memory here. With Nesterov's look ahead
/// W ← W + μ v − η ∂L/∂W, with the new v. The roundings are those of [`kernels::momentum_step`]; biases have no penalty.
/// With μ = 0 use [`sgd_step`](crate::sgd_step()): the same formula in fewer roundings, and faster.
///
/// # Panics
/// If X, labels, workspace and motion do not fit the net, or if X has no rows.
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Inertia, Labels, Motion, Params, Shape, Step, Workspace, sgd_step_with_velocity};
/// let shape = Shape::new(1, 1, 2)?;
/// let mut net = Params::from_vec(shape, vec![2.0f32, 0.0, 1.0, 1.0, 0.0, 0.0])?;
/// let (mut ws, mut motion) = (Workspace::new(shape, 1, 1), Motion::new(shape));
/// let (step, inertia) = (Step { eta: 0.5, lambda: 0.0 }, Inertia { mu: 0.9, nesterov: false });
/// let (x, labels) = (Mat::new(&[3.0], 1, 1), Labels::new(&[0], 2)?);
/// sgd_step_with_velocity(Engine::default(), &mut net, x, labels, step, inertia, &mut ws, &mut motion);
/// assert_eq!(motion.velocity.b2(), [0.25, -0.25]); // −η dS, dS = (−½, ½)
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Source: eq. (1)-(41); the velocity is not in it (Polyak 1964, Nesterov 1983 as Sutskever et al. 2013 write it).
#[expect(clippy::too_many_arguments, reason = "a step's arguments, and the velocity's")]
#[track_caller]
pub fn sgd_step_with_velocity<'a, T: Scalar>(
    engine: Engine<'_>,
    net: &mut Params<T>,
    x: impl Into<Source<'a, T>>,
    labels: Labels<'_>,
    step: Step<T>,
    inertia: Inertia<T>,
    ws: &mut Workspace<T>,
    motion: &mut Motion<T>,
) -> Loss<T> {
    let (shape, other, room) = (net.shape(), motion.velocity.shape(), motion.gradient.shape());
    assert!(shape == other, "the net is {shape}, the velocity {other}: they must be equal");
    assert!(shape == room, "the net is {shape}, the motion was made for {room}: they must be equal");
    let x = x.into();
    let loss = down_to_hidden(engine, net, x, labels, step.lambda, ws);
    let Motion { velocity: v, gradient: g } = motion;
    let (w1, b1, w2, b2) = g.split_mut();
    engine.share(ws.layers(x, w1, w2), &|layers| weight_gradients(engine.isa, layers, Epilogue::Store));
    column_sums(engine.isa, ws.score_gradient(), b2);
    column_sums(engine.isa, ws.hidden_gradient(), b1);

    let Inertia { mu, nesterov } = inertia;
    let biases = Momentum { eta: step.eta, pull: T::ZERO, mu, nesterov };
    let weights = Momentum { pull: step.lambda + step.lambda, ..biases };
    momentum_step(engine.isa, net.w2_slice_mut(), v.w2_slice_mut(), g.w2_slice(), weights);
    momentum_step(engine.isa, net.b2_mut(), v.b2_mut(), g.b2(), biases);
    momentum_step(engine.isa, net.w1_slice_mut(), v.w1_slice_mut(), g.w1_slice(), weights);
    momentum_step(engine.isa, net.b1_mut(), v.b1_mut(), g.b1(), biases);
    loss
}
