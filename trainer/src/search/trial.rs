//! The training of a candidate, which can stop at a rung and go on later.
//!
//! The steps are those of [`train`](crate::train::train) with the same settings, so that `trainer train` makes the same
//! net again, byte for byte. The records differ: a search looks at the validation part and at no more rows of
//! the training part than that, because looking at all of them would take as long as half of the training.

use std::time::Instant;

use model::{Engine, Params, Step, Workspace, sgd_step};

use super::Outcome;
use crate::Error;
use crate::batches::Batches;
use crate::checksum::{take_data, take_numbers};
use crate::dataset::Numbers;
use crate::evaluate::Evaluator;
use crate::history::{Epoch, History, not_finite};
use crate::init::init;
use crate::rows::Part;
use crate::train::{Plan, Settings};

/// The rows that candidates are trained and judged with.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    train: Part<'a>,
    val: Part<'a>,
    /// Rows of the training part, evenly spaced, as many as there are to validate.
    sample: Vec<u32>,
}

impl<'a> Field<'a> {
    /// These parts.
    #[must_use]
    pub fn new(train: Part<'a>, val: Part<'a>) -> Self {
        Self { train, val, sample: train.rows.spread(val.rows.len()) }
    }

    /// CRC-32 of the values, labels and class names, and of which rows train and which validate.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let data = self.train.view.data();
        let mut crc = flate2::Crc::new();
        take_data(&mut crc, data);
        take_numbers(&mut crc, self.train.rows.iter().chain(self.val.rows.iter()));
        data.classes.iter().for_each(|name| crc.update(name.as_bytes()));
        crc.sum()
    }

    /// Rows to train on.
    #[must_use]
    pub fn train(&self) -> Part<'a> {
        self.train
    }

    /// Rows to validate.
    #[must_use]
    pub fn val(&self) -> Part<'a> {
        self.val
    }
}

/// A candidate under training.
#[derive(Debug)]
pub struct Trial<'a> {
    field: &'a Field<'a>,
    candidate: usize,
    settings: Settings,
    plan: Plan,
    net: Params<f32>,
    batches: Batches,
    rate: f64,
    history: History,
    best: Params<f32>,
    diverged: Option<usize>,
    seconds: f64,
}

/// A candidate at a rung, with what is too large for the journal.
#[derive(Clone, Debug)]
pub struct Done {
    /// What the journal keeps; its `net` is not known yet.
    pub outcome: Outcome,
    /// The net after the best epoch.
    pub net: Params<f32>,
    /// Everything that happened.
    pub history: History,
}

impl<'a> Trial<'a> {
    /// Before the first step.
    pub fn new(field: &'a Field<'a>, candidate: usize, settings: Settings) -> Result<Self, Error> {
        let plan = Plan::new(field.train, &settings)?;
        let net = init(plan.shape, settings.std, settings.seed);
        let batches = Batches::new(settings.batch_size, settings.order, settings.seed);
        Ok(Self {
            field,
            candidate,
            settings,
            plan,
            best: net.clone(),
            net,
            batches,
            rate: settings.learning_rate,
            history: History::default(),
            diverged: None,
            seconds: 0.0,
        })
    }

    /// Trains until so many epochs are done in all. None if `stop` said so before: what was done is thrown away then.
    pub fn run_to(&mut self, engine: Engine<'_>, epochs: usize, stop: &dyn Fn() -> bool) -> Option<Done> {
        let begun = Instant::now();
        let mut workspace = Workspace::new(self.plan.shape, self.settings.batch_size, engine.pool.width());
        let mut evaluator = Evaluator::new(self.plan.shape, engine.pool.width());
        while self.diverged.is_none() && self.history.epochs.len() < epochs {
            for _ in 0..self.plan.per_epoch {
                if stop() {
                    return None;
                }
                if !self.step(engine, &mut workspace) {
                    break;
                }
            }
            if self.diverged.is_none() {
                self.record(engine, &mut evaluator);
            }
        }
        self.seconds += begun.elapsed().as_secs_f64();
        let outcome = Outcome {
            candidate: self.candidate,
            asked: epochs,
            epochs: self.history.epochs.clone(),
            diverged: self.diverged,
            net: 0,
            seconds: self.seconds,
        };
        Some(Done { outcome, net: self.best.clone(), history: self.history.clone() })
    }

    /// One step; whether its loss was finite.
    fn step(&mut self, engine: Engine<'_>, workspace: &mut Workspace<f32>) -> bool {
        let (view, rows) = (self.field.train.view, self.batches.draw(self.field.train.rows));
        let step = Step { eta: self.rate as f32, lambda: self.settings.reg as f32 };
        let loss = sgd_step(engine, &mut self.net, view.x(rows), view.y(rows), step, workspace).total();
        self.history.losses.push(loss);
        self.history.rates.push(self.rate);
        if !loss.is_finite() {
            self.diverged = Some(self.history.losses.len());
        }
        loss.is_finite()
    }

    /// The end of an epoch.
    fn record(&mut self, engine: Engine<'_>, evaluator: &mut Evaluator) {
        let steps = self.history.losses.len();
        let sample = Part { rows: Numbers::List(&self.field.sample), ..self.field.train };
        let train = evaluator.evaluate(engine, &self.net, sample);
        let val = evaluator.evaluate(engine, &self.net, self.field.val);
        let weights_are_finite = self.net.as_slice().iter().all(|w| w.is_finite());
        if !weights_are_finite || not_finite(train, Some(val)).is_some() {
            self.diverged = Some(steps);
            return;
        }
        let better = |epoch: &Epoch| epoch.val.is_none_or(|best| super::compare(&val, &best).is_lt());
        let best = self.history.epochs.iter().all(better);
        self.history.epochs.push(Epoch {
            number: self.history.epochs.len() + 1,
            iterations: steps,
            learning_rate: self.rate,
            train,
            val: Some(val),
        });
        if best {
            self.best.clone_from(&self.net);
        }
        self.rate *= self.settings.learning_rate_decay;
    }
}
