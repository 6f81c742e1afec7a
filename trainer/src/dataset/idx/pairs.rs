//! Which files of a folder belong together.

use std::path::PathBuf;

use crate::dataset::find::Folder;
use crate::error::Error;

/// Images and their labels.
pub(super) struct Pair {
    /// Where the images are.
    pub images: PathBuf,
    /// Where the labels are.
    pub labels: PathBuf,
}

/// The pairs of the training part (prefix `train`) and of the test part (`t10k` or `test`).
pub(super) fn find(folder: &Folder) -> Result<[Option<Pair>; 2], Error> {
    for name in &folder.files {
        let fits = ["train", "t10k", "test"].iter().any(|prefix| name.starts_with(prefix));
        if !fits || name.contains("images") == name.contains("labels") {
            return Err(Error::data(format!(
                "{}: no part of a pair: wanted train-images-…, train-labels-…, t10k-images-…, t10k-labels-… (or test-…); \
                 rename the file or move it away",
                folder.path.join(name).display()
            )));
        }
    }
    Ok([find_part(folder, "train", &["train"])?, find_part(folder, "test", &["t10k", "test"])?])
}

/// The pair of one part; none if neither half is there.
fn find_part(folder: &Folder, part: &str, prefixes: &[&str]) -> Result<Option<Pair>, Error> {
    let half = |word| find_half(folder, part, prefixes, word);
    match (half("images")?, half("labels")?) {
        (None, None) => Ok(None),
        (Some(images), Some(labels)) => Ok(Some(Pair { images, labels })),
        (Some(there), None) => Err(missing(&there, "labels")),
        (None, Some(there)) => Err(missing(&there, "images")),
    }
}

/// One half is there, the other is not.
fn missing(there: &std::path::Path, word: &str) -> Error {
    Error::data(format!(
        "{}: the file of {word} that belongs to it is missing; put it beside it",
        there.display()
    ))
}

/// The file of one half. `x` and `x.gz` are the same: the unpacked one is taken.
fn find_half(folder: &Folder, part: &str, prefixes: &[&str], word: &str) -> Result<Option<PathBuf>, Error> {
    let fits = |name: &&String| prefixes.iter().any(|prefix| name.starts_with(prefix)) && name.contains(word);
    let mut names: Vec<&String> = folder.files.iter().filter(fits).collect();
    names.dedup_by(|later, kept| later.strip_suffix(".gz") == Some(kept.as_str())); // ascending: `x` before `x.gz`
    match names[..] {
        [] => Ok(None),
        [name] => Ok(Some(folder.path.join(name))),
        [first, second, ..] => Err(Error::data(format!(
            "{}: two files of {word} for the {part} part: {first} and {second}; keep one",
            folder.path.display()
        ))),
    }
}
