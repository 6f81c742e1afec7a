//! The journal of a search: one JSON object a line, the first says of which search, then one a result.
//!
//! A line is appended and synced when its result is there. Each ends with the CRC-32 of what stands before, so a line that
//! is torn, or that a dying disk has changed, is not taken for a result: the candidate is trained again.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Outcome, Spec};
use crate::Error;
use crate::checksum::crc32;

/// Which search a journal is of.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Stands for everything that a result depends on: version, data, settings, candidates, rungs.
    pub search: String,
    /// Which part, of how many.
    pub shard: (usize, usize),
    /// What the person gave as data set.
    pub data: String,
    /// How many candidates the whole search has.
    pub candidates: usize,
}

impl Header {
    /// Of this search over data with this checksum.
    #[must_use]
    pub fn new(spec: &Spec, data: &str, data_crc: u32) -> Self {
        let all = format!(
            "{} {data_crc:08x} {:?} {:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            spec.base,
            spec.points,
            spec.rungs
        );
        let search = format!("{:08x}{:08x}", crc32(all.as_bytes()), data_crc);
        Self { search, shard: spec.shard, data: data.to_owned(), candidates: spec.points.len() }
    }

    fn to_json(&self) -> Value {
        json!({
            "journal": 1,
            "search": self.search,
            "shard": [self.shard.0, self.shard.1],
            "data": self.data,
            "candidates": self.candidates,
        })
    }

    fn from_json(line: &Value) -> Option<Self> {
        let count = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
        (line["journal"] == 1).then_some(())?;
        Some(Self {
            search: line["search"].as_str()?.to_owned(),
            shard: (count(&line["shard"][0])?, count(&line["shard"][1])?),
            data: line["data"].as_str()?.to_owned(),
            candidates: count(&line["candidates"])?,
        })
    }
}

/// What a journal holds.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Of which search.
    pub header: Header,
    /// The results, in the order of the lines.
    pub outcomes: Vec<Outcome>,
    /// The candidates' settings, as the lines have them: one an outcome.
    pub lines: Vec<Value>,
    /// Bytes up to the last whole line.
    whole: u64,
}

/// Where a journal is to be begun.
const MOVE: &str = "name another --out, or move this file away";

/// How the first line begins.
const BEGINS: &[u8] = b"{\"candidates\":";

/// Whether this is all that was written of a first line; else it is another's file.
fn torn(text: &[u8]) -> bool {
    BEGINS.starts_with(text) || text.starts_with(BEGINS)
}

/// Reads a journal; None where there is no whole first line. `advice` is for where the file is none.
pub fn read(path: &Path, advice: &str) -> Result<Option<Contents>, Error> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|mut file| file.read_to_end(&mut text));
    read.map_err(|e| Error::read("read", path, &e))?;
    let whole = text.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
    let mut lines = text[..whole].split_inclusive(|&b| b == b'\n').map(checked);
    let Some(Some(header)) = lines.next().map(|line| line.and_then(|line| Header::from_json(&line))) else {
        if whole == 0 && torn(&text) {
            return Ok(None);
        }
        return Err(Error::data(format!("{}: no journal of a search; {advice}", path.display())));
    };
    let (mut outcomes, mut kept) = (Vec::new(), Vec::new());
    for line in lines.flatten() {
        let Some(outcome) = Outcome::from_json(&line).filter(|o| o.candidate < header.candidates) else {
            continue;
        };
        // Trained again because its net was lost: the later line is of the net that is there.
        let same = |o: &Outcome| o.candidate == outcome.candidate && o.asked == outcome.asked;
        if let Some(at) = outcomes.iter().position(same) {
            (outcomes[at], kept[at]) = (outcome, line);
        } else {
            outcomes.push(outcome);
            kept.push(line);
        }
    }
    Ok(Some(Contents { header, outcomes, lines: kept, whole: whole as u64 }))
}

/// The object of a line whose checksum is right.
fn checked(line: &[u8]) -> Option<Value> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let crc = line["crc"].as_str()?.to_owned();
    let Value::Object(mut fields) = line else { return None };
    fields.remove("crc");
    let fields = Value::Object(fields);
    (format!("{:08x}", crc32(fields.to_string().as_bytes())) == crc).then_some(fields)
}

/// A line with its checksum.
fn sealed(fields: Value) -> String {
    let crc = format!("{:08x}", crc32(fields.to_string().as_bytes()));
    let Value::Object(mut fields) = fields else { unreachable!("lines of a journal are objects") };
    fields.insert("crc".into(), crc.into());
    Value::Object(fields).to_string() + "\n"
}

/// A journal that grows.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Goes on with the journal at this path, or begins it. Returns the results that are there.
    pub fn open(path: &Path, header: &Header) -> Result<(Self, Vec<Outcome>), Error> {
        let there = if path.exists() { read(path, MOVE)? } else { None };
        if let Some(there) = &there {
            same_search(path, &there.header, header)?;
        }
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = opened.map_err(|e| Error::write("open", path, &e))?;
        let mut journal = Self { file, path: path.to_owned() };
        let (whole, outcomes) = there.map_or((0, Vec::new()), |there| (there.whole, there.outcomes));
        let cut = journal.file.set_len(whole).and_then(|()| journal.file.seek(SeekFrom::Start(whole)));
        cut.map_err(|e| Error::write("write", path, &e))?;
        if whole == 0 {
            journal.append(header.to_json())?;
        }
        Ok((journal, outcomes))
    }

    /// One more line, on the disk when this returns.
    pub fn append(&mut self, fields: Value) -> Result<(), Error> {
        let written = self.file.write_all(sealed(fields).as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|e| Error::write("write", &self.path, &e))
    }
}

/// A journal of something else must not be added to.
fn same_search(path: &Path, there: &Header, here: &Header) -> Result<(), Error> {
    let path = path.display();
    if there.search != here.search {
        return Err(Error::usage(format!(
            "{path}: the journal of another search (other data, lists, seed or version); \
             name another --out, or move it away"
        )));
    }
    if there.shard != here.shard {
        let ((i, n), (j, m)) = (there.shard, here.shard);
        return Err(Error::usage(format!(
            "{path}: the journal of shard {i}/{n}, and this is {j}/{m}; each shard needs an --out of its own"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Point;

    const POINT: Point = Point { hidden: 3, learning_rate: 0.1, reg: 0.0, learning_rate_decay: 1.0 };

    fn header() -> Header {
        Header { search: "abc".into(), shard: (1, 1), data: "digits".into(), candidates: 9 }
    }

    fn outcome(candidate: usize) -> Outcome {
        Outcome { candidate, asked: 1, epochs: Vec::new(), diverged: Some(3), net: 7, seconds: 0.1 }
    }

    /// Cut anywhere, or with any bit flipped: whole lines count, the rest is ignored, and the next line starts afresh.
    #[test]
    fn a_line_is_whole_or_ignored() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        let (mut journal, none) = Journal::open(&path, &header()).unwrap();
        assert!(none.is_empty());
        for k in 0..3 {
            journal.append(outcome(k).to_json(&POINT)).unwrap();
        }
        let bytes = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..bytes.len()).filter(|&i| bytes[i] == b'\n').collect();
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let whole = ends.iter().filter(|&&end| end < cut).count().saturating_sub(1);
            let (mut journal, outcomes) = Journal::open(&path, &header()).unwrap();
            assert_eq!(outcomes.len(), whole, "cut at {cut}");
            journal.append(outcome(8).to_json(&POINT)).unwrap();
            let after = read(&path, MOVE).unwrap().unwrap().outcomes;
            assert_eq!((after.len(), after.last()), (whole + 1, Some(&outcome(8))));
        }
        for at in ends[0] + 1..bytes.len() {
            let mut hurt = bytes.clone();
            hurt[at] ^= 4;
            std::fs::write(&path, &hurt).unwrap();
            let outcomes = read(&path, MOVE).unwrap().unwrap().outcomes;
            assert!(outcomes.iter().all(|o| *o == outcome(o.candidate)), "byte {at}");
            assert!(outcomes.len() < 3, "byte {at}");
        }
    }

    #[test]
    fn other_searches_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.journal");
        Journal::open(&path, &header()).unwrap();
        let other = Header { search: "xyz".into(), ..header() };
        assert_eq!(Journal::open(&path, &other).unwrap_err().exit_code(), 2);
        let shard = Header { shard: (2, 3), ..header() };
        assert!(Journal::open(&path, &shard).unwrap_err().message().contains("2/3"));
        for text in ["my notes\n", "my notes", "{\"a\": 1}", "{\"candidates\"-"] {
            std::fs::write(&path, text).unwrap();
            let refused = Journal::open(&path, &header()).unwrap_err();
            assert!(
                refused.exit_code() == 3 && refused.message().contains("no journal"),
                "{text}: {refused}"
            );
            assert_eq!(std::fs::read(&path).unwrap(), text.as_bytes());
        }
    }
}
