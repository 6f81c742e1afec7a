//! One training or search a net: two with one `--out` would write one checkpoint, or one journal.

use std::fs::{File, TryLockError, remove_file};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::files::Target;

/// Keeps other trainings from a net as long as it lives. The system takes the lock from a process that dies; the empty file that it may
/// leave is in nobody's way.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    _lock: File,
}

impl Claim {
    /// Of the net that goes to `net`; None beside a device, or where the file system knows no locks.
    ///
    /// # Errors
    /// If another process has it, or if the file cannot be made.
    pub fn on(net: &Target) -> Result<Option<Self>, Error> {
        for _ in 0..100 {
            let Some((path, lock)) = net.lock_file()? else { return Ok(None) };
            match lock.try_lock() {
                Ok(()) if has_name(&lock, &path) => return Ok(Some(Self { path, _lock: lock })),
                Ok(()) => {} // the one before took it away after it was opened here
                Err(TryLockError::WouldBlock) => {
                    return Err(Error::fault(format!(
                        "{}: another training or search is writing it; wait for its end, or name another file with --out",
                        net.path().display()
                    )));
                }
                Err(TryLockError::Error(_)) => return Ok(None),
            }
        }
        Ok(None) // a file system whose files have no fixed numbers
    }
}

/// Whether this file is the one of this name, as far as is known: elsewhere than on Unix it is taken to be.
fn has_name(file: &File, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let id = |found: std::io::Result<std::fs::Metadata>| found.ok().map(|m| (m.dev(), m.ino()));
        id(file.metadata()) == id(std::fs::metadata(path))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        true
    }
}

impl Drop for Claim {
    /// Before the lock is given back: who opens the file from now on makes a new one.
    fn drop(&mut self) {
        let _ = remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_net_has_one_claim_at_a_time_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = |name| Target::find(&folder.path().join(name)).unwrap();
        let first = Claim::on(&target("a.tln")).unwrap();
        assert!(first.is_some());
        let error = Claim::on(&target("a.tln")).unwrap_err().to_string();
        assert!(error.contains("a.tln: another training or search is writing it"), "{error}");
        let other = Claim::on(&target("b.tln")).unwrap();
        drop((first, other));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        assert!(Claim::on(&target("a.tln")).unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_whose_name_was_taken_away_is_no_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = File::create(&path).unwrap();
        assert!(has_name(&first, &path));
        remove_file(&path).unwrap();
        assert!(!has_name(&first, &path));
        let second = File::create(&path).unwrap();
        assert!(!has_name(&first, &path) && has_name(&second, &path));
    }
}
