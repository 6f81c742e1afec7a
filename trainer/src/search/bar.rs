//! How far a search is: a bar on a terminal, nothing elsewhere, where each result has a line of its own.

use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Outcome, Spec};
use crate::progress::brief;
use crate::report::{is_quiet, talk};

/// How often the bar is drawn.
const EVERY: Duration = Duration::from_millis(100);
/// Positions of the bar.
const LENGTH: f64 = 1000.0;

/// The bar: share, time left, results, the best accuracy. Workers tell it each step.
#[derive(Debug)]
pub struct Bar {
    /// None where stderr is no terminal, or nobody wants it.
    bar: Option<ProgressBar>,
    /// What there is to do, in steps times hidden units, which is about what they cost.
    all: f64,
    done: AtomicU64,
    begun: Instant,
    budget: Option<Duration>,
    /// When it was last drawn, and the results so far.
    shown: Mutex<(Instant, String)>,
}

impl Bar {
    /// For what a search has still to do, with so many steps an epoch.
    #[must_use]
    pub fn new(spec: &Spec, known: &[Outcome], per_epoch: usize, budget: Option<Duration>) -> Self {
        let wanted = stderr().is_terminal() && !is_quiet();
        let bar = wanted.then(|| {
            let style = ProgressStyle::with_template("{bar:10} {percent:>3}% {msg}");
            let bar = ProgressBar::with_draw_target(Some(LENGTH as u64), ProgressDrawTarget::stderr());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let known: f64 = known.iter().map(|outcome| spec.worth(outcome)).sum();
        let begun = Instant::now();
        Self {
            bar,
            all: (spec.work() - known).max(0.0) * per_epoch as f64,
            done: AtomicU64::new(0),
            begun,
            budget,
            shown: Mutex::new((begun, String::new())),
        }
    }

    /// A worker is about to take a step of a net with so many hidden units.
    pub fn step(&self, hidden: usize) {
        let done = self.done.fetch_add(hidden as u64, Ordering::Relaxed);
        let Some(bar) = &self.bar else { return };
        // Whoever comes while another draws has nothing to add.
        let Ok(mut shown) = self.shown.try_lock() else { return };
        let passed = self.begun.elapsed();
        if self.begun + passed >= shown.0 {
            shown.0 = self.begun + passed + EVERY;
            let (share, left) = estimate(done as f64 / self.all, passed, self.budget);
            bar.set_position((LENGTH * share) as u64);
            bar.set_message(format!("{:>4} left  {}", brief(left), shown.1));
        }
    }

    /// A result has come.
    pub fn tell(&self, line: impl Display, results: String) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).1 = results;
        match &self.bar {
            Some(bar) => bar.suspend(|| talk(line)),
            None => talk(line),
        }
    }

    /// Clears the bar.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What share of the time has passed, and what is left of it: until all is done, or the budget is used up.
fn estimate(done: f64, passed: Duration, budget: Option<Duration>) -> (f64, Duration) {
    let passed = passed.as_secs_f64();
    let all = if done > 0.0 { passed / done.min(1.0) } else { f64::INFINITY };
    let all = budget.map_or(all, |budget| all.min(budget.as_secs_f64()));
    let (share, left) = if all.is_finite() { (passed / all, all - passed) } else { (0.0, 0.0) };
    (share.min(1.0), Duration::from_secs_f64(left.clamp(0.0, 1e9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_or_the_work_ends_a_search() {
        let second = Duration::from_secs;
        assert_eq!(estimate(0.25, second(10), None), (0.25, second(30)));
        assert_eq!(estimate(0.25, second(10), Some(second(20))), (0.5, second(10)));
        assert_eq!(estimate(0.25, second(10), Some(second(90))), (0.25, second(30)));
        assert_eq!(estimate(0.0, second(10), None), (0.0, second(0)));
        assert_eq!(estimate(2.0, second(10), Some(second(5))), (1.0, second(0)));
    }
}
