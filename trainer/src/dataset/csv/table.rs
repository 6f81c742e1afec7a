//! Lines of a CSV file, one after the other, each with its number.

use std::fs::File;
use std::io::{BufRead, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};

use ::csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

use super::layout::Layout;
use super::lines::{LONGEST, Lines};
use super::read;
use crate::error::Error;
use crate::wording::counted;

/// The most columns that are read: names and places of fields take a hundred bytes a column.
const MOST_COLUMNS: usize = 1 << 20;

/// The first line, which has been read ahead, then the rest.
type Input = Lines<Chain<Cursor<Vec<u8>>, BufReader<File>>>;

/// A file of which the first record has been read.
pub(super) struct Table {
    path: PathBuf,
    reader: Reader<Input>,
    first: StringRecord,
    first_line: u64,
}

impl Table {
    /// Opens a file, finds its delimiter and reads its first record.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let mut file = BufReader::with_capacity(1 << 16, read::open(path)?);
        let failed = |e: std::io::Error| Error::read("read", path, &e);
        let mut ahead = Vec::new();
        // Blank lines may stand before the first record.
        while file.by_ref().take(LONGEST + 1).read_until(b'\n', &mut ahead).map_err(failed)? > 0
            && ahead.trim_ascii().is_empty()
        {}
        if ahead.is_empty() {
            return Err(Error::data(format!(
                "{}: the file is empty; wanted rows of numbers and a label",
                path.display()
            )));
        }
        if ahead.contains(&0) {
            return Err(Error::data(format!(
                "{}: no text in UTF-8, so no CSV; a table in UTF-16 has to be saved as UTF-8; CIFAR-10 and IDX files are named by the folder they are in",
                path.display()
            )));
        }
        let delimiter = delimiter(&ahead);
        let input = Lines::new(Cursor::new(ahead).chain(file));
        let reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(input);
        let mut table = Self { path: path.to_owned(), reader, first: StringRecord::new(), first_line: 1 };
        let mut first = StringRecord::new();
        match table.next(&mut first)? {
            Some(line) => (table.first, table.first_line) = (first, line),
            None => return Err(Error::data(format!("{}: no rows: blank lines only", path.display()))),
        }
        if table.first.len() > MOST_COLUMNS {
            return Err(Error::data(format!(
                "{} line {}: {} columns, at most {MOST_COLUMNS} are read; give so wide a table as .npy",
                path.display(),
                table.first_line,
                table.first.len()
            )));
        }
        Ok(table)
    }

    /// The first record: a header or a row.
    pub(super) fn first(&self) -> &StringRecord {
        &self.first
    }

    /// Calls `row` with every row and its line number; each has as many fields as the first record.
    pub(super) fn for_each(
        &mut self,
        layout: &Layout,
        mut row: impl FnMut(u64, &StringRecord) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut rows = 0;
        if layout.header.is_none() {
            row(self.first_line, &self.first)?;
            rows += 1;
        }
        let mut record = StringRecord::new();
        while let Some(line) = self.next(&mut record)? {
            if record.len() != layout.columns {
                return Err(self.ragged(line, &record, layout));
            }
            row(line, &record)?;
            rows += 1;
        }
        if rows == 0 {
            return Err(Error::data(format!(
                "{}: zero rows: a header line and nothing below it",
                self.path.display()
            )));
        }
        Ok(())
    }

    /// Reads the next record that is not blank and returns its line number.
    fn next(&mut self, record: &mut StringRecord) -> Result<Option<u64>, Error> {
        while self.reader.read_record(record).map_err(|e| self.unreadable(e))? {
            if record.len() > 1 || !record.as_slice().trim().is_empty() {
                return Ok(Some(self.line() - line_breaks(record.as_slice())));
            }
        }
        Ok(None)
    }

    /// The last line of the record that has been read.
    fn line(&self) -> u64 {
        self.reader.get_ref().number()
    }

    /// A line has too few or too many fields.
    fn ragged(&self, line: u64, record: &StringRecord, layout: &Layout) -> Error {
        let (found, wanted) = (record.len(), layout.columns);
        let what = format!(
            "{} where line {} has {wanted}; {}",
            counted(found, "field"),
            self.first_line,
            match line_breaks(record.as_slice()) {
                0 => "fix the line or take it out",
                _ => "close the quote that goes on over the end of the line",
            }
        );
        let (column, problem) =
            if found < wanted { (found, "this field is missing") } else { (wanted, "one field too many") };
        place(&self.path, line, layout, column, &format!("{problem}: {what}"))
    }

    /// The bytes are no text, or cannot be read.
    fn unreadable(&self, e: ::csv::Error) -> Error {
        let path = self.path.display();
        match e.kind() {
            ErrorKind::Utf8 { err, .. } => Error::data(format!(
                "{path} line {}, column {}: not UTF-8 text; save a table as UTF-8, give images as .npz",
                self.line(),
                err.field() + 1
            )),
            ErrorKind::Io(e) if e.kind() == std::io::ErrorKind::FileTooLarge => Error::data(format!(
                "{path} line {}: longer than {LONGEST} bytes; is a line break missing? Give so wide a table as .npy",
                self.line()
            )),
            ErrorKind::Io(e) => Error::read("read", &self.path, e),
            _ => Error::data(format!("{path}: cannot read it: {e}")),
        }
    }
}

/// Line breaks within quoted fields: so many lines before its last one a record begins.
fn line_breaks(record: &str) -> u64 {
    record.bytes().filter(|&byte| byte == b'\n').count() as u64
}

/// The most frequent of comma, semicolon and tab in the first line, outside quotes; the comma if none is there.
fn delimiter(line: &[u8]) -> u8 {
    let count = |delimiter: u8| {
        let mut quoted = false;
        let outside = line.iter().filter(|&&byte| {
            quoted ^= byte == b'"';
            byte == delimiter && !quoted
        });
        outside.count()
    };
    // The last of equals is the largest: the comma.
    [b'\t', b';', b','].into_iter().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

/// An error at a line and a column, with the column's name if it has one.
pub(super) fn place(path: &Path, line: u64, layout: &Layout, column: usize, what: &str) -> Error {
    Error::data(format!("{} line {line}, {}: {what}", path.display(), layout.column(column)))
}
