//! How far a training is: a bar on a terminal, a few plain lines elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::history::Epoch;
use crate::report::talk;
use crate::see::spark;
use crate::train::{News, Settings};
use crate::wording::fixed;

/// Plain lines a training gets, about.
const LINES: usize = 10;
/// Characters of the curve behind the bar.
const CURVE: usize = 11;
/// Losses that are kept for it; when there are twice as many, neighbours are averaged.
const KEPT: usize = 256;
/// How often the numbers behind the bar change.
const EVERY: Duration = Duration::from_millis(100);

/// Shows the news of a training on stderr.
#[derive(Debug)]
pub enum Progress {
    /// stderr is a terminal.
    Bar(Box<Bar>),
    /// It is not: a line whenever so many steps have passed, and for the last record.
    Lines {
        /// What the first accuracy is of.
        part: &'static str,
        /// The step from which on the next record is told.
        next: usize,
    },
    /// Nothing is shown.
    Silent,
}

impl Progress {
    /// For these settings. `lines`: whether plain lines are wanted where there is no terminal.
    #[must_use]
    pub fn new(lines: bool, settings: &Settings) -> Self {
        match (stderr().is_terminal(), lines) {
            (true, _) => Self::Bar(Box::new(Bar::new(settings.batch_size))),
            (false, true) => Self::Lines { part: settings.order.recorded(), next: 0 },
            (false, false) => Self::Silent,
        }
    }

    /// Shows what has happened.
    pub fn show(&mut self, news: &News<'_>) {
        match (self, *news) {
            (Self::Bar(bar), News::Step(iteration, of, loss)) => bar.step(iteration, of, loss),
            (Self::Bar(bar), News::Epoch(epoch, _)) => {
                bar.val = epoch.val.map(|val| val.accuracy());
            }
            (Self::Lines { part, next }, News::Epoch(epoch, of)) => {
                if epoch.iterations >= *next || epoch.iterations == of {
                    talk(format_args!("step {}/{of}  {}", epoch.iterations, line(epoch, part)));
                    *next = epoch.iterations + of.div_ceil(LINES);
                }
            }
            (Self::Lines { .. }, News::Step(..)) | (Self::Silent, _) => {}
        }
    }

    /// Clears the bar.
    pub fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.bar.finish_and_clear();
        }
    }
}

/// The bar: share, time left, rows a second, loss, accuracy, and the curve of the loss: 78 columns at most.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    batch: usize,
    begun: Instant,
    /// Steps that an earlier run has taken; None before the first of this one.
    before: Option<usize>,
    shown: Option<Instant>,
    losses: Vec<f64>,
    /// Steps that an entry of `losses` stands for, and those that wait to become one: sum, count.
    piece: usize,
    waiting: (f64, usize),
    val: Option<f64>,
}

impl Bar {
    fn new(batch: usize) -> Self {
        let style = ProgressStyle::with_template("{bar:10} {percent:>3}% {msg}");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let (begun, waiting) = (Instant::now(), (0.0, 0));
        Self {
            bar,
            batch,
            begun,
            before: None,
            shown: None,
            losses: Vec::new(),
            piece: 1,
            waiting,
            val: None,
        }
    }

    fn step(&mut self, iteration: usize, of: usize, loss: f32) {
        if self.bar.length().is_none() {
            self.bar.set_length(of as u64);
        }
        self.bar.set_position(iteration as u64);
        self.keep(loss.into());
        let before = *self.before.get_or_insert(iteration - 1);
        let now = Instant::now();
        if self.shown.is_none_or(|shown| now - shown >= EVERY) {
            self.shown = Some(now);
            let seconds = (now - self.begun).as_secs_f64().max(1e-9);
            let (taken, left) = (iteration - before, of - iteration);
            self.bar.set_message(self.message(seconds, taken, left));
        }
    }

    /// Takes up a loss; memory stays small however long the training is.
    fn keep(&mut self, loss: f64) {
        self.waiting = (self.waiting.0 + loss, self.waiting.1 + 1);
        if self.waiting.1 == self.piece {
            self.losses.push(self.waiting.0 / self.piece as f64);
            self.waiting = (0.0, 0);
        }
        if self.losses.len() == 2 * KEPT {
            self.losses = self.losses.chunks_exact(2).map(|two| (two[0] + two[1]) / 2.0).collect();
            self.piece *= 2;
        }
    }

    /// After so many seconds and steps, with so many steps left.
    fn message(&self, seconds: f64, taken: usize, left: usize) -> String {
        let speed = (taken * self.batch) as f64 / seconds;
        let left = brief(Duration::from_secs_f64((seconds * left as f64 / taken as f64).min(1e9)));
        let recent = &self.losses[self.losses.len().saturating_sub(20)..];
        let loss = recent.iter().sum::<f64>() / recent.len().max(1) as f64;
        let val = self.val.map_or_else(String::new, |val| format!("  val {val:.4}"));
        format!(
            "{left:>4} left  {} rows/s  loss {}{val}  {}",
            short(speed),
            fixed(loss, 4),
            spark::line(&self.losses, CURVE)
        )
    }
}

/// A time in four characters, mostly.
#[must_use]
pub fn brief(time: Duration) -> String {
    match time.as_secs() {
        s if s < 100 => format!("{s}s"),
        s if s < 100 * 60 => format!("{}m", s / 60),
        s => format!("{}h", s / 3600),
    }
}

/// A number in five characters at most.
fn short(x: f64) -> String {
    match x {
        x if x >= 1e9 => format!("{:.1}G", x / 1e9),
        x if x >= 1e6 => format!("{:.1}M", x / 1e6),
        x if x >= 1e3 => format!("{:.0}k", x / 1e3),
        x => format!("{x:.0}"),
    }
}

/// An epoch in a line.
fn line(epoch: &Epoch, part: &str) -> String {
    let Epoch { number, learning_rate, train, val, .. } = epoch;
    let val = val.map_or_else(String::new, |val| format!("  validation {:.4}", val.accuracy()));
    format!(
        "epoch {number}  loss {}  {part} {:.4}{val}  rate {}",
        fixed(train.loss, 4),
        train.accuracy(),
        fixed(*learning_rate, 4)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([12.4, 999.0, 45_678.0, 2.34e6, 1.2e9].map(short), ["12", "999", "46k", "2.3M", "1.2G"]);
    }

    #[test]
    fn times_are_brief() {
        let of = |s| brief(Duration::from_secs(s));
        assert_eq!([of(9), of(99), of(100), of(5999), of(6000)], ["9s", "99s", "1m", "99m", "1h"]);
    }

    /// 500 steps of an earlier run say nothing of this one's speed.
    #[test]
    fn a_resumed_run_is_timed_from_where_it_goes_on() {
        let bar = Bar::new(100);
        let message = bar.message(2.0, 10, 90);
        assert!(message.starts_with(" 18s left  500 rows/s"), "{message}");
        let mut bar = Bar::new(100);
        bar.step(501, 1000, 1.0);
        assert_eq!(bar.before, Some(500));
    }

    /// What stands before the message takes 16 columns: bar, share.
    #[test]
    fn a_bar_fits_80_columns_and_remembers_a_long_training_in_little_room() {
        let mut bar = Bar::new(100);
        bar.val = Some(0.5);
        (0..100_000).for_each(|i| bar.keep(f64::from(100_000 - i)));
        assert!(bar.losses.len() < 2 * KEPT && bar.losses[0] > 99_000.0);
        bar.val = Some(1.0);
        for loss in [12.3456, 1e30] {
            bar.losses = vec![loss; 100];
            let message = bar.message(1e-3, 1_234, 98_766);
            assert!(16 + message.chars().count() <= 80, "{message}");
        }
    }
}
