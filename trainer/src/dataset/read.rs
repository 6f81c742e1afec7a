//! Reading files with the path in every error.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use crate::error::Error;

/// Opens a file to read.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    File::open(path).map_err(|e| Error::read("open", path, &e))
}

/// How many bytes a file has.
pub(super) fn len(file: &File, path: &Path) -> Result<u64, Error> {
    Ok(file.metadata().map_err(|e| Error::read("look at", path, &e))?.len())
}

/// Fills `out` as far as the input reaches; returns how far.
pub(super) fn fill(from: &mut impl Read, out: &mut [u8]) -> std::io::Result<usize> {
    let mut done = 0;
    while done < out.len() {
        match from.read(&mut out[done..]) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// An empty vector with room for `len` elements and no more: large data are never moved while they grow.
pub(crate) fn with_room<T>(len: usize, path: &Path) -> Result<Vec<T>, Error> {
    let mut out = Vec::new();
    out.try_reserve_exact(len).map_err(|_| {
        Error::data(format!("{}: its {len} values do not fit into memory; take a part of it", path.display()))
    })?;
    Ok(out)
}
