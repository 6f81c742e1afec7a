//! CIFAR-10 in its binary form: records of a label byte and 3 × 1024 pixel bytes (red, green, blue plane).

use std::fs;
use std::io::BufReader;
use std::path::Path;

use super::find::Folder;
use super::rows::{Dataset, Values};
use super::{OpenOptions, Parts, classes, read};
use crate::error::Error;

/// Pixel bytes a record.
const D: usize = 3 * 32 * 32;
/// Bytes a record.
const RECORD: usize = 1 + D;
/// The file that names the classes, one a line.
const META: &str = "batches.meta.txt";
/// The names where that file is not there.
const NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// Reads the files of a folder: names that begin with `test` are the test part, the others train in name order.
pub(super) fn open(folder: &Folder, options: &OpenOptions) -> Result<Parts, Error> {
    let names = class_names(&folder.path)?;
    let (test, train): (Vec<_>, Vec<_>) = folder.files.iter().partition(|name| name.starts_with("test"));
    let part = |files: &[&String]| -> Result<Option<Dataset>, Error> {
        if files.is_empty() { Ok(None) } else { read_part(&folder.path, files, &names, options).map(Some) }
    };
    let test = part(&test)?;
    let train = if options.test_suffices && test.is_some() { None } else { part(&train)? };
    Ok((train, test))
}

/// The records of several files, one after the other.
fn read_part(
    folder: &Path,
    files: &[&String],
    names: &[String],
    options: &OpenOptions,
) -> Result<Dataset, Error> {
    let mut records = 0;
    for file in files {
        let path = folder.join(file);
        let seen = fs::metadata(&path).map_err(|e| Error::read("look at", &path, &e))?;
        records += usize::try_from(seen.len()).unwrap_or(usize::MAX) / RECORD;
    }
    let mut values = read::with_room(records * D, folder)?;
    let mut labels = read::with_room(records, folder)?;
    for file in files {
        let path = folder.join(file);
        let first = labels.len();
        read_file(&path, &mut values, &mut labels)?;
        let place = path.display().to_string();
        classes::adopt(&place, &mut labels[first..], names, options.classes.as_deref())?;
    }
    let classes = options.classes.clone().unwrap_or_else(|| names.to_vec());
    Ok(Dataset { values: Values::U8(values), labels, d: D, channels: 3, image: Some([32, 32]), classes })
}

/// Appends the records of a file.
fn read_file(path: &Path, values: &mut Vec<u8>, labels: &mut Vec<u32>) -> Result<(), Error> {
    let mut file = BufReader::with_capacity(1 << 16, read::open(path)?);
    let mut record = [0; RECORD];
    let wrong =
        |number: usize, what: String| Error::data(format!("{} record {number}: {what}", path.display()));
    for number in 1.. {
        match read::fill(&mut file, &mut record).map_err(|e| Error::read("read", path, &e))? {
            0 if number == 1 => {
                return Err(Error::data(format!(
                    "{}: the file is empty; wanted CIFAR-10 records",
                    path.display()
                )));
            }
            0 => break,
            RECORD => {}
            got => {
                return Err(wrong(
                    number,
                    format!("cut off: needs {RECORD} bytes, got {got}; get the file again"),
                ));
            }
        }
        let label = record[0];
        if usize::from(label) >= NAMES.len() {
            let what = format!(
                "label {label} is out of range: CIFAR-10 has the classes 0 to 9 in records of {RECORD} bytes"
            );
            return Err(wrong(number, what));
        }
        labels.push(label.into());
        values.extend_from_slice(&record[1..]);
    }
    Ok(())
}

/// The ten names: those of the file beside the data, else the known ones.
fn class_names(folder: &Path) -> Result<Vec<String>, Error> {
    let path = folder.join(META);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(NAMES.map(str::to_owned).to_vec()),
        Err(e) => return Err(Error::read("read", &path, &e)),
    };
    let names: Vec<String> =
        text.lines().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() != NAMES.len() {
        return Err(Error::data(format!(
            "{}: {} class names, needs {}: one a line",
            path.display(),
            names.len(),
            NAMES.len()
        )));
    }
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(Error::data(format!("{}: class name \"{name}\" comes twice", path.display())));
        }
    }
    Ok(names)
}
