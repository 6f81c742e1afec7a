//! The embedded data set: UCI optdigits. `data/README.md` tells its origin, licence and layout.

use std::io::Read;

use flate2::bufread::GzDecoder;

use super::rows::{Dataset, Values};
use super::{OpenOptions, Parts, classes};
use crate::error::Error;

/// Rows to train on, then rows to test with.
const PARTS: [usize; 2] = [3823, 1797];
/// All rows.
const ROWS: usize = PARTS[0] + PARTS[1];
/// Pixels a row: 8 × 8.
const D: usize = 64;

static PACKED: &[u8] = include_bytes!("../../data/optdigits.gz");

/// The embedded digits: training part (3,823 rows) and test part (1,797 rows by other writers), 8×8 pixels from 0 to
/// 16, ten classes.
///
/// E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
/// <https://doi.org/10.24432/C50P49>, [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), re-encoded.
///
/// # Errors
/// If the bytes in this program are damaged.
pub fn digits() -> Result<[Dataset; 2], Error> {
    let mut raw = Vec::with_capacity(ROWS * (1 + D));
    let unpacked = GzDecoder::new(PACKED).read_to_end(&mut raw);
    let (labels, planes) = match (unpacked, raw.split_at_checked(ROWS)) {
        (Ok(_), Some((labels, planes))) if planes.len() == D * ROWS && labels.iter().all(|&y| y < 10) => {
            (labels, planes)
        }
        _ => return Err(Error::fault("the embedded digits are damaged; build the program again")),
    };
    let mut values = vec![0; ROWS * D];
    let order = by_label(labels);
    for (j, plane) in planes.chunks_exact(ROWS).enumerate() {
        for (&row, &pixel) in order.iter().zip(plane) {
            values[row * D + j] = pixel;
        }
    }
    let (train, test) = labels.split_at(PARTS[0]);
    let test_values = values.split_off(PARTS[0] * D);
    Ok([part(values, train), part(test_values, test)])
}

/// Row numbers ordered by label; those of one label ascend.
fn by_label(labels: &[u8]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by_key(|&row| labels[row]); // a stable sort
    order
}

/// One of the two parts.
fn part(values: Vec<u8>, labels: &[u8]) -> Dataset {
    Dataset {
        values: Values::U8(values),
        labels: labels.iter().map(|&y| y.into()).collect(),
        d: D,
        channels: 1,
        image: Some([8, 8, 1]),
        classes: classes::numbered(0, 10),
    }
}

/// Both parts with the class names asked for.
pub(super) fn open(options: &OpenOptions) -> Result<Parts, Error> {
    options.check_d("digits", D)?;
    let mut parts = digits()?;
    for (data, name) in parts.iter_mut().zip(["digits, training part,", "digits, test part,"]) {
        if options.test_suffices && name.contains("training") {
            continue;
        }
        data.classes = classes::adopt(name, &mut data.labels, &data.classes, options.classes.as_deref())?;
    }
    let [train, test] = parts;
    Ok(((!options.test_suffices).then_some(train), Some(test)))
}
