//! Rows of a data set as the net sees them: normalised, gathered into a batch.

use kernels::{Mat, Normalization};
use model::{Engine, Labels};

use crate::Error;
use crate::dataset::Dataset;

/// Values that are worth a task of their own: about 10 µs of work.
const MIN_VALUES: usize = 1 << 16;

/// A data set together with the normalisation of its inputs.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a Dataset,
    normalization: Normalization<'a>,
}

impl<'a> View<'a> {
    /// Checks once what every batch relies on: that the inputs fit, and that each label names a class.
    pub fn new(data: &'a Dataset, normalization: Normalization<'a>) -> Result<Self, Error> {
        let inputs = normalization.inputs();
        if inputs != data.d {
            return Err(Error::data(format!(
                "rows have {} inputs, the net takes {inputs}: give data of the net's kind",
                data.d
            )));
        }
        Labels::new(&data.labels, data.classes.len()).map_err(|e| Error::data(e.to_string()))?;
        Ok(Self { data, normalization })
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &'a Dataset {
        self.data
    }
}

/// Some rows of a data set.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The data set.
    pub view: View<'a>,
    /// The numbers of the rows.
    pub rows: &'a [u32],
}

/// X (N × D, normalised) and y of a batch: a buffer that is filled again and again.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    x: Vec<f32>,
    y: Vec<u32>,
    d: usize,
    classes: usize,
}

impl Batch {
    /// Takes up these rows in this order. Large batches are shared out to the pool; rows do not depend on each other, so
    /// their number of threads changes no bit.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn fill(&mut self, engine: Engine<'_>, view: View<'_>, rows: &[u32]) {
        let d = view.data.d;
        (self.d, self.classes) = (d, view.data.classes.len());
        self.x.resize(rows.len() * d, 0.0);
        self.y.clear();
        self.y.extend(rows.iter().map(|&row| view.data.labels[row as usize]));
        let tasks = engine.pool.width().min(self.x.len() / MIN_VALUES);
        normalize(engine, tasks, view, rows, &mut self.x);
    }

    /// X, N × D.
    #[must_use]
    pub fn x(&self) -> Mat<'_, f32> {
        Mat::new(&self.x, self.y.len(), self.d)
    }

    /// X, row after row.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.x
    }

    /// y, N of them.
    #[must_use]
    pub fn labels(&self) -> Labels<'_> {
        Labels::new(&self.y, self.classes).expect("View::new has checked every label")
    }
}

/// X ← x̂ of the rows, in so many tasks.
fn normalize(engine: Engine<'_>, tasks: usize, view: View<'_>, rows: &[u32], x: &mut [f32]) {
    let d = view.data.d;
    if tasks <= 1 {
        for (&row, x) in rows.iter().zip(x.chunks_exact_mut(d)) {
            view.normalization.apply(engine.isa, 0, view.data.row(row as usize), x);
        }
        return;
    }
    let left = tasks / 2;
    let (rows0, rows1) = rows.split_at(rows.len() * left / tasks);
    let (x0, x1) = x.split_at_mut(rows0.len() * d);
    engine.pool.join(&mut || normalize(engine, left, view, rows0, x0), &mut || {
        normalize(engine, tasks - left, view, rows1, x1)
    });
}
