//! CSV: one row a line, one column of labels. Header or not, comma, semicolon or tab: found by looking.

pub(super) mod labels;
mod layout;
mod lines;
mod table;
mod values;

use std::path::Path;

use super::rows::{Dataset, Rows};
use super::{OpenOptions, read};
use crate::error::Error;
use crate::wording::counted;
use labels::{CSV, Labels};
use layout::Layout;
use table::{Table, place};
use values::Growing;

/// Reads all rows with their labels; also says which column those are.
pub(super) fn open(path: &Path, options: &OpenOptions) -> Result<(Dataset, String), Error> {
    let mut table = Table::open(path)?;
    let layout = Layout::labelled(path, table.first(), options.wish())?;
    let label = layout.label.expect("a labelled layout has a label column");
    let place_of_label = format!("{} with its label in {}", path.display(), layout.column(label));
    options.check_d(place_of_label, layout.columns - 1)?;
    let mut labels = Labels::new(CSV, options.classes.as_deref());
    let mut values = Growing::default();
    table.for_each(&layout, |line, record| {
        for (column, text) in record.iter().enumerate() {
            if column == label {
                labels.push(line, text.trim()).map_err(|what| place(path, line, &layout, column, &what))?;
            } else {
                values.push(text).map_err(|what| place(path, line, &layout, column, &what))?;
            }
        }
        Ok(())
    })?;
    let (labels, classes) =
        labels.finish().map_err(|(line, what)| place(path, line, &layout, label, &what))?;
    let d = layout.columns - 1;
    let data = Dataset { values: values.finish(), labels, d, channels: 1, image: None, classes };
    Ok((data, layout.column(label)))
}

/// Reads rows of `d` values; a column more is the label column, which is left out and told. If one is asked for, it must be there:
/// where another is missing instead, the labels would be taken for values.
pub(super) fn open_rows(
    path: &Path,
    d: usize,
    options: &OpenOptions,
) -> Result<(Rows, Option<String>), Error> {
    let mut table = Table::open(path)?;
    let label = options.label.as_deref();
    let layout = match table.first().len() {
        columns if columns == d && label.is_none() => Layout::bare(table.first()),
        columns if columns == d + 1 => Layout::labelled(path, table.first(), options.wish())?,
        columns => return Err(wrong_width(path, columns, d, label)),
    };
    let mut values = Growing::default();
    table.for_each(&layout, |line, record| {
        for (column, text) in record.iter().enumerate().filter(|&(column, _)| Some(column) != layout.label) {
            values.push(text).map_err(|what| place(path, line, &layout, column, &what))?;
        }
        Ok(())
    })?;
    Ok((Rows { values: values.finish(), d }, layout.label.map(|label| layout.column(label))))
}

fn wrong_width(path: &Path, columns: usize, d: usize, label: Option<&str>) -> Error {
    let wanted = match label {
        None => format!("{}, or {} with a label column", counted(d, "column"), d + 1),
        Some(label) => format!(
            "{} with the label column \"{label}\"; leave --label out where there is none",
            counted(d + 1, "column")
        ),
    };
    let (path, columns, inputs) = (path.display(), counted(columns, "column"), counted(d, "input"));
    Error::data(format!("{path}: {columns}, the net has {inputs}: wanted {wanted}"))
}
