//! What quantising cost, on rows that say so.

use kernels::argmax;

use crate::any_net::AnyNet;
use crate::dataset::Dataset;

/// Two nets on the same rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Rows looked at.
    pub rows: usize,
    /// Rows that the first net has right.
    pub before: usize,
    /// Rows that the second net has right.
    pub after: usize,
    /// Rows that the two give different classes.
    pub changed: usize,
    /// The largest difference of two scores.
    pub worst: f32,
}

impl Comparison {
    /// Points of accuracy lost; negative if there was a gain.
    #[must_use]
    pub fn loss(&self) -> f64 {
        100.0 * (self.before as f64 - self.after as f64) / self.rows as f64
    }
}

/// Both nets, row by row.
///
/// # Errors
/// If the rows do not fit the nets.
pub fn compare(
    before: &AnyNet<'_>,
    after: &AnyNet<'_>,
    data: &Dataset,
) -> Result<Comparison, infer_nostd::Error> {
    let (mut a, mut b) = (vec![0.0; before.scratch_len()], vec![0.0; after.scratch_len()]);
    let mut total = Comparison { rows: data.rows(), ..Comparison::default() };
    for (i, &label) in data.labels.iter().enumerate() {
        let (old, new) = (before.scores(data.row(i), &mut a)?, after.scores(data.row(i), &mut b)?);
        let (class, other) = (argmax(old), argmax(new));
        total.before += usize::from(class == usize::from(label));
        total.after += usize::from(other == usize::from(label));
        total.changed += usize::from(class != other);
        total.worst = old.iter().zip(new).fold(total.worst, |worst, (a, b)| worst.max((a - b).abs()));
    }
    Ok(total)
}
