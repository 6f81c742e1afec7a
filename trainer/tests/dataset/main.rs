//! Data sets: every kind read, every broken file refused with the place in it.
#![forbid(unsafe_code)]

mod cifar;
mod csv_labels;
mod csv_tables;
mod digits;
mod files;
mod idx;
mod idx_broken;
mod normalize;
mod numbers;
mod numpy;
mod open;
mod rows;
mod split;

use std::path::Path;

use tempfile::TempDir;
use trainer::dataset::{Dataset, OpenOptions, Source, Values, open};
use trainer::{Error, Kind};

/// A folder for the files of one test.
fn folder() -> TempDir {
    tempfile::tempdir().expect("the system's temporary folder")
}

/// Writes a file into it.
fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).expect("a file in a temporary folder");
}

/// What is typed for a path.
fn spec(path: &Path) -> &str {
    path.to_str().expect("temporary folders have plain names")
}

/// Reads a folder.
fn read(folder: &TempDir) -> Result<Source, Error> {
    open(spec(folder.path()), &OpenOptions::default())
}

/// Reads this text as a CSV file.
fn csv(text: impl AsRef<[u8]>, options: &OpenOptions) -> Result<Dataset, Error> {
    let folder = folder();
    write(&folder, "a.csv", text);
    let source = open(spec(&folder.path().join("a.csv")), options)?;
    assert!(source.test.is_none(), "a CSV file has no test part");
    Ok(source.train.expect("a CSV file has rows to train on"))
}

/// Options with class names.
fn with_classes(names: &[&str]) -> OpenOptions {
    OpenOptions {
        classes: Some(names.iter().map(|&name| name.to_owned()).collect()),
        ..OpenOptions::default()
    }
}

/// The bytes of a data set that has bytes.
fn bytes(data: &Dataset) -> &[u8] {
    match &data.values {
        Values::U8(bytes) => bytes,
        Values::F32(_) => panic!("floats where bytes are wanted"),
    }
}

/// The numbers of a data set that has numbers.
fn floats(data: &Dataset) -> &[f32] {
    match &data.values {
        Values::F32(floats) => floats,
        Values::U8(_) => panic!("bytes where floats are wanted"),
    }
}

/// The data are refused, in one line with these words in it.
#[track_caller]
fn refused<T>(result: Result<T, Error>, words: &[&str]) {
    refused_as(Kind::Data, result, words);
}

/// The same for any kind of error.
#[track_caller]
fn refused_as<T>(kind: Kind, result: Result<T, Error>, words: &[&str]) {
    let Err(error) = result else { panic!("accepted; wanted an error with {words:?}") };
    let line = error.to_string();
    assert_eq!(error.kind(), kind, "{line}");
    assert!(!line.contains('\n'), "more than one line: {line}");
    for word in words {
        assert!(line.contains(word), "{word:?} is not in: {line}");
    }
}
