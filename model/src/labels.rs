//! y: the right class of every row, checked once.

use core::fmt;

/// One label a row, each below C. Labels come from files and people, so they are checked here, once, and every
/// function behind this type can rely on them. Two bytes a row, so no class above 65,535 can be a label.
///
/// ```
/// use model::{LabelError, Labels};
/// assert_eq!(Labels::new(&[0, 2, 1], 3)?.len(), 3);
/// let error = Labels::new(&[0, 3], 3).unwrap_err();
/// assert_eq!((error.row, error.label, error.classes), (1, 3, 3));
/// # Ok::<(), LabelError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    labels: &'a [u16],
    classes: usize,
    /// Which of them, if not all.
    rows: Option<&'a [u32]>,
}

impl<'a> Labels<'a> {
    /// Labels for a net of `classes` classes.
    ///
    /// # Errors
    /// [`LabelError`] names the first label that is not below `classes`.
    pub fn new(labels: &'a [u16], classes: usize) -> Result<Self, LabelError> {
        match labels.iter().position(|&label| usize::from(label) >= classes) {
            Some(row) => Err(LabelError { row, label: labels[row], classes }),
            None => Ok(Self { labels, classes, rows: None }),
        }
    }

    /// Those of a batch, by the numbers of its rows in the data set, counted from 0. They were checked with the data set, so
    /// nothing is looked at here; a number that names no row panics where its label is asked for.
    ///
    /// ```
    /// let all = model::Labels::new(&[7, 8, 9], 10)?;
    /// assert!(all.rows(&[2, 0, 2]).iter().eq([9, 7, 9]));
    /// # Ok::<(), model::LabelError>(())
    /// ```
    ///
    /// # Panics
    /// If these are the labels of a batch already.
    #[must_use]
    #[track_caller]
    pub fn rows(self, rows: &'a [u32]) -> Self {
        assert!(
            self.rows.is_none(),
            "rows are numbered within the data set, and these labels are a batch of it"
        );
        Self { rows: Some(rows), ..self }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.map_or(self.labels.len(), <[u32]>::len)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of classes they were checked against.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The label of each row, in order.
    pub fn iter(self) -> impl ExactSizeIterator<Item = u16> + 'a {
        (0..self.len()).map(move |i| self.labels[self.rows.map_or(i, |rows| rows[i] as usize)])
    }
}

/// A label that names no class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelError {
    /// The row it stands in, counted from 0.
    pub row: usize,
    /// The label.
    pub label: u16,
    /// The number of classes.
    pub classes: usize,
}

impl fmt::Display for LabelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { row, label, classes } = self;
        match classes.checked_sub(1) {
            Some(last) => {
                write!(
                    f,
                    "row {row} has label {label}, but the labels of {classes} classes count from 0 to {last}"
                )
            }
            None => write!(f, "row {row} has label {label}, but there are no classes"),
        }
    }
}

impl core::error::Error for LabelError {}
