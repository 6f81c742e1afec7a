//! Rows to classify.

use trainer::Error;
use trainer::dataset::{OpenOptions, Rows, Values, open_rows};

use crate::files::{pair, training};
use crate::{folder, refused, spec, write};

fn rows(text: &str, d: usize, label: Option<&str>) -> Result<Rows, Error> {
    let folder = folder();
    write(&folder, "a.csv", text);
    let rows = open_rows(spec(&folder.path().join("a.csv")), d, &OpenOptions::labelled(label));
    rows.map(|(rows, _)| rows)
}

#[test]
fn the_label_column_may_be_there_or_not() {
    let cases = [
        ("1,2\n3,4\n", None),
        ("a,b\n1,2\n3,4\n", None),
        ("1,2,x\n3,4,\n", None),
        ("a,b,c\n1,2,x\n3,4,0.5\n", None),
        ("class,a,b\nx,1,2\ny,3,4\n", None),
        ("x,1,2\ny,3,4\n", Some("1")),
    ];
    for (text, label) in cases {
        let rows = rows(text, 2, label).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!((rows.rows(), &rows.values), (2, &Values::U8(vec![1, 2, 3, 4])), "{text:?}");
        assert!(matches!(rows.row(1), kernels::Input::U8([3, 4])));
    }
}

/// A table that lacks a feature has as many columns as one without labels.
#[test]
fn a_label_column_that_is_asked_for_must_be_there() {
    for text in ["1,0\n3,1\n", "a,kind\n1,0\n3,1\n", "1,2,3,4\n"] {
        refused(rows(text, 2, Some("2")), &["a.csv", "2 inputs", "wanted 3 columns", "leave --label out"]);
    }
}

#[test]
fn one_input_is_enough() {
    assert_eq!(rows("0.5\n1.5\n", 1, None).unwrap().values, Values::F32(vec![0.5, 1.5]));
    assert_eq!(rows("size\n7\n", 1, None).unwrap().rows(), 1);
}

#[test]
fn another_number_of_columns() {
    for text in ["1,2,3,4\n", "1\n"] {
        refused(rows(text, 2, None), &["a.csv", "2 inputs", "wanted 2 columns, or 3 with a label"]);
    }
    refused(rows("1,2\n3,x\n", 2, None), &["line 2, column 2"]);
    refused(rows("a,b\n", 2, None), &["zero rows"]);
    refused(rows("", 2, None), &["empty"]);
}

#[test]
fn elsewhere_the_test_part_or_all_rows() {
    assert_eq!(open_rows("digits", 64, &OpenOptions::default()).unwrap().0.rows(), 1797);
    refused(open_rows("digits", 65, &OpenOptions::default()), &["digits", "64 values", "65 inputs"]);
    let (images, labels) = pair(&[0, 1, 0]);
    let folder = training(&images, &labels);
    let names = Some(vec!["another".to_owned()]);
    let options = OpenOptions { classes: names, ..OpenOptions::default() };
    assert_eq!(open_rows(spec(folder.path()), 6, &options).unwrap().0.rows(), 3);
}
