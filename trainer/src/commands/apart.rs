//! No file that is written may be one that is read, or that is written too.

use std::path::Path;

use crate::Error;

/// # Errors
/// If two of these files are one: each with what it is called, its links resolved.
pub(super) fn apart(files: &[(&str, Option<&Path>)]) -> Result<(), Error> {
    for (i, &(name, path)) in files.iter().enumerate() {
        let Some(path) = path else { continue };
        if let Some((other, _)) = files[..i].iter().find(|(_, other)| *other == Some(path)) {
            let path = path.display();
            return Err(Error::usage(format!("{name} and {other} are both {path}; they need a file each")));
        }
    }
    Ok(())
}
