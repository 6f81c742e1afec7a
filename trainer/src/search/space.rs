//! What a search tries: a grid over lists, or draws between their ends.

use kernels::Scalar;

use crate::Error;
use crate::random::{Random, Stream};
use crate::train::Settings;

/// Most combinations of a grid: as the source has it, fewer than 256.
pub const GRID_BELOW: usize = 256;

/// A candidate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Hidden units H.
    pub hidden: usize,
    /// Learning rate η of the first step.
    pub learning_rate: f64,
    /// Strength λ of the penalty.
    pub reg: f64,
    /// Factor of the learning rate after each epoch.
    pub learning_rate_decay: f64,
}

impl Point {
    /// These settings with the candidate's values.
    #[must_use]
    pub fn apply(&self, base: Settings) -> Settings {
        let Self { hidden, learning_rate, reg, learning_rate_decay } = *self;
        Settings { hidden, learning_rate, reg, learning_rate_decay, ..base }
    }
}

/// The values that may be taken.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // named as in Point
pub struct Axes {
    pub hidden: Vec<usize>,
    pub learning_rate: Vec<f64>,
    pub reg: Vec<f64>,
    pub learning_rate_decay: Vec<f64>,
}

impl Axes {
    /// Every combination, in random order: whatever a budget leaves undone, the rest is a fair sample.
    pub fn grid(&self, seed: u64) -> Result<Vec<Point>, Error> {
        let sizes =
            [self.hidden.len(), self.learning_rate.len(), self.reg.len(), self.learning_rate_decay.len()];
        let all = sizes.iter().fold(1usize, |all, &n| all.saturating_mul(n));
        if all == 0 || all >= GRID_BELOW {
            return Err(Error::usage(format!(
                "a grid of {all} combinations; wanted 1 to {}: shorten a list, or draw some with --random N",
                GRID_BELOW - 1
            )));
        }
        let mut order: Vec<u32> = (0..).take(all).collect();
        Random::new(seed, Stream::Search).shuffle(&mut order);
        let point = |at: u32| {
            let mut at = at as usize;
            let mut next = |n: usize| {
                let i = at % n;
                at /= n;
                i
            };
            let [h, rate, reg, decay] = sizes.map(&mut next);
            Point {
                hidden: self.hidden[h],
                learning_rate: self.learning_rate[rate],
                reg: self.reg[reg],
                learning_rate_decay: self.learning_rate_decay[decay],
            }
        };
        Ok(order.into_iter().map(point).collect())
    }

    /// `n` draws, each value log-uniform between the least and the largest of its list; of the decay it is 1 − decay.
    pub fn draw(&self, n: usize, seed: u64) -> Result<Vec<Point>, Error> {
        let hidden: Vec<f64> = self.hidden.iter().map(|&h| h as f64).collect();
        let away: Vec<f64> = self.learning_rate_decay.iter().map(|decay| 1.0 - decay).collect();
        let ranges = [
            range("--hidden", &hidden)?,
            range("--learning-rate", &self.learning_rate)?,
            range("--reg", &self.reg)?,
            range("1 - --learning-rate-decay", &away)?,
        ];
        let mut random = Random::new(seed, Stream::Search);
        let point = |_| {
            let [hidden, learning_rate, reg, away] = ranges.map(|range| log_uniform(&mut random, range));
            Point {
                hidden: (hidden + 0.5) as usize,
                learning_rate: rounded(learning_rate),
                reg: rounded(reg),
                learning_rate_decay: rounded(1.0 - away),
            }
        };
        Ok((0..n).map(point).collect())
    }
}

/// The ends of a list, both above 0.
fn range(name: &str, list: &[f64]) -> Result<(f64, f64), Error> {
    let (least, most) = list.iter().fold((f64::INFINITY, 0.0f64), |(a, b), &x| (a.min(x), b.max(x)));
    if least > 0.0 && least.is_finite() {
        return Ok((least, most));
    }
    Err(Error::usage(format!("{name} goes down to {least}, but a logarithmic draw needs values above 0")))
}

/// least·(most/least)^u with u uniform in [0, 1). The kernels' ln and exp, whose bits are the same everywhere.
fn log_uniform(random: &mut Random, (least, most): (f64, f64)) -> f64 {
    let u = random.unit();
    (least * Scalar::exp(u * Scalar::ln(most / least))).clamp(least, most)
}

/// Four digits are enough for anyone to type, and the candidate is exactly what is printed.
fn rounded(x: f64) -> f64 {
    format!("{x:.3e}").parse().expect("a number that was just printed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axes() -> Axes {
        Axes {
            hidden: vec![16, 64],
            learning_rate: vec![0.01, 0.1, 1.0],
            reg: vec![1e-5, 1e-2],
            learning_rate_decay: vec![0.9, 0.99],
        }
    }

    #[test]
    fn a_grid_has_every_combination_once_in_the_order_of_the_seed() {
        let grid = axes().grid(1).unwrap();
        assert_eq!(grid.len(), 24);
        assert!(grid.iter().enumerate().all(|(i, a)| grid[..i].iter().all(|b| a != b)));
        assert_eq!(grid, axes().grid(1).unwrap());
        assert_ne!(grid, axes().grid(2).unwrap());
    }

    #[test]
    fn a_grid_of_256_is_refused() {
        let long = Axes { hidden: (1..=128).collect(), learning_rate: vec![0.1], ..axes() };
        assert!(long.grid(1).unwrap_err().message().contains("512"));
    }

    /// 4000 draws: within the ends, and as many in each half of the logarithm (5 standard deviations are 158).
    #[test]
    fn draws_are_log_uniform() {
        let points = axes().draw(4000, 3).unwrap();
        let half = |of: fn(&Point) -> f64, middle: f64| {
            let below = points.iter().filter(|p| of(p) < middle).count() as i64;
            assert!((below - 2000).abs() < 158, "{below} of 4000 below {middle}");
        };
        half(|p| p.learning_rate, 0.1);
        half(|p| p.reg, 10f64.powf(-3.5));
        half(|p| 1.0 - p.learning_rate_decay, 10f64.powf(-1.5));
        half(|p| p.hidden as f64, 31.5);
        for p in &points {
            assert!((16..=64).contains(&p.hidden) && (0.01..=1.0).contains(&p.learning_rate), "{p:?}");
            assert!((1e-5..=1e-2).contains(&p.reg) && (0.9..=0.99).contains(&p.learning_rate_decay), "{p:?}");
        }
    }

    /// Bits that std's functions would not promise.
    #[test]
    fn draws_stay_the_same_for_ever() {
        let points = axes().draw(2, 1).unwrap();
        let point = |hidden, learning_rate, reg, learning_rate_decay| Point {
            hidden,
            learning_rate,
            reg,
            learning_rate_decay,
        };
        assert_eq!(points, [point(51, 0.05778, 0.002548, 0.9488), point(49, 0.07507, 0.0009534, 0.9791)]);
    }

    #[test]
    fn zero_has_no_logarithm() {
        let zero = Axes { reg: vec![0.0, 0.1], ..axes() };
        assert!(zero.draw(1, 1).unwrap_err().message().contains("--reg"));
        assert!(zero.grid(1).is_ok());
        let no_decay = Axes { learning_rate_decay: vec![1.0], ..axes() };
        assert_eq!(no_decay.draw(1, 1).unwrap_err().exit_code(), 2);
    }
}
