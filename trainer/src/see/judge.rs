//! What a net makes of a part of the data: which classes it mixes up, and its worst mistakes.

use kernels::{Mat, argmax, log_sum_exp};
use model::{Engine, Params, Workspace, forward};

use crate::confusion::Confusion;
use crate::rows::Part;

const BLOCK: usize = 256;
/// Mistakes that are kept.
const WORST: usize = 24;

/// A row that is classified wrongly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mistake {
    /// Its number.
    pub row: u32,
    /// What it is.
    pub label: usize,
    /// What it was taken for.
    pub class: usize,
    /// −log p of what it is.
    pub loss: f32,
}

/// The net on a part.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which classes were taken for which.
    pub confusion: Confusion,
    /// The mistakes of the largest loss, the worst first.
    pub worst: Vec<Mistake>,
}

impl Judged {
    /// Runs the net over the part.
    #[must_use]
    pub fn new(engine: Engine<'_>, net: &Params<f32>, part: Part<'_>) -> Self {
        let mut workspace = Workspace::new(net.shape(), BLOCK, engine.pool.width());
        let mut judged = Self { confusion: Confusion::new(net.shape().c()), worst: Vec::new() };
        for rows in part.rows.blocks(BLOCK) {
            forward(engine, net, part.view.x(&rows), &mut workspace);
            for (i, (&row, label)) in rows.iter().zip(part.view.y(&rows).iter()).enumerate() {
                let scores = workspace.scores().row(i).expect("scores are stored row by row");
                judged.take(engine, row, label.into(), scores);
            }
            judged.cut();
        }
        judged
    }

    fn take(&mut self, engine: Engine<'_>, row: u32, label: usize, scores: &[f32]) {
        let class = argmax(scores);
        self.confusion.add(label as u32, class as u32);
        if class != label {
            let mut lse = [0.0];
            log_sum_exp(engine.isa, Mat::new(scores, 1, scores.len()), &mut lse);
            self.worst.push(Mistake { row, label, class, loss: lse[0] - scores[label] });
        }
    }

    /// Keeps the worst; the sort is stable, so of equals the first.
    fn cut(&mut self) {
        self.worst.sort_by(|a, b| b.loss.total_cmp(&a.loss));
        self.worst.truncate(WORST);
    }

    /// Of class i: rows, share of them found, share of those taken for it that are of it.
    #[must_use]
    pub fn class(&self, i: usize) -> (u32, f64, f64) {
        let (rows, taken) = (self.confusion.labelled(i) as u32, self.confusion.predicted(i) as u32);
        let right = self.confusion.right(i) as f64;
        (rows, right / f64::from(rows), right / f64::from(taken))
    }
}
