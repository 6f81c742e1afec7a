//! What is printed: results on stdout, talk on stderr.
//!
#![doc = include_str!("../docs/json.md")]

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::Error;
use crate::confusion::Confusion;
use crate::history::Evaluation;

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

    /// The accuracies on the parts that there are, a line each.
    pub fn accuracies(&mut self, parts: [(&str, Option<Evaluation>); 3]) {
        for (part, found) in parts {
            if let Some(found) = found {
                let name = format!("{part} accuracy");
                let (correct, rows) = (found.correct, found.rows);
                self.line(format_args!("{name:20} {:.4}  ({correct} of {rows})", found.accuracy()));
            }
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

/// Classes of which JSON has the whole confusion matrix, at most: a million numbers.
const MATRIX: usize = 1024;

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

    /// `confusion` (rows by class, then by the class they were taken for; of very many classes null, and `pairs` has those
    /// that occur), `precision` and `recall` of each class.
    #[must_use]
    pub fn with_confusion(mut self, confusion: &Confusion) -> Self {
        let classes = 0..confusion.classes();
        if confusion.classes() <= MATRIX {
            self = self.list("confusion", classes.clone().flat_map(|c| confusion.row(c)));
        } else {
            let pairs = confusion.pairs().map(|[label, class, rows]| format!("[{label},{class},{rows}]"));
            self = self.with("confusion", Value::Null).list("pairs", pairs);
        }
        self.with("precision", classes.clone().map(|c| confusion.precision(c)).collect::<Vec<_>>())
            .with("recall", classes.map(|c| confusion.recall(c)).collect::<Vec<_>>())
    }

    /// As a line of its own.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{}}}\n", self.0)
    }

    /// A list of what is JSON already: a million values, as a thousand classes have, would take 48 MB before they are text.
    fn list(mut self, name: &str, values: impl Iterator<Item = impl Display>) -> Self {
        self.0.push_str(&format!(",\"{name}\":["));
        for value in values {
            self.0.push_str(&format!("{value},"));
        }
        self.0.truncate(self.0.trim_end_matches(',').len());
        self.0.push(']');
        self
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
    fn a_matrix_is_listed_whole_or_by_the_pairs_that_occur() {
        let of = |classes: usize| {
            let mut confusion = Confusion::new(classes);
            [(0, 0), (0, 1), (0, 1)].iter().for_each(|&(label, class)| confusion.add(label, class));
            Event::new("done").with_confusion(&confusion).to_line()
        };
        let few = r#"{"event":"done","confusion":[1,2,0,0],"precision":[1.0,0.0],"recall":[0.3333333333333333,null]}"#;
        assert_eq!(of(2).trim_end(), few);
        assert!(of(MATRIX).starts_with(r#"{"event":"done","confusion":[1,2,0,0"#));
        let many = of(MATRIX + 1);
        let begin = r#"{"event":"done","confusion":null,"pairs":[[0,0,1],[0,1,2]],"precision":[1.0,0.0,null"#;
        assert!(many.starts_with(begin), "{}", &many[..100]);
    }

    #[test]
    fn an_event_is_json_in_the_order_given() {
        let event =
            Event::new("done").with("loss", f64::NAN).with("net", "a\"b").with("test_accuracy", None::<f64>);
        assert_eq!(event.0 + "}", r#"{"event":"done","loss":null,"net":"a\"b","test_accuracy":null}"#);
    }
}
