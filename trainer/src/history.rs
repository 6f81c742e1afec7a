//! What happened while training: the loss of every step, and a record an epoch.

use std::fmt::Write;

use crate::report::Event;

/// How well a net does on some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// How many rows.
    pub rows: usize,
    /// How many of them are classified rightly.
    pub correct: usize,
    /// Mean of −log p of the right class over the rows; the penalty is not in it. Source: eq. (39).
    pub loss: f64,
}

impl Evaluation {
    /// The share of rows classified rightly.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.rows as f64
    }
}

/// The loss that is no finite number, if one of these is: weights can be finite and so large that no loss is.
#[must_use]
pub fn not_finite(train: Evaluation, val: Option<Evaluation>) -> Option<f64> {
    [Some(train), val].into_iter().flatten().map(|found| found.loss).find(|loss| !loss.is_finite())
}

/// The record of an epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// 1 for the first record.
    pub number: usize,
    /// Steps taken so far.
    pub iterations: usize,
    /// The learning rate of the last of them.
    pub learning_rate: f64,
    /// The whole training part, or with the course's order the current batch; the net is that after the step.
    pub train: Evaluation,
    /// The validation part, if there is one.
    pub val: Option<Evaluation>,
}

/// Everything that is kept of a training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Loss of each step's batch, penalty included, before the step. Source: eq. (1), (39).
    pub losses: Vec<f32>,
    /// The learning rate of each step.
    pub rates: Vec<f64>,
    /// The records, in order.
    pub epochs: Vec<Epoch>,
}

impl History {
    /// As CSV, one line a step. The columns of an epoch are filled in on the line of the step after which its
    /// record was taken.
    ///
    /// | column | meaning |
    /// |---|---|
    /// | `iteration` | number of the step, from 1 |
    /// | `loss` | of the step's batch, penalty included, before the step |
    /// | `learning_rate` | of the step |
    /// | `epoch` | number of the record, from 1 |
    /// | `train_loss`, `train_accuracy` | without penalty, after the step; see [`Epoch::train`] |
    /// | `val_loss`, `val_accuracy` | the same of the validation part |
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut csv = String::from(
            "iteration,loss,learning_rate,epoch,train_loss,train_accuracy,val_loss,val_accuracy\n",
        );
        let mut epochs = self.epochs.iter().peekable();
        for (i, (loss, rate)) in self.losses.iter().zip(&self.rates).enumerate() {
            let iteration = i + 1;
            let epoch = epochs.next_if(|epoch| epoch.iterations == iteration);
            let record = epoch.map_or_else(|| ",,,,".to_owned(), columns);
            writeln!(csv, "{iteration},{loss},{rate},{record}").expect("a String takes what it is given");
        }
        csv
    }
}

impl History {
    /// As JSON lines: an object of event `step` a step, with the fields that the columns of [`History::to_csv`] have, and
    /// one of event `epoch` a record, with `iteration` in place of the step's.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        let mut text = String::new();
        let mut epochs = self.epochs.iter().peekable();
        for (i, (loss, rate)) in self.losses.iter().zip(&self.rates).enumerate() {
            let step =
                Event::new("step").with("iteration", i + 1).with("loss", *loss).with("learning_rate", *rate);
            text.push_str(&step.to_line());
            while let Some(epoch) = epochs.next_if(|epoch| epoch.iterations == i + 1) {
                let record = Event::new("epoch")
                    .with("epoch", epoch.number)
                    .with("iteration", epoch.iterations)
                    .with("learning_rate", epoch.learning_rate)
                    .with("train_loss", epoch.train.loss)
                    .with("train_accuracy", epoch.train.accuracy())
                    .with("val_loss", epoch.val.map(|val| val.loss))
                    .with("val_accuracy", epoch.val.map(|val| val.accuracy()));
                text.push_str(&record.to_line());
            }
        }
        text
    }
}

/// The columns of an epoch.
fn columns(epoch: &Epoch) -> String {
    let both = |e: Evaluation| format!("{},{}", e.loss, e.accuracy());
    let val = epoch.val.map_or_else(|| ",".to_owned(), both);
    format!("{},{},{val}", epoch.number, both(epoch.train))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_has_a_line_a_step_and_the_records_where_they_were_taken() {
        let train = Evaluation { rows: 4, correct: 3, loss: 0.5 };
        let record = |number, iterations, val| Epoch { number, iterations, learning_rate: 0.1, train, val };
        let history = History {
            losses: vec![2.5, 2.0, 1.5],
            rates: vec![0.1, 0.1, 0.05],
            epochs: vec![
                record(1, 2, Some(Evaluation { rows: 2, correct: 1, loss: 0.25 })),
                record(2, 3, None),
            ],
        };
        let lines = "iteration,loss,learning_rate,epoch,train_loss,train_accuracy,val_loss,val_accuracy\n\
                     1,2.5,0.1,,,,,\n2,2,0.1,1,0.5,0.75,0.25,0.5\n3,1.5,0.05,2,0.5,0.75,,\n";
        assert_eq!(history.to_csv(), lines);

        let lines: Vec<serde_json::Value> =
            history.to_json_lines().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["step", "step", "epoch", "step", "epoch"]);
        assert_eq!((&lines[1]["loss"], &lines[2]["val_accuracy"]), (&2.0.into(), &0.5.into()));
        assert_eq!(lines[4]["val_loss"], serde_json::Value::Null);
    }
}
