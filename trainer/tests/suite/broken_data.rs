//! Broken data sets: exit 3, one line that names the file and the place, every file as it was.

use crate::common::{Desk, cifar, idx, table};

/// Trains on data that must be refused, with a net and a history from before in the way.
fn refused(desk: &Desk, spec: &str, told: &[&str]) {
    desk.write("net.tln", "TLN\0 of before");
    desk.write("history.csv", "history of before");
    let line = desk.fails(&["train", "--data", spec, "--history", "history.csv", "--epochs", "1"], 3);
    for word in told {
        assert!(line.contains(word), "{spec}: {line:?} does not tell {word:?}");
    }
}

#[test]
fn files_that_are_missing_or_empty() {
    let desk = Desk::new();
    refused(&desk, "missing.csv", &["missing.csv"]);
    desk.write("empty.csv", "");
    refused(&desk, "empty.csv", &["empty.csv", "empty"]);
    desk.write("header.csv", "a,b,kind\n");
    refused(&desk, "header.csv", &["header.csv"]);
    desk.write("nothing/readme.txt", "no data");
    refused(&desk, "nothing", &["nothing"]);
    desk.write("hollow/data.bin", "");
    refused(&desk, "hollow", &["data.bin", "empty"]);
}

#[test]
fn tables_with_a_fault() {
    let desk = Desk::new();
    let cases = [
        ("ragged", table().replacen(",blue", ",1.5,blue", 1), &["ragged", "line 4"][..]),
        ("short", table().replacen(",blue", "", 1), &["short", "line 4"]),
        ("nan", "0,1,a\n0,NaN,b\n1,1,a\n".into(), &["nan", "line 2", "column 2"]),
        ("infinite", "0,1,a\n0,2,b\n1,inf,a\n".into(), &["infinite", "line 3", "column 2"]),
        ("word", "0,1,a\n0,x,b\n1,1,a\n".into(), &["word", "line 2", "column 2"]),
        ("one", "0,1,a\n0,2,a\n1,2,a\n".into(), &["one", "class"]),
    ];
    for (name, text, told) in cases {
        let name = format!("{name}.csv");
        desk.write(&name, text);
        refused(&desk, &name, told);
    }
}

#[test]
fn cut_off_files_and_wrong_labels() {
    let desk = Desk::new();
    let whole = cifar(3);
    desk.write("cut/data.bin", &whole[..whole.len() - 1]);
    refused(&desk, "cut", &["data.bin", "record 3", "3073", "3072"]);
    let mut wrong = whole.clone();
    wrong[3073] = 10;
    desk.write("wrong/data.bin", &wrong);
    refused(&desk, "wrong", &["data.bin", "record 2", "10"]);

    let (images, labels) = idx(20);
    desk.write("idx/train-images-idx3-ubyte", &images[..images.len() - 1]);
    desk.write("idx/train-labels-idx1-ubyte", &labels);
    refused(&desk, "idx", &["train-images", "record 20"]);
    desk.write("idx/train-images-idx3-ubyte", &images);
    desk.write("idx/train-labels-idx1-ubyte", &labels[..labels.len() - 1]);
    refused(&desk, "idx", &["train-labels"]);
}

#[test]
fn a_test_part_alone_cannot_train_but_can_judge() {
    let desk = Desk::new();
    desk.write("images/data.bin", cifar(20));
    desk.write("images/test.bin", cifar(10));
    desk.run(&["--data", "images", "--epochs", "1", "--hidden", "4"]).ok();
    desk.write("alone/test.bin", cifar(10));
    desk.fails(&["--data", "alone"], 3);
    let judged = desk.run(&["eval", "net.tln", "--data", "alone", "--json"]).ok();
    assert!(judged.stdout.contains(r#""rows":10,"part":"test""#), "{}", judged.stdout);
}

#[test]
fn names_that_no_net_file_can_hold_are_told_before_training() {
    let desk = Desk::new();
    let long = "x".repeat(70_000);
    desk.write("long.csv", format!("0,1,a\n0,2,{long}\n1,2,a\n"));
    let line = desk.fails(&["--data", "long.csv"], 3);
    assert!(line.contains("names"), "{line}");
}
