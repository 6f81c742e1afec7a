//! From the names in the data to the names in a net.

use super::Dataset;
use crate::error::Error;
use crate::wording::counted;

/// More classes than this are none: labels are two bytes each.
pub(super) const MOST: usize = 1 << 16;
/// How many names a message lists at most.
const LISTED: usize = 12;

/// The names in quotes, the first few of them.
pub(super) fn list(names: &[String]) -> String {
    let mut text: Vec<String> = names.iter().take(LISTED).map(|name| format!("\"{name}\"")).collect();
    if names.len() > LISTED {
        text.push(format!("and {} more", names.len() - LISTED));
    }
    text.join(", ")
}

/// Turns labels that count `own` names into labels that count the `wanted` ones; without those all stays.
///
/// Returns the names that the labels count now. An error names the first record whose class is not wanted.
pub(super) fn adopt(
    place: &str,
    labels: &mut [u16],
    own: &[String],
    wanted: Option<&[String]>,
) -> Result<Vec<String>, Error> {
    let Some(wanted) = wanted else { return Ok(own.to_vec()) };
    let place_of = |name: &String| wanted.iter().position(|other| other == name).map(|i| i as u16);
    let table: Vec<Option<u16>> = own.iter().map(place_of).collect();
    for (i, label) in labels.iter_mut().enumerate() {
        *label = table[usize::from(*label)].ok_or_else(|| {
            Error::data(format!(
                "{place} record {}: label \"{}\" is out of range: the net's classes are {}",
                i + 1,
                own[usize::from(*label)],
                list(wanted)
            ))
        })?;
    }
    Ok(wanted.to_vec())
}

impl Dataset {
    /// The data for a net of `c` classes that has no names for them. Labels that are all whole numbers below `c` are classes by their
    /// numbers, as `predict` writes them; others count in the order that they have here, if there are as many as classes.
    ///
    /// # Errors
    /// [`Kind::Data`](crate::Kind::Data) if nothing says which label is which class.
    pub fn for_unnamed(mut self, c: usize) -> Result<Self, Error> {
        let number =
            |name: &String| name.parse().ok().filter(|&i: &usize| i < c && i < MOST).map(|i| i as u16);
        if let Some(numbers) = self.classes.iter().map(number).collect::<Option<Vec<u16>>>() {
            self.labels.iter_mut().for_each(|label| *label = numbers[usize::from(*label)]);
        } else if self.c() != c {
            return Err(Error::data(format!(
                "the net has {} without names, the labels are {}: neither as many nor numbers below {c}; number them, or give data of \
                 the net's kind with --data",
                counted(c, "class"),
                list(&self.classes)
            )));
        }
        self.classes = numbered(0, c);
        Ok(self)
    }
}

/// The names "0", "1", … of `count` classes that have no better ones, from `first` on.
pub(super) fn numbered(first: usize, count: usize) -> Vec<String> {
    (first..first + count).map(|i| i.to_string()).collect()
}
