//! From a history to curves.

use super::drawing::Drawing;
use super::plot::{Axis, Curve, Plot};
use crate::history::{Epoch, History};

/// Points of a curve, about: more than a plot has pixels to show.
const POINTS: usize = 600;

/// Loss, accuracy and learning rate, in this order, with a short name for files. `part` is what the first accuracy of a record is of.
#[must_use]
pub fn drawings(history: &History, part: &str) -> Vec<(&'static str, Drawing)> {
    let losses: Vec<f64> = history.losses.iter().map(|&loss| loss.into()).collect();
    let until = history.epochs.last().map_or(0, |last| last.iterations).max(losses.len()) as f64;
    vec![
        ("loss", loss(&losses, &history.epochs, part, until).draw()),
        ("accuracy", accuracy(&history.epochs, part, until).draw()),
        ("learning-rate", rate(history, until).draw()),
    ]
}

fn loss(losses: &[f64], epochs: &[Epoch], part: &str, until: f64) -> Plot {
    let mut curves = Vec::new();
    if !losses.is_empty() {
        curves.push(curve("each step, with penalty", "raw", envelope(losses)));
        curves.push(curve("smoothed", "c0", thinned(&smoothed(losses))));
    } else {
        curves.push(curve(part, "c0", by_epoch(epochs, |e| Some(e.train.loss))));
    }
    curves.push(curve("validation", "c1", by_epoch(epochs, |e| e.val.map(|val| val.loss))));
    Plot { title: "Loss, nats".into(), x: "step".into(), until, y: Axis::Log, curves: with_points(curves) }
}

fn accuracy(epochs: &[Epoch], part: &str, until: f64) -> Plot {
    let curves = vec![
        curve(part, "c0", by_epoch(epochs, |e| Some(e.train.accuracy()))),
        curve("validation", "c1", by_epoch(epochs, |e| e.val.map(|val| val.accuracy()))),
    ];
    Plot { title: "Accuracy".into(), x: "step".into(), until, y: Axis::Percent, curves: with_points(curves) }
}

fn rate(history: &History, until: f64) -> Plot {
    let rates = match history.rates[..] {
        [] => staircase(history.epochs.iter().map(|e| (e.iterations, e.learning_rate))),
        [..] => steps(&history.rates),
    };
    Plot {
        title: "Learning rate".into(),
        x: "step".into(),
        until,
        y: Axis::Plain,
        curves: vec![curve("learning rate", "c2", rates)],
    }
}

fn curve(name: &str, colour: &'static str, points: Vec<(f64, f64)>) -> Curve {
    Curve { name: name.into(), colour, points }
}

fn with_points(curves: Vec<Curve>) -> Vec<Curve> {
    curves.into_iter().filter(|curve| !curve.points.is_empty()).collect()
}

fn by_epoch(epochs: &[Epoch], of: impl Fn(&Epoch) -> Option<f64>) -> Vec<(f64, f64)> {
    epochs.iter().filter_map(|e| Some((e.iterations as f64, of(e)?))).collect()
}

/// The least and the largest of each piece, in the order they come: thinning keeps how much the values scatter.
fn envelope(values: &[f64]) -> Vec<(f64, f64)> {
    let piece = values.len().div_ceil(POINTS / 2).max(1);
    if piece < 3 {
        return numbered(values);
    }
    let mut points = Vec::with_capacity(POINTS);
    for (i, part) in values.chunks(piece).enumerate() {
        let by = |a: &(usize, &f64), b: &(usize, &f64)| a.1.total_cmp(b.1);
        let least = part.iter().enumerate().min_by(by).map_or(0, |(at, _)| at);
        let most = part.iter().enumerate().max_by(by).map_or(0, |(at, _)| at);
        for at in [least.min(most), least.max(most)] {
            points.push(((i * piece + at + 1) as f64, part[at]));
        }
    }
    points
}

fn numbered(values: &[f64]) -> Vec<(f64, f64)> {
    values.iter().enumerate().map(|(i, &v)| ((i + 1) as f64, v)).collect()
}

fn thinned(values: &[f64]) -> Vec<(f64, f64)> {
    let every = values.len().div_ceil(POINTS).max(1);
    let mut points: Vec<_> = numbered(values).into_iter().step_by(every).collect();
    if let (Some(&last), false) = (values.last(), values.len() % every == 1 || every == 1) {
        points.push((values.len() as f64, last));
    }
    points
}

/// A mean in which a value loses weight over about a fiftieth of the training.
fn smoothed(values: &[f64]) -> Vec<f64> {
    let past = 1.0 - 1.0 / (values.len() as f64 / 50.0).max(1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut next = |&value: &f64| {
        sum = past * sum + (1.0 - past) * value;
        weight = past * weight + (1.0 - past);
        sum / weight
    };
    values.iter().map(&mut next).collect()
}

/// A value that stays and jumps, given for each step.
fn steps(values: &[f64]) -> Vec<(f64, f64)> {
    let mut end = 0;
    let stretches = values.chunk_by(|a, b| a == b).map(|stretch| {
        end += stretch.len();
        (end, stretch[0])
    });
    let points = staircase(stretches);
    // So many jumps are too narrow to be seen, as of a rate that changes with every step.
    if points.len() > 4 * POINTS { thinned(values) } else { points }
}

/// Stretches of one value, each given with its last step, as a line: flat, and upright where the value changes. A step leads from
/// the point of the step before to its own.
fn staircase(stretches: impl Iterator<Item = (usize, f64)>) -> Vec<(f64, f64)> {
    let mut begin = 0;
    let ends = stretches.flat_map(|(end, value)| {
        let both = [begin, end].map(|step| (step as f64, value));
        begin = end;
        both
    });
    ends.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_ends_and_the_scatter() {
        let values: Vec<f64> = (0..10_000).map(|i| if i == 7777 { 99.0 } else { f64::from(i % 2) }).collect();
        let points = envelope(&values);
        assert!(points.len() <= POINTS + 2 && points.iter().any(|p| p.1 == 99.0));
        assert!(points.windows(2).all(|w| w[0].0 <= w[1].0));
        let points = thinned(&values);
        assert_eq!((points[0].0, points.last().unwrap().0), (1.0, 10_000.0));
    }

    #[test]
    fn a_constant_is_smoothed_to_itself_from_the_first_value_on() {
        assert!(smoothed(&[2.5; 300]).iter().all(|x| (x - 2.5).abs() < 1e-12));
    }

    #[test]
    fn a_rate_is_drawn_as_steps() {
        let flat_and_upright = [(0.0, 0.4), (3.0, 0.4), (3.0, 0.2), (5.0, 0.2)];
        assert_eq!(steps(&[0.4, 0.4, 0.4, 0.2, 0.2]), flat_and_upright);
        assert_eq!(staircase([(3, 0.4), (5, 0.2)].into_iter()), flat_and_upright);
        assert_eq!(steps(&[0.4]), [(0.0, 0.4), (1.0, 0.4)]);
        let every: Vec<f64> = (0..10_000).map(f64::from).collect();
        assert!(steps(&every).len() <= POINTS + 2);
    }
}
