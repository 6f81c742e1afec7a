//! IDX pairs, the form of MNIST: a file of images and a file of labels a part.

mod array;
mod pairs;

use std::path::Path;

use super::find::Folder;
use super::rows::{Dataset, Values, image_of};
use super::{OpenOptions, Parts, classes};
use crate::error::Error;
use crate::wording::counted;
use array::Array;
use pairs::Pair;

/// Reads the pairs of a folder.
pub(super) fn open(folder: &Folder, options: &OpenOptions) -> Result<Parts, Error> {
    let [train, test] = pairs::find(folder)?;
    let train = if options.test_suffices && test.is_some() { None } else { train };
    let train = train.map(|pair| Part::read(&pair)).transpose()?;
    let test = test.map(|pair| Part::read(&pair)).transpose()?;
    let span = match (&train, &test) {
        (Some(train), _) => train.span()?,
        (None, Some(test)) => Span { first: 0, count: 1 + usize::from(test.largest()) },
        (None, None) => return Err(Error::data(format!("{}: no pairs of IDX files", folder.path.display()))),
    };
    let finish = |part: Option<Part>| part.map(|part| part.into_dataset(span, options)).transpose();
    Ok((finish(train)?, finish(test)?))
}

/// A part of which the class names are not yet known.
struct Part {
    /// Where its labels come from.
    place: String,
    /// Where its images come from.
    images: String,
    labels: Vec<u16>,
    values: Values,
    /// Lengths of the images' dimensions, the number of rows first.
    dims: Vec<usize>,
}

/// The labels that a training part uses: `count` numbers from `first` on.
#[derive(Clone, Copy)]
struct Span {
    first: usize,
    count: usize,
}

impl Part {
    /// Reads a pair. All that the headers tell is checked before the bulk is read.
    fn read(pair: &Pair) -> Result<Self, Error> {
        let labels = Array::open(&pair.labels)?;
        let images = Array::open(&pair.images)?;
        check_shapes(&labels, &pair.labels, &images, &pair.images)?;
        let dims = images.dims().to_vec();
        let (labels, values) = (labels.read_labels()?, images.read_values()?);
        let [place, images] = [&pair.labels, &pair.images].map(|path| path.display().to_string());
        Ok(Self { place, images, labels, values, dims })
    }

    /// The largest label.
    fn largest(&self) -> u16 {
        self.labels.iter().copied().max().unwrap_or(0)
    }

    /// The labels must run from 0 (some sets begin with 1) to the largest with none missing between: a gap means
    /// that a label is wrong, and would make a net with outputs nobody can learn.
    fn span(&self) -> Result<Span, Error> {
        let mut row_of = [None; 256];
        for (row, &label) in self.labels.iter().enumerate() {
            row_of[usize::from(label)].get_or_insert(row);
        }
        let first = usize::from(row_of[0].is_none());
        let end = (first..256).find(|&label| row_of[label].is_none()).unwrap_or(256);
        let stray = row_of[end..].iter().flatten().min();
        let Some(&row) = stray else { return Ok(Span { first, count: end - first }) };
        let what = if end == first {
            format!("no row has label {first}")
        } else {
            format!("the labels run from {first} to {} without a gap", end - 1)
        };
        Err(Error::data(format!(
            "{} record {}: label {} is out of range: {what}, and none has {end}; number the classes from 0 on",
            self.place,
            row + 1,
            self.labels[row],
        )))
    }

    /// Gives the labels their final numbers and names.
    fn into_dataset(mut self, span: Span, options: &OpenOptions) -> Result<Dataset, Error> {
        let d = self.dims[1..].iter().product();
        options.check_d(&self.images, d)?;
        let Span { first, count } = span;
        for (row, label) in self.labels.iter_mut().enumerate() {
            if !(first..first + count).contains(&usize::from(*label)) {
                return Err(Error::data(format!(
                    "{} record {}: label {label} is out of range: the training part has {first} to {}",
                    self.place,
                    row + 1,
                    first + count - 1
                )));
            }
            *label -= first as u16;
        }
        let own = classes::numbered(first, count);
        let classes = classes::adopt(&self.place, &mut self.labels, &own, options.classes.as_deref())?;
        let (channels, image) = image_of(&self.dims[1..]);
        Ok(Dataset { values: self.values, labels: self.labels, d, channels, image, classes })
    }
}

/// One dimension for labels, two or more for images, equal counts, no length 0.
fn check_shapes(labels: &Array, labels_at: &Path, images: &Array, images_at: &Path) -> Result<(), Error> {
    let (labels, images) = (labels.dims(), images.dims());
    let wrong = |at: &Path, what: String| Err(Error::data(format!("{}: {what}", at.display())));
    if labels.len() != 1 {
        return wrong(labels_at, format!("{} dimensions, labels have 1", labels.len()));
    }
    if images.len() < 2 {
        return wrong(images_at, format!("{} dimension, images have 2 or more (rows first)", images.len()));
    }
    if images[0] != labels[0] {
        let what = format!(
            "{}, but {} has {}; both must have the same number",
            counted(images[0], "image"),
            labels_at.display(),
            counted(labels[0], "label")
        );
        return wrong(images_at, what);
    }
    if images.contains(&0) {
        return wrong(
            images_at,
            format!("no values: its dimensions are {images:?}, each must be 1 at least"),
        );
    }
    Ok(())
}
