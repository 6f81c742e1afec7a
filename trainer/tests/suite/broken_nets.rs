//! Broken nets and nets that do not fit: exit 3, one line that names the file, nothing changed.

use infer_nostd::{Contents, encode, encoded_len};

use crate::common::Desk;

/// A net of the table, in `net.tln`, and its bytes.
fn trained() -> (Desk, Vec<u8>) {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let bytes = desk.read("net.tln");
    (desk, bytes)
}

/// Every command that reads a net refuses this one.
fn refused(desk: &Desk, name: &str, bytes: &[u8]) {
    desk.write(name, bytes);
    let commands: [&[&str]; 3] = [
        &["eval", name, "--data", "table.csv"],
        &["predict", name, "--data", "table.csv"],
        &["inspect", name],
    ];
    for args in commands {
        let line = desk.fails(args, 3);
        assert!(line.contains(name), "{line}");
    }
}

#[test]
fn a_net_cut_off_anywhere_is_refused() {
    let (desk, bytes) = trained();
    for len in [0, 3, 31, 32, 100, bytes.len() - 1] {
        refused(&desk, "cut.tln", &bytes[..len]);
    }
    refused(&desk, "long.tln", &[&bytes[..], &[0]].concat());
}

#[test]
fn a_net_with_a_flipped_bit_is_refused() {
    let (desk, bytes) = trained();
    for (at, bit) in
        [(0, 0), (4, 1), (6, 0), (7, 7), (8, 0), (28, 3), (40, 6), (200, 2), (bytes.len() - 1, 7)]
    {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        refused(&desk, "flipped.tln", &flipped);
    }
    // All the others, without starting a process for each.
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(infer_nostd::Net::from_bytes(&flipped).is_err(), "bit {bit}");
    }
}

/// A net of the table's kind: two hidden units that take the sum of a row times `w1`, scores that are theirs times `w2`.
fn crafted(desk: &Desk, name: &str, w1: f32, w2: [f32; 3], names: &[&str]) {
    let contents = Contents {
        d: 4,
        h: 2,
        c: 3,
        names,
        w1: &[w1; 8],
        b1: &[0.0; 2],
        w2: &[w2, w2].concat(),
        b2: &[0.0; 3],
        ..Contents::default()
    };
    let mut bytes = vec![0; encoded_len(&contents).expect("a net")];
    encode(&contents, &mut bytes).expect("a net");
    desk.write(name, bytes);
}

/// Weights are finite, and what comes of them is not: no class is told, and no loss of NaN.
#[test]
fn scores_that_are_not_finite_are_told_with_their_row() {
    let (desk, names) = (Desk::new(), ["red", "green", "blue"]);
    crafted(&desk, "large.tln", 3e38, [3e38, -3e38, 1.0], &names);
    desk.write("rows.csv", "a,b,c,d,kind\n0,0,0,0,red\n0,0,0,0,blue\n0,1,0,0,green\n1,0,0,0,red\n");
    desk.write("later.csv", "0,0,0,0\n".repeat(1500) + "1,0,0,0\n");
    for args in [&["eval"][..], &["eval", "--json"], &["predict"], &["predict", "--proba"]] {
        let line = desk.fails(&[args, &["large.tln", "--data", "rows.csv"]].concat(), 4);
        assert!(
            line.starts_with("error: large.tln: row 3: the score of class 0 is inf, it must be"),
            "{line}"
        );
        assert!(line.contains("--learning-rate"), "{line}");
    }
    // Its rows are told as they come, a block at a time.
    let run = desk.run(&["predict", "large.tln", "--data", "later.csv"]);
    assert!(run.code == 4 && run.stderr.contains("row 1501: "), "{}", run.stderr);
    assert_eq!(run.stdout, "red\n".repeat(1024));
    // One score that is -inf costs no other class its probability, but is none all the same.
    crafted(&desk, "low.tln", 1e30, [0.0, -1e30, 0.0], &names);
    let line = desk.fails(&["predict", "low.tln", "--proba", "--data", "rows.csv"], 4);
    assert!(line.contains("row 3: the score of class 1 is -inf"), "{line}");
    // Finite scores, so far apart that the loss is not.
    crafted(&desk, "apart.tln", 1.0, [1.5e38, -1.5e38, 0.0], &names);
    desk.run(&["predict", "apart.tln", "--data", "rows.csv"]).ok();
    let line = desk.fails(&["eval", "apart.tln", "--data", "rows.csv"], 4);
    assert!(line.contains("row 3: the loss is inf, it must be finite"), "{line}");
}

/// Labels of data for a net without names: numbers below C are its classes, however few of them there are; others are refused unless they
/// are as many as its classes.
#[test]
fn a_net_without_names_has_numbered_classes() {
    let desk = Desk::new();
    crafted(&desk, "net.tln", 1.0, [0.0, 0.5, 1.0], &[]); // class 2 of every row
    let table = |labels: [&str; 4]| labels.map(|label| format!("1,0,2,0,{label}\n")).concat();
    for (labels, right, which) in [
        (["0", "2", "2", "2"], 3, "two of three numbers"),
        (["2", "2", "2", "2"], 4, "one"),
        (["7", "8", "9", "7"], 1, "as many as classes, by value"),
        (
            ["pear", "plum", "apple", "fig"].map(|name| if name == "fig" { "plum" } else { name }),
            2,
            "by name",
        ),
    ] {
        desk.write("rows.csv", table(labels));
        let text = desk.run(&["eval", "net.tln", "--data", "rows.csv"]).ok().stdout;
        assert!(text.contains(&format!("({right} of 4 rows)")), "{which}: {text}");
        let text = desk.run(&["quantize", "net.tln", "--data", "rows.csv", "--max-loss", "100"]).ok().stdout;
        let share = f64::from(right) / 4.0;
        assert!(text.contains(&format!("accuracy       {share:.4} before")), "{which}: {text}");
    }
    for labels in [["pear", "plum", "plum", "pear"], ["1", "2", "3", "4"], ["0", "3", "3", "3"]] {
        desk.write("rows.csv", table(labels));
        for command in ["eval", "quantize"] {
            let line = desk.fails(&[command, "net.tln", "--data", "rows.csv"], 3);
            let told = ["rows.csv: the net has 3 classes without names", labels[0], "nor numbers below 3"];
            assert!(told.iter().all(|told| line.contains(told)), "{command}: {line}");
        }
    }
}

/// The names of a crafted net move no cursor and are no lines of their own; what reads --json gets them as they are.
#[test]
fn control_characters_in_class_names_are_shown_escaped() {
    let desk = Desk::new();
    crafted(&desk, "net.tln", 1.0, [1.0, 0.0, -1.0], &["r\u{1b}[31med", "gr\reen\u{9b}", "b,lue"]);
    desk.write("rows.csv", "1,0,0,0\n");
    desk.write("labels.csv", "1,0,0,0,\"b,lue\"\n");
    let told = |args: &[&str]| {
        let text = desk.run(args).ok().stdout;
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{args:?}: {text:?}");
        text
    };
    let names = ["r\\u{1b}[31med", "gr\\reen\\u{9b}", "b,lue"];
    assert!(told(&["inspect", "net.tln"]).contains(&format!("classes        {}\n", names.join(", "))));
    assert_eq!(told(&["predict", "net.tln", "--data", "rows.csv"]), format!("{}\n", names[0]));
    let text = told(&["predict", "net.tln", "--data", "rows.csv", "--proba"]);
    assert!(text.starts_with("r\\u{1b}[31med,gr\\reen\\u{9b},\"b,lue\"\n"), "{text}");
    let text = told(&["eval", "net.tln", "--data", "labels.csv"]);
    assert!(names.iter().all(|name| text.contains(&format!("\n{name:14} "))), "{text}");
    let json = desk.run(&["inspect", "net.tln", "--json"]).ok().stdout;
    assert!(json.contains(r#""r\u001b[31med""#), "{json}");
}

#[test]
fn a_missing_net_is_told() {
    let desk = Desk::new();
    for command in ["eval", "predict", "inspect"] {
        let data: &[&str] = if command == "inspect" { &[] } else { &["--data", "table.csv"] };
        assert!(desk.fails(&[&[command, "missing.tln"], data].concat(), 3).contains("missing.tln"));
    }
}

#[test]
fn a_net_for_other_data_is_refused() {
    let (desk, _) = trained();
    desk.write("narrow.csv", "0,1,red\n0,2,green\n1,2,blue\n");
    desk.write("other.csv", "0,1,2,3,red\n0,2,2,2,purple\n1,2,0,0,blue\n");
    assert!(desk.fails(&["eval", "net.tln", "--data", "narrow.csv"], 3).contains('4'));
    assert!(desk.fails(&["eval", "net.tln", "--data", "other.csv"], 3).contains("purple"));
    desk.write("wide.csv", "0,1,2,3,4,5\n");
    desk.fails(&["predict", "net.tln", "--data", "wide.csv"], 3);
    desk.write("named.csv", "0,1,red\n".repeat(3) + "0,2,green\n1,2,blue\n");
    let line = desk.fails(&["eval", "net.tln", "--data", "named.csv"], 3);
    assert!(
        line.contains("4 inputs") && line.contains("named.csv with its label in column 3: its rows have 2"),
        "{line}"
    );
}

/// Rows of another width have other labels as well, most likely: the width is what helps.
#[test]
fn rows_of_another_width_are_told_before_their_labels() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.write("wide.csv", "1,2,3,4,5,heron\n1,2,3,4,5,crane\n");
    for args in [&["eval", "net.tln"][..], &["doctor", "net.tln"], &["predict", "net.tln"]] {
        for data in ["wide.csv", "digits"] {
            let line = desk.fails(&[args, &["--data", data]].concat(), 3);
            assert!(line.contains(data) && line.contains("4 inputs"), "{line}");
        }
    }
}
