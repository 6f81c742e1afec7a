//! A folder with one CIFAR file, and class names beside it. The first bytes are repeated, as records are long.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::dataset::OpenOptions;

fuzz_target!(|bytes: &[u8]| {
    let [kind, copies, rest @ ..] = bytes else { return };
    let (records, names) = rest.split_at(rest.len() / 2);
    // Labels of CIFAR-10 stand 3073 bytes apart, those of CIFAR-100 3074.
    let mut file = records.to_vec();
    file.resize(3073 + usize::from(kind % 2), *kind);
    let file = file.repeat(usize::from(copies % 4));
    let cut = file.len() - usize::from(*copies > 250).min(file.len());
    fuzz::file("cifar", if kind % 4 < 2 { "data_batch_1.bin" } else { "train.bin" }, &file[..cut]);
    let path = fuzz::file("cifar", if kind % 2 == 0 { "batches.meta.txt" } else { "fine_label_names.txt" }, names);
    fuzz::read_dataset(path.parent().expect("it lies in a folder"), &OpenOptions::default());
    let _ = std::fs::remove_dir_all(path.parent().expect("it lies in a folder"));
});
