//! No file that is written may be one that is read, or that is written too.

use std::path::Path;

use crate::Error;
use crate::files::Target;
use crate::keeper::kept;

/// # Errors
/// If two of these files are one: each with what it is called, its links resolved; or if one is kept beside the net for a while.
pub(super) fn apart(net: &Target, files: &[(&str, Option<&Path>)]) -> Result<(), Error> {
    for (i, &(name, path)) in files.iter().enumerate() {
        let Some(path) = path else { continue };
        let before = files[..i].iter().find(|(_, other)| *other == Some(path));
        if let Some(other) = before.map(|&(other, _)| other).or_else(|| kept(net, path)) {
            let path = path.display();
            return Err(Error::usage(format!("{name} and {other} are both {path}; they need a file each")));
        }
    }
    Ok(())
}
