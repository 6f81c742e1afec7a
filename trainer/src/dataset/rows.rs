//! Rows in memory: values, labels, names.

use kernels::Input;

use crate::error::Error;
use crate::wording::{agreeing, counted};

/// N·D values, row-major, in the type they have in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Bytes, such as pixels.
    U8(Vec<u8>),
    /// Numbers, all finite.
    F32(Vec<f32>),
}

impl Values {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::U8(x) => x.len(),
            Self::F32(x) => x.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Input<'_> {
        match self {
            Self::U8(x) => Input::U8(x),
            Self::F32(x) => Input::F32(x),
        }
    }

    /// Row `i` of rows of `d` values.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, d: usize, i: usize) -> Input<'_> {
        self.all().part(i * d, d)
    }
}

/// Rows without labels, to classify.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    /// N·D values.
    pub values: Values,
    /// Values a row.
    pub d: usize,
}

impl Rows {
    /// How many rows, N.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.len() / self.d
    }

    /// Row `i`.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, i: usize) -> Input<'_> {
        self.values.row(self.d, i)
    }
}

/// N rows of D values, each with one of C labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// N·D values, row-major.
    pub values: Values,
    /// N labels, each below C.
    pub labels: Vec<u16>,
    /// Values a row, D.
    pub d: usize,
    /// Colour planes a row consists of, one after the other: 3 for CIFAR, else 1. A divisor of D. Normalisations count them.
    pub channels: usize,
    /// Height, width and values a pixel where a row is known to be an image: 3 values where the colours of a pixel lie
    /// together, else 1, of each plane.
    pub image: Option<[usize; 3]>,
    /// Names of the classes, C of them, none empty, no two equal.
    pub classes: Vec<String>,
}

impl Dataset {
    /// How many rows, N.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// How many classes, C.
    #[must_use]
    pub fn c(&self) -> usize {
        self.classes.len()
    }

    /// Row `i` as it is in the file.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn row(&self, i: usize) -> Input<'_> {
        self.values.row(self.d, i)
    }

    /// Whether a net can learn from these rows: they must show two classes at least.
    ///
    /// # Errors
    /// If there is no row, or one class only; `name` says of what.
    pub fn check_trainable(&self, name: &str) -> Result<(), Error> {
        let Some(&first) = self.labels.first() else {
            return Err(Error::data(format!("{name}: no rows to train on")));
        };
        if self.labels.iter().any(|&label| label != first) {
            return Ok(());
        }
        Err(Error::data(format!(
            "{name}: one class only: {} in all {} the label \"{}\"; training needs two classes at least",
            counted(self.rows(), "row"),
            agreeing(&self.rows(), "has", "have"),
            self.classes[usize::from(first)]
        )))
    }
}

/// What the lengths of a row's dimensions say: its colour planes, and its image if it is one. Colours lie together where
/// the last of three lengths is 3.
pub(super) fn image_of(dims: &[usize]) -> (usize, Option<[usize; 3]>) {
    match *dims {
        [height, width] | [1, height, width] | [height, width, 1] => (1, Some([height, width, 1])),
        [3, height, width] => (3, Some([height, width, 1])),
        [height, width, 3] => (1, Some([height, width, 3])),
        _ => (1, None),
    }
}
