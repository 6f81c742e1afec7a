//! How well a net does on any number of rows: the forward pass in blocks.

use model::{Engine, Params, Workspace, add_losses, forward, predict};

use crate::confusion::Confusion;
use crate::history::Evaluation;
use crate::rows::Part;

/// Rows in a block: enough to keep the kernels busy, few enough to stay in the cache.
const BLOCK: usize = 256;

/// The buffers of an evaluation, allocated once.
#[derive(Debug)]
pub struct Evaluator {
    workspace: Workspace<f32>,
    classes: Vec<u32>,
}

impl Evaluator {
    /// For nets of this shape.
    #[must_use]
    pub fn new(shape: model::Shape, threads: usize) -> Self {
        Self { workspace: Workspace::new(shape, BLOCK, threads), classes: Vec::new() }
    }

    /// Accuracy and loss (without penalty) on these rows. The losses of a block are added in f32, those of the
    /// blocks in f64. Source: eq. (5), (6), (39).
    pub fn evaluate(&mut self, engine: Engine<'_>, net: &Params<f32>, part: Part<'_>) -> Evaluation {
        let mut total = Evaluation { rows: part.rows.len(), ..Evaluation::default() };
        let mut sum = 0.0;
        for rows in part.rows.blocks(BLOCK) {
            let Self { workspace, classes } = self;
            let (x, y) = (part.view.x(&rows), part.view.y(&rows));
            forward(engine, net, x, workspace);
            sum += f64::from(add_losses(engine, y, 0.0, workspace));
            classes.resize(rows.len(), 0);
            predict(workspace.scores(), classes);
            total.correct +=
                y.iter().zip(&*classes).filter(|&(label, &class)| u32::from(label) == class).count();
        }
        total.loss = sum / part.rows.len() as f64;
        total
    }

    /// Which classes the net takes for which on these rows.
    pub fn confusion(&mut self, engine: Engine<'_>, net: &Params<f32>, part: Part<'_>) -> Confusion {
        let mut confusion = Confusion::new(net.shape().c());
        for rows in part.rows.blocks(BLOCK) {
            let Self { workspace, classes } = self;
            let (x, y) = (part.view.x(&rows), part.view.y(&rows));
            forward(engine, net, x, workspace);
            classes.resize(rows.len(), 0);
            predict(workspace.scores(), classes);
            y.iter().zip(&*classes).for_each(|(label, &class)| confusion.add(label.into(), class));
        }
        confusion
    }
}
