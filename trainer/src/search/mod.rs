//! Looking for good settings: candidates, their trainings, the journal, and the choice of the best.
//!
//! ```text
//! space (grid, or log-uniform draws) -> candidates in a fixed order -> schedule (one a core, rung by rung)
//!     -> trial (a training) -> journal (a line each) -> the best by validation accuracy
//! ```
//!
//! Candidates and their order follow from the lists and the seed, and each result from the candidate: neither cores
//! nor the order in which trainings finish change anything but the order of the journal's lines. Everything that
//! chooses between nets counts right answers first, then compares losses that have the same bits everywhere.

pub mod bar;
pub mod budget;
pub mod journal;
pub mod merge;
pub mod schedule;
pub mod space;
pub mod trial;

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Value, json};

use crate::history::{Epoch, Evaluation};
use crate::train::Settings;
use crate::wording::{advised, counted, written};
use crate::{Error, Kind};
pub use space::Point;

/// Of three candidates, one goes on to the next rung.
pub const KEEP_ONE_OF: usize = 3;
/// Candidates that are halved together.
pub const BRACKET: usize = 27;

/// What a search will do.
#[derive(Clone, Debug)]
pub struct Spec {
    /// What all candidates share; the fields of [`Point`] are overwritten by the candidate's.
    pub base: Settings,
    /// Every candidate, in order.
    pub points: Vec<Point>,
    /// Epochs that a candidate is trained for, rung by rung.
    pub rungs: Vec<usize>,
    /// The part of this run: the first number from 1, of how many.
    pub shard: (usize, usize),
}

impl Spec {
    /// The settings of a candidate.
    #[must_use]
    pub fn settings(&self, candidate: usize) -> Settings {
        self.points[candidate].apply(self.base)
    }

    /// The candidates of this shard in groups that are compared: all of them, or so many as are halved together.
    #[must_use]
    pub fn brackets(&self) -> Vec<Vec<usize>> {
        let (i, n) = self.shard;
        let mine: Vec<usize> = (0..self.points.len()).filter(|k| k % n == i - 1).collect();
        let size = if self.rungs.len() > 1 { BRACKET } else { mine.len().max(1) };
        mine.chunks(size).map(<[usize]>::to_vec).collect()
    }

    /// How many trainings there are, rungs counted one by one.
    #[must_use]
    pub fn trainings(&self) -> usize {
        let of = |size: usize| {
            self.rungs.iter().scan(size, |left, _| Some(std::mem::replace(left, left.div_ceil(KEEP_ONE_OF))))
        };
        self.brackets().iter().map(|bracket| of(bracket.len()).sum::<usize>()).sum()
    }

    /// What all trainings cost, about: epochs times hidden units. Who will go on to a rung counts as an average candidate.
    #[must_use]
    pub fn work(&self) -> f64 {
        let of = |bracket: &Vec<usize>| {
            let hidden: f64 = bracket.iter().map(|&k| self.points[k].hidden as f64).sum();
            let (mut left, mut epochs) = (bracket.len(), 0.0);
            for rung in 0..self.rungs.len() {
                epochs += left as f64 / bracket.len() as f64 * self.epochs_of(rung) as f64;
                left = left.div_ceil(KEEP_ONE_OF);
            }
            hidden * epochs
        };
        self.brackets().iter().map(of).sum()
    }

    /// What a result has cost, or would have if all its losses were finite.
    #[must_use]
    pub fn worth(&self, outcome: &Outcome) -> f64 {
        let rung = self.rungs.iter().position(|&epochs| epochs == outcome.asked).unwrap_or(0);
        (self.epochs_of(rung) * self.points[outcome.candidate].hidden) as f64
    }

    /// Epochs from the rung before to this one.
    fn epochs_of(&self, rung: usize) -> usize {
        self.rungs[rung] - rung.checked_sub(1).map_or(0, |before| self.rungs[before])
    }
}

/// Rungs of a halving that ends with `epochs`: a ninth, a third, all of them.
#[must_use]
pub fn rungs(epochs: usize) -> Vec<usize> {
    let mut rungs = vec![epochs.div_ceil(9), epochs.div_ceil(3), epochs];
    rungs.dedup();
    rungs
}

/// What came of a candidate on a rung.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its number, from 0.
    pub candidate: usize,
    /// Epochs it was to be trained for.
    pub asked: usize,
    /// The records of the epochs; fewer than asked for where it diverged.
    pub epochs: Vec<Epoch>,
    /// The step after which a loss or a weight was not finite.
    pub diverged: Option<usize>,
    /// [`checksum::of_net`](crate::checksum::of_net) of the net file after the best epoch.
    pub net: u32,
    /// How long the training took, earlier rungs included.
    pub seconds: f64,
}

impl Outcome {
    /// The epoch whose net is kept: most right answers on the validation part, then least loss, then the first. None if it
    /// diverged: whatever came before, such a training gives no net, as of `train`.
    #[must_use]
    pub fn best(&self) -> Option<(&Epoch, Evaluation)> {
        if self.diverged.is_some() {
            return None;
        }
        let with_val = self.epochs.iter().filter_map(|epoch| epoch.val.map(|val| (epoch, val)));
        with_val.reduce(|a, b| if compare(&b.1, &a.1).is_lt() { b } else { a })
    }

    /// Share of the validation part that the kept net has right; 0 without one.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.best().map_or(0.0, |(_, val)| val.accuracy())
    }

    /// Less is better.
    #[must_use]
    pub fn rank(&self, other: &Self) -> Ordering {
        let by_val = match (self.best(), other.best()) {
            (Some((_, a)), Some((_, b))) => compare(&a, &b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_val.then(self.candidate.cmp(&other.candidate)).then(other.asked.cmp(&self.asked))
    }

    /// As a line of the journal has it.
    #[must_use]
    pub fn to_json(&self, point: &Point) -> Value {
        let part = |of: fn(&Epoch) -> Option<Evaluation>| {
            let list = self.epochs.iter().filter_map(of);
            let (correct, loss): (Vec<usize>, Vec<f64>) = list.map(|e| (e.correct, e.loss)).unzip();
            json!({ "correct": correct, "loss": loss })
        };
        let last = self.epochs.last();
        json!({
            "candidate": self.candidate,
            "asked": self.asked,
            "hidden": point.hidden,
            "learning_rate": point.learning_rate,
            "reg": point.reg,
            "learning_rate_decay": point.learning_rate_decay,
            "val_accuracy": self.accuracy(),
            "train_rows": last.map_or(0, |e| e.train.rows),
            "val_rows": last.and_then(|e| e.val).map_or(0, |val| val.rows),
            "steps": self.epochs.iter().map(|e| e.iterations).collect::<Vec<_>>(),
            "rates": self.epochs.iter().map(|e| e.learning_rate).collect::<Vec<_>>(),
            "train": part(|e| Some(e.train)),
            "val": part(|e| e.val),
            "diverged": self.diverged,
            "net": format!("{:08x}", self.net),
            "seconds": self.seconds,
        })
    }

    /// Back from a line of the journal; None if anything is missing.
    #[must_use]
    pub fn from_json(line: &Value) -> Option<Self> {
        let count = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        let counts = |v: &Value| v.as_array()?.iter().map(count).collect::<Option<Vec<_>>>();
        let numbers = |v: &Value| v.as_array()?.iter().map(Value::as_f64).collect::<Option<Vec<_>>>();
        let part = |name: &str| {
            let rows = count(&line[&format!("{name}_rows")])?;
            let (correct, loss) = (counts(&line[name]["correct"])?, numbers(&line[name]["loss"])?);
            let both = correct.into_iter().zip(loss);
            Some(both.map(|(correct, loss)| Evaluation { rows, correct, loss }).collect::<Vec<_>>())
        };
        let (train, val) = (part("train")?, part("val")?);
        let (steps, rates) = (counts(&line["steps"])?, numbers(&line["rates"])?);
        if [train.len(), val.len(), rates.len()] != [steps.len(); 3] {
            return None;
        }
        let epoch = |i: usize| Epoch {
            number: i + 1,
            iterations: steps[i],
            learning_rate: rates[i],
            train: train[i],
            val: Some(val[i]),
        };
        Some(Self {
            candidate: count(&line["candidate"])?,
            asked: count(&line["asked"])?,
            epochs: (0..steps.len()).map(epoch).collect(),
            diverged: if line["diverged"].is_null() { None } else { Some(count(&line["diverged"])?) },
            net: u32::from_str_radix(line["net"].as_str()?, 16).ok()?,
            seconds: line["seconds"].as_f64()?,
        })
    }
}

/// Less is better: more right answers, then less loss.
fn compare(a: &Evaluation, b: &Evaluation) -> Ordering {
    b.correct.cmp(&a.correct).then(a.loss.total_cmp(&b.loss))
}

/// The best of all.
#[must_use]
pub fn best(outcomes: &[Outcome]) -> Option<&Outcome> {
    outcomes.iter().filter(|outcome| outcome.best().is_some()).min_by(|a, b| a.rank(b))
}

/// The step at which a longer training of the same candidate diverged, if one did. The net of the rung before is a net all the same, and
/// may be the best: what is told of it tells that, too.
#[must_use]
pub fn diverged_later(outcomes: &[Outcome], of: &Outcome) -> Option<usize> {
    let longer = outcomes.iter().filter(|o| o.candidate == of.candidate && o.asked > of.asked);
    longer.filter_map(|o| o.diverged).min()
}

/// Why there is no best where there are results, of so many candidates in all: each diverged, at one of these rates.
#[must_use]
pub fn none_learnt(outcomes: &[Outcome], candidates: usize, rates: impl Iterator<Item = f64>) -> Error {
    let diverged = outcomes.iter().map(|outcome| outcome.candidate).collect::<HashSet<_>>().len();
    let (least, most) = rates.fold((f64::INFINITY, 0.0f64), |(a, b), rate| (a.min(rate), b.max(rate)));
    let to = if least < most { format!(" to {}", written(most)) } else { String::new() };
    let rest = if diverged < candidates { " (the others were not trained)" } else { "" };
    Error::new(
        Kind::Diverged,
        format!(
            "no candidate learnt: {diverged} of {} diverged with --learning-rate {}{to}{rest}, and a loss must stay finite: \
             try smaller rates, from {} down, then a smaller --reg, with another --out (no net was written)",
            counted(candidates, "candidate"),
            written(least),
            advised(least / 10.0, 1)
        ),
    )
}

/// A list of what has been asked for, at least one of each.
pub(crate) fn none_left_out(spec: &Spec) -> Result<(), Error> {
    let (i, n) = spec.shard;
    if spec.brackets().is_empty() {
        let candidates = spec.points.len();
        return Err(Error::usage(format!(
            "shard {i}/{n} of {} is empty; ask for at most {}",
            counted(candidates, "candidate"),
            counted(candidates, "shard")
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(candidate: usize, correct: &[usize], loss: f64) -> Outcome {
        let val = |correct| Evaluation { rows: 10, correct, loss };
        let epochs = correct.iter().enumerate().map(|(i, &correct)| Epoch {
            number: i + 1,
            iterations: 4 * (i + 1),
            learning_rate: 0.1 / 3.0,
            train: val(correct + 1),
            val: Some(val(correct)),
        });
        let epochs = epochs.collect();
        Outcome { candidate, asked: correct.len(), epochs, diverged: None, net: 0xBEEF, seconds: 0.25 }
    }

    #[test]
    fn the_first_of_the_best_epochs_is_kept() {
        let outcome_of = outcome(0, &[3, 7, 5, 7], 0.5);
        let (epoch, val) = outcome_of.best().map(|(e, v)| (e.number, v)).unwrap();
        assert_eq!((epoch, val.correct), (2, 7));
        assert_eq!(outcome(0, &[], 0.5).accuracy(), 0.0);
    }

    #[test]
    fn right_answers_come_before_loss_and_loss_before_the_number() {
        let all =
            [outcome(0, &[6], 0.1), outcome(1, &[7], 0.9), outcome(2, &[7], 0.8), outcome(3, &[7], 0.8)];
        assert_eq!(best(&all).unwrap().candidate, 2);
        assert!(best(&[outcome(0, &[], 0.0)]).is_none(), "a net that never was");
    }

    /// The most right answers of all, and then a loss that was not finite.
    #[test]
    fn what_diverged_comes_last_and_never_wins() {
        let diverged = Outcome { diverged: Some(9), ..outcome(0, &[9, 9], 0.1) };
        let all = [diverged, outcome(1, &[2], 3.0)];
        assert_eq!(best(&all).unwrap().candidate, 1);
        assert!(all[1].rank(&all[0]).is_lt());
        assert_eq!((best(&all[..1]), all[0].accuracy()), (None, 0.0));
    }

    #[test]
    fn of_a_rung_it_is_known_whether_its_candidate_diverged_on_a_later_one() {
        let diverged = |candidate| Outcome { asked: 3, diverged: Some(9), ..outcome(candidate, &[9], 0.1) };
        let all = [outcome(0, &[9], 0.1), outcome(1, &[8], 0.1), diverged(0), outcome(1, &[8, 9, 9], 0.1)];
        assert_eq!(all.each_ref().map(|of| diverged_later(&all, of)), [Some(9), None, None, None]);
        assert_eq!(best(&all).map(|best| (best.candidate, best.asked)), Some((0, 1)));
    }

    #[test]
    fn that_none_learnt_is_told_with_the_rates() {
        let diverged = |candidate| Outcome { diverged: Some(9), ..outcome(candidate, &[], 0.0) };
        let told = |outcomes: &[Outcome], all, rates: &[f64]| {
            let error = none_learnt(outcomes, all, rates.iter().copied());
            assert_eq!(error.exit_code(), 4);
            error.message().to_owned()
        };
        // Candidate 0 on two rungs.
        let three = told(&[diverged(0), diverged(4), diverged(0)], 2, &[1e9, 20.0, 300.0]);
        assert!(three.contains("2 of 2 candidates diverged with --learning-rate 20 to 1e9,"), "{three}");
        assert!(three.contains("from 2 down"), "{three}");
        let one = told(&[diverged(0)], 1, &[0.004]);
        assert!(one.contains("1 of 1 candidate diverged with --learning-rate 0.004,"), "{one}");
        assert!(one.contains("from 4e-4 down"), "{one}");
        assert!(
            told(&[diverged(0)], 5, &[1.0])
                .contains("1 of 5 candidates diverged with --learning-rate 1 (the others")
        );
    }

    /// The loss has digits that a careless reader rounds.
    #[test]
    fn a_line_of_the_journal_is_read_back_bit_for_bit() {
        let mut there = outcome(5, &[3, 7], 0.1 + 0.2);
        there.diverged = Some(9);
        let point = Point { hidden: 3, learning_rate: 0.1, reg: 0.0, learning_rate_decay: 1.0 };
        let line = there.to_json(&point).to_string();
        let back = Outcome::from_json(&serde_json::from_str(&line).unwrap()).unwrap();
        assert_eq!(back, there);
    }

    #[test]
    fn rungs_grow_to_the_epochs_asked_for() {
        assert_eq!((rungs(30), rungs(1), rungs(5)), (vec![4, 10, 30], vec![1], vec![1, 2, 5]));
    }

    #[test]
    fn shards_divide_the_candidates() {
        let point = Point { hidden: 3, learning_rate: 0.1, reg: 0.0, learning_rate_decay: 1.0 };
        let base = crate::preset::Preset::Default.choice().settings;
        let spec = |shard| Spec { base, points: vec![point; 60], rungs: vec![1, 3, 9], shard };
        let mut all: Vec<usize> = (1..=3).flat_map(|i| spec((i, 3)).brackets().concat()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..60).collect::<Vec<_>>());
        assert_eq!(spec((1, 1)).brackets().iter().map(Vec::len).collect::<Vec<_>>(), [27, 27, 6]);
        assert_eq!(spec((1, 1)).trainings(), (27 + 9 + 3) * 2 + 6 + 2 + 1);
    }
}
