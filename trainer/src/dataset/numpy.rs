//! NumPy's files: `.npz`, an archive of named arrays, and `.npy`, one array with labels in its last column.

use std::path::Path;

use super::csv::labels::{Advice, Labels};
use super::rows::{Dataset, Rows, image_of};
use super::{OpenOptions, Parts};
use crate::error::Error;
use crate::numpy::npy::Array;
use crate::numpy::zip;
use crate::wording::counted;

/// Names of arrays of rows, and of labels, in lower case; of a training and of a test part.
const TRAIN: [&[&str]; 2] = [&["x_train", "x", "data", "images"], &["y_train", "y", "target", "labels"]];
const TEST: [&[&str]; 2] = [&["x_test"], &["y_test"]];

/// What to do about labels that are no classes: here no flag chooses them.
const HEADER: &str = "take that record out, or name the other classes by words too";
const NPY: Advice = Advice { choose: "put the class of each row into the last column", header: HEADER };
const NPZ: Advice = Advice { choose: "put the class of each row into the array of labels", header: HEADER };

/// Reads rows and labels.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<Parts, Error> {
    if is_npy(path) {
        let (rows, labels) = last_column(path, parse(path, "", &read(path)?)?)?;
        return Ok((Some(dataset(path, rows, labels, options, options.classes.as_deref())?), None));
    }
    let file = read(path)?;
    let [train, test] = [TRAIN, TEST].map(|names| names.map(|names| find(path, &file, names)));
    let part = |[rows, labels]: [Result<Option<Array>, Error>; 2], classes: Option<&[String]>| match (
        rows?, labels?,
    ) {
        (Some(rows), Some(labels)) => dataset(path, rows, labels, options, classes).map(Some),
        (None, None) => Ok(None),
        (rows, _) => {
            let (there, missing) = if rows.is_some() { ("rows", "labels") } else { ("labels", "rows") };
            Err(wrong(path, &format!("an array of {there}, but none of {missing}; {WANTED}")))
        }
    };
    let train = part(train, options.classes.as_deref())?;
    let known = options.classes.as_deref().or(train.as_ref().map(|train| &train.classes[..]));
    let test = part(test, known)?;
    if train.is_none() && test.is_none() {
        let names: Vec<String> = members(path, &file)?.into_iter().map(|member| member.name).collect();
        return Err(wrong(path, &format!("it has the arrays {}; {WANTED}", names.join(", "))));
    }
    Ok((if options.test_suffices && test.is_some() { None } else { train }, test))
}

const WANTED: &str = "wanted x and y, or x_train, y_train and perhaps x_test, y_test";

/// Reads rows of `d` values, labels or not: the test part if there is one.
pub(super) fn open_rows(path: &Path, d: usize) -> Result<Rows, Error> {
    let file = read(path)?;
    let mut rows = if is_npy(path) {
        parse(path, "", &file)?
    } else {
        match (find(path, &file, TEST[0])?, find(path, &file, TRAIN[0])?) {
            (Some(rows), _) | (None, Some(rows)) => rows,
            (None, None) => return Err(wrong(path, &format!("no array of rows; {WANTED}"))),
        }
    };
    if is_npy(path) && rows.shape.len() == 2 && rows.shape[1] == d + 1 {
        rows = last_column(path, rows)?.0;
    }
    if rows.shape.len() < 2 || rows.record() != d || rows.len() == 0 {
        return Err(wrong(
            path,
            &format!("its rows have the shape {:?}, the net has {}", rows.shape, counted(d, "input")),
        ));
    }
    Ok(Rows { values: rows.into_values(path)?, d })
}

fn is_npy(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("npy"))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| Error::read("read", path, &e))
}

fn wrong(path: &Path, what: &str) -> Error {
    Error::data(format!("{}: {what}", path.display()))
}

fn members<'a>(path: &Path, file: &'a [u8]) -> Result<Vec<zip::Member<'a>>, Error> {
    zip::members(file).map_err(|what| wrong(path, &what))
}

/// The first array with one of these names.
fn find(path: &Path, file: &[u8], names: &[&str]) -> Result<Option<Array>, Error> {
    let members = members(path, file)?;
    for name in names {
        let fits = |member: &&zip::Member<'_>| {
            member.name.strip_suffix(".npy").unwrap_or(&member.name).eq_ignore_ascii_case(name)
        };
        if let Some(member) = members.iter().find(fits) {
            let bytes = member.read().map_err(|what| wrong(path, &what))?;
            return parse(path, &format!("{}: ", member.name), &bytes).map(Some);
        }
    }
    Ok(None)
}

fn parse(path: &Path, name: &str, bytes: &[u8]) -> Result<Array, Error> {
    Array::parse(bytes).map_err(|what| wrong(path, &format!("{name}{what}")))
}

/// A matrix as its values and its last column, the labels.
fn last_column(path: &Path, array: Array) -> Result<(Array, Array), Error> {
    match array.shape[..] {
        [_, columns] if columns >= 2 => Ok(array.split_column(columns - 1)),
        _ => {
            let what = format!(
                "its shape is {:?}; wanted rows of values with a label in the last column",
                array.shape
            );
            Err(wrong(path, &what))
        }
    }
}

/// Rows with their labels.
fn dataset(
    path: &Path,
    rows: Array,
    labels: Array,
    options: &OpenOptions,
    classes: Option<&[String]>,
) -> Result<Dataset, Error> {
    let (n, d) = (rows.shape.first().copied().unwrap_or(0), rows.record());
    if rows.shape.len() < 2 || n == 0 || d == 0 {
        return Err(wrong(path, &format!("its rows have the shape {:?}; wanted rows of values", rows.shape)));
    }
    options.check_d(path.display(), d)?;
    if labels.shape.first() != Some(&n) || labels.len() != n {
        return Err(wrong(
            path,
            &format!(
                "{}, but labels of the shape {:?}; wanted one label a row",
                counted(n, "row"),
                labels.shape
            ),
        ));
    }
    let mut names = Labels::new(if is_npy(path) { NPY } else { NPZ }, classes);
    let at = |row: u64, what: &str| wrong(path, &format!("record {row}: {what}"));
    for i in 0..n {
        let row = i as u64 + 1;
        names.push(row, &labels.text(i)).map_err(|what| at(row, &what))?;
    }
    let (labels, classes) = names.finish().map_err(|(row, what)| at(row, &what))?;
    let (channels, image) = image_of(&rows.shape[1..]);
    Ok(Dataset { values: rows.into_values(path)?, labels, d, channels, image, classes })
}
