//! Finding out what a spec names.

use trainer::Kind;
use trainer::dataset::{Dataset, OpenOptions, Values, open, open_rows};

use crate::files::{idx, pair, training};
use crate::{folder, read, refused, refused_as, spec, write};

#[test]
fn nothing_there() {
    let folder = folder();
    let missing = folder.path().join("missing.csv");
    refused(open(spec(&missing), &OpenOptions::default()), &["missing.csv", "cannot open", "wanted"]);
    refused(open("", &OpenOptions::default()), &["\"\"", "cannot open"]);
}

#[test]
fn a_folder_without_data_says_what_was_looked_for() {
    let folder = folder();
    refused(read(&folder), &["*.bin", "*idx?-ubyte", "among 0 files"]);
    write(&folder, "table.csv", "1,2\n");
    write(&folder, "idx-ubyte", "");
    refused(read(&folder), &["among 2 files", "a CSV or NumPy file is named itself"]);
}

#[test]
fn a_folder_with_both_kinds() {
    let (images, labels) = pair(&[0, 1]);
    let folder = training(&images, &labels);
    write(&folder, "data.bin", "");
    refused(read(&folder), &["data.bin", "train-images-idx3-ubyte", "one kind"]);
}

#[test]
fn hidden_files_and_folders_are_none_of_ours() {
    let (images, labels) = pair(&[0, 1]);
    let folder = training(&images, &labels);
    write(&folder, "._train-images-idx3-ubyte", "x");
    std::fs::create_dir(folder.path().join("old.bin")).unwrap();
    assert_eq!(read(&folder).unwrap().train.unwrap().rows(), 2);
}

#[test]
fn a_data_file_instead_of_its_folder() {
    let folder = folder();
    write(&folder, "x.bin", [0, 1, 2]);
    write(&folder, "y-idx1-ubyte", idx(&[1], &[0]));
    for name in ["x.bin", "y-idx1-ubyte"] {
        refused(open(spec(&folder.path().join(name)), &OpenOptions::default()), &[name, "no text", "folder"]);
    }
}

#[test]
fn a_label_column_is_for_csv() {
    let options = OpenOptions { label: Some("x".to_owned()), ..OpenOptions::default() };
    let words = ["digits", "CSV", "leave --label out"];
    refused_as(Kind::Usage, open("digits", &options), &words);
    refused_as(Kind::Usage, open_rows("digits", 64, &options), &words);
    let folder = folder();
    for name in ["a.npy", "a.npz"] {
        write(&folder, name, "");
        let rows = open_rows(spec(&folder.path().join(name)), 2, &options);
        refused_as(Kind::Usage, rows, &[name, "CSV", "leave --label out"]);
    }
}

#[test]
fn one_class_only_cannot_train() {
    let mut data = Dataset {
        values: Values::F32(vec![1.0, 2.0]),
        labels: vec![1, 1],
        d: 1,
        channels: 1,
        image: None,
        classes: vec!["a".to_owned(), "b".to_owned()],
    };
    refused(data.check_trainable("a.csv"), &["a.csv", "one class only", "2 rows in all", "\"b\""]);
    data.labels[0] = 0;
    data.check_trainable("a.csv").unwrap();
    (data.labels, data.values) = (vec![], Values::F32(vec![]));
    refused(data.check_trainable("a.csv"), &["no rows"]);
}
