//! The training loop: mini-batch stochastic gradient descent.

use model::{Engine, Params, Shape};

use crate::batches::Order;
use crate::history::{Epoch, Evaluation, History};
use crate::rows::Part;
use crate::schedule::Schedule;
use crate::training::Training;
use crate::wording::counted;
use crate::{Error, Kind};

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
    /// Share μ of the velocity that a step keeps; 0: none is kept, and steps are the source's.
    pub momentum: f64,
    /// Whether steps with velocity look ahead.
    pub nesterov: bool,
    /// How the rate falls; with a cosine the factor above is not used.
    pub schedule: Schedule,
    /// Stop after so many records without a higher validation accuracy than all before.
    pub patience: Option<usize>,
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
    /// The best net: that of the record with the highest validation accuracy, the last of equals; without validation
    /// rows the last net.
    pub net: Params<f32>,
    /// The net after the last step.
    pub last: Params<f32>,
    /// Steps after which `net` was so.
    pub iterations: usize,
    /// What happened on the way.
    pub history: History,
    /// The best net on the whole training part.
    pub train: Evaluation,
    /// The best net on the validation part.
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
    let mut training = Training::new(engine, train, val, settings, None)?;
    while !training.has_ended() {
        let (loss, recorded) = training.step()?;
        tell(&training, loss, recorded, news);
    }
    training.finish()
}

/// The news of a step that was just taken.
pub fn tell(training: &Training<'_>, loss: f32, recorded: bool, news: &mut (dyn FnMut(News<'_>) + Send)) {
    let (state, iterations) = (training.state(), training.iterations());
    news(News::Step(state.step, iterations, loss));
    if let (true, Some(epoch)) = (recorded, state.history.epochs.last()) {
        news(News::Epoch(epoch, iterations));
    }
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
            "batches of {size} out of {} to train on; both must be at least 1",
            counted(rows, "row")
        )));
    }
    if settings.order == Order::Shuffled && size > rows {
        return Err(Error::usage(format!(
            "a batch of {size} rows, but only {} to train on; ask for --batch-size {rows} or less",
            counted(rows, "row")
        )));
    }
    Ok(())
}

/// What a run takes besides its data and what grows with the net.
const BESIDES: usize = 32 << 20;

/// Fails where the buffers of a step cannot be had, instead of being killed half way.
///
/// The trial is never less than 32 MB, for another reason too: when glibc is given back a block of its own, up to that size,
/// it takes all later ones that are smaller from heaps that hardly shrink, one a thread, and the training would take up to
/// a fifth more.
fn check_memory(shape: Shape, batch: usize) -> Result<(), Error> {
    // Weights, and a row's x, H, dH0, S and dS.
    let row = shape.d().saturating_add(2 * (shape.h() + shape.c()));
    let numbers = row.saturating_mul(batch).saturating_add(shape.params());
    let bytes = numbers.saturating_mul(size_of::<f32>()).saturating_add(BESIDES);
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| {
        let gib = bytes as f64 / f64::from(1 << 30);
        Error::usage(format!(
            "a {shape} net with batches of {} needs {gib:.1} GiB, which this machine does not give; \
             choose a smaller --hidden or --batch-size",
            counted(batch, "row")
        ))
    })
}

/// The loss, or a weight, is no finite number any more: `what` says which, where, and what it is.
pub(crate) fn diverged(what: &str, rate: f64, settings: &Settings) -> Error {
    let (rate, reg) = (rate as f32, settings.reg as f32); // as the step has them
    Error::new(
        Kind::Diverged,
        format!(
            "training diverged: {what}, it must be finite; the rate was {rate:?}, the penalty {reg:?}: \
             try a tenth of --learning-rate, then of --reg (no net was written)"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preset::Preset;

    /// Steps are taken in f32, and so are the numbers told.
    #[test]
    fn the_rate_of_a_training_that_diverged_is_told_as_short_as_it_is() {
        let settings = Settings { reg: 1e30, ..Preset::Default.choice().settings };
        let rate = 90.0 * 0.9 * 0.9 * 0.9;
        assert_eq!(rate.to_string(), "65.61000000000001");
        let error = diverged("the loss is NaN", rate, &settings).to_string();
        assert!(error.contains("the rate was 65.61, the penalty 1e30: "), "{error}");
    }
}
