//! What each command tells.

use crate::common::Desk;

#[test]
fn results_go_to_stdout_and_talk_to_stderr() {
    let desk = Desk::new();
    let run = desk.train(&[]).ok();
    for word in
        ["training accuracy", "validation accuracy", "loss", "rows/s", "net.tln", "12 of 12 validation"]
    {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
    assert!(!run.stdout.contains("test accuracy"));
    assert!(
        run.stderr
            .contains("48 rows to train, 12 to validate, 0 to test; 3 classes, the label is column 5 (kind)")
            && run.stderr.contains("epoch 5"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains('\r') && !run.stderr.contains('\x1b'), "plain lines: {}", run.stderr);
}

#[test]
fn without_arguments_the_digits_are_learnt_and_the_next_steps_told() {
    let desk = Desk::new();
    let run = desk.run(&[]).ok();
    assert!(run.stdout.contains("1797 of 1797 test rows"), "{}", run.stdout);
    let accuracy: f64 =
        run.stdout.lines().find_map(|line| line.strip_prefix("test accuracy")).map_or(0.0, |rest| {
            rest.split_whitespace().next().and_then(|share| share.parse().ok()).unwrap_or(0.0)
        });
    assert!(accuracy >= 0.955, "{}", run.stdout);
    for word in ["--data my.csv", "predict", "include_net!"] {
        assert!(run.stderr.contains(word), "{}", run.stderr);
    }
}

#[test]
fn history_has_a_line_a_step_and_the_records_of_the_epochs() {
    let desk = Desk::new();
    let history = ["--history", "history.csv", "--batch-size", "20", "--learning-rate-decay", "0.5"];
    desk.train(&[&history[..], &["--learning-rate", "0.25"]].concat()).ok();
    let text = String::from_utf8(desk.read("history.csv")).expect("UTF-8");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(
        rows[0].join(","),
        "iteration,loss,learning_rate,epoch,train_loss,train_accuracy,val_loss,val_accuracy"
    );
    // 48 rows in batches of 20: the third of an epoch has 8.
    assert_eq!(rows.len(), 1 + 5 * 3);
    for (i, row) in rows.iter().enumerate().skip(1) {
        assert_eq!(row.len(), 8, "{row:?}");
        assert_eq!(row[0], i.to_string());
        assert!(row[1].parse::<f64>().expect("a loss") > 0.0);
        let (epoch, ends) = ((i - 1) / 3, i % 3 == 0);
        assert_eq!(row[2].parse::<f64>().expect("a rate"), 0.25 * 0.5f64.powi(epoch as i32));
        assert_eq!(row[3], if ends { (epoch + 1).to_string() } else { String::new() });
        assert!(row[4..].iter().all(|field| field.is_empty() != ends), "{row:?}");
    }
}

#[test]
fn a_run_that_ends_within_an_epoch_is_recorded_at_its_end() {
    let desk = Desk::new();
    let args = ["--data", "table.csv", "--batch-size", "20", "--num-iters", "4", "--history", "h.csv"];
    desk.run(&args).ok();
    let text = String::from_utf8(desk.read("h.csv")).expect("UTF-8");
    let records: Vec<&str> =
        text.lines().filter(|line| line.split(',').nth(3).is_some_and(|e| !e.is_empty())).collect();
    assert_eq!(records.len(), 3, "head, after step 3, after step 4: {records:?}");
}

#[test]
fn a_training_that_diverges_says_so_and_writes_nothing() {
    let desk = Desk::new();
    let before = desk.everything();
    let run = desk.train(&["--learning-rate", "1e30"]);
    assert_eq!(run.code, 4);
    assert!(run.stderr.contains("the loss of step 2 is"), "the step is named: {}", run.stderr);
    assert!(run.stderr.contains("diverged") && run.stderr.contains("--learning-rate"), "{}", run.stderr);
    assert!(desk.everything() == before);
    // One step: its own loss is of the first weights, and the new ones are finite, but no loss with them is.
    let run = desk.run(&["train", "--data=table.csv", "--learning-rate=1e30", "--num-iters=1"]);
    assert!(run.code == 4 && run.stderr.contains("the loss of step 1 is NaN"), "{run:?}");
    assert!(desk.everything() == before);
    // The course's loop does not record its last step, which here is the one that goes too far.
    let course = ["train", "--data=table.csv", "--preset=course", "--num-iters=2", "--batch-size=24"];
    let run = desk.run(&[&course[..], &["--learning-rate=1e19"]].concat());
    assert!(run.code == 4 && run.stderr.contains("the loss of step 2 is"), "{run:?}");
    assert!(!desk.path("net.tln").exists(), "only the checkpoint of its record");
}

/// The loss of a step is that before it: where the step itself goes too far, the loss is finite and a weight is not.
#[test]
fn a_weight_that_is_lost_in_the_last_step_is_named() {
    let desk = Desk::new();
    let train = ["train", "--data=table.csv"];
    let recorded = ["--std=100", "--learning-rate=1e38", "--num-iters=1"];
    let run = desk.run(&[&train[..], &recorded].concat());
    assert!(run.code == 4 && run.stderr.contains("a weight of W1 is -inf after step 1"), "{run:?}");
    // The course's loop does not record its last step. Zeros stay zeros but for b2, and two rows of one class move that.
    let zeros = ["--preset=course", "--std=0", "--num-iters=2", "--batch-size=1", "--val-fraction=0"];
    let far = ["--learning-rate=3e38", "--momentum=0.99"];
    let run = desk.run(&[&train[..], &zeros, &far].concat());
    assert!(run.code == 4 && run.stderr.contains("a bias of b2 is inf after step 2"), "{run:?}");
    assert!(!desk.path("net.tln.checkpoint").exists(), "there is nothing to go on from");
}

/// A batch, a step, an epoch, a record, a row of each kind and a hidden unit.
#[test]
fn one_of_a_thing_is_told_as_one() {
    let desk = Desk::new();
    desk.write("few.csv", "a,kind\n1,x\n2,y\n3,x\n4,y\n");
    desk.write("row.csv", "a,kind\n1,x\n");
    let train = ["train", "--data", "few.csv", "--hidden=1", "--batch-size=1", "--patience=1", "--out=a.tln"];
    let page = |length: &str| {
        let told = desk.run(&[&train[..], &[length, "--report", "r.html"]].concat()).ok().stdout;
        assert!(told.contains("1 of 1 validation row, bit for bit"), "{told}");
        String::from_utf8(desk.read("r.html")).expect("UTF-8")
    };
    let (by_epochs, by_steps) = (page("--epochs=1"), page("--num-iters=1"));
    assert!(by_epochs.contains("<td>1 record</td>") && by_epochs.contains("<td>1 epoch</td>"));
    assert!(by_steps.contains("<td>1 step</td>"));
    let eval = desk.run(&["eval", "a.tln", "--data", "row.csv"]).ok().stdout;
    assert!(eval.contains(" of 1 row)\n"), "{eval}");
    let wide = desk.fails(&["eval", "a.tln", "--data", "table.csv"], 3);
    assert!(wide.contains("its rows have 4 values, the net has 1 input;"), "{wide}");
    let alone = desk.fails(&["train", "--data", "row.csv"], 3);
    assert!(alone.contains("1 row in all has the label \"x\""), "{alone}");
}

#[test]
fn predict_needs_no_labels_and_agrees_with_eval() {
    let desk = Desk::new();
    desk.train(&["--learning-rate", "0.3"]).ok();
    let with_labels = desk.run(&["predict", "net.tln", "--data", "table.csv"]).ok().stdout;
    let table = String::from_utf8(desk.read("table.csv")).expect("UTF-8");
    let rows: Vec<(&str, &str)> =
        table.lines().skip(1).map(|line| line.rsplit_once(',').expect("columns")).collect();
    desk.write("rows.csv", rows.iter().map(|(row, _)| format!("{row}\n")).collect::<String>());
    let predicted = desk.run(&["predict", "net.tln", "--data", "rows.csv"]).ok();
    assert_eq!((predicted.stdout.as_str(), predicted.stderr.as_str()), (with_labels.as_str(), ""));
    let right = predicted.stdout.lines().zip(&rows).filter(|(name, (_, label))| name == label).count();
    let eval = desk.run(&["eval", "net.tln", "--data", "table.csv"]).ok().stdout;
    assert!(eval.contains(&format!("({right} of 60 rows)")), "{eval}");
    assert_eq!(predicted.stdout.lines().count(), 60);
}

#[test]
fn a_table_that_lacks_a_feature_is_not_filled_up_with_its_label() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.write("lacks.csv", "a,b,c,kind\n1,2,3,0\n");
    let line = desk.fails(&["predict", "net.tln", "--data", "lacks.csv", "--label", "kind"], 3);
    assert!(line.contains("lacks.csv: 4 columns, the net has 4 inputs: wanted 5 columns with"), "{line}");
    desk.run(&["predict", "net.tln", "--data", "lacks.csv"]).ok();
    desk.run(&["predict", "net.tln", "--data", "table.csv", "--label", "kind"]).ok();
}

#[test]
fn probabilities_are_csv_with_a_head_and_sum_to_one() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let run = desk.run(&["predict", "net.tln", "--data", "table.csv", "--proba"]).ok();
    let mut lines = run.stdout.lines();
    let mut names: Vec<&str> = lines.next().expect("a head").split(',').collect();
    names.sort_unstable();
    assert_eq!(names, ["blue", "green", "red"]);
    assert_eq!(lines.clone().count(), 60);
    for line in lines {
        let shares: Vec<f32> = line.split(',').map(|share| share.parse().expect("a number")).collect();
        assert_eq!(shares.len(), 3);
        // Each is rounded twice at most, so is their sum.
        assert!((shares.iter().sum::<f32>() - 1.0).abs() <= 8.0 * f32::EPSILON, "{line}");
    }
}

#[test]
fn explain_shows_the_equations_with_shapes_and_writes_nothing() {
    let desk = Desk::new();
    let before = desk.everything();
    let run =
        desk.run(&["train", "--data", "table.csv", "--hidden", "6", "--batch-size", "20", "--explain"]).ok();
    for word in [
        "(2)",
        "(3)",
        "(4)",
        "(39)",
        "(7)-(16)",
        "(17)-(21)",
        "(31)-(34)",
        "(40)",
        "20x4",
        "4x6",
        "6x3",
        "dW1 = X",
    ] {
        assert!(run.stdout.contains(word), "{word}: {}", run.stdout);
    }
    assert!(desk.everything() == before);
}

/// It moves what the first step of the training moves: the net it writes tells.
#[test]
fn explain_takes_the_step_of_the_training() {
    let desk = Desk::new();
    let moved = |given: &[&str]| {
        let run = desk.train(&[&["--explain", "--batch-size", "48"], given].concat()).ok();
        let line = run.stdout.lines().find(|line| line.starts_with("the step")).expect("a step").to_owned();
        let size = line.split_once("x51").expect("51 parameters").1.split_whitespace().next();
        size.expect("a size").parse::<f64>().expect("a number")
    };
    let (plain, momentum) = (moved(&[]), moved(&["--momentum", "0.9"]));
    assert!((momentum / plain - 1.0).abs() < 1e-4, "from rest: {plain}, {momentum}");
    let ahead = moved(&["--momentum", "0.9", "--nesterov"]);
    assert!((ahead / plain - 1.9).abs() < 1e-3, "η (1 + μ): {plain}, {ahead}");
}

#[test]
fn gradients_pass_their_check_and_a_bound_of_nothing_fails_it() {
    let desk = Desk::new();
    // However many rows there are: dX is N times smaller, and so is the rounding of what it is compared with.
    let run = desk.run(&["gradcheck", "--rows", "5000"]).ok();
    assert!(run.stdout.contains("digits: a 64-10-10 net on 3823 rows"), "{}", run.stdout);
    let run = desk.run(&["gradcheck", "--data", "table.csv"]).ok();
    assert!(run.stdout.contains("passed"), "{}", run.stdout);
    let run = desk.run(&["gradcheck", "--data", "table.csv", "--bound", "0"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stdout.contains("FAILED"), "{}", run.stdout);
}

#[test]
fn inspect_tells_shape_names_and_normalisation() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let text = desk.run(&["inspect", "net.tln"]).ok().stdout;
    for word in ["4-6-3", "51 parameters", "checksum right", "4 of each", "red", "green", "blue", "W1", "b2"]
    {
        assert!(text.contains(word), "{word}: {text}");
    }
}
