//! A range test: the learning rate rises with every step, and the loss tells which rates learn and which do not.
//!
//! The rate goes from 10⁻⁵ to 10 in equal factors (L. N. Smith, 2017). The losses are smoothed; the test ends where
//! they are four times the least, or not finite. Nothing that a training uses is touched.

use kernels::Scalar;
use model::{Engine, Step, Workspace, sgd_step};

use crate::Error;
use crate::batches::Batches;
use crate::init::init;
use crate::rows::Part;
use crate::train::{Plan, Settings};

/// Rates that are tried.
pub const STEPS: usize = 200;
const LEAST: f64 = 1e-5;
const MOST: f64 = 10.0;
/// Weight of the past in the smoothed loss.
const PAST: f64 = 0.9;
/// Times the least loss that ends the test.
const TOO_MUCH: f64 = 4.0;
/// The suggestion is the first rate at which so much of the whole fall of the loss is done: from there on the loss
/// flattens, and soon rises.
const DONE: f64 = 0.9;

/// A step of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tried {
    /// η.
    pub rate: f64,
    /// Loss of the batch, penalty included, before the step.
    pub loss: f64,
    /// The mean of the losses so far, the last ones weighing most.
    pub smoothed: f64,
}

/// What the test found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Every step whose loss was finite.
    pub tried: Vec<Tried>,
    /// A rate that learns fast and is safe.
    pub suggested: f64,
    /// The rate at which the loss left all bounds, if it did.
    pub diverges: Option<f64>,
}

/// Runs the test on a fresh net.
pub fn lr_find(engine: Engine<'_>, train: Part<'_>, settings: &Settings) -> Result<Found, Error> {
    let plan = Plan::new(train, settings)?;
    let mut net = init(plan.shape, settings.std, settings.seed);
    let mut workspace = Workspace::new(plan.shape, settings.batch_size, engine.pool.width());
    let mut batches = Batches::new(settings.batch_size, settings.order, settings.seed);
    let (mut tried, mut diverges): (Vec<Tried>, _) = (Vec::new(), None);
    let (mut sum, mut weight, mut least) = (0.0, 0.0, f64::INFINITY);
    let factor = Scalar::ln(MOST / LEAST) / (STEPS - 1) as f64;
    for i in 0..STEPS {
        let rate = LEAST * Scalar::exp(factor * i as f64);
        let rows = batches.draw(train.rows);
        let (x, y) = (train.view.x(rows), train.view.y(rows));
        let step = Step { eta: rate as f32, lambda: settings.reg as f32 };
        let loss = sgd_step(engine, &mut net, x, y, step, &mut workspace).total();
        let loss = f64::from(loss);
        sum = PAST * sum + (1.0 - PAST) * loss;
        weight = PAST * weight + (1.0 - PAST);
        let smoothed = sum / weight;
        if smoothed.is_nan() || smoothed > TOO_MUCH * least {
            diverges = Some(rate);
            break;
        }
        least = least.min(smoothed);
        tried.push(Tried { rate, loss, smoothed });
    }
    let Some(first) = tried.first() else {
        return Err(Error::data("the loss is not finite before the first step; normalise the data"));
    };
    let bound = first.smoothed - DONE * (first.smoothed - least);
    let suggested = tried.iter().find(|tried| tried.smoothed <= bound).map_or(first.rate, |tried| tried.rate);
    Ok(Found { suggested, tried, diverges })
}
