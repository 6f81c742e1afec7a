//! Data sets: bytes in files → rows, labels and class names in memory.
//!
//! [`open`] takes what the person typed and finds out what it is:
//!
//! | spec | what | parts |
//! |---|---|---|
//! | `digits` | the embedded [UCI optdigits](digits()) | train, test |
//! | a folder with `*.bin` | CIFAR-10 or CIFAR-100, binary form | names that begin with `test` are the test part, the others train |
//! | a folder with `*idx?-ubyte*` | IDX pairs, `.gz` or not | `train*`; `t10k*` or `test*` |
//! | a `.npz` file | arrays `x` (rows) and `y` (labels), or `x_train`, `y_train`, `x_test`, `y_test` | train, test |
//! | a `.npy` file | one array, labels in its last column | train |
//! | another file | CSV, header or not | train |
//!
//! Bytes stay bytes: a file of u8 costs one byte a value in memory, and files are read once, in pieces.
//! Rows are then [split] into a training and a validation part, and the input normalisation is
//! [learnt](normalize::learn) on the training rows alone.
//!
//! In messages, records, lines and columns are counted from 1.

mod cifar;
mod classes;
mod csv;
mod digits;
mod find;
mod idx;
pub mod normalize;
mod numbers;
mod numpy;
mod read;
mod row_set;
mod rows;
pub mod split;

use std::fmt::Display;
use std::path::PathBuf;

use crate::error::Error;
use crate::wording::counted;
pub use digits::digits;
use find::Found;
pub use numbers::Numbers;
pub(crate) use read::with_room;
pub use row_set::RowSet;
pub use rows::{Dataset, Rows, Values};

/// What the caller knows of the data before they are read.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// The label column of a CSV file: its name, or its position counted from 1.
    pub label: Option<String>,
    /// That of the data which a net was trained on: taken in CSV files if `label` is none.
    pub usual_label: Option<String>,
    /// Class names to map the labels to: those of a net. Without it the data say themselves.
    pub classes: Option<Vec<String>>,
    /// Values a row must have: the inputs of a net. Looked at before any label.
    pub d: Option<usize>,
    /// Leave the training part unread where there is a test part.
    pub test_suffices: bool,
}

impl OpenOptions {
    /// With such a label column, or none that is asked for.
    #[must_use]
    pub fn labelled(column: Option<&str>) -> Self {
        Self { label: column.map(str::to_owned), ..Self::default() }
    }

    /// The label column to look for in a CSV file.
    fn wish(&self) -> Option<&str> {
        self.label.as_deref().or(self.usual_label.as_deref())
    }

    /// Whether there can be a label column in what was found at `spec`.
    fn check_label(&self, spec: &str, found: &Found) -> Result<(), Error> {
        match self.label {
            Some(_) if !matches!(found, Found::Csv(_)) => Err(Error::usage(format!(
                "{spec}: a label column is chosen in CSV files only; leave --label out"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether rows of `d` values, found at `place`, are of the width asked for.
    fn check_d(&self, place: impl Display, d: usize) -> Result<(), Error> {
        match self.d {
            Some(wanted) if wanted != d => Err(Error::data(format!(
                "{place}: its rows have {}, the net has {}; give data of the net's kind with --data",
                counted(d, "value"),
                counted(wanted, "input")
            ))),
            _ => Ok(()),
        }
    }
}

/// What was found at a spec. At least one part is there.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, for messages: the spec.
    pub name: String,
    /// Rows to train and validate on.
    pub train: Option<Dataset>,
    /// Rows that training never sees.
    pub test: Option<Dataset>,
    /// The label column of a CSV file, as "column 5 (kind)".
    pub label: Option<String>,
}

impl Source {
    /// The rows to judge a net by: the test part, else all rows.
    ///
    /// # Errors
    /// If both parts have been taken out.
    pub fn into_evaluation(self) -> Result<Dataset, Error> {
        let Self { name, train, test, .. } = self;
        test.or(train).ok_or_else(|| Error::data(format!("{name}: no rows")))
    }

    /// Both parts must have the same inputs; every part must have rows.
    fn checked(self) -> Result<Self, Error> {
        for (part, data) in [("training", &self.train), ("test", &self.test)] {
            let Some(data) = data else { continue };
            if data.rows() == 0 {
                return Err(Error::data(format!("{}: the {part} part has no rows", self.name)));
            }
            if u32::try_from(data.rows()).is_err() {
                let rows = data.rows();
                return Err(Error::data(format!(
                    "{}: the {part} part has {rows} rows, more than {}",
                    self.name,
                    u32::MAX
                )));
            }
        }
        if let (Some(train), Some(test)) = (&self.train, &self.test)
            && train.d != test.d
        {
            return Err(Error::data(format!(
                "{}: training rows have {} and test rows {}; both must have the same",
                self.name,
                counted(train.d, "value"),
                test.d
            )));
        }
        Ok(self)
    }
}

/// Reads the data set that `spec` names.
///
/// ```
/// use trainer::dataset::{OpenOptions, open};
/// let source = open("digits", &OpenOptions::default()).unwrap();
/// let (train, test) = (source.train.unwrap(), source.test.unwrap());
/// assert_eq!((train.rows(), test.rows(), train.d, train.c()), (3823, 1797, 64, 10));
/// ```
///
/// # Errors
/// [`Kind::Data`](crate::Kind::Data) if nothing is there, if nothing fits, or if what is there is broken: the message
/// names the file and the place in it. [`Kind::Usage`](crate::Kind::Usage) if [`OpenOptions::label`] does not fit.
pub fn open(spec: &str, options: &OpenOptions) -> Result<Source, Error> {
    let found = find::find(spec)?;
    options.check_label(spec, &found)?;
    if let Some(names) = &options.classes
        && names.len() > classes::MOST
    {
        return Err(Error::data(format!(
            "{spec}: the net has {} classes, labels count at most {}; give a net with fewer classes",
            names.len(),
            classes::MOST
        )));
    }
    let mut label = None;
    let (train, test) = match found {
        Found::Digits => digits::open(options)?,
        Found::Csv(path) => {
            let (data, column) = csv::open(&path, options)?;
            label = Some(column);
            (Some(data), None)
        }
        Found::Cifar(folder) => cifar::open(&folder, options)?,
        Found::Idx(folder) => idx::open(&folder, options)?,
        Found::Numpy(path) => numpy::open(&path, options)?,
    };
    Source { name: spec.to_owned(), train, test, label }.checked()
}

/// Reads rows of `d` values to classify, and tells the label column that was left out, as [`Source::label`]. A CSV file may have one or
/// not, and must have the one that [`OpenOptions::label`] names; elsewhere the test part is taken, else all rows. Labels are not looked at.
///
/// # Errors
/// As [`open`], and if the rows do not have `d` values.
pub fn open_rows(spec: &str, d: usize, options: &OpenOptions) -> Result<(Rows, Option<String>), Error> {
    let found = find::find(spec)?;
    options.check_label(spec, &found)?;
    match found {
        Found::Csv(path) => return csv::open_rows(&path, d, options),
        Found::Numpy(path) => return Ok((numpy::open_rows(&path, d)?, None)),
        _ => {}
    }
    let options = OpenOptions { d: Some(d), test_suffices: true, ..OpenOptions::default() };
    let data = open(spec, &options)?.into_evaluation()?;
    Ok((Rows { values: data.values, d }, None))
}

/// The files that [`open`] would read for `spec`, links resolved; none where nothing is there.
#[must_use]
pub fn files(spec: &str) -> Vec<PathBuf> {
    let files = find::find(spec).map_or_else(|_| Vec::new(), |found| found.files());
    files.iter().filter_map(|file| std::fs::canonicalize(file).ok()).collect()
}

/// Training and test part, as the readers of folders return them.
type Parts = (Option<Dataset>, Option<Dataset>);
