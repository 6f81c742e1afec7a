//! What kind of data a spec names: found by looking.

use std::fs;
use std::path::{Path, PathBuf};

use super::cifar;
use crate::error::Error;

/// Words for element types in the names of IDX files.
const IDX_TYPES: [&[u8]; 6] = [b"-ubyte", b"-byte", b"-short", b"-int", b"-float", b"-double"];

/// The kind, and where it is.
pub(super) enum Found {
    /// The embedded data set.
    Digits,
    /// A file.
    Csv(PathBuf),
    /// A folder with `*.bin`.
    Cifar(Folder),
    /// A folder with `*idx?-ubyte*`.
    Idx(Folder),
    /// A `.npz` file, or a `.npy` file.
    Numpy(PathBuf),
}

/// A folder and the names of the files in it that matter, in ascending order.
pub(super) struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Names of data files.
    pub files: Vec<String>,
}

impl Found {
    /// Every file that is read for it.
    pub(super) fn files(&self) -> Vec<PathBuf> {
        let inside = |folder: &Folder, more: &[&str]| {
            let names = folder.files.iter().map(String::as_str).chain(more.iter().copied());
            names.map(|name| folder.path.join(name)).collect()
        };
        match self {
            Self::Digits => Vec::new(),
            Self::Csv(path) | Self::Numpy(path) => vec![path.clone()],
            Self::Cifar(folder) => inside(folder, &cifar::META),
            Self::Idx(folder) => inside(folder, &[]),
        }
    }
}

/// Looks at what `spec` names.
pub(super) fn find(spec: &str) -> Result<Found, Error> {
    if spec == "digits" {
        return Ok(Found::Digits);
    }
    let path = PathBuf::from(spec);
    let seen = fs::metadata(&path).map_err(|e| {
        Error::data(format!("{spec:?}: cannot open it: {e}; wanted \"digits\", a CSV, .npy or .npz file, or a folder of CIFAR or IDX files"))
    })?;
    let ends = |ending| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    match seen.is_dir() {
        true => look_inside(path),
        false if ends("npy") || ends("npz") => Ok(Found::Numpy(path)),
        false => Ok(Found::Csv(path)),
    }
}

/// The kind of a folder.
fn look_inside(path: PathBuf) -> Result<Found, Error> {
    let names = file_names(&path)?;
    let keep =
        |test: fn(&str) -> bool| -> Vec<String> { names.iter().filter(|name| test(name)).cloned().collect() };
    let (bin, idx) = (keep(is_bin), keep(is_idx));
    match (bin.first(), idx.first()) {
        (Some(_), None) => Ok(Found::Cifar(Folder { path, files: bin })),
        (None, Some(_)) => Ok(Found::Idx(Folder { path, files: idx })),
        (Some(bin), Some(idx)) => Err(Error::data(format!(
            "{}: holds both CIFAR files ({bin}) and IDX files ({idx}); keep one kind in a folder",
            path.display()
        ))),
        (None, None) => Err(Error::data(format!(
            "{}: no data in this folder: looked for *.bin (CIFAR-10 or CIFAR-100) and *idx?-ubyte or *idx?-ubyte.gz (IDX) among {} \
             files; a CSV or NumPy file is named itself, not by its folder; PNG and JPEG images are not read, make an .npz of them",
            path.display(),
            names.len()
        ))),
    }
}

/// CIFAR-10 or CIFAR-100, binary form.
fn is_bin(name: &str) -> bool {
    name.ends_with(".bin")
}

/// `idx`, a digit, and the word for an element type, such as `-ubyte`, somewhere in the name.
fn is_idx(name: &str) -> bool {
    name.match_indices("idx").any(|(at, _)| {
        let rest = &name.as_bytes()[at + 3..];
        rest.first().is_some_and(u8::is_ascii_digit)
            && IDX_TYPES.iter().any(|word| rest[1..].starts_with(word))
    })
}

/// Names of the regular files in a folder, ascending. Hidden files are none of ours.
fn file_names(path: &Path) -> Result<Vec<String>, Error> {
    let failed = |e: std::io::Error| Error::read("list", path, &e);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A link counts as what it points to; a dangling one is left out.
        let is_file = fs::metadata(entry.path()).is_ok_and(|seen| seen.is_file());
        if let (true, Ok(name)) = (is_file, entry.file_name().into_string())
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}
