//! What a training depends on, as text: the settings and a checksum of the data. A checkpoint holds it, and is only taken
//! up by a training of equal terms.

use crate::checksum::take_data;
use crate::dataset::Dataset;
use crate::prepare::Prepared;
use crate::preset::Choice;
use crate::{Error, config_file};

/// One `name = value` a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms(String);

impl Terms {
    /// Of a training with this choice on these data. Where the data lie does not matter, nor do threads or the instruction
    /// set.
    pub fn new(choice: &Choice, data: &Prepared) -> Result<Self, Error> {
        let mut text = config_file::of_choice(choice);
        let set = data.train()?.view.data();
        text.push_str(&format!("rows = {}\n", set.rows()));
        text.push_str(&format!("inputs = {}\n", set.d));
        text.push_str(&format!("classes = {}\n", set.classes.join(", ").replace('\n', " ")));
        text.push_str(&format!("checksum-of-data = {:08x}\n", checksum(set)));
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What differs from the terms of a checkpoint, if anything does.
    #[must_use]
    pub fn difference(&self, other: &str) -> Option<String> {
        let value_of = |text: &str, name: &str| -> Option<String> {
            text.lines()
                .filter_map(|line| line.split_once(" = "))
                .find(|(n, _)| *n == name)
                .map(|(_, v)| v.to_owned())
        };
        let names = self
            .0
            .lines()
            .chain(other.lines())
            .filter_map(|line| line.split_once(" = "))
            .map(|(name, _)| name);
        let mut told: Vec<&str> = Vec::new();
        let mut differences = Vec::new();
        for name in names {
            let (mine, theirs) = (value_of(&self.0, name), value_of(other, name));
            if mine != theirs && !told.contains(&name) {
                told.push(name);
                let or_none = |value: Option<String>| value.unwrap_or_else(|| "not set".into());
                differences.push(format!("{name} was {} and is {}", or_none(theirs), or_none(mine)));
            }
        }
        (!differences.is_empty()).then(|| differences.join("; "))
    }
}

/// CRC-32 over values and labels.
fn checksum(set: &Dataset) -> u32 {
    let mut crc = flate2::Crc::new();
    take_data(&mut crc, set);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_with_both_values() {
        let mine = Terms("hidden = 3\nreg = 0.1\nstd = 2.0\n".into());
        assert_eq!(mine.difference("hidden = 3\nreg = 0.1\nstd = 2.0\n"), None);
        assert_eq!(
            mine.difference("hidden = 4\nreg = 0.1\npatience = 2\n").unwrap(),
            "hidden was 4 and is 3; std was not set and is 2.0; patience was 2 and is not set"
        );
    }
}
