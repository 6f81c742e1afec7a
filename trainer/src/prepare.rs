//! Data made ready to train: read, split, and the normalisation learnt from the training rows.

use kernels::{Floats, Normalization};

use crate::Error;
use crate::dataset::{Dataset, Numbers, OpenOptions, RowSet, normalize, open, split};
use crate::preset::Choice;
use crate::rows::{Part, View};
use crate::wording::{counted, label_is};

/// A data set with its training, validation and test parts.
#[derive(Clone, Debug)]
pub struct Prepared {
    data: Dataset,
    rows: split::Split,
    test: Option<(Dataset, RowSet)>,
    label: Option<String>,
    mean: Vec<f32>,
    scale: Vec<f32>,
}

impl Prepared {
    /// Reads what `spec` names and divides it.
    pub fn load(spec: &str, options: &OpenOptions, choice: &Choice) -> Result<Self, Error> {
        let source = open(spec, options)?;
        let data = source.train.ok_or_else(|| {
            Error::data(format!(
                "{spec}: there is a test part but no rows to train on; add the training files"
            ))
        })?;
        data.check_trainable(spec)?;
        if let Some(test) = &source.test
            && test.classes != data.classes
        {
            return Err(Error::data(format!(
                "{spec}: the test part has {}, the training part {}; both must have the same ones",
                counted(test.c(), "class"),
                data.c()
            )));
        }
        let method = choice.split.method(choice.settings.seed);
        let rows = split::split(&data.labels, data.c(), choice.val_fraction, method)?;
        let (mean, scale) = normalize::learn(&data, Numbers::Set(&rows.train), choice.normalization);
        let test = source.test.map(|test| {
            let rows = RowSet::of(test.rows(), |_| true);
            (test, rows)
        });
        Ok(Self { data, rows, test, label: source.label, mean, scale })
    }

    /// The training data, their validation part included.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The column of a CSV file that names the classes, as "column 5 (kind)".
    #[must_use]
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// How many classes, and the column of a CSV file that names them, as told: "3 classes, the label is column 5 (kind)".
    #[must_use]
    pub fn describe_classes(&self) -> String {
        format!("{} classes{}", self.data.c(), label_is(self.label()))
    }

    /// How many rows do what, as told: "3058 rows to train, 765 to validate, 1797 to test".
    #[must_use]
    pub fn describe_rows(&self) -> String {
        let (train, val) = (self.rows.train.len(), self.rows.validation.len());
        let test = self.test.as_ref().map_or(0, |(_, rows)| rows.len());
        format!("{} to train, {val} to validate, {test} to test", counted(train, "row"))
    }

    /// μ and s, as the net file will hold them.
    #[must_use]
    pub fn normalization(&self) -> Normalization<'_> {
        Normalization::new(self.data.d, Floats::F32(&self.mean), Floats::F32(&self.scale))
            .expect("normalize::learn gives as many means as scales, a divisor of D")
    }

    /// The rows that train.
    pub fn train(&self) -> Result<Part<'_>, Error> {
        self.part(&self.data, &self.rows.train)
    }

    /// The rows held back, if there are any.
    pub fn val(&self) -> Result<Option<Part<'_>>, Error> {
        let rows = &self.rows.validation;
        (!rows.is_empty()).then(|| self.part(&self.data, rows)).transpose()
    }

    /// The test part, if there is one.
    pub fn test(&self) -> Result<Option<Part<'_>>, Error> {
        self.test.as_ref().map(|(data, rows)| self.part(data, rows)).transpose()
    }

    /// The rows that judge a net, and what they are called: the test part, else validation, else training.
    pub fn judge(&self) -> Result<(Part<'_>, &'static str), Error> {
        Ok(match (self.test()?, self.val()?) {
            (Some(test), _) => (test, "test"),
            (None, Some(val)) => (val, "validation"),
            (None, None) => (self.train()?, "training"),
        })
    }

    fn part<'a>(&'a self, data: &'a Dataset, rows: &'a RowSet) -> Result<Part<'a>, Error> {
        Ok(Part { view: View::new(data, self.normalization())?, rows: Numbers::Set(rows) })
    }
}
