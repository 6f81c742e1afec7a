//! No file that is written may be one that is read, or that is written too.

use std::path::Path;

use crate::files::Target;
use crate::keeper::kept;
use crate::{Error, dataset};

/// # Errors
/// If two of these files are one, or one is read for `--data`, or kept beside the net for a while. Each comes with what it is called,
/// its links resolved.
pub(super) fn apart(net: &Target, data: &str, files: &[(&str, Option<&Path>)]) -> Result<(), Error> {
    let read = dataset::files(data);
    let read = || read.iter().map(|path| ("--data", path.as_path()));
    let files: Vec<(&str, &Path)> = files.iter().filter_map(|&(name, path)| Some((name, path?))).collect();
    let check = |name: &str, path: &Path, other: Option<&str>| match other.or_else(|| kept(net, path)) {
        Some(other) => {
            let path = path.display();
            Err(Error::usage(format!("{name} and {other} are both {path}; they need a file each")))
        }
        None => Ok(()),
    };
    read().try_for_each(|(name, path)| check(name, path, None))?;
    files.iter().enumerate().try_for_each(|(i, &(name, path))| {
        let mut others = read().chain(files[..i].iter().copied());
        check(name, path, others.find(|&(_, other)| other == path).map(|(other, _)| other))
    })
}
