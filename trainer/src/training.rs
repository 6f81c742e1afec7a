//! A training that can be stopped after any step and taken up again: all that the next step depends on is its [`State`].

use std::time::Instant;

use model::{Engine, Inertia, Motion, Params, Step, Workspace, sgd_step, sgd_step_with_velocity};

use crate::Error;
use crate::batches::{Batches, Order};
use crate::dataset::Numbers;
use crate::evaluate::Evaluator;
use crate::history::{Epoch, History, not_finite};
use crate::init::init;
use crate::rows::Part;
use crate::schedule::{Schedule, cosine};
use crate::train::{Plan, Settings, Trained, diverged};

/// All that the rest of a training depends on, besides data and settings. A checkpoint holds it.
#[derive(Debug)]
pub struct State {
    /// The net after the last step.
    pub net: Params<f32>,
    /// The velocity, where there is momentum.
    pub motion: Option<Motion<f32>>,
    /// Steps taken.
    pub step: usize,
    /// The rate of the next step, decay included; a cosine starts from it.
    pub rate: f64,
    /// The order of the rows, the place in it, and the generator.
    pub batches: Batches,
    /// What happened so far.
    pub history: History,
    /// The best net so far.
    pub best: Option<Best>,
    /// What the time went into. No bit of the net depends on it.
    pub clock: Clock,
}

/// The net of the record with the highest validation accuracy, the last of equals.
#[derive(Clone, Debug, PartialEq)]
pub struct Best {
    /// Which record, from 0.
    pub record: usize,
    /// The net.
    pub net: Params<f32>,
}

/// Seconds and rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// In steps and evaluations.
    pub seconds: f64,
    /// In evaluations.
    pub evaluating: f64,
    /// Rows trained on.
    pub images: usize,
}

/// A training under way.
#[derive(Debug)]
pub struct Training<'a> {
    engine: Engine<'a>,
    train: Part<'a>,
    val: Option<Part<'a>>,
    settings: &'a Settings,
    plan: Plan,
    state: State,
    workspace: Workspace<f32>,
    evaluator: Evaluator,
}

impl<'a> Training<'a> {
    /// From random weights, or from where `state` left off.
    pub fn new(
        engine: Engine<'a>,
        train: Part<'a>,
        val: Option<Part<'a>>,
        settings: &'a Settings,
        state: Option<State>,
    ) -> Result<Self, Error> {
        let plan = Plan::new(train, settings)?;
        if settings.patience.is_some() && val.is_none() {
            return Err(Error::usage(
                "--patience waits for a better validation accuracy, but no rows are held back; give --val-fraction",
            ));
        }
        let (shape, threads) = (plan.shape, engine.pool.width());
        Ok(Self {
            engine,
            train,
            val,
            settings,
            plan,
            state: state.unwrap_or_else(|| State::start(settings, plan)),
            workspace: Workspace::new(shape, settings.batch_size, threads),
            evaluator: Evaluator::new(shape, threads),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Steps in all, if patience does not end it before.
    #[must_use]
    pub fn iterations(&self) -> usize {
        self.plan.iterations
    }

    /// Whether all steps are taken, or patience is at its end.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.state.step >= self.plan.iterations || self.is_stuck()
    }

    /// Whether so many records have passed without a validation accuracy above all before.
    fn is_stuck(&self) -> bool {
        let epochs = &self.state.history.epochs;
        let correct = |epoch: &Epoch| epoch.val.map(|val| val.correct);
        let most = epochs.iter().filter_map(correct).max();
        let first = epochs.iter().position(|epoch| correct(epoch) == most).unwrap_or(0);
        self.settings.patience.is_some_and(|patience| epochs.len() > first + patience)
    }

    /// The next step: its loss, and whether an epoch was recorded after it.
    pub fn step(&mut self) -> Result<(f32, bool), Error> {
        let begun = Instant::now();
        let rate = self.rate();
        let loss = self.descend(rate);
        let state = &mut self.state;
        state.step += 1;
        state.history.losses.push(loss);
        state.history.rates.push(rate);
        if !loss.is_finite() {
            return Err(diverged(&loss_of(state.step, loss), rate, self.settings));
        }
        let (step, per_epoch) = (state.step, self.plan.per_epoch);
        let recorded = match self.settings.order {
            Order::Shuffled => step.is_multiple_of(per_epoch) || step == self.plan.iterations,
            Order::Replacement => (step - 1).is_multiple_of(per_epoch),
        };
        if recorded {
            self.record(rate)?;
        }
        self.state.clock.seconds += begun.elapsed().as_secs_f64();
        Ok((loss, recorded))
    }

    /// η of the next step.
    fn rate(&self) -> f64 {
        match self.settings.schedule {
            Schedule::Decay => self.state.rate,
            Schedule::Cosine => cosine(self.state.rate, self.state.step, self.plan.iterations),
        }
    }

    /// The step itself.
    fn descend(&mut self, rate: f64) -> f32 {
        let Self { engine, state, workspace, settings, .. } = self;
        let rows = state.batches.draw(self.train.rows);
        state.clock.images += rows.len();
        let (x, y) = (self.train.view.x(rows), self.train.view.y(rows));
        let step = Step { eta: rate as f32, lambda: settings.reg as f32 };
        let (net, mu, nesterov) = (&mut state.net, settings.momentum as f32, settings.nesterov);
        let loss = match &mut state.motion {
            None => sgd_step(*engine, net, x, y, step, workspace),
            Some(motion) => {
                let inertia = Inertia { mu, nesterov };
                sgd_step_with_velocity(*engine, net, x, y, step, inertia, workspace, motion)
            }
        };
        loss.total()
    }

    /// Adds a record, lets the rate decay, keeps the net if it is the best.
    fn record(&mut self, rate: f64) -> Result<(), Error> {
        let begun = Instant::now();
        let Self { engine, evaluator, state, .. } = self;
        let part = match self.settings.order {
            Order::Shuffled => self.train,
            Order::Replacement => Part { rows: Numbers::List(state.batches.last()), ..self.train },
        };
        let epoch = Epoch {
            number: state.history.epochs.len() + 1,
            iterations: state.step,
            learning_rate: rate,
            train: evaluator.evaluate(*engine, &state.net, part),
            val: self.val.map(|val| evaluator.evaluate(*engine, &state.net, val)),
        };
        if let Some(loss) = not_finite(epoch.train, epoch.val) {
            let what = lost_weight(&state.net, state.step);
            let what = what.unwrap_or_else(|| loss_of(state.step, loss as f32));
            return Err(diverged(&what, rate, self.settings));
        }
        state.history.epochs.push(epoch);
        if self.settings.schedule == Schedule::Decay {
            state.rate *= self.settings.learning_rate_decay;
        }
        state.keep_best();
        state.clock.evaluating += begun.elapsed().as_secs_f64();
        Ok(())
    }

    /// What came out.
    pub fn finish(mut self) -> Result<Trained, Error> {
        if let Some(what) = lost_weight(&self.state.net, self.state.step) {
            let rate = self.state.history.rates.last().copied().unwrap_or(self.state.rate);
            return Err(diverged(&what, rate, self.settings));
        }
        self.state.motion = None; // as large as two nets, and one is about to be copied
        let Self { engine, mut evaluator, state, val, train, settings, .. } = self;
        let State { net: last, step, history, best, clock, .. } = state;
        // The course's loop does not record its last step: that net is judged here.
        let recorded = history.epochs.last().filter(|epoch| epoch.iterations == step).copied();
        let of_last = match recorded {
            Some(epoch) => epoch.val,
            None => val.map(|val| evaluator.evaluate(engine, &last, val)),
        };
        let best = best.filter(|best| {
            let correct = history.epochs[best.record].val.map(|val| val.correct);
            of_last.map(|val| val.correct) < correct
        });
        let (net, epoch, val) = match best {
            Some(Best { record, net }) => (net, Some(history.epochs[record]), history.epochs[record].val),
            None => (last.clone(), recorded, of_last),
        };
        let train = match (settings.order, epoch) {
            (Order::Shuffled, Some(epoch)) => epoch.train,
            _ => evaluator.evaluate(engine, &net, train),
        };
        if let Some(loss) = not_finite(train, of_last) {
            let rate = history.rates.last().copied().unwrap_or(settings.learning_rate);
            return Err(diverged(&loss_of(step, loss as f32), rate, settings));
        }
        let Clock { seconds, evaluating, images } = clock;
        let iterations = epoch.map_or(step, |epoch| epoch.iterations);
        let images_per_second = images as f64 / (seconds - evaluating);
        Ok(Trained { net, last, iterations, history, train, val, seconds, images_per_second })
    }
}

fn loss_of(step: usize, loss: f32) -> String {
    format!("the loss of step {step} is {loss}")
}

/// The first weight that is no finite number after this step, if there is one.
fn lost_weight(net: &Params<f32>, step: usize) -> Option<String> {
    let parts = [
        ("weight of W1", net.w1_slice()),
        ("bias of b1", net.b1()),
        ("weight of W2", net.w2_slice()),
        ("bias of b2", net.b2()),
    ];
    parts.into_iter().find_map(|(name, weights)| {
        let lost = weights.iter().find(|w| !w.is_finite())?;
        Some(format!("a {name} is {lost} after step {step}"))
    })
}

impl State {
    /// Before the first step.
    fn start(settings: &Settings, plan: Plan) -> Self {
        Self {
            net: init(plan.shape, settings.std, settings.seed),
            motion: (settings.momentum > 0.0).then(|| Motion::new(plan.shape)),
            step: 0,
            rate: settings.learning_rate,
            batches: Batches::new(settings.batch_size, settings.order, settings.seed),
            history: History::default(),
            best: None,
            clock: Clock::default(),
        }
    }

    /// Keeps the net of the last record if no other classifies more validation rows rightly.
    fn keep_best(&mut self) {
        let epochs = &self.history.epochs;
        let correct = |record: usize| epochs[record].val.map(|val| val.correct);
        let record = epochs.len() - 1;
        if correct(record).is_none() {
            return;
        }
        match &mut self.best {
            Some(best) if correct(best.record) > correct(record) => {}
            Some(best) => {
                best.record = record;
                best.net.as_mut_slice().copy_from_slice(self.net.as_slice());
            }
            None => self.best = Some(Best { record, net: self.net.clone() }),
        }
    }
}
