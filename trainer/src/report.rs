//! What is printed: results on stdout, talk on stderr.
//!
//! With `--json` stdout has one JSON object a line and nothing else. Objects and their fields:
//!
//! | event | field | meaning |
//! |---|---|---|
//! | `start` | `data`, `d`, `h`, `c` | data set; sizes of the net |
//! | | `train_rows`, `val_rows`, `test_rows` | rows of each part |
//! | | `seed`, `isa`, `threads` | as in `done` |
//! | `epoch` | `epoch`, `iteration`, `iterations` | number of the record; steps so far; steps in all |
//! | | `learning_rate` | of the last step |
//! | | `train_loss`, `train_accuracy` | training part (course preset: the current batch), without penalty |
//! | | `val_loss`, `val_accuracy` | validation part, null without one |
//! | `done` (train) | `train_accuracy` | share of the whole training part that the written net has right |
//! | | `val_accuracy`, `test_accuracy` | the same of those parts, null without one |
//! | | `loss` | mean cross-entropy of the training part plus penalty, eq. (39) |
//! | | `iterations`, `epochs` | steps taken; records made |
//! | | `best_iteration` | step after which the written net was so; the last net is in `net` + `.last` |
//! | | `resumed_step` | step of the checkpoint that `--resume` went on from; 0 if fresh |
//! | | `seconds` | steps and evaluations, those before a `--resume` included |
//! | | `images_per_second` | rows trained on a second, evaluations left out |
//! | | `net`, `bytes` | path of the net file; its length |
//! | | `verified` | rows whose scores `infer-nostd` reproduced bit for bit: test part, else validation, else training |
//! | | `part` | part that `verified` and `confusion` are of: `test`, `validation` or `training` |
//! | | `confusion` | rows of each class by the class they were taken for, row after row: C × C numbers |
//! | | `precision`, `recall` | of each class, null where it is 0/0 |
//! | | `findings` | the rules of the doctor that spoke up |
//! | | `seed`, `isa`, `threads` | what really ran |
//! | `finding` (train, doctor) | `rule`, `what`, `advice` | see [`crate::doctor`]; before `done` |
//! | `interrupted` | `resumed_step`, `what` | in the place of `done`, exit code 130 |
//! | `done` (eval) | `accuracy`, `loss`, `correct`, `rows`, `part`, `net` | of the net on the `test` part or on `all` rows |
//! | | `confusion`, `precision`, `recall` | as in train |
//! | `done` (doctor) | `net`, `findings`, `unasked` | rules that spoke up; rules that lack flags or history |
//! | `done` (inspect) | `net`, `bytes`, `d`, `h`, `c`, `parameters` | file and sizes |
//! | | `normalization`, `mean`, `scale`, `classes` | entries Q, and those; names, null without |
//! | | `w1`, `b1`, `w2`, `b2` | objects of `min`, `max`, `mean`, `std`, `zeros` |
//! | `check` | `net`, `group`, `checked`, `skipped`, `worst` | elements compared, left out at a kink, worst relative error |
//! | `done` (gradcheck) | `worst`, `bound`, `passed` | over all groups |
//! | `start` (search) | `data`, `train_rows`, `val_rows`, `candidates`, `trainings`, `known`, `shard`, `seed`, `isa`, `threads` | `known`: results found in the journal |
//! | `trial` | `hidden`, `learning_rate`, `learning_rate_decay`, `reg`, `candidate`, `epochs` | a result: settings, number, epochs asked for |
//! | | `val_accuracy`, `diverged`, `best_val_accuracy`, `seconds` | of its best epoch; step whose loss was not finite; best so far |
//! | `done` (search) | `val_accuracy`, `hidden`, `learning_rate`, `learning_rate_decay`, `reg`, `batch_size`, `epochs`, `seed` | the winner; `epochs` until its best epoch |
//! | | `train_accuracy`, `test_accuracy`, `candidate`, `net`, `bytes`, `history`, `journal` | of the winner; its files |
//! | | `candidates`, `trainings`, `finished`, `seconds`, `command` | how much was done; what trains the same net again |
//! | `done` (search merge) | `val_accuracy`, settings, `candidate`, `epochs`, `finished`, `missing_shards`, `net`, `bytes` | of the best of all journals |
//! | `done` (lr-find) | `learning_rate`, `diverges`, `rates`, `losses`, `smoothed` | suggestion; rate at which the loss left all bounds; each step |
//!
//! Numbers that are not finite are null.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::Error;
use crate::confusion::Confusion;

/// The two outputs. A failed write to stdout is kept until [`Report::finish`]: a reader who goes away must not cost
/// the net its file.
#[derive(Debug)]
pub struct Report {
    json: bool,
    failed: Option<io::Error>,
}

impl Report {
    /// Text, or JSON lines.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self { json, failed: None }
    }

    /// Whether stdout carries JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A line of results, unless stdout carries JSON.
    pub fn line(&mut self, text: impl Display) {
        if !self.json {
            self.write(format_args!("{text}\n"));
        }
    }

    /// Lines of results, unless stdout carries JSON.
    pub fn write_text(&mut self, text: impl Display) {
        if !self.json {
            self.write(text);
        }
    }

    /// An object, if stdout carries JSON.
    pub fn event(&mut self, event: Event) {
        if self.json {
            self.write(format_args!("{}}}\n", event.0));
        }
    }

    /// Text as it is.
    pub fn write(&mut self, text: impl Display) {
        if self.failed.is_none() {
            self.failed = write!(io::stdout().lock(), "{text}").err();
        }
    }

    /// Flushes; tells whether stdout took everything. A reader that has seen enough and closed the pipe is no error.
    pub fn finish(mut self) -> Result<(), Error> {
        match self.failed.take().map_or_else(|| io::stdout().flush(), Err) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::fault(format!("cannot write the results to stdout: {e}")))
            }
            _ => Ok(()),
        }
    }
}

/// Whether talk is unwanted.
static QUIET: AtomicBool = AtomicBool::new(false);

/// No talk from now on; warnings and errors are told all the same.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether talk is unwanted.
#[must_use]
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// A line for the person, on stderr. If nobody listens, nothing is lost.
pub fn talk(text: impl Display) {
    if !is_quiet() {
        warn(text);
    }
}

/// A line that the person must see, on stderr.
pub fn warn(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A JSON object under way.
#[derive(Clone, Debug)]
pub struct Event(String);

impl Event {
    /// `{"event":"name"`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(String::from("{")).field("event", name)
    }

    /// One more field.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push(',');
        self.field(name, value)
    }

    /// `confusion` (rows by class, then by the class they were taken for), `precision` and `recall` of each class.
    #[must_use]
    pub fn with_confusion(self, confusion: &Confusion) -> Self {
        let classes = 0..confusion.classes();
        self.with("confusion", classes.clone().flat_map(|c| confusion.row(c).to_vec()).collect::<Vec<_>>())
            .with("precision", classes.clone().map(|c| confusion.precision(c)).collect::<Vec<_>>())
            .with("recall", classes.map(|c| confusion.recall(c)).collect::<Vec<_>>())
    }

    /// As a line of its own.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{}}}\n", self.0)
    }

    fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        let (name, value) = (Value::from(name), value.into());
        self.0.push_str(&format!("{name}:{value}"));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_in_the_order_given() {
        let event =
            Event::new("done").with("loss", f64::NAN).with("net", "a\"b").with("test_accuracy", None::<f64>);
        assert_eq!(event.0 + "}", r#"{"event":"done","loss":null,"net":"a\"b","test_accuracy":null}"#);
    }
}
