//! The journals of the shards of a search, as one.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::journal::{self, Header};
use super::{Outcome, best, none_learnt};
use crate::{Error, checksum};

/// What is wanted of files that are none.
const JOURNALS: &str = "name those that the shards wrote, each FILE.journal beside its --out FILE";

/// What all journals say together.
#[derive(Clone, Debug)]
pub struct Merged {
    /// Of the first journal.
    pub header: Header,
    /// Every result, once.
    pub outcomes: Vec<Outcome>,
    /// Its line, settings included.
    pub lines: Vec<Value>,
    /// The journal each is from.
    pub from: Vec<PathBuf>,
    /// Shards of which no journal was given.
    pub missing: Vec<usize>,
}

/// Reads the journals; they must be of one search.
pub fn merge(paths: &[PathBuf]) -> Result<Merged, Error> {
    let mut merged: Option<Merged> = None;
    let mut shards = Vec::new();
    for path in paths {
        let there = journal::read(path, JOURNALS)?
            .ok_or_else(|| Error::data(format!("{}: an empty journal; leave it out", path.display())))?;
        let all = merged.get_or_insert_with(|| Merged {
            header: there.header.clone(),
            outcomes: Vec::new(),
            lines: Vec::new(),
            from: Vec::new(),
            missing: Vec::new(),
        });
        let (first, shard) = (&all.header, there.header.shard);
        if first.search != there.header.search || first.shard.1 != shard.1 {
            return Err(Error::usage(format!(
                "{} and {}: journals of two different searches; merge the shards of one",
                paths[0].display(),
                path.display()
            )));
        }
        shards.push(shard.0);
        for (outcome, line) in there.outcomes.into_iter().zip(there.lines) {
            let same = |o: &Outcome| o.candidate == outcome.candidate && o.asked == outcome.asked;
            if !all.outcomes.iter().any(same) {
                all.outcomes.push(outcome);
                all.lines.push(line);
                all.from.push(path.clone());
            }
        }
    }
    let mut merged = merged.ok_or_else(|| Error::usage("no journal given; name those of all shards"))?;
    merged.missing = (1..=merged.header.shard.1).filter(|i| !shards.contains(i)).collect();
    Ok(merged)
}

/// The best result of all journals.
#[derive(Clone, Debug)]
pub struct Winner<'a> {
    /// The result.
    pub outcome: &'a Outcome,
    /// Its line.
    pub line: &'a Value,
    /// Its net, which lies beside the journal it is from.
    pub path: PathBuf,
    /// The net's bytes.
    pub bytes: Vec<u8>,
}

impl Merged {
    /// The best result and its net.
    pub fn winner(&self) -> Result<Winner<'_>, Error> {
        let best = best(&self.outcomes).ok_or_else(|| {
            if self.outcomes.is_empty() {
                return Error::data(
                    "no journal holds a finished training; run the shards longer, with a larger --budget",
                );
            }
            let rates = self.lines.iter().filter_map(|line| line["learning_rate"].as_f64());
            none_learnt(&self.outcomes, self.header.candidates, rates)
        })?;
        let at = self.outcomes.iter().position(|o| o == best).expect("the best is one of them");
        let path = net_of(&self.from[at]);
        let bytes = std::fs::read(&path).map_err(|e| Error::read("read", &path, &e))?;
        if checksum::of_net(&bytes) != Some(best.net) {
            return Err(Error::data(format!(
                "{}: not the net that {} tells of; bring the one that lay beside it, or run that shard again",
                path.display(),
                self.from[at].display()
            )));
        }
        Ok(Winner { outcome: best, line: &self.lines[at], path, bytes })
    }
}

/// The net that a journal belongs to: its name without `.journal`.
pub(crate) fn net_of(journal: &Path) -> PathBuf {
    journal.with_extension("")
}
