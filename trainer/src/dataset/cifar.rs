//! CIFAR in its binary form: records of label bytes and 3 × 1024 pixel bytes (red, green, blue plane). CIFAR-10 has one
//! label byte, CIFAR-100 two, of which the second, fine one counts.

use std::fs;
use std::io::BufReader;
use std::path::Path;

use super::find::Folder;
use super::rows::{Dataset, Values};
use super::{OpenOptions, Parts, classes, read};
use crate::error::Error;
use crate::wording::counted;

/// Pixel bytes a record.
const D: usize = 3 * 32 * 32;
/// The names of CIFAR-10 where the file that names them is not there.
const NAMES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// What tells the two sets apart.
#[derive(Clone, Copy)]
struct Set {
    name: &'static str,
    /// Label bytes before the pixels; the last of them counts.
    labels: usize,
    classes: usize,
    /// The file that names the classes, one a line.
    meta: &'static str,
}

const TEN: Set = Set { name: "CIFAR-10", labels: 1, classes: 10, meta: "batches.meta.txt" };
const HUNDRED: Set = Set { name: "CIFAR-100", labels: 2, classes: 100, meta: "fine_label_names.txt" };

/// The files of names, where they are there.
pub(super) const META: [&str; 2] = [TEN.meta, HUNDRED.meta];

impl Set {
    /// Bytes a record.
    fn record(self) -> usize {
        self.labels + D
    }

    /// A folder is CIFAR-100 if the file of its names is there, or if its files hold whole records of that set alone.
    fn of(folder: &Folder) -> Result<Self, Error> {
        let sizes = folder.files.iter().map(|file| {
            let path = folder.path.join(file);
            fs::metadata(&path).map(|seen| seen.len()).map_err(|e| Error::read("look at", &path, &e))
        });
        let sizes = sizes.collect::<Result<Vec<u64>, Error>>()?;
        let fits = |set: Self| sizes.iter().all(|size| size.is_multiple_of(set.record() as u64));
        let hundred = folder.path.join(HUNDRED.meta).is_file() || fits(HUNDRED) && !fits(TEN);
        Ok(if hundred { HUNDRED } else { TEN })
    }
}

/// Reads the files of a folder: names that begin with `test` are the test part, the others train in name order.
pub(super) fn open(folder: &Folder, options: &OpenOptions) -> Result<Parts, Error> {
    let set = Set::of(folder)?;
    options.check_d(folder.path.display(), D)?;
    let names = class_names(set, &folder.path)?;
    let (test, train): (Vec<_>, Vec<_>) = folder.files.iter().partition(|name| name.starts_with("test"));
    let part = |files: &[&String]| -> Result<Option<Dataset>, Error> {
        if files.is_empty() {
            Ok(None)
        } else {
            read_part(set, &folder.path, files, &names, options).map(Some)
        }
    };
    let test = part(&test)?;
    let train = if options.test_suffices && test.is_some() { None } else { part(&train)? };
    Ok((train, test))
}

/// The records of several files, one after the other.
fn read_part(
    set: Set,
    folder: &Path,
    files: &[&String],
    names: &[String],
    options: &OpenOptions,
) -> Result<Dataset, Error> {
    let mut records = 0;
    for file in files {
        let path = folder.join(file);
        let seen = fs::metadata(&path).map_err(|e| Error::read("look at", &path, &e))?;
        records += usize::try_from(seen.len()).unwrap_or(usize::MAX) / set.record();
    }
    let mut values = read::with_room(records * D, folder)?;
    let mut labels = read::with_room(records, folder)?;
    for file in files {
        let path = folder.join(file);
        let first = labels.len();
        read_file(set, &path, &mut values, &mut labels)?;
        let place = path.display().to_string();
        classes::adopt(&place, &mut labels[first..], names, options.classes.as_deref())?;
    }
    let classes = options.classes.clone().unwrap_or_else(|| names.to_vec());
    Ok(Dataset { values: Values::U8(values), labels, d: D, channels: 3, image: Some([32, 32, 1]), classes })
}

/// Appends the records of a file.
fn read_file(set: Set, path: &Path, values: &mut Vec<u8>, labels: &mut Vec<u16>) -> Result<(), Error> {
    let mut file = BufReader::with_capacity(1 << 16, read::open(path)?);
    let mut record = vec![0; set.record()];
    let wrong =
        |number: usize, what: String| Error::data(format!("{} record {number}: {what}", path.display()));
    for number in 1.. {
        match read::fill(&mut file, &mut record).map_err(|e| Error::read("read", path, &e))? {
            0 if number == 1 => {
                return Err(Error::data(format!(
                    "{}: the file is empty; wanted {} records",
                    path.display(),
                    set.name
                )));
            }
            0 => break,
            got if got == record.len() => {}
            got => {
                return Err(wrong(
                    number,
                    format!("cut off: needs {} bytes, got {got}; get the file again", set.record()),
                ));
            }
        }
        let label = record[set.labels - 1];
        if usize::from(label) >= set.classes {
            let what = format!(
                "label {label} is out of range: {} has the classes 0 to {} in records of {} bytes",
                set.name,
                set.classes - 1,
                set.record()
            );
            return Err(wrong(number, what));
        }
        labels.push(label.into());
        values.extend_from_slice(&record[set.labels..]);
    }
    Ok(())
}

/// The names: those of the file beside the data, else the known ones; those of CIFAR-100 are then numbers.
fn class_names(set: Set, folder: &Path) -> Result<Vec<String>, Error> {
    let path = folder.join(set.meta);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let known = NAMES.map(str::to_owned).to_vec();
            return Ok(if set.classes == known.len() { known } else { classes::numbered(0, set.classes) });
        }
        Err(e) => return Err(Error::read("read", &path, &e)),
    };
    let mut names: Vec<String> = Vec::new();
    for (i, name) in text.lines().map(str::trim).enumerate().filter(|(_, name)| !name.is_empty()) {
        if name.contains(char::is_control) {
            return Err(Error::data(format!(
                "{} line {}: class name \"{name}\" has a tab or another control character in it; wanted text, one name a line: \
                 take it out",
                path.display(),
                i + 1
            )));
        }
        names.push(name.to_owned());
    }
    if names.len() != set.classes {
        return Err(Error::data(format!(
            "{}: {}, needs {}: one a line",
            path.display(),
            counted(names.len(), "class name"),
            set.classes
        )));
    }
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(Error::data(format!("{}: class name \"{name}\" comes twice", path.display())));
        }
    }
    Ok(names)
}
