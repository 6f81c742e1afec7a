//! No file that is written may be one that is read, or that is written too, nor a net take the place of another kind of file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use infer_nostd::format::MAGIC;

use crate::files::Target;
use crate::keeper::kept;
use crate::{Error, dataset};

/// # Errors
/// If there is a file, and it does not begin as a net does.
fn replaces_a_net(net: &Target) -> Result<(), Error> {
    let Some(path) = net.file() else { return Ok(()) };
    let Ok(file) = File::open(path) else { return Ok(()) };
    let mut start = Vec::new();
    let read = file.take(MAGIC.len() as u64).read_to_end(&mut start);
    if read.is_err() || start.is_empty() || start == MAGIC {
        return Ok(());
    }
    Err(Error::usage(format!(
        "--out {}: a file is there that is no net, and would be replaced; name another, or move it away",
        path.display()
    )))
}

/// # Errors
/// If two of these files are one, or one is read for `--data`, or kept beside the net for a while, or in the folder of plots, which is one
/// of them. Each comes with what it is called, its links resolved.
pub(super) fn apart(net: &Target, data: &str, files: &[(&str, Option<&Path>)]) -> Result<(), Error> {
    let read = dataset::files(data);
    let read = || read.iter().map(|path| ("--data", path.as_path()));
    let files: Vec<(&str, &Path)> = files.iter().filter_map(|&(name, path)| Some((name, path?))).collect();
    let one = |name: &str, other: &str, path: &Path| {
        let path = path.display();
        Err(Error::usage(format!("{name} and {other} are both {path}; they need a file each")))
    };
    let check = |name: &str, path: &Path| kept(net, path).map_or(Ok(()), |other| one(name, other, path));
    read().try_for_each(|(name, path)| check(name, path))?;
    files.iter().enumerate().try_for_each(|(i, &(name, path))| {
        match read().chain(files[..i].iter().copied()).find(|(_, other)| other.starts_with(path)) {
            Some((other, file)) if file == path => one(name, other, path),
            Some((other, file)) => Err(Error::usage(format!(
                "{other} {} is in {name}, {}, which is written too; name another file",
                file.display(),
                path.display()
            ))),
            None => check(name, path),
        }
    })?;
    replaces_a_net(net)
}
