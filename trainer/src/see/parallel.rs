//! The candidates of a search as parallel coordinates: an axis for each setting and one for the accuracy, a line for each
//! candidate.

use super::drawing::{Align, Drawing, Kind, Mark};
use super::plot::label;
use crate::search::{Outcome, Spec};

const AXES: [&str; 5] =
    ["hidden units", "learning rate", "penalty", "decay of the rate", "validation accuracy"];
const WIDTH: f64 = 1100.0;
const TOP: f64 = 76.0;
const HIGH: f64 = 220.0;
/// Values of an axis that are all named.
const NAMED: usize = 6;

/// From where accuracies are told apart: the worst, or as far below the best that the median is in the upper third. One
/// candidate that failed would otherwise push all others together.
#[must_use]
pub fn floor(ranked: &[&Outcome]) -> f64 {
    let accuracies: Vec<f64> = ranked.iter().filter(|o| o.best().is_some()).map(|o| o.accuracy()).collect();
    let (Some(best), Some(worst)) = (accuracies.first(), accuracies.last()) else { return 0.0 };
    let median = accuracies[accuracies.len() / 2];
    if median < *best { worst.max(best - 3.0 * (best - median)) } else { *worst }
}

/// The drawing; `ranked` has the best first.
#[must_use]
pub fn draw(spec: &Spec, ranked: &[&Outcome]) -> Drawing {
    let mut drawing = Drawing::new("Settings and accuracy of every candidate", WIDTH, TOP + HIGH + 20.0);
    drawing.heading(20.0, 22.0, "Every candidate is a line; the better, the bluer", Align::Left);
    let floor = floor(ranked);
    let values = |o: &Outcome| {
        let p = spec.points[o.candidate];
        [p.hidden as f64, p.learning_rate, p.reg, p.learning_rate_decay, o.accuracy().max(floor)]
    };
    let trained: Vec<[f64; 5]> = ranked.iter().filter(|o| o.best().is_some()).map(|o| values(o)).collect();
    let axes: Vec<Axis> = (0..5).map(|axis| Axis::of(&trained, axis)).collect();
    let at_x = |axis: usize| 80.0 + 220.0 * axis as f64;
    // The worst first, so that the best lie on top.
    for (i, line) in trained.iter().enumerate().rev() {
        let share = 1.0 - i as f64 / trained.len() as f64;
        let points = line.iter().enumerate().map(|(axis, &v)| (at_x(axis), axes[axis].at(v))).collect();
        let (colour, width, opacity) =
            if i == 0 { ("c1", 3.0, 1.0) } else { ("c0", 1.5, 0.08 + 0.72 * share * share) };
        drawing.marks.push(Mark::Line { points, colour, width, opacity });
    }
    for (i, axis) in axes.iter().enumerate().filter(|(_, axis)| !axis.values.is_empty()) {
        drawing.line(vec![(at_x(i), TOP), (at_x(i), TOP + HIGH)], "text", 1.0);
        drawing.heading(at_x(i), TOP - 22.0, AXES[i], Align::Middle);
        for v in axis.shown() {
            let (at, text) = ((at_x(i) + 8.0, axis.at(v) + 4.0), axis.name(v, floor, ranked));
            drawing.marks.push(Mark::Words { at, text, align: Align::Left, kind: Kind::Edged });
        }
    }
    drawing
}

/// An axis.
struct Axis {
    /// Its values, ascending, each once.
    values: Vec<f64>,
    /// Settings stand at the rank of their value: lists are seldom spaced evenly, and this needs no logarithm.
    by_rank: bool,
}

impl Axis {
    fn of(lines: &[[f64; 5]], axis: usize) -> Self {
        let mut values: Vec<f64> = lines.iter().map(|line| line[axis]).collect();
        values.sort_by(f64::total_cmp);
        values.dedup();
        Self { values, by_rank: axis < 4 }
    }

    /// How far down a value is.
    fn at(&self, v: f64) -> f64 {
        let n = self.values.len();
        let (low, high) = (self.values[0], self.values[n - 1]);
        let share = match (self.by_rank, n) {
            (_, 1) => 0.5,
            (true, _) => self.values.iter().position(|&x| x == v).unwrap_or(0) as f64 / (n - 1) as f64,
            (false, _) => (v - low) / (high - low),
        };
        TOP + HIGH * (1.0 - share)
    }

    /// The values that are named: all of a short list, else both ends.
    fn shown(&self) -> Vec<f64> {
        match self.values[..] {
            _ if self.by_rank && self.values.len() <= NAMED => self.values.clone(),
            [low, .., high] => vec![low, high],
            _ => self.values.clone(),
        }
    }

    fn name(&self, v: f64, floor: f64, ranked: &[&Outcome]) -> String {
        let below = |o: &&Outcome| o.best().is_some() && o.accuracy() < floor;
        match (self.by_rank, v == floor && ranked.iter().any(below)) {
            (true, _) => label(v),
            (false, false) => format!("{:.1} %", 100.0 * v),
            (false, true) => format!("{:.1} % or less", 100.0 * v),
        }
    }
}
