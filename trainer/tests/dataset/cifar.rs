//! CIFAR-10 folders.

use tempfile::TempDir;
use trainer::dataset::{OpenOptions, open};

use crate::{bytes, folder, read, refused, spec, with_classes, write};

/// Records with these labels; the pixels of record i are all i, the last one 255.
fn records(labels: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (i, &label) in labels.iter().enumerate() {
        out.push(label);
        out.extend([i as u8; 3071]);
        out.push(255);
    }
    out
}

fn folder_with(files: &[(&str, &[u8])]) -> TempDir {
    let folder = folder();
    files.iter().for_each(|(name, content)| write(&folder, name, content));
    folder
}

#[test]
fn parts_go_by_name_and_files_in_name_order() {
    let folder = folder_with(&[
        ("data_batch_2.bin", &records(&[7])),
        ("data_batch_1.bin", &records(&[3, 9])),
        ("test_batch.bin", &records(&[0, 1, 2])),
        ("readme.html", b"not data"),
    ]);
    let source = read(&folder).unwrap();
    let (train, test) = (source.train.unwrap(), source.test.unwrap());
    assert_eq!((&train.labels[..], &test.labels[..]), (&[3, 9, 7][..], &[0, 1, 2][..]));
    assert_eq!((train.d, train.channels, train.image, train.c()), (3072, 3, Some([32, 32, 1]), 10));
    assert_eq!((train.classes[0].as_str(), train.classes[9].as_str()), ("airplane", "truck"));
    let pixels = bytes(&train);
    assert_eq!(pixels.len(), 3 * 3072);
    assert_eq!((pixels[0], pixels[3071], pixels[3072], pixels[2 * 3072]), (0, 255, 1, 0));
}

#[test]
fn a_folder_may_hold_one_part() {
    let source = read(&folder_with(&[("test.bin", &records(&[5]))])).unwrap();
    assert!(source.train.is_none());
    assert_eq!(source.into_evaluation().unwrap().labels, [5]);
    let source = read(&folder_with(&[("train.bin", &records(&[5]))])).unwrap();
    assert!(source.test.is_none());
}

#[test]
fn the_training_part_may_stay_unread() {
    let folder = folder_with(&[("data.bin", b"broken"), ("test.bin", &records(&[5]))]);
    let options = OpenOptions { test_suffices: true, ..OpenOptions::default() };
    let source = open(spec(folder.path()), &options).unwrap();
    assert_eq!((source.train, source.test.unwrap().labels), (None, vec![5]));
}

#[test]
fn names_come_from_the_file_beside_the_data() {
    let names = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";
    let files = folder_with(&[("batches.meta.txt", names.as_bytes()), ("x.bin", &records(&[1]))]);
    assert_eq!(read(&files).unwrap().train.unwrap().classes[9], "j");
    write(&files, "batches.meta.txt", "a\nb\n");
    refused(read(&files), &["batches.meta.txt", "2 class names", "needs 10"]);
    write(&files, "batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\na\n");
    refused(read(&files), &["batches.meta.txt", "\"a\" comes twice"]);
    // As in CSV. What stands around a name is blank; Unix's line feed alone ends one, or Windows' two.
    for bad in ["x\ty", "x\u{1b}[31m", "x\ry"] {
        write(&files, "batches.meta.txt", format!("a\n\nb\r\n\tc\n{bad}\ne\nf\ng\nh\ni\nj\n"));
        let shown = format!("\"{}\"", bad.escape_default());
        refused(read(&files), &["batches.meta.txt line 5", &shown, "control character"]);
    }
}

#[test]
fn labels_become_those_of_a_net() {
    let folder = folder_with(&[("x.bin", &records(&[9, 3]))]);
    let source = open(spec(folder.path()), &with_classes(&["cat", "dog", "truck"])).unwrap();
    let data = source.train.unwrap();
    assert_eq!((data.labels.as_slice(), data.c()), (&[2, 0][..], 3));
    let result = open(spec(folder.path()), &with_classes(&["truck", "dog"]));
    refused(result, &["x.bin record 2", "\"cat\"", "out of range", "\"truck\", \"dog\""]);
}

#[test]
fn broken_files_name_file_and_record() {
    let mut cut = records(&[1, 2, 3]);
    cut.truncate(2 * 3073 + 100);
    let cases: [(&[u8], &[&str]); 3] = [
        (&cut, &["data.bin record 3", "needs 3073 bytes", "got 100"]),
        (&records(&[1, 10]), &["data.bin record 2", "label 10", "out of range"]),
        (b"", &["data.bin", "empty"]),
    ];
    for (content, words) in cases {
        refused(read(&folder_with(&[("a.bin", &records(&[0])), ("data.bin", content)])), words);
    }
}

/// Records of CIFAR-100: a coarse label, the fine one, pixels.
fn fine(labels: &[u8]) -> Vec<u8> {
    labels.iter().flat_map(|&label| [&[label / 5, label][..], &[label; 3072]].concat()).collect()
}

#[test]
fn cifar_100_is_known_by_its_names_or_by_its_records() {
    let names: String = (0..100).map(|i| format!("kind {i}\n")).collect();
    let files = folder_with(&[("train.bin", &fine(&[99, 3])), ("test.bin", &fine(&[42]))]);
    for named in [false, true] {
        if named {
            write(&files, "fine_label_names.txt", &names);
        }
        let source = read(&files).unwrap();
        let (train, test) = (source.train.unwrap(), source.test.unwrap());
        assert_eq!((train.labels.as_slice(), test.labels.as_slice()), (&[99, 3][..], &[42][..]));
        assert_eq!((train.d, train.channels, train.c()), (3072, 3, 100));
        assert_eq!(train.classes[99], if named { "kind 99" } else { "99" });
        assert_eq!((bytes(&train)[0], bytes(&train)[3072]), (99, 3));
    }
    write(&files, "fine_label_names.txt", "one\n");
    refused(read(&files), &["fine_label_names.txt", "1 class name,", "needs 100"]);
    write(&files, "fine_label_names.txt", &names);
    write(&files, "train.bin", fine(&[1, 100]));
    refused(read(&files), &["train.bin record 2", "label 100", "CIFAR-100", "0 to 99"]);
}
