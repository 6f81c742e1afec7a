//! The doctor: what is wrong with a training or a net, with the numbers that show it and what to change.
//!
//! [`Patient::examine`] measures ([`measure`]) and then asks every rule ([`rules`]):
//!
//! | rule | it speaks up when |
//! |---|---|
//! | `non-finite` | a loss or a weight is no finite number; a training ends there, exit code 4, and names the step |
//! | `one-class` | 99 % of the rows are taken for one class that less than 90 % of them have |
//! | `shrinking-weights` | ‖W‖ fell by a tenth, and at the start the penalty's gradient 2λW was longer than the data's |
//! | `no-loss-drop` | the loss of the batches fell by less than 1 % in the first epoch (the first 30 steps, if it has fewer), and noise would not hide a tenth |
//! | `rising-loss` | the mean loss of the last tenth of the steps is 10 % above that of the best tenth, and three standard errors |
//! | `dead-units` | more than a tenth of the hidden units are 0 for every row |
//! | `step-size` | a step moves the weights by less than 1e-5 of their norm at the start, or by more than 2e-2 at the end |
//! | `wide-gap` | the training accuracy is 0.1 and two standard errors above that of validation |
//! | `no-gap` | it is not above it at all, and below 0.9: the net could learn more |
//! | `inputs` | what the net sees has a mean beyond ±3, or a standard deviation above 5 or below 0.02 |
//! | `balance` | the most frequent class has more than five times the rows of the rarest |
//! | `unjudged-classes` | classes that have training rows have no validation row, where there are such rows at all |
//! | `constant-columns` | inputs have one value in all training rows; of images, if half of the pixels have |

pub mod measure;
pub mod rules;

use model::{Engine, Params};

use crate::history::History;
use crate::rows::Part;
use crate::train::Settings;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What is wrong, with the numbers.
    pub what: String,
    /// What to change.
    pub advice: String,
}

/// How the net was trained.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    /// With these settings.
    pub settings: &'a Settings,
    /// What happened, where it is known.
    pub history: Option<&'a History>,
}

/// A net, its data, and how it came about.
#[derive(Clone, Copy, Debug)]
pub struct Patient<'a> {
    /// Where to compute.
    pub engine: Engine<'a>,
    /// The net.
    pub net: &'a Params<f32>,
    /// The net after the last step, where that is another one.
    pub last: Option<&'a Params<f32>>,
    /// The rows it was trained on.
    pub train: Part<'a>,
    /// The rows held back.
    pub val: Option<Part<'a>>,
    /// How it was trained, where it is known.
    pub course: Option<Course<'a>>,
}

impl Patient<'_> {
    /// All that is found, the most serious first.
    #[must_use]
    pub fn examine(&self) -> Vec<Finding> {
        let measures = measure::Measures::of(self);
        rules::ALL.iter().filter_map(|rule| rule(&measures)).collect()
    }

    /// The rules that cannot be asked.
    #[must_use]
    pub fn unasked(&self) -> Unasked {
        let mut unknown = Vec::new();
        if self.course.is_none() {
            unknown.extend(["shrinking-weights", "step-size"]);
        }
        if self.course.is_none_or(|course| course.history.is_none()) {
            unknown.extend(["no-loss-drop", "rising-loss"]);
        }
        let rows = self.val.map_or(0, |val| val.rows.len());
        Unasked { unknown, few_rows: (rows < rules::GAP_ROWS).then_some(rows) }
    }
}

/// Rules that cannot be asked, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// For want of settings or history.
    pub unknown: Vec<&'static str>,
    /// How many validation rows there are, where these are too few for [`Unasked::GAP`].
    pub few_rows: Option<usize>,
}

impl Unasked {
    /// The rules that need [`rules::GAP_ROWS`] validation rows.
    pub const GAP: [&str; 2] = ["wide-gap", "no-gap"];

    /// All of them.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static str> {
        let gap = self.few_rows.map(|_| Self::GAP).into_iter().flatten();
        self.unknown.iter().copied().chain(gap).collect()
    }

    /// What is said where the others found nothing.
    #[must_use]
    pub fn nothing_found(&self) -> String {
        format!("nothing found by {} rules", rules::ALL.len() - self.rules().len())
    }

    /// A sentence for each cause.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        if !self.unknown.is_empty() {
            sentences.push(format!("not asked, for want of flags or history: {}", self.unknown.join(", ")));
        }
        if let Some(rows) = self.few_rows {
            sentences.push(format!(
                "not asked, for want of validation rows ({rows}, wanted {}): {}; give more rows, or train with a larger \
                 --val-fraction",
                rules::GAP_ROWS,
                Self::GAP.join(", ")
            ));
        }
        sentences
    }
}
