//! Writing a file so that nothing is ever lost: beside, to the disk, then renamed.
//!
//! Whoever looks sees the old file or the new one, never a part, whenever the process dies. The name of the temporary
//! file holds the process id: a leftover of a killed run is in nobody's way.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::Error;

/// What the hidden file ends with that is locked.
pub(crate) const LOCK: &str = "lock";
/// What the hidden file ends with that becomes one that is written often.
pub(crate) const OFTEN: &str = "tmp";

/// Where a file will be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A regular file, there or not yet: written beside, then renamed. Links are resolved, so that the file
    /// behind one is replaced and not the link.
    File(PathBuf),
    /// Something else that exists, a device or a pipe: written directly, never replaced.
    Special(PathBuf),
}

impl Target {
    /// Looks at what is there, before any work is done for it.
    pub fn find(path: &Path) -> Result<Self, Error> {
        if path.as_os_str().is_empty() {
            return Err(Error::usage("the file to write has no name; name one, such as net.tln"));
        }
        if path.as_os_str() == "-" {
            return Err(Error::usage(
                "-: it stands for no stream here; name a file such as net.tln, or ./- for one of that name",
            ));
        }
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(is_a_folder(path)),
            // Renaming would get round the write protection.
            Ok(found) if found.is_file() && found.permissions().readonly() => Err(Error::fault(format!(
                "{}: cannot write it: it is read-only; name another file or lift the protection",
                path.display()
            ))),
            Ok(found) if found.is_file() => {
                fs::canonicalize(path).map(Self::File).map_err(|e| Error::write("write", path, &e))
            }
            Ok(_) => Ok(Self::Special(path.to_owned())),
            // A link to nothing: the file behind it. Links that lead to themselves are another error.
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && path.is_symlink() => {
                let to = fs::read_link(path).map_err(|e| Error::write("write", path, &e))?;
                Self::find(&folder_of(path).join(to))
            }
            Err(e) if path.is_symlink() => Err(Error::write("write", path, &e)),
            Err(_) if path.to_string_lossy().ends_with(['/', std::path::MAIN_SEPARATOR]) => {
                Err(is_a_folder(path))
            }
            Err(_) => Ok(Self::File(absolute(path))),
        }
    }

    /// Fails now if the file could not be created later, after an hour of training; leaves nothing behind.
    pub fn check(&self) -> Result<(), Error> {
        let Self::File(path) = self else { return Ok(()) };
        let beside = beside(path);
        create(&beside).map_err(|e| cannot_create(path, &e))?;
        fs::remove_file(&beside).map_err(|e| Error::write("remove", &beside, &e))
    }

    /// Writes the file, all of it or nothing.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Special(path) => directly(path, |to| to.write_all(bytes)),
            Self::File(path) => replace(path, bytes, |_| Ok(())),
        }
    }

    /// Writes the file if what is read back from the disk passes the check; else everything stays as it was. What is
    /// not a regular file cannot be read back: there the bytes written are checked. The bytes are given up before they
    /// are read back: there is never room for two nets where one is enough.
    pub fn write_checked(
        &self,
        bytes: Vec<u8>,
        check: impl FnOnce(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Special(path) => directly(path, |to| to.write_all(&bytes)).and_then(|()| check(&bytes)),
            Self::File(path) => replace(path, bytes, |beside| {
                check(&fs::read(beside).map_err(|e| Error::write("read back", path, &e))?)
            }),
        }
    }

    /// As [`Target::write`], but by way of a file whose name has no process id: what a killed run has left there is
    /// overwritten by the next, so that large files that are written often do not pile up.
    /// `write` gives the bytes.
    pub fn write_often(
        &self,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        match self {
            Self::Special(path) => directly(path, write),
            Self::File(path) => {
                let beside = hidden(path, OFTEN);
                let mut file = create(&beside).map_err(|e| cannot_create(path, &e))?;
                let written = write(&mut file).and_then(|()| file.sync_data());
                // The folder is not synced: if the power fails, the name stands for this file or for the one before.
                let renamed = written.and_then(|()| fs::rename(&beside, path));
                renamed.map_err(|e| {
                    // A full disk needs the room.
                    let _ = fs::remove_file(&beside);
                    Error::write("write", path, &e)
                })
            }
        }
    }

    /// A file beside this one, its name followed by `.ending`; None beside what is no regular file.
    #[must_use]
    pub fn beside(&self, ending: &str) -> Option<Self> {
        let Self::File(path) = self else { return None };
        let mut name = path.file_name()?.to_owned();
        name.push(".");
        name.push(ending);
        Some(Self::File(path.with_file_name(name)))
    }

    /// Fails now if a folder has the name of a file that will be written beside this one.
    pub fn check_beside(&self, endings: &[&str]) -> Result<(), Error> {
        let mut targets = endings.iter().filter_map(|ending| self.beside(ending));
        match targets.find(|target| target.path().is_dir()) {
            Some(folder) => Err(Error::fault(format!(
                "{}: it is a folder, and a file of that name goes beside {}; name another --out, or move it away",
                folder.path().display(),
                self.path().display()
            ))),
            None => Ok(()),
        }
    }

    /// The hidden file beside this one with this ending; None beside what is no regular file.
    pub(crate) fn hidden(&self, ending: &str) -> Option<PathBuf> {
        self.file().map(|path| hidden(path, ending))
    }

    /// A hidden empty file beside this one, made if it is not there, and its path; None beside what is no regular file.
    pub(crate) fn lock_file(&self) -> Result<Option<(PathBuf, File)>, Error> {
        let Self::File(path) = self else { return Ok(None) };
        let lock = hidden(path, LOCK);
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(&lock);
        opened.map(|file| Some((lock.clone(), file))).map_err(|e| {
            let lock = lock.display();
            Error::fault(format!("{lock}: cannot open it: {e}; where no training goes on it may be removed"))
        })
    }

    /// The path, if it is a regular file's: a device may be named twice.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        matches!(self, Self::File(_)).then(|| self.path())
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Special(path) => path,
        }
    }
}

/// The path of a file that is not there yet, its folder resolved, so that equal files have equal paths.
fn absolute(path: &Path) -> PathBuf {
    match (fs::canonicalize(folder_of(path)), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// The folder that a file is in.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn is_a_folder(path: &Path) -> Error {
    Error::fault(format!("{}: cannot write it: it is a folder; name a file in it", path.display()))
}

fn cannot_create(path: &Path, error: &std::io::Error) -> Error {
    Error::fault(format!(
        "{}: cannot create it: {error}; name a file in a folder that exists and may be written",
        path.display()
    ))
}

/// The temporary name: in the same folder, so that the rename stays within one file system.
fn beside(path: &Path) -> PathBuf {
    hidden(path, &format!("{}.tmp", std::process::id()))
}

/// `.name.ending` in the same folder.
fn hidden(path: &Path, ending: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

/// A leftover of an earlier process with our id is overwritten.
fn create(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).open(path)
}

/// Writes the bytes beside, looks what the check says of that file, and gives it the name.
fn replace(
    path: &Path,
    bytes: impl AsRef<[u8]>,
    check: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let beside = beside(path);
    let written = fill(&beside, path, bytes).and_then(|()| check(&beside)).and_then(|()| {
        fs::rename(&beside, path).map_err(|e| Error::write("replace", path, &e))?;
        sync_folder(path);
        Ok(())
    });
    if written.is_err() {
        // The error matters, not whether its rubbish could be cleared.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Puts the bytes into the file beside, which gets the permissions of the one it will replace.
fn fill(beside: &Path, path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    let mut file = create(beside).map_err(|e| cannot_create(path, &e))?;
    let fails = |e| Error::write("write", path, &e);
    file.write_all(bytes.as_ref()).map_err(fails)?;
    if let Ok(old) = fs::metadata(path) {
        file.set_permissions(old.permissions()).map_err(fails)?;
    }
    file.sync_all().map_err(fails)
}

fn directly(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Error> {
    let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
    opened.and_then(|mut file| write(&mut file)).map_err(|e| Error::write("write", path, &e))
}

/// Puts the new name on the disk as well. Not every file system can; the file itself is safe by then.
fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_and_replaced_and_nothing_stays_beside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tln");
        for bytes in [&b"first"[..], b"second"] {
            let target = Target::find(&path).unwrap();
            target.check().unwrap();
            target.write(bytes).unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
            assert_eq!(names(folder.path()), ["a.tln"]);
        }
    }

    #[test]
    fn a_file_that_is_written_often_leaves_one_name_beside_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let net = Target::find(&folder.path().join("a.tln")).unwrap();
        let often = net.beside("checkpoint").unwrap();
        fs::write(folder.path().join(".a.tln.checkpoint.tmp"), "half of a killed run's, and longer").unwrap();
        for bytes in [&b"first"[..], b"second"] {
            often.write_often(|to| to.write_all(bytes)).unwrap();
            assert_eq!(fs::read(folder.path().join("a.tln.checkpoint")).unwrap(), bytes);
            assert_eq!(names(folder.path()), ["a.tln.checkpoint"]);
        }
        assert_eq!(Target::Special("/dev/null".into()).beside("checkpoint"), None);
    }

    #[test]
    fn what_fails_its_check_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tln");
        fs::write(&path, "kept").unwrap();
        let target = Target::find(&path).unwrap();
        let refuse = |read: &[u8]| if read == b"bad" { Err(Error::fault("bad")) } else { Ok(()) };
        assert_eq!(target.write_checked(b"bad".to_vec(), refuse).unwrap_err().message(), "bad");
        assert_eq!(
            (fs::read(&path).unwrap(), names(folder.path())),
            (b"kept".to_vec(), vec!["a.tln".to_owned()])
        );
        target.write_checked(b"good".to_vec(), refuse).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"good");
    }

    #[test]
    fn a_leftover_of_a_killed_run_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tln");
        fs::write(beside(&path), "half a net, and longer than the new one").unwrap();
        Target::find(&path).unwrap().write(b"net").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"net");
    }

    #[test]
    fn folders_are_refused_and_a_missing_one_is_told_before_the_work() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Target::find(folder.path()).unwrap_err().exit_code(), 1);
        assert_eq!(Target::find(&folder.path().join("new/")).unwrap_err().exit_code(), 1);
        let missing = Target::find(&folder.path().join("no/a.tln")).unwrap();
        assert_eq!(missing.check().unwrap_err().exit_code(), 1);
        for no_name in ["", "-"] {
            assert_eq!(Target::find(Path::new(no_name)).unwrap_err().exit_code(), 2);
        }
    }

    #[test]
    fn a_read_only_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tln");
        fs::write(&path, "kept").unwrap();
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        assert_eq!(Target::find(&path).unwrap_err().exit_code(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_behind_a_link_is_replaced_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.tln"), folder.path().join("link.tln"));
        std::os::unix::fs::symlink("real.tln", &link).unwrap();
        for bytes in [&b"through a dangling link"[..], b"replaced"] {
            Target::find(&link).unwrap().write(bytes).unwrap();
            assert_eq!(fs::read(&file).unwrap(), bytes);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        let around = folder.path().join("around");
        std::os::unix::fs::symlink("around", &around).unwrap();
        assert_eq!(Target::find(&around).unwrap_err().exit_code(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_directly() {
        let full = Target::find(Path::new("/dev/full")).unwrap();
        assert_eq!(full, Target::Special("/dev/full".into()));
        full.check().unwrap();
        assert_eq!(full.write(b"net").unwrap_err().exit_code(), 1);
        Target::find(Path::new("/dev/null")).unwrap().write(b"net").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
