//! The label column of a net's data is looked for in other data too, told, and never guessed in silence.

use crate::common::{Desk, table};

/// A net trained on a table with its label in the first column.
fn desk() -> Desk {
    let desk = Desk::new();
    let first = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n";
    desk.write("first.csv", table().replace("kind", "sort").lines().map(first).collect::<String>());
    desk.run(&["train", "--data", "first.csv", "--label", "sort", "--out", "net.tln"]).ok();
    desk
}

#[test]
fn it_is_looked_for_in_other_data() {
    let desk = desk();
    let accuracy = |text: &str| text.lines().find(|line| line.contains("accuracy")).map(str::to_owned);
    for command in ["eval", "quantize", "doctor"] {
        let own = desk.run(&[command, "net.tln"]).ok().stdout;
        let named = desk.run(&[command, "net.tln", "--data", "first.csv"]).ok().stdout;
        assert_eq!(accuracy(&own), accuracy(&named), "{command}");
        assert!(named.contains("the label is column 1 (sort)"), "{command}: {named}");
    }
    // Elsewhere than in CSV there is none to look for.
    assert!(desk.fails(&["eval", "net.tln", "--data", "digits"], 3).contains("64 values"));
}

#[test]
fn other_data_without_it_are_refused() {
    let desk = desk();
    desk.write("other.csv", table());
    for command in ["eval", "predict"] {
        let told = desk.fails(&[command, "net.tln", "--data", "other.csv"], 2);
        for words in
            ["other.csv: no column \"sort\"", "net.tln.toml names this label", "--label names another"]
        {
            assert!(told.contains(words), "{command}: {told}");
        }
        desk.run(&[command, "net.tln", "--data", "other.csv", "--label", "kind"]).ok();
    }
}

#[test]
fn predict_tells_the_column_it_leaves_out() {
    let desk = desk();
    let predict =
        |given: &[&str]| desk.run(&[&["predict", "net.tln", "--data", "first.csv"], given].concat());
    let left = predict(&[]).ok();
    assert!(
        left.stderr.contains("first.csv: column 1 (sort) was taken for the label and left out"),
        "{}",
        left.stderr
    );
    let told = predict(&["--label", "sort"]).ok();
    assert_eq!((left.stdout, ""), (told.stdout, told.stderr.as_str()));
}
