//! How well a net does on any number of rows: the forward pass in blocks.

use model::{Engine, Params, Workspace, add_losses, forward, predict};

use crate::history::Evaluation;
use crate::rows::{Batch, Part};

/// Rows in a block: enough to keep the kernels busy, few enough to stay in the cache.
const BLOCK: usize = 256;

/// The buffers of an evaluation, allocated once.
#[derive(Debug)]
pub struct Evaluator {
    batch: Batch,
    workspace: Workspace<f32>,
    classes: Vec<u32>,
}

impl Evaluator {
    /// For nets of this shape.
    #[must_use]
    pub fn new(shape: model::Shape, threads: usize) -> Self {
        Self {
            batch: Batch::default(),
            workspace: Workspace::new(shape, BLOCK, threads),
            classes: Vec::new(),
        }
    }

    /// Accuracy and loss (without penalty) on these rows. The losses of a block are added in f32, those of the
    /// blocks in f64. Source: eq. (5), (6), (39).
    pub fn evaluate(&mut self, engine: Engine<'_>, net: &Params<f32>, part: Part<'_>) -> Evaluation {
        let mut total = Evaluation { rows: part.rows.len(), ..Evaluation::default() };
        let mut sum = 0.0;
        for rows in part.rows.chunks(BLOCK) {
            let Self { batch, workspace, classes } = self;
            batch.fill(engine, part.view, rows);
            forward(engine, net, batch.x(), workspace);
            sum += f64::from(add_losses(engine, batch.labels(), 0.0, workspace));
            classes.resize(rows.len(), 0);
            predict(workspace.scores(), classes);
            let labels = batch.labels().as_slice();
            total.correct += classes.iter().zip(labels).filter(|(class, label)| class == label).count();
        }
        total.loss = sum / part.rows.len() as f64;
        total
    }
}
