//! How far a training is: a bar on a terminal, a few plain lines elsewhere.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::history::Epoch;
use crate::report::talk;
use crate::train::News;

/// Plain lines a training gets, about.
const LINES: usize = 10;

/// Shows the news of a training on stderr.
#[derive(Debug)]
pub enum Progress {
    /// stderr is a terminal.
    Bar(ProgressBar),
    /// It is not: a line whenever so many steps have passed, and for the last record.
    Lines {
        /// The step from which on the next record is told.
        next: usize,
    },
    /// Nothing is shown.
    Silent,
}

impl Progress {
    /// `lines`: whether plain lines are wanted where there is no terminal.
    #[must_use]
    pub fn new(lines: bool) -> Self {
        match (stderr().is_terminal(), lines) {
            (true, _) => {
                let style = ProgressStyle::with_template("{bar:32} {pos}/{len} steps, {eta} left  {msg}");
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                Self::Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
            }
            (false, true) => Self::Lines { next: 0 },
            (false, false) => Self::Silent,
        }
    }

    /// Shows what has happened.
    pub fn show(&mut self, news: &News<'_>) {
        match (self, *news) {
            (Self::Bar(bar), News::Step(iteration, of, _)) => {
                if bar.length().is_none() {
                    bar.set_length(of as u64);
                }
                bar.set_position(iteration as u64);
            }
            (Self::Bar(bar), News::Epoch(epoch, _)) => bar.set_message(line(epoch)),
            (Self::Lines { next }, News::Epoch(epoch, of)) => {
                if epoch.iterations >= *next || epoch.iterations == of {
                    talk(format_args!("step {}/{of}  {}", epoch.iterations, line(epoch)));
                    *next = epoch.iterations + of.div_ceil(LINES);
                }
            }
            (Self::Lines { .. }, News::Step(..)) | (Self::Silent, _) => {}
        }
    }

    /// Clears the bar.
    pub fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// An epoch in a line.
fn line(epoch: &Epoch) -> String {
    let Epoch { number, learning_rate, train, val, .. } = epoch;
    let val = val.map_or_else(String::new, |val| format!("  validation {:.4}", val.accuracy()));
    format!(
        "epoch {number}  loss {:.4}  training {:.4}{val}  rate {learning_rate:.4}",
        train.loss,
        train.accuracy()
    )
}
