//! Labels of CSV files.

use std::fmt::Write;

use trainer::dataset::OpenOptions;

use crate::{csv, refused, with_classes};

/// Labels and class names of rows with these labels.
fn read(labels: &[&str]) -> Result<(Vec<u16>, Vec<String>), trainer::Error> {
    read_with(labels, &OpenOptions::default())
}

fn read_with(labels: &[&str], options: &OpenOptions) -> Result<(Vec<u16>, Vec<String>), trainer::Error> {
    let text: String = labels.iter().map(|label| format!("1,{label}\n")).collect();
    csv(text, options).map(|data| (data.labels, data.classes))
}

#[test]
fn whole_numbers_go_by_value() {
    let (labels, classes) = read(&["10", "9", "-1", "10"]).unwrap();
    assert_eq!((labels, classes), (vec![2, 1, 0, 2], ["-1", "9", "10"].map(str::to_owned).to_vec()));
}

#[test]
fn one_number_is_one_class_however_written() {
    let (labels, classes) = read(&["1", "01", "1.0", "+1", "2e0", "0"]).unwrap();
    assert_eq!((labels, classes), (vec![1, 1, 1, 1, 2, 0], ["0", "1", "2"].map(str::to_owned).to_vec()));
}

#[test]
fn names_go_by_alphabet() {
    let (labels, classes) = read(&["dog", "Cat", "cat", "10", "9", "dog"]).unwrap();
    assert_eq!(classes, ["10", "9", "Cat", "cat", "dog"]);
    assert_eq!(labels, [4, 2, 3, 0, 1, 4]);
}

#[test]
fn the_order_of_the_rows_does_not_matter() {
    let (_, classes) = read(&["b", "a", "c"]).unwrap();
    let (_, others) = read(&["c", "b", "a", "a"]).unwrap();
    assert_eq!(classes, others);
}

#[test]
fn labels_that_are_no_classes() {
    refused(read(&["1", "0.5"]), &["line 2, column 2", "0.5", "no whole number"]);
    refused(read(&["1", "nan"]), &["line 2, column 2", "nan", "no finite number"]);
    refused(read(&["1", "inf"]), &["line 2, column 2", "inf", "no finite number"]);
    refused(read(&["1", "1e300"]), &["line 2, column 2", "1e300 is too large a number"]);
    refused(read(&["a", ""]), &["line 2, column 2", "empty"]);
    refused(read(&["a", "\"x\ny\""]), &["line 2, column 2", "line break"]);
}

#[test]
fn a_header_in_disguise() {
    refused(read(&["digit", "0", "1", "0"]), &["line 1, column 2", "\"digit\"", "whole numbers"]);
    // With a second row of that class it is no header.
    assert_eq!(read(&["x", "0", "1", "x"]).unwrap().1, ["0", "1", "x"]);
}

#[test]
fn a_class_for_every_row_is_a_mistake() {
    let mut text = String::new();
    (0..100).for_each(|i| writeln!(text, "{},{}", i % 7, 1000 + i).unwrap());
    refused(csv(&text, &OpenOptions::default()), &["line 1, column 2", "100 different labels in 100 rows"]);
    let first = OpenOptions { label: Some("1".to_owned()), ..OpenOptions::default() };
    assert_eq!(csv(&text, &first).unwrap().c(), 7);
}

#[test]
fn more_classes_than_any_net_has() {
    let mut text = String::new();
    (0..200_000).for_each(|i| writeln!(text, "0,{}", i / 2).unwrap());
    refused(csv(&text, &OpenOptions::default()), &["line 131073, column 2", "more than 65536"]);
}

/// A label is two bytes: 65,536 classes are the most, in the data or in a net.
#[test]
fn as_many_classes_as_a_label_counts() {
    let mut text = String::new();
    (0..131_072).for_each(|i| writeln!(text, "0,{}", i / 2).unwrap());
    let data = csv(&text, &OpenOptions::default()).unwrap();
    assert_eq!((data.c(), data.labels[131_071]), (65_536, 65_535));
    let mut net: Vec<String> = (0..65_536).rev().map(|i| i.to_string()).collect();
    let named = |net: &[String]| OpenOptions { classes: Some(net.to_vec()), ..OpenOptions::default() };
    assert_eq!(csv("0,65535\n0,0\n", &named(&net)).unwrap().labels, [0, 65_535]);
    net.push("one more".to_owned());
    refused(csv("0,0\n", &named(&net)), &["65537 classes", "at most 65536"]);
}

#[test]
fn labels_become_those_of_a_net() {
    let (labels, classes) = read_with(&["b", "a"], &with_classes(&["c", "b", "a"])).unwrap();
    assert_eq!((labels, classes), (vec![1, 2], ["c", "b", "a"].map(str::to_owned).to_vec()));
    let (labels, _) = read_with(&["1.0", "03"], &with_classes(&["3", "1"])).unwrap();
    assert_eq!(labels, [1, 0]);
    let result = read_with(&["b", "x"], &with_classes(&["c", "b"]));
    refused(result, &["line 2, column 2", "\"x\"", "out of range", "\"c\", \"b\""]);
    let many: Vec<String> = (0..100).map(|i| i.to_string()).collect();
    let many = OpenOptions { classes: Some(many), ..OpenOptions::default() };
    refused(read_with(&["100"], &many), &["\"11\"", "and 88 more"]);
}
