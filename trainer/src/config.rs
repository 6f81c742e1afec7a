//! From flags to settings: the preset, and over it what was given.

use model::MIN_MACS;

use crate::Error;
use crate::args::TrainArgs;
use crate::preset::{Choice, Preset};
use crate::rows::Part;
use crate::train::Length;

/// What the flags ask for.
#[must_use]
pub fn choice(args: &TrainArgs) -> Choice {
    let mut choice = args.preset.unwrap_or(Preset::Default).choice();
    let settings = &mut choice.settings;
    override_with(&mut settings.hidden, args.hidden);
    override_with(&mut settings.learning_rate, args.learning_rate);
    override_with(&mut settings.learning_rate_decay, args.learning_rate_decay);
    override_with(&mut settings.reg, args.reg);
    override_with(&mut settings.batch_size, args.batch_size);
    override_with(&mut settings.seed, args.seed);
    override_with(&mut settings.length, args.num_iters.map(Length::Iterations));
    override_with(&mut settings.length, args.epochs.map(Length::Epochs));
    settings.std = args.std.or(settings.std);
    override_with(&mut settings.momentum, args.momentum);
    settings.nesterov |= args.nesterov;
    override_with(&mut settings.schedule, args.schedule);
    override_with(&mut settings.order, args.order);
    settings.patience = args.patience.or(settings.patience);
    override_with(&mut choice.normalization, args.normalization);
    override_with(&mut choice.val_fraction, args.val_fraction);
    override_with(&mut choice.split, args.split);
    choice
}

/// Flags that have no meaning together.
pub fn check(choice: &Choice) -> Result<(), Error> {
    let settings = &choice.settings;
    if settings.nesterov && settings.momentum == 0.0 {
        return Err(Error::usage(
            "--nesterov looks ahead by the velocity, and there is none; give --momentum, such as 0.9",
        ));
    }
    if settings.patience.is_some() && choice.val_fraction == 0.0 {
        return Err(Error::usage(
            "--patience waits for a better validation accuracy, but no rows are held back; give --val-fraction above 0",
        ));
    }
    Ok(())
}

fn override_with<T>(value: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *value = given;
    }
}

/// Fits to the data what our own defaults leave open: a batch shrinks to the rows there are; the learning rate falls
/// with the number of inputs, 3.2/√D where that is less than the preset's. A standardised row has a norm of √D, so more
/// inputs make the same rate a larger step: without this, nets of thousands of inputs diverge.
pub fn fit(choice: &mut Choice, args: &TrainArgs, data: Part<'_>) {
    if args.preset.unwrap_or(Preset::Default) != Preset::Default {
        return;
    }
    let settings = &mut choice.settings;
    if args.batch_size.is_none() {
        settings.batch_size = settings.batch_size.min(data.rows.len());
    }
    if args.learning_rate.is_none() {
        settings.learning_rate = settings.learning_rate.min(3.2 / (data.view.data().d as f64).sqrt());
    }
}

/// Threads to use: those asked for; else one, and more where a step's first layer is large enough to feed them, as `model`
/// shares it out, up to the number of processors. In small steps (the digits: 32 × 64 × 128 multiply-adds, 5 µs) a second
/// thread would be waited for longer than it works.
#[must_use]
pub fn threads(args: &TrainArgs, choice: &Choice, d: usize) -> usize {
    let macs = choice.settings.batch_size.saturating_mul(d).saturating_mul(choice.settings.hidden);
    let every = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    args.threads.unwrap_or_else(|| (macs / MIN_MACS).max(1).min(every()))
}
