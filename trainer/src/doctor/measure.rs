//! The numbers that the rules judge by.

use std::fmt;

use kernels::Input;
use model::{Engine, Params, Workspace, backward, forward};

use super::Patient;
use crate::confusion::Confusion;
use crate::dataset::{Dataset, Numbers};
use crate::evaluate::Evaluator;
use crate::history::History;
use crate::init::init;
use crate::rows::{Part, View};
use crate::train::Settings;

/// Rows whose gradient and hidden units are looked at, at most, and numbers of X, H and dH0 at most: 16 MB.
const SAMPLE: usize = 1000;
const NUMBERS: usize = 4 << 20;
/// Rows that are classified, at most.
const JUDGED: usize = 5000;

/// What is measured of a patient.
#[derive(Clone, Debug)]
pub struct Measures {
    /// Settings of the training.
    pub settings: Option<Settings>,
    /// Mean loss of the batches: of each step.
    pub history: Option<History>,
    /// Steps in an epoch.
    pub per_epoch: usize,
    /// Class names.
    pub classes: Vec<String>,
    /// Whether every weight is finite.
    pub finite: bool,
    /// Validation rows, else training rows, by class and predicted class.
    pub confusion: Confusion,
    /// Training rows of each class.
    pub labels: Vec<usize>,
    /// How many of the training part are right.
    pub train: Right,
    /// The same of the validation part.
    pub val: Option<Right>,
    /// Training rows whose hidden units, gradients and inputs were looked at.
    pub sample: usize,
    /// Hidden units that are 0 on every one of these rows, and all of them.
    pub dead: (usize, usize),
    /// At the first weights: needs the settings.
    pub start: Option<Pull>,
    /// At the last.
    pub end: Pull,
    /// Mean and standard deviation of what the net sees.
    pub inputs: (f64, f64),
    /// Inputs with one value in all training rows, the first of them, and all inputs.
    pub constant: (usize, usize, usize),
    /// Whether rows are images.
    pub image: bool,
}

/// How many rows of a part are right: of all of them, or of a sample, evenly spaced. Displayed as the accuracy and, of a sample,
/// that it is one: the accuracy of all rows is another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// Right ones.
    pub right: usize,
    /// Rows looked at.
    pub seen: usize,
    /// Rows of the part.
    pub rows: usize,
}

impl Right {
    /// Share of the rows looked at.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.seen as f64
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seen, rows, .. } = self;
        write!(f, "{:.4}", self.accuracy())?;
        if seen < rows { write!(f, " (a sample: {seen} of {rows} rows)") } else { Ok(()) }
    }
}

/// What moves the weights, biases left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    /// ‖W‖ of both layers together.
    pub weights: f64,
    /// ‖G‖, the gradient of the data loss.
    pub data: f64,
}

impl Measures {
    /// Of this patient.
    #[must_use]
    pub fn of(patient: &Patient<'_>) -> Self {
        let Patient { engine, net, last, train, val, course } = *patient;
        let (data, shape) = (train.view.data(), net.shape());
        let settings = course.map(|course| *course.settings);
        let sample = train.rows.spread(SAMPLE.min(NUMBERS / (shape.d() + 2 * shape.h())).max(1));
        let mut gauge = Gauge::new(engine, shape, train.view, &sample);
        let start = settings.map(|s| gauge.pull(engine, &init(shape, s.std, s.seed)));
        let end = gauge.pull(engine, last.unwrap_or(net));
        if last.is_some() {
            gauge.pull(engine, net); // leaves its hidden units
        }
        let finite = |net: &Params<f32>| net.as_slice().iter().all(|w| w.is_finite());
        let mut evaluator = Evaluator::new(shape, engine.pool.width());
        let mut judge = |part: Part<'_>| {
            let rows = part.rows.spread(JUDGED);
            evaluator.confusion(engine, net, Part { rows: Numbers::List(&rows), ..part })
        };
        let (of_train, of_val) = (judge(train), val.map(&mut judge));
        let right = |c: &Confusion, part: Part<'_>| Right {
            right: (0..c.classes()).map(|i| c.right(i)).sum(),
            seen: c.total(),
            rows: part.rows.len(),
        };
        let mut labels = vec![0; shape.c()];
        train.rows.iter().for_each(|row| labels[usize::from(data.labels[row as usize])] += 1);
        Self {
            settings,
            history: course.and_then(|course| course.history).cloned(),
            per_epoch: settings.map_or(1, |s| s.order.per_epoch(train.rows.len(), s.batch_size)),
            classes: data.classes.clone(),
            finite: finite(net) && last.is_none_or(finite),
            train: right(&of_train, train),
            val: of_val.as_ref().zip(val).map(|(c, part)| right(c, part)),
            confusion: of_val.unwrap_or(of_train),
            labels,
            sample: sample.len(),
            dead: gauge.dead(),
            start,
            end,
            inputs: moments(engine, train.view, &sample),
            constant: constant(data, train.rows),
            image: data.image.is_some(),
        }
    }

    /// η of the first step and of the last.
    #[must_use]
    pub fn rates(&self) -> Option<(f64, f64)> {
        let settings = self.settings?;
        let history = self.history.as_ref();
        let last =
            history.and_then(|history| history.rates.last().copied()).unwrap_or(settings.learning_rate);
        Some((settings.learning_rate, last))
    }
}

/// A batch, and the passes over it.
struct Gauge<'a> {
    view: View<'a>,
    rows: &'a [u32],
    workspace: Workspace<f32>,
    gradient: Params<f32>,
}

impl<'a> Gauge<'a> {
    fn new(engine: Engine<'_>, shape: model::Shape, view: View<'a>, rows: &'a [u32]) -> Self {
        let workspace = Workspace::new(shape, rows.len(), engine.pool.width());
        Self { view, rows, workspace, gradient: Params::zeros(shape) }
    }

    fn pull(&mut self, engine: Engine<'_>, net: &Params<f32>) -> Pull {
        let Self { view, rows, workspace, gradient } = self;
        forward(engine, net, view.x(rows), workspace);
        backward(engine, net, view.x(rows), view.y(rows), 0.0, workspace, gradient, None);
        Pull { weights: norm(net), data: norm(gradient) }
    }

    /// Of the last pass: units that are 0 on every row, and all.
    fn dead(&self) -> (usize, usize) {
        let h = self.workspace.hidden();
        let is_dead = |unit: &usize| (0..h.rows()).all(|row| h.get(row, *unit) <= 0.0);
        ((0..h.cols()).filter(is_dead).count(), h.cols())
    }
}

/// √(ΣW1² + ΣW2²).
fn norm(net: &Params<f32>) -> f64 {
    let squares = |w: &[f32]| w.iter().map(|&w| f64::from(w) * f64::from(w)).sum::<f64>();
    (squares(net.w1_slice()) + squares(net.w2_slice())).sqrt()
}

/// Mean and standard deviation of what the net sees of these rows.
fn moments(engine: Engine<'_>, view: View<'_>, rows: &[u32]) -> (f64, f64) {
    let n = (rows.len() * view.data().d) as f64;
    let sum = |of: &dyn Fn(f64) -> f64| {
        let rows = rows.chunks(1).map(|row| view.values(engine.isa, row));
        rows.fold(0.0, |sum, row| row.iter().fold(sum, |sum, &x| sum + of(x.into())))
    };
    let mean = sum(&|x| x) / n;
    (mean, (sum(&|x| (x - mean) * (x - mean)) / n).sqrt())
}

/// How many columns hold one value in all the rows, the first of them, and how many columns there are. A column that
/// differs once is not looked at again.
fn constant(data: &Dataset, rows: Numbers<'_>) -> (usize, usize, usize) {
    let mut columns: Vec<usize> = (0..data.d).collect();
    let mut rows = rows.iter();
    let Some(first) = rows.next() else { return (0, 0, data.d) };
    let first = data.row(first as usize);
    for row in rows {
        match (first, data.row(row as usize)) {
            (Input::U8(a), Input::U8(b)) => columns.retain(|&column| a[column] == b[column]),
            (Input::F32(a), Input::F32(b)) => columns.retain(|&column| a[column] == b[column]),
            _ => {}
        }
        if columns.is_empty() {
            break;
        }
    }
    (columns.len(), columns.first().copied().unwrap_or(0), data.d)
}
