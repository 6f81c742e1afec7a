//! Rows to train on and rows to validate with.

use super::row_set::RowSet;
use crate::error::Error;
use crate::random::{Random, Stream};

/// Which rows are held back to validate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Rows drawn at random, so many of each class that the parts have the same mixture.
    Stratified {
        /// The seed of the draw.
        seed: u64,
    },
    /// The last rows.
    Last,
}

/// The rows of the two parts: together every row once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: RowSet,
    /// Rows to validate with.
    pub validation: RowSet,
}

/// Holds back round(`fraction`·N) of the rows to validate.
///
/// [`Method::Stratified`] gives each of the `classes` its share, rounded by largest remainder so that the total comes
/// out; at least one row of every class stays to train on, even if fewer are then held back. [`Method::Last`] takes the
/// last rows, but never all.
///
/// The draw is the same for ever: the rows of each class, ascending, are shuffled with [`Stream::Split`] of the seed,
/// class after class, and the first of the shuffled are held back.
///
/// ```
/// use trainer::dataset::split::{Method, split};
/// let labels = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
/// let parts = split(&labels, 2, 0.2, Method::Last).unwrap();
/// assert!(parts.train.iter().eq(0..8) && parts.validation.iter().eq(8..10));
/// ```
///
/// # Errors
/// If `fraction` is not at least 0 and below 1.
///
/// # Panics
/// If a label is not below `classes`.
pub fn split(labels: &[u16], classes: usize, fraction: f64, method: Method) -> Result<Split, Error> {
    if !(0.0..1.0).contains(&fraction) {
        return Err(Error::usage(format!(
            "validation fraction {fraction}: wanted at least 0 and below 1, such as 0.2"
        )));
    }
    let rows = labels.len();
    let wanted = (fraction * rows as f64 + 0.5) as usize;
    let validation = match method {
        Method::Last => {
            let first = rows - wanted.min(rows.saturating_sub(1));
            RowSet::of(rows, |row| row >= first)
        }
        Method::Stratified { seed } => {
            let sizes = sizes(labels, classes);
            let held_back = draw(&sizes, &shares(&sizes, fraction, wanted), seed);
            let mut met = vec![0; classes];
            RowSet::of(rows, |row| {
                let class = usize::from(labels[row]);
                met[class] += 1;
                held_back[class].contains(met[class] - 1)
            })
        }
    };
    Ok(Split { train: RowSet::of(rows, |row| !validation.contains(row)), validation })
}

/// Rows of every class.
fn sizes(labels: &[u16], classes: usize) -> Vec<usize> {
    let mut sizes = vec![0; classes];
    for (row, &label) in labels.iter().enumerate() {
        assert!(usize::from(label) < classes, "label {label} of row {row} is not below {classes} classes");
        sizes[usize::from(label)] += 1;
    }
    sizes
}

/// Which rows of every class are held back, numbered within it: shuffled, the first `counts[class]` of them.
fn draw(sizes: &[usize], counts: &[usize], seed: u64) -> Vec<RowSet> {
    let mut random = Random::new(seed, Stream::Split);
    let mut shuffled = Vec::new();
    let of_class = |(&size, &count): (&usize, &usize)| {
        shuffled.clear();
        shuffled.extend((0..).take(size));
        random.shuffle(&mut shuffled);
        let mut held_back = RowSet::none(size);
        shuffled[..count].iter().for_each(|&row| held_back.insert(row as usize));
        held_back
    };
    sizes.iter().zip(counts).map(of_class).collect()
}

/// How many rows of each class are held back: its share rounded down, then one more for the largest remainders (the
/// first of equals first) until `wanted` is reached or every class is down to its last row.
fn shares(sizes: &[usize], fraction: f64, wanted: usize) -> Vec<usize> {
    let exact: Vec<f64> = sizes.iter().map(|&size| fraction * size as f64).collect();
    let most = |class: usize| sizes[class].saturating_sub(1);
    let mut counts: Vec<usize> =
        exact.iter().enumerate().map(|(class, &share)| (share as usize).min(most(class))).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let remainder = |class: usize| exact[class] - exact[class].floor();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a))); // a stable sort
    let mut missing = wanted.saturating_sub(counts.iter().sum());
    while missing > 0 {
        let before = missing;
        for &class in &order {
            if missing > 0 && counts[class] < most(class) {
                counts[class] += 1;
                missing -= 1;
            }
        }
        if missing == before {
            break;
        }
    }
    counts
}
