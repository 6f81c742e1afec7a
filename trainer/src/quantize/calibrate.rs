//! Between which numbers a net works, seen on training rows.

use infer_nostd::Net;
use kernels::{Isa, dense};

use crate::dataset::Dataset;

/// Rows that are looked at, at most: evenly spread over the training part.
const ROWS: usize = 5_000;

/// What counts as the end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    /// The smallest and the largest number that occur.
    MinMax,
    /// All but a thousandth of the numbers at each end.
    Percentile,
}

/// From where to where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// The lower end.
    pub low: f32,
    /// The upper end.
    pub high: f32,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// Rows looked at.
    pub rows: usize,
    /// Inputs as they come, after the net's normalisation.
    pub inputs: Range,
    /// The hidden layer; only what is above 0 counts, so low is 0.
    pub hidden: Range,
    /// The scores. (Their ends are always the smallest and the largest: what is cut off there may decide a class.)
    pub scores: Range,
}

/// Runs the net over rows of `data`.
///
/// # Panics
/// If the data's D is not the net's, or there is no row.
#[must_use]
pub fn calibrate(net: &Net<'_>, data: &Dataset, method: Method) -> Calibration {
    let rows = data.rows().min(ROWS);
    let isa = Isa::best();
    let (mut inputs, mut hidden, mut scores) = (Vec::new(), Vec::new(), Vec::new());
    let (mut x, mut h, mut s) = (vec![0.0; net.d()], vec![0.0; net.h()], vec![0.0; net.c()]);
    for i in 0..rows {
        let row = i * data.rows() / rows;
        net.normalization().apply(isa, 0, data.row(row), &mut x);
        dense(isa, &x, &net.layer1(), true, &mut h);
        dense(isa, &h, &net.layer2(), false, &mut s);
        inputs.extend_from_slice(&x);
        hidden.extend(h.iter().copied().filter(|&h| h > 0.0));
        scores.extend_from_slice(&s);
    }
    let high = method.range(&mut hidden).map_or(0.0, |range| range.high);
    let zero = Range { low: 0.0, high: 0.0 };
    Calibration {
        rows,
        inputs: method.range(&mut inputs).unwrap_or(zero),
        hidden: Range { low: 0.0, high },
        scores: Method::MinMax.range(&mut scores).unwrap_or(zero),
    }
}

impl Method {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MinMax => "min-max",
            Self::Percentile => "percentile",
        }
    }

    /// The ends; None of nothing. Changes the order of the numbers.
    fn range(self, numbers: &mut [f32]) -> Option<Range> {
        let last = numbers.len().checked_sub(1)?;
        let cut = match self {
            Self::MinMax => 0,
            Self::Percentile => numbers.len() / 1000,
        };
        let low = *numbers.select_nth_unstable_by(cut, f32::total_cmp).1;
        let high = *numbers.select_nth_unstable_by(last - cut, f32::total_cmp).1;
        Some(Range { low, high })
    }
}
