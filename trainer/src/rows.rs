//! Rows of a data set as the net sees them: by number, normalised where they are used.

use kernels::{Batch, Isa, MatMut, Normalization};
use model::Labels;

use crate::Error;
use crate::dataset::{Dataset, Numbers};
use crate::wording::counted;

/// A data set together with the normalisation of its inputs.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a Dataset,
    normalization: Normalization<'a>,
    labels: Labels<'a>,
}

impl<'a> View<'a> {
    /// Checks once what every batch relies on: that the inputs fit, and that each label names a class.
    pub fn new(data: &'a Dataset, normalization: Normalization<'a>) -> Result<Self, Error> {
        let inputs = normalization.inputs();
        if inputs != data.d {
            return Err(Error::data(format!(
                "rows have {}, the net takes {inputs}: give data of the net's kind",
                counted(data.d, "input")
            )));
        }
        let labels = Labels::new(&data.labels, data.classes.len()).map_err(|e| Error::data(e.to_string()))?;
        Ok(Self { data, normalization, labels })
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &'a Dataset {
        self.data
    }

    /// X of these rows, N × D.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn x<'r>(&self, rows: &'r [u32]) -> Batch<'r>
    where
        'a: 'r,
    {
        Batch::new(self.data.values.all(), self.normalization, rows)
    }

    /// y of these rows.
    #[must_use]
    pub fn y<'r>(&self, rows: &'r [u32]) -> Labels<'r>
    where
        'a: 'r,
    {
        self.labels.rows(rows)
    }

    /// The elements of X, row after row, for those who want to look at them.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn values(&self, isa: Isa, rows: &[u32]) -> Vec<f32> {
        let mut x = vec![0.0; rows.len() * self.data.d];
        self.x(rows).gather(isa, MatMut::new(&mut x, rows.len(), self.data.d));
        x
    }
}

/// Some rows of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The data set.
    pub view: View<'a>,
    /// The numbers of the rows.
    pub rows: Numbers<'a>,
}
