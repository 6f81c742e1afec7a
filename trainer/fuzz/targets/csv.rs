//! A CSV file to learn from, with the label by position, by name or guessed, and to predict from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::dataset::{OpenOptions, open_rows};

fuzz_target!(|bytes: &[u8]| {
    let [choice, rest @ ..] = bytes else { return };
    let label = match choice % 4 {
        0 => Some("1".to_owned()),
        1 => Some("y".to_owned()),
        _ => None,
    };
    let classes = (choice & 4 != 0).then(|| vec!["a".to_owned(), "b".to_owned()]);
    let path = fuzz::file("csv", "table.csv", rest);
    let options = OpenOptions { label, classes, ..OpenOptions::default() };
    fuzz::read_dataset(&path, &options);
    if let Ok((rows, _)) = open_rows(path.to_str().expect("UTF-8"), 2, &options) {
        assert_eq!((rows.d, rows.values.len() % 2), (2, 0));
    }
});
