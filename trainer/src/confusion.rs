//! Which classes are taken for which.

use std::collections::BTreeMap;

use crate::wording::plain;

/// Counts of rows by their class and by the class they were taken for. Takes memory for the classes and for what occurs: all
/// pairs of 60,000 classes would take 14 GB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    /// Rows by class and by the class they were taken for, where there are any.
    counts: BTreeMap<(u32, u32), u32>,
    /// Of each class.
    sums: Vec<Sums>,
}

/// Rows of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    labelled: u32,
    predicted: u32,
    right: u32,
}

impl Confusion {
    /// No rows yet.
    #[must_use]
    pub fn new(classes: usize) -> Self {
        Self { counts: BTreeMap::new(), sums: vec![Sums::default(); classes] }
    }

    /// One more row of class `label`, taken for `predicted`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn add(&mut self, label: u32, predicted: u32) {
        let classes = self.classes();
        assert!((label.max(predicted) as usize) < classes, "{label}, {predicted}: {classes} classes");
        *self.counts.entry((label, predicted)).or_default() += 1;
        self.sums[label as usize].labelled += 1;
        self.sums[predicted as usize].predicted += 1;
        self.sums[label as usize].right += u32::from(label == predicted);
    }

    /// How many classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.sums.len()
    }

    /// Rows of class `label` by the class they were taken for.
    #[must_use]
    pub fn row(&self, label: usize) -> Vec<u32> {
        let mut row = vec![0; self.classes()];
        let first = label as u32;
        self.counts.range((first, 0)..=(first, u32::MAX)).for_each(|(at, &rows)| row[at.1 as usize] = rows);
        row
    }

    /// The pairs that occur, in order: a class, the class that rows of it were taken for, and how many were.
    pub fn pairs(&self) -> impl Iterator<Item = [u32; 3]> + '_ {
        self.counts.iter().map(|(&(label, predicted), &rows)| [label, predicted, rows])
    }

    /// How many rows are of this class.
    #[must_use]
    pub fn labelled(&self, class: usize) -> usize {
        self.sums[class].labelled as usize
    }

    /// How many rows of this class were taken for it.
    #[must_use]
    pub fn right(&self, class: usize) -> usize {
        self.sums[class].right as usize
    }

    /// How many rows were taken for this class.
    #[must_use]
    pub fn predicted(&self, class: usize) -> usize {
        self.sums[class].predicted as usize
    }

    /// Of the rows taken for this class, the share that is of it; None where no row was.
    #[must_use]
    pub fn precision(&self, class: usize) -> Option<f64> {
        share(self.right(class), self.predicted(class))
    }

    /// Of the rows of this class, the share taken for it; None where there is no row.
    #[must_use]
    pub fn recall(&self, class: usize) -> Option<f64> {
        share(self.right(class), self.labelled(class))
    }

    /// All rows.
    #[must_use]
    pub fn total(&self) -> usize {
        self.sums.iter().map(|of| of.labelled as usize).sum()
    }

    /// As text, at most 80 columns wide: precision and recall of each class, and the matrix where it fits. Of more than
    /// 20 classes the ten with the lowest recall.
    #[must_use]
    pub fn table(&self, names: &[String]) -> String {
        let mut shown: Vec<usize> = (0..self.classes()).collect();
        let many = self.classes() > 20;
        if many {
            let recall = |class: usize| self.recall(class).unwrap_or(1.0);
            shown.sort_by(|&a, &b| recall(a).total_cmp(&recall(b)));
            shown.truncate(10);
        }
        let digits = self.counts.values().max().map_or(1, |most| most.to_string().len());
        let matrix = !many && 36 + self.classes() * (digits + 1) <= 80;
        let head = if matrix { "  taken for (same order)" } else { "" };
        let mut text =
            format!("{:14} precision  recall{head}\n", if many { "worst classes" } else { "class" });
        for class in shown {
            let share = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.4}"));
            let name: String = plain(&names[class]).chars().take(14).collect();
            let (precision, recall) = (share(self.precision(class)), share(self.recall(class)));
            text.push_str(&format!("{name:14} {precision:>9}  {recall:>6}"));
            if matrix {
                text.push(' ');
                self.row(class).iter().for_each(|count| text.push_str(&format!(" {count:digits$}")));
            }
            text.push('\n');
        }
        text
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[(u32, u32)], classes: usize) -> Confusion {
        let mut confusion = Confusion::new(classes);
        rows.iter().for_each(|&(label, predicted)| confusion.add(label, predicted));
        confusion
    }

    #[test]
    fn shares_are_those_of_their_definition() {
        let found = of(&[(0, 0), (0, 1), (0, 1), (1, 1)], 3);
        assert_eq!((found.row(0), found.row(1), found.row(2)), (vec![1, 2, 0], vec![0, 1, 0], vec![0, 0, 0]));
        assert_eq!(found.pairs().collect::<Vec<_>>(), [[0, 0, 1], [0, 1, 2], [1, 1, 1]]);
        assert_eq!((found.precision(0), found.recall(0)), (Some(1.0), Some(1.0 / 3.0)));
        assert_eq!((found.precision(1), found.recall(1)), (Some(1.0 / 3.0), Some(1.0)));
        assert_eq!((found.precision(2), found.recall(2)), (None, None));
        assert_eq!((found.total(), found.labelled(0), found.predicted(1)), (4, 3, 3));
    }

    /// As many as there can be: a matrix of them would take 17 GB.
    #[test]
    fn many_classes_take_what_occurs_of_them() {
        let classes = 1 << 16;
        let rows: Vec<(u32, u32)> = (0..classes).map(|i| (i, if i % 7 == 3 { i / 2 } else { i })).collect();
        let found = of(&[&rows[..], &rows[..]].concat(), classes as usize);
        assert_eq!(found.counts.len(), rows.len());
        assert_eq!(
            (found.total(), found.labelled(3), found.right(3), found.predicted(1)),
            (1 << 17, 2, 0, 4)
        );
        let names: Vec<String> = (0..classes).map(|i| i.to_string()).collect();
        let table = found.table(&names);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), 11);
        assert_eq!(lines[..2], ["worst classes  precision  recall", "3                      -  0.0000"]);
        assert!(lines[10].starts_with("66 "), "{table}");
    }

    #[test]
    fn a_table_fits_80_columns() {
        for classes in [2, 10, 20, 100] {
            let rows: Vec<(u32, u32)> = (0..5000).map(|i| (i % classes, i / 7 % classes)).collect();
            let names: Vec<String> = (0..classes).map(|i| format!("a class with a long name {i}")).collect();
            let table = of(&rows, classes as usize).table(&names);
            assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
            assert_eq!(table.lines().count(), 1 + if classes > 20 { 10 } else { classes as usize });
        }
    }
}
