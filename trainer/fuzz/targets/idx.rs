//! A pair of IDX files: two bytes say how long the first is, one whether they are gzip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::dataset::OpenOptions;

fuzz_target!(|bytes: &[u8]| {
    let [low, high, flags, rest @ ..] = bytes else { return };
    let (images, labels) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
    let (folder, ending) = if flags & 1 == 1 { ("idx-gz", ".gz") } else { ("idx", "") };
    fuzz::file(folder, &format!("train-images-idx3-ubyte{ending}"), images);
    let path = fuzz::file(folder, &format!("train-labels-idx1-ubyte{ending}"), labels);
    fuzz::read_dataset(path.parent().expect("it lies in a folder"), &OpenOptions::default());
});
