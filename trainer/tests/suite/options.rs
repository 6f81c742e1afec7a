//! Momentum, schedules, patience, which net is written, history and confusion.

use serde_json::Value;

use crate::common::{Desk, Run};

fn done(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("an object")
}

fn history(desk: &Desk, name: &str) -> Vec<Value> {
    let text = String::from_utf8(desk.read(name)).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn momentum_and_nesterov_give_nets_of_their_own_and_none_the_first_rule() {
    let desk = Desk::new();
    let net = |more: &[&str]| {
        desk.train(&[&["--learning-rate", "0.05"], more].concat()).ok();
        desk.read("net.tln")
    };
    let plain = net(&[]);
    assert!(net(&["--momentum", "0"]) == plain);
    let (classical, nesterov) = (net(&["--momentum", "0.9"]), net(&["--momentum", "0.9", "--nesterov"]));
    assert!(classical != plain && nesterov != classical);
    desk.fails(&["train", "--data", "table.csv", "--nesterov"], 2);
    desk.fails(&["train", "--data", "table.csv", "--momentum", "1"], 2);
}

#[test]
fn a_cosine_ends_near_zero() {
    let desk = Desk::new();
    desk.train(&["--schedule", "cosine", "--learning-rate", "0.5", "--history", "h.jsonl"]).ok();
    let rates: Vec<f64> = history(&desk, "h.jsonl")
        .iter()
        .filter(|event| event["event"] == "step")
        .map(|event| event["learning_rate"].as_f64().expect("a rate"))
        .collect();
    assert_eq!((rates.len(), rates[0]), (10, 0.5));
    assert!((rates[5] - 0.25).abs() < 1e-15 && rates[9] < 0.013 && rates[9] > 0.0, "{rates:?}");
}

/// Noise: validation accuracy goes up and down, so the best net is not the last.
fn noise() -> String {
    let mut bits = 1u32;
    let mut draw = move || {
        bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        bits >> 16
    };
    (0..200)
        .map(|_| {
            format!("{},{},{},{}\n", draw() % 97, draw() % 89, draw() % 83, ["x", "y"][draw() as usize % 2])
        })
        .collect()
}

#[test]
fn the_best_net_is_written_and_the_last_beside_it() {
    let desk = Desk::new();
    desk.write("noise.csv", noise());
    let args = ["--data", "noise.csv", "--epochs", "12", "--hidden", "20", "--history", "h.jsonl", "--json"];
    let done = done(&desk.run(&args).ok());
    let records: Vec<Value> =
        history(&desk, "h.jsonl").into_iter().filter(|e| e["event"] == "epoch").collect();
    let accuracy = |e: &Value| e["val_accuracy"].as_f64().expect("validation rows");
    let most = records.iter().map(accuracy).fold(0.0, f64::max);
    let best = records.iter().rfind(|e| accuracy(e) == most).expect("a record");
    assert_eq!(done["val_accuracy"], best["val_accuracy"]);
    assert_eq!(
        (&done["best_iteration"], &done["train_accuracy"]),
        (&best["iteration"], &best["train_accuracy"])
    );
    let last = records.last().expect("a record");
    assert_ne!(best["iteration"], last["iteration"], "a case in which they differ");
    assert!(desk.read("net.tln") != desk.read("net.tln.last"));
    // The last net is that of a run that cannot choose for want of validation rows that differ: of as many steps.
    let accuracy_of = |net: &str| {
        let eval = desk.run(&["eval", net, "--data", "noise.csv", "--json"]).ok();
        self::done(&eval)["correct"].as_f64().expect("a number")
    };
    let rows = |e: &Value| (160.0 * e["train_accuracy"].as_f64().unwrap() + 40.0 * accuracy(e)).round();
    assert_eq!((accuracy_of("net.tln"), accuracy_of("net.tln.last")), (rows(best), rows(last)));
}

#[test]
fn patience_ends_a_training() {
    let desk = Desk::new();
    desk.write("noise.csv", noise());
    let args =
        ["--data", "noise.csv", "--epochs", "500", "--patience", "3", "--json", "--history", "h.jsonl"];
    let done = done(&desk.run(&args).ok());
    let records: Vec<Value> =
        history(&desk, "h.jsonl").into_iter().filter(|e| e["event"] == "epoch").collect();
    assert!(records.len() < 500);
    let accuracies: Vec<f64> = records.iter().map(|e| e["val_accuracy"].as_f64().expect("a share")).collect();
    let most = accuracies.iter().copied().fold(0.0, f64::max);
    let first = accuracies.iter().position(|&a| a == most).expect("a record");
    assert_eq!(records.len(), first + 1 + 3, "{accuracies:?}");
    assert_eq!(done["epochs"], records.len());
    desk.fails(&["train", "--data", "table.csv", "--patience", "2", "--val-fraction", "0"], 2);
}

#[test]
fn confusion_precision_and_recall_are_those_of_the_judged_part() {
    let desk = Desk::new();
    let done = done(&desk.train(&["--json", "--learning-rate", "0.3"]).ok());
    let counts: Vec<u64> =
        done["confusion"].as_array().expect("9").iter().map(|n| n.as_u64().expect("n")).collect();
    assert_eq!((counts.len(), counts.iter().sum::<u64>(), &done["part"]), (9, 12, &"validation".into()));
    let right = counts[0] + counts[4] + counts[8];
    assert_eq!(done["val_accuracy"], right as f64 / 12.0);
    let recall = counts[0] as f64 / (counts[0] + counts[1] + counts[2]) as f64;
    assert_eq!(done["recall"][0], recall);
    let text = desk.train(&[]).ok().stdout;
    assert!(text.contains("precision  recall"), "{text}");
}
