//! `--json`: one object a line, the last one "done".

use serde_json::Value;

use crate::common::{Desk, Run};

/// Every line as an object.
fn events(run: &Run) -> Vec<Value> {
    run.stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

#[test]
fn train_ends_with_done_and_all_its_fields() {
    let desk = Desk::new();
    let run =
        desk.train(&["--json", "--seed", "7", "--threads", "2", "--isa", "portable", "--out", "a.tln"]).ok();
    assert_eq!(run.stderr, "", "results only");
    let events = events(&run);
    assert_eq!(events[0]["event"], "start");
    assert_eq!(events.iter().filter(|event| event["event"] == "epoch").count(), 5);
    let done = events.last().expect("a line");
    assert_eq!(done["event"], "done");
    for share in ["train_accuracy", "val_accuracy"] {
        let share = done[share].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&share), "{share}");
    }
    for positive in ["loss", "seconds", "images_per_second", "bytes"] {
        assert!(done[positive].as_f64().expect("a number") > 0.0, "{positive}");
    }
    let known = [
        ("test_accuracy", Value::Null),
        ("net", "a.tln".into()),
        ("verified", 12.into()), // the validation rows, for want of a test part
        ("seed", 7.into()),
        ("isa", "portable".into()),
        ("threads", 2.into()),
        ("iterations", 10.into()),
        ("epochs", 5.into()),
    ];
    for (field, value) in known {
        assert_eq!(done[field], value, "{field}");
    }
}

#[test]
fn best_names_what_really_runs_and_one_thread_is_enough_for_a_table() {
    let desk = Desk::new();
    let run = desk.train(&["--json"]).ok();
    let done = events(&run).pop().expect("a line");
    assert_eq!(done["isa"], kernels::Isa::best().name());
    assert_eq!(done["threads"], 1);
}

#[test]
fn parts_that_are_not_there_are_null() {
    let desk = Desk::new();
    let run = desk.train(&["--json", "--val-fraction", "0"]).ok();
    let done = events(&run).pop().expect("a line");
    assert_eq!((&done["val_accuracy"], &done["test_accuracy"]), (&Value::Null, &Value::Null));
    assert_eq!(done["verified"], 60, "the training rows");
}

#[test]
fn the_other_commands_end_with_done_too() {
    let desk = Desk::new();
    desk.train(&["--learning-rate", "0.3"]).ok();
    let done = |args: &[&str]| events(&desk.run(args).ok()).pop().expect("a line");
    let eval = done(&["eval", "net.tln", "--data", "table.csv", "--json"]);
    assert_eq!((&eval["event"], &eval["rows"], &eval["part"]), (&"done".into(), &60.into(), &"all".into()));
    assert!(eval["accuracy"].as_f64().expect("a number") > 0.9, "{eval}");
    let inspect = done(&["inspect", "net.tln", "--json"]);
    assert_eq!((&inspect["d"], &inspect["h"], &inspect["c"]), (&4.into(), &6.into(), &3.into()));
    assert_eq!(inspect["classes"].as_array().expect("names").len(), 3);
    let check = done(&["gradcheck", "--data", "table.csv", "--json"]);
    assert_eq!(check["passed"], true);
}
