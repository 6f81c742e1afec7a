//! Is the first line a header, and which column holds the labels?

use std::cmp::Reverse;
use std::path::Path;

use ::csv::StringRecord;

use super::values::{self, has_decimal_comma};
use crate::dataset::classes;
use crate::error::Error;

/// Names that say "this is the label column", best first.
const LABEL_NAMES: [&str; 5] = ["label", "class", "target", "species", "y"];
/// Those of them that hardly occur as a label itself ("y" does: yes or no).
const SURE_NAMES: [&str; 4] = ["label", "class", "target", "species"];

/// Characters that two names have in common at their beginning.
fn common_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

/// What the first record tells.
#[derive(Debug)]
pub(super) struct Layout {
    /// Fields a record.
    pub columns: usize,
    /// Names of the columns.
    pub header: Option<Vec<String>>,
    /// The column of labels.
    pub label: Option<usize>,
}

impl Layout {
    /// Every column is a value.
    pub(super) fn bare(first: &StringRecord) -> Self {
        let header = (!first.iter().any(is_value)).then(|| names(first));
        Self { columns: first.len(), header, label: None }
    }

    /// One column is the label: the one wished for by name or position, else one whose name says so, else the last. A name is no choice where
    /// two columns have it: the other may be a copy, and as an input give the label away.
    pub(super) fn labelled(path: &Path, first: &StringRecord, wish: Option<&str>) -> Result<Self, Error> {
        let columns = first.len();
        if columns < 2 {
            return Err(Error::data(format!(
                "{} line {}: one column, \"{}\"; wanted values and a label, with comma, semicolon or tab between",
                path.display(),
                first.position().map_or(1, |position| position.line()),
                values::short(first.get(0).unwrap_or_default())
            )));
        }
        let names = names(first);
        let one = |name| one(&names, name).map_err(|what| format!("{}: {what}", path.display()));
        let named = wish.map_or(Ok(None), one).map_err(Error::usage)?;
        let position = named.or_else(|| wish.and_then(|wish| position(wish, columns)));
        if let (Some(wish), None) = (wish, position) {
            let mut names = names; // those that begin like the wish come first
            names.sort_by_key(|name| Reverse(common_start(name, wish)));
            return Err(Error::usage(format!(
                "{}: no column \"{wish}\" for the labels; wanted one of {}, or a position from 1 to {columns}",
                path.display(),
                classes::list(&names)
            )));
        }
        let is_header = named.is_some() || is_header(first, position.unwrap_or(columns - 1));
        // Beside an x, a y that is not the last is a coordinate.
        let is_there = |name: &str| !find_name(&names, name).is_empty();
        let usual = LABEL_NAMES.into_iter().filter(|&name| name != "y" || !is_there("x"));
        let by_name = match usual.into_iter().find(|name| is_there(name)) {
            Some(name) if is_header && position.is_none() => one(name).map_err(Error::data)?,
            _ => None,
        };
        let label = position.or(by_name).unwrap_or(columns - 1);
        Ok(Self { columns, header: is_header.then_some(names), label: Some(label) })
    }

    /// A column as it is told: "column 5 (kind)", counted from 1, with its name if it has one.
    pub(super) fn column(&self, column: usize) -> String {
        let name = self.header.as_ref().and_then(|header| header.get(column));
        let name = name.filter(|name| !name.is_empty()).map_or(String::new(), |name| format!(" ({name})"));
        format!("column {}{name}", column + 1)
    }
}

/// A header has no number among its values. Where it has (pixels named 0, 1, …), a sure name for the label tells.
/// So a row with one broken value is no header: it is not left out in silence but reported.
fn is_header(first: &StringRecord, label: usize) -> bool {
    let values = || first.iter().enumerate().filter(|&(column, _)| column != label).map(|(_, text)| text);
    let sure = |text: &str| SURE_NAMES.iter().any(|name| text.trim().eq_ignore_ascii_case(name));
    !values().any(is_value) || first.iter().any(sure)
}

/// Whether a field is a number, "nan" and "inf" included.
fn is_number(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// Whether a field is a value and no name: a decimal comma is refused later, with its place.
fn is_value(text: &str) -> bool {
    is_number(text) || has_decimal_comma(text)
}

/// The fields without the blanks around them.
fn names(first: &StringRecord) -> Vec<String> {
    first.iter().map(|text| text.trim().to_owned()).collect()
}

/// The columns of that name: of the very name if there, else in any case of letters. A number is no name here: in a file
/// without header every value would be one.
fn find_name(names: &[String], wish: &str) -> Vec<usize> {
    if is_number(wish) {
        return Vec::new();
    }
    let of = |is: &dyn Fn(&str) -> bool| (0..names.len()).filter(|&column| is(&names[column])).collect();
    let same: Vec<usize> = of(&|name| name == wish);
    if same.is_empty() { of(&|name| name.eq_ignore_ascii_case(wish)) } else { same }
}

/// The column of that name, if there is one; an error if there are more.
fn one(names: &[String], wish: &str) -> Result<Option<usize>, String> {
    match find_name(names, wish)[..] {
        [first, second, ..] => Err(format!(
            "columns {} and {} are both named \"{wish}\", and only one can be the label; rename one or take it out, or choose by \
             number, as --label {}",
            first + 1,
            second + 1,
            first + 1
        )),
        ref found => Ok(found.first().copied()),
    }
}

/// A position counted from 1.
fn position(wish: &str, columns: usize) -> Option<usize> {
    wish.parse().ok().filter(|position| (1..=columns).contains(position)).map(|position: usize| position - 1)
}
