//! Numbers of lines.
//!
//! The CSV reader counts lines too, but a record's number is that of the blank lines before it, and one too small
//! after CRLF. So the input is handed to it one line at a time: what it has got when a record is complete ends with
//! the last line of that record.

use std::io::{BufRead, ErrorKind, Read, Result};

/// The longest line that is read, in bytes: a record is held in memory, several times its length.
pub(super) const LONGEST: u64 = 16 << 20;

/// Hands out its input line by line and knows the number of the last one.
pub(super) struct Lines<R> {
    from: R,
    number: u64,
    /// Bytes of the line handed out so far.
    len: u64,
    /// The next byte begins a line.
    fresh: bool,
}

impl<R: BufRead> Lines<R> {
    /// Nothing handed out yet.
    pub(super) fn new(from: R) -> Self {
        Self { from, number: 0, len: 0, fresh: true }
    }

    /// The line of the last byte handed out, counted from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl<R: BufRead> Read for Lines<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let ready = self.from.fill_buf()?;
        let ready = &ready[..ready.len().min(out.len())];
        let len = ready.iter().position(|&byte| byte == b'\n').map_or(ready.len(), |at| at + 1);
        out[..len].copy_from_slice(&ready[..len]);
        self.from.consume(len);
        // The end counts as one more, empty line after a line break: a quote left open takes that break in.
        self.number += u64::from(self.fresh);
        self.len = if self.fresh { len as u64 } else { self.len + len as u64 };
        self.fresh = out[..len].ends_with(b"\n");
        if self.len > LONGEST { Err(ErrorKind::FileTooLarge.into()) } else { Ok(len) }
    }
}
