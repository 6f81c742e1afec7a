//! Labels of a file: whole numbers or names, turned into 0..C.

use std::collections::HashMap;

use super::values::short;
use crate::dataset::classes;

/// From here on, a class for every second row is taken for a mistake.
const MANY_CLASSES: usize = 50;

/// A message and the line it is about.
pub(in crate::dataset) type Problem = (u64, String);

/// What to do about labels that are no classes, by the kind of file.
#[derive(Clone, Copy)]
pub(in crate::dataset) struct Advice {
    /// Where most values are no classes.
    pub choose: &'static str,
    /// Where the first is a name among numbers.
    pub header: &'static str,
}

/// Of CSV files.
pub(super) const CSV: Advice = Advice {
    choose: "choose the label column with --label",
    header: "a header is known by a column \"label\"",
};

/// A class as it came up first.
struct Class {
    name: String,
    /// Its value if it is a whole number.
    number: Option<i64>,
    line: u64,
}

/// Labels so far, each the number of a class in the order of first sight; or of a net's class if those are given.
pub(in crate::dataset) struct Labels<'a> {
    advice: Advice,
    wanted: Option<&'a [String]>,
    labels: Vec<u16>,
    ids: HashMap<String, u16>,
    classes: Vec<Class>,
}

impl<'a> Labels<'a> {
    /// Without labels yet.
    pub(in crate::dataset) fn new(advice: Advice, wanted: Option<&'a [String]>) -> Self {
        let named = wanted.unwrap_or(&[]).iter().zip(0..=u16::MAX).map(|(name, id)| (name.clone(), id));
        Self { advice, wanted, labels: Vec::new(), ids: named.collect(), classes: Vec::new() }
    }

    /// Takes up the next label, or says what is wrong with it.
    pub(in crate::dataset) fn push(&mut self, line: u64, text: &str) -> Result<(), String> {
        let id = match self.ids.get(text) {
            Some(&id) => id,
            None => self.meet(line, text)?,
        };
        self.labels.push(id);
        Ok(())
    }

    /// A text that has not come up before.
    fn meet(&mut self, line: u64, text: &str) -> Result<u16, String> {
        let number = whole_number(text, self.advice.choose)?;
        // "1", "01" and "1.0" are one class.
        let name = number.map_or_else(|| text.to_owned(), |number| number.to_string());
        let id = match (self.ids.get(&name), self.wanted) {
            (Some(&id), _) => id,
            (None, Some(wanted)) => {
                let (found, known) = (short(text), classes::list(wanted));
                return Err(format!("label \"{found}\" is out of range: the net's classes are {known}"));
            }
            (None, None) => self.new_class(Class { name, number, line })?,
        };
        self.ids.insert(text.to_owned(), id);
        Ok(id)
    }

    /// The next number for a class.
    fn new_class(&mut self, class: Class) -> Result<u16, String> {
        if self.classes.len() == classes::MOST {
            return Err(format!("more than {} different labels; {}", classes::MOST, self.advice.choose));
        }
        let id = self.classes.len() as u16;
        self.ids.insert(class.name.clone(), id);
        self.classes.push(class);
        Ok(id)
    }

    /// The labels and the names of their classes: by value if all are whole numbers, else by name.
    pub(in crate::dataset) fn finish(mut self) -> Result<(Vec<u16>, Vec<String>), Problem> {
        if let Some(wanted) = self.wanted {
            return Ok((self.labels, wanted.to_vec()));
        }
        self.check()?;
        let mut order: Vec<usize> = (0..self.classes.len()).collect();
        if self.classes.iter().all(|class| class.number.is_some()) {
            order.sort_by_key(|&id| self.classes[id].number);
        } else {
            order.sort_by(|&a, &b| self.classes[a].name.cmp(&self.classes[b].name));
        }
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new as u16;
        }
        for label in &mut self.labels {
            *label = place[usize::from(*label)];
        }
        let names = order.iter().map(|&id| self.classes[id].name.clone()).collect();
        Ok((self.labels, names))
    }

    /// What only shows when all labels are known.
    fn check(&self) -> Result<(), Problem> {
        let (rows, count) = (self.labels.len(), self.classes.len());
        if count > MANY_CLASSES && count > rows / 2 {
            let line = self.classes[0].line;
            return Err((line, format!("{count} different labels in {rows} rows; {}", self.advice.choose)));
        }
        // A header among numbers only ("0,1,2,digit") would otherwise pass as a class of its own.
        if let [first, others @ ..] = &self.classes[..]
            && first.number.is_none()
            && !others.is_empty()
            && others.iter().all(|class| class.number.is_some())
            && self.labels[1..].iter().all(|&label| label != 0)
        {
            let (name, header) = (short(&first.name), self.advice.header);
            return Err((first.line, format!("label \"{name}\" stands among whole numbers; {header}")));
        }
        Ok(())
    }
}

/// The value of a label that is a number: a whole one; else what to `choose`.
fn whole_number(text: &str, choose: &str) -> Result<Option<i64>, String> {
    /// Up to here every whole number is an f64.
    const LARGEST: f64 = (1u64 << 53) as f64;
    if text.is_empty() {
        return Err("the label is empty; fill it in or take the line out".to_owned());
    }
    if text.contains(char::is_control) {
        return Err(format!("label \"{}\" has a line break or another control character in it", short(text)));
    }
    if let Ok(number) = text.parse() {
        return Ok(Some(number));
    }
    match text.parse::<f64>() {
        Err(_) => Ok(None),
        Ok(x) if !x.is_finite() => Err(format!("label {} is no finite number", short(text))),
        Ok(x) if x.fract() == 0.0 && x.abs() < LARGEST => Ok(Some(x as i64)),
        Ok(x) => {
            let what = if x.fract() == 0.0 { "too large a number" } else { "no whole number" };
            Err(format!("label {} is {what}; labels are classes: {choose}", short(text)))
        }
    }
}
