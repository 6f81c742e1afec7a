//! Rows to train on and rows to validate with.

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

/// Row numbers of the two parts, each ascending; together every row once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Rows to train on.
    pub train: Vec<u32>,
    /// Rows to validate with.
    pub validation: Vec<u32>,
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
/// assert_eq!((parts.train, parts.validation), ((0..8).collect(), vec![8, 9]));
/// ```
///
/// # Errors
/// If `fraction` is not at least 0 and below 1.
///
/// # Panics
/// If a label is not below `classes`.
pub fn split(labels: &[u32], classes: usize, fraction: f64, method: Method) -> Result<Split, Error> {
    if !(0.0..1.0).contains(&fraction) {
        return Err(Error::usage(format!(
            "validation fraction {fraction}: wanted at least 0 and below 1, such as 0.2"
        )));
    }
    let wanted = (fraction * labels.len() as f64 + 0.5) as usize;
    let mut held_back = vec![false; labels.len()];
    match method {
        Method::Last => {
            let count = wanted.min(labels.len().saturating_sub(1));
            held_back[labels.len() - count..].fill(true);
        }
        Method::Stratified { seed } => {
            let mut random = Random::new(seed, Stream::Split);
            let rows = rows_of(labels, classes);
            let sizes: Vec<usize> = rows.iter().map(Vec::len).collect();
            for (mut rows, count) in rows.into_iter().zip(shares(&sizes, fraction, wanted)) {
                random.shuffle(&mut rows);
                rows[..count].iter().for_each(|&row| held_back[row as usize] = true);
            }
        }
    }
    // Memory for the numbers that there are and no more: of ten million rows they are 40 MB.
    let count = held_back.iter().filter(|&&held| held).count();
    let mut split =
        Split { train: Vec::with_capacity(labels.len() - count), validation: Vec::with_capacity(count) };
    for (row, held) in (0..).zip(held_back) {
        if held { &mut split.validation } else { &mut split.train }.push(row);
    }
    Ok(split)
}

/// Row numbers of every class, ascending.
fn rows_of(labels: &[u32], classes: usize) -> Vec<Vec<u32>> {
    let mut sizes = vec![0; classes];
    for (row, &label) in labels.iter().enumerate() {
        assert!((label as usize) < classes, "label {label} of row {row} is not below {classes} classes");
        sizes[label as usize] += 1;
    }
    let mut rows: Vec<Vec<u32>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for (row, &label) in (0..).zip(labels) {
        rows[label as usize].push(row);
    }
    rows
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
