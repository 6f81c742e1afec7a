//! What can go wrong, told in one line.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use crate::wording::plain;

/// Whose mistake it is. Decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The command line: a flag, a value, a combination.
    Usage,
    /// What was read: a data set, a net.
    Data,
    /// A write that failed, or our own fault.
    Fault,
    /// A loss, or a score, that is no finite number.
    Diverged,
    /// Ctrl-C or SIGTERM.
    Interrupted,
}

impl Kind {
    /// The exit code of the process: 2 for usage, 3 for data, 1 for a fault, 4 for a loss or a score that is not finite,
    /// 130 for Ctrl-C.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Data => 3,
            Self::Fault => 1,
            Self::Diverged => 4,
            Self::Interrupted => 130,
        }
    }
}

/// One line for the person at the keyboard: what, found, wanted, what to do.
///
/// Nothing turns into it by itself: an I/O error is worth little without the path and what was being done.
///
/// ```
/// use trainer::{Error, Kind};
/// let error = Error::data("a.csv line 3: 4 fields, the lines before have 5; fix the line or take it out");
/// assert_eq!((error.kind(), error.exit_code()), (Kind::Data, 3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    message: String,
}

impl Error {
    /// An error of this kind. Control characters (a line break in a path, say) are written as escapes, so that the
    /// message stays one line.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let message: String = message.into();
        let message = match plain(&message) {
            Cow::Owned(line) => line,
            Cow::Borrowed(_) => message,
        };
        Self { kind, message }
    }

    /// The command line is wrong.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// What was read is wrong.
    #[must_use]
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(Kind::Data, message)
    }

    /// A write failed, or the fault is ours.
    #[must_use]
    pub fn fault(message: impl Into<String>) -> Self {
        Self::new(Kind::Fault, message)
    }

    /// Reading failed: `doing` names the step, such as "open" or "read".
    #[must_use]
    pub fn read(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::data(format!("{}: cannot {doing} it: {error}", path.display()))
    }

    /// Writing failed: `doing` names the step, such as "create" or "rename".
    #[must_use]
    pub fn write(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::fault(format!("{}: cannot {doing} it: {error}", path.display()))
    }

    /// Whose mistake it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The exit code of the process.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// The same error with a word on where it was met put before it.
    #[must_use]
    pub fn context(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        Self::new(self.kind, self.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes() {
        let codes = [Error::usage("a"), Error::data("a"), Error::fault("a")].map(|error| error.exit_code());
        assert_eq!(codes, [2, 3, 1]);
    }

    #[test]
    fn a_message_is_one_line_whatever_is_in_it() {
        let error = Error::data("a\nb\r\u{1b}[31mc\u{85}ü").context("d\te");
        assert_eq!(error.to_string(), "d\\te: a\\nb\\r\\u{1b}[31mc\\u{85}ü");
        assert_eq!(error.kind(), Kind::Data);
    }

    #[test]
    fn io_errors_have_the_path_and_the_step() {
        let io = std::io::Error::other("disk full");
        let (read, write) =
            (Error::read("open", Path::new("a"), &io), Error::write("create", Path::new("b"), &io));
        assert_eq!((read.kind(), read.message()), (Kind::Data, "a: cannot open it: disk full"));
        assert_eq!((write.kind(), write.message()), (Kind::Fault, "b: cannot create it: disk full"));
    }
}
