//! The training loop: mini-batch stochastic gradient descent. Source: 1.3.

use std::time::{Duration, Instant};

use model::{Engine, Params, Shape, Step, Workspace, sgd_step};

use crate::Error;
use crate::batches::{Batches, Order};
use crate::evaluate::Evaluator;
use crate::history::{Epoch, Evaluation, History};
use crate::init::init;
use crate::random::{Random, Stream};
use crate::rows::{Batch, Part};

/// What a training is made of, besides the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Hidden units H.
    pub hidden: usize,
    /// Learning rate η of the first step.
    pub learning_rate: f64,
    /// The rate is multiplied by this after each record of an epoch.
    pub learning_rate_decay: f64,
    /// Strength λ of the penalty λ Σ W².
    pub reg: f64,
    /// Standard deviation of the first weights; None: √(2/fan-in).
    pub std: Option<f64>,
    /// When to stop.
    pub length: Length,
    /// Rows a step.
    pub batch_size: usize,
    /// How rows are drawn, and with it when an epoch is recorded: after its last step, or as the course has it
    /// after every step `it` with `it mod iterations_per_epoch = 0`, the very first included.
    pub order: Order,
    /// Seed of the first weights and of the batches.
    pub seed: u64,
}

/// When a training stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// After so many steps.
    Iterations(usize),
    /// After so many epochs.
    Epochs(usize),
}

/// A training that has come to its end.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The net after the last step.
    pub net: Params<f32>,
    /// What happened on the way.
    pub history: History,
    /// The net on the whole training part.
    pub train: Evaluation,
    /// The net on the validation part.
    pub val: Option<Evaluation>,
    /// How long it took, evaluations included.
    pub seconds: f64,
    /// Rows trained on a second, evaluations left out.
    pub images_per_second: f64,
}

/// What the loop tells while it runs.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// A step is done: its number from 1, of how many, and its loss.
    Step(usize, usize, f32),
    /// An epoch is recorded, out of so many steps in all.
    Epoch(&'a Epoch, usize),
}

/// Trains a net from random weights. The result depends on the rows, the classes and the settings; `engine` changes
/// no bit of it.
pub fn train(
    engine: Engine<'_>,
    train: Part<'_>,
    val: Option<Part<'_>>,
    settings: &Settings,
    news: &mut (dyn FnMut(News<'_>) + Send),
) -> Result<Trained, Error> {
    let Plan { shape, per_epoch, iterations } = Plan::new(train, settings)?;

    let threads = engine.pool.width();
    let mut net = init(shape, settings.std, settings.seed);
    let mut workspace = Workspace::new(shape, settings.batch_size, threads);
    let mut evaluator = Evaluator::new(shape, threads);
    let mut batch = Batch::default();
    let random = Random::new(settings.seed, Stream::Batches);
    let mut batches = Batches::new(train.rows.to_vec(), settings.batch_size, settings.order, random);

    let mut history = History::default();
    let (mut images, mut evaluating) = (0, Duration::ZERO);
    let mut rate = settings.learning_rate;
    let start = Instant::now();
    for iteration in 1..=iterations {
        let rows = batches.draw();
        batch.fill(engine, train.view, rows);
        let step = Step { eta: rate as f32, lambda: settings.reg as f32 };
        let loss = sgd_step(engine, &mut net, batch.x(), batch.labels(), step, &mut workspace).total();
        images += rows.len();
        history.losses.push(loss);
        history.rates.push(rate);
        if !loss.is_finite() {
            return Err(diverged(iteration, loss));
        }
        news(News::Step(iteration, iterations, loss));

        let records = match settings.order {
            Order::Shuffled => iteration.is_multiple_of(per_epoch) || iteration == iterations,
            Order::Replacement => (iteration - 1).is_multiple_of(per_epoch),
        };
        if records {
            let begun = Instant::now();
            let part = match settings.order {
                Order::Shuffled => train,
                Order::Replacement => Part { rows, ..train },
            };
            let epoch = Epoch {
                number: history.epochs.len() + 1,
                iterations: iteration,
                learning_rate: rate,
                train: evaluator.evaluate(engine, &net, part),
                val: val.map(|val| evaluator.evaluate(engine, &net, val)),
            };
            news(News::Epoch(&epoch, iterations));
            history.epochs.push(epoch);
            rate *= settings.learning_rate_decay;
            evaluating += begun.elapsed();
        }
    }
    let seconds = start.elapsed();
    if !net.as_slice().iter().all(|w| w.is_finite()) {
        return Err(diverged(iterations, f32::NAN));
    }
    let (train, val) = match (settings.order, history.epochs.last()) {
        (Order::Shuffled, Some(last)) => (last.train, last.val),
        _ => (evaluator.evaluate(engine, &net, train), val.map(|val| evaluator.evaluate(engine, &net, val))),
    };
    let images_per_second = images as f64 / (seconds - evaluating).as_secs_f64();
    Ok(Trained { net, history, train, val, seconds: seconds.as_secs_f64(), images_per_second })
}

impl Length {
    /// How many steps that is.
    fn iterations(self, per_epoch: usize) -> Result<usize, Error> {
        match self {
            Self::Iterations(n) => Ok(n),
            Self::Epochs(n) => n.checked_mul(per_epoch).ok_or_else(|| {
                Error::usage(format!(
                    "{n} epochs of {per_epoch} steps are more than can be counted; ask for fewer"
                ))
            }),
        }
    }
}

/// What a training will be, after everything that can be wrong with it has been checked: before any of its buffers is
/// allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// D, H, C.
    pub shape: Shape,
    /// Steps in an epoch.
    pub per_epoch: usize,
    /// Steps in all.
    pub iterations: usize,
}

impl Plan {
    /// For these rows and settings.
    pub fn new(train: Part<'_>, settings: &Settings) -> Result<Self, Error> {
        let (data, rows) = (train.view.data(), train.rows.len());
        let shape = Shape::new(data.d, settings.hidden, data.c()).map_err(|e| Error::usage(e.to_string()))?;
        check_batch(settings, rows)?;
        check_memory(shape, settings.batch_size)?;
        let per_epoch = settings.order.per_epoch(rows, settings.batch_size);
        Ok(Self { shape, per_epoch, iterations: settings.length.iterations(per_epoch)? })
    }
}

/// A batch without replacement cannot have more rows than there are.
fn check_batch(settings: &Settings, rows: usize) -> Result<(), Error> {
    let size = settings.batch_size;
    if rows == 0 || size == 0 {
        return Err(Error::usage(format!(
            "batches of {size} out of {rows} rows to train on; both must be at least 1"
        )));
    }
    if settings.order == Order::Shuffled && size > rows {
        return Err(Error::usage(format!(
            "a batch of {size} rows, but only {rows} rows to train on; ask for --batch-size {rows} or less"
        )));
    }
    Ok(())
}

/// Fails where the buffers of a step cannot be had, instead of being killed half way.
fn check_memory(shape: Shape, batch: usize) -> Result<(), Error> {
    // Weights, and a row's x, H, dH0, S and dS.
    let row = shape.d.saturating_add(2 * (shape.h + shape.c));
    let numbers = row.saturating_mul(batch).saturating_add(shape.params());
    let bytes = numbers.saturating_mul(size_of::<f32>());
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| {
        let gib = bytes as f64 / f64::from(1 << 30);
        Error::usage(format!(
            "a {shape} net with batches of {batch} rows needs {gib:.1} GiB, which this machine does not give; \
             choose a smaller --hidden or --batch-size"
        ))
    })
}

fn diverged(iteration: usize, loss: f32) -> Error {
    Error::fault(format!(
        "training diverged: the loss of step {iteration} is {loss}, it must be finite; \
         try a smaller --learning-rate or --reg (nothing was written)"
    ))
}
