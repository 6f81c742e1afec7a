//! `--report`: one file with everything in it, and the plots beside.

use serde_json::Value;

use crate::common::{Desk, cifar};

/// Nothing of a page comes from elsewhere, and it runs nothing.
fn self_contained(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    for wrong in ["<script", "<link", "@import", "url(", "http://", "https://", "javascript:"] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(wrong), "{wrong}");
    }
    assert!(page.contains("prefers-color-scheme:dark"));
    for tag in ["section", "table", "svg", "div", "figure", "h2"] {
        let (open, closed) =
            (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
        assert_eq!(open, closed, "{tag}");
    }
}

#[test]
fn a_report_of_images_has_everything() {
    let desk = Desk::new();
    desk.write("images/data.bin", cifar(60));
    let args = [
        "train",
        "--data",
        "images",
        "--hidden",
        "8",
        "--epochs",
        "2",
        "--learning-rate",
        "0.0001",
        "--report",
        "r.html",
    ];
    let run = desk.run(&args).ok();
    assert!(run.stdout.contains("r.html"), "{}", run.stdout);
    let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
    self_contained(&page);
    for part in [
        "Loss",
        "Accuracy",
        "Learning rate",
        "Settings",
        "hidden units look for",
        "Confusion matrix",
        "Worst mistakes",
        "Command",
        "airplane",
        "data:image/png;base64,",
    ] {
        assert!(page.contains(part), "{part}");
    }
    for plot in ["loss", "accuracy", "learning-rate", "confusion"] {
        assert!(desk.read(&format!("r.plots/{plot}.svg")).starts_with(b"<svg "));
        assert!(desk.read(&format!("r.plots/{plot}.png")).starts_with(b"\x89PNG"));
    }
    assert!(desk.read("r.plots/templates.png").starts_with(b"\x89PNG"));
}

/// What was held out, and the test accuracy as it is told elsewhere; where there is no test part, that there is none.
#[test]
fn a_report_tells_what_was_held_out() {
    let desk = Desk::new();
    let rows = "3058 rows to train, 765 to validate, 1797 to test";
    let search = ["--hidden=4", "--learning-rate=0.4", "--reg=0", "--learning-rate-decay=1"];
    for (command, more, card) in
        [("train", &[][..], "test accuracy"), ("search", &search[..], "test accuracy of its net")]
    {
        let args =
            [&[command, "--data", "digits", "--epochs", "1", "--report", "r.html", "--json"], more].concat();
        let told = desk.run(&args).ok().stdout;
        let done: Value = serde_json::from_str(told.lines().last().expect("a line")).expect("JSON");
        let share =
            format!("<b>{:.2} %</b>{card}<", 100.0 * done["test_accuracy"].as_f64().expect("a number"));
        let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
        assert!(page.contains(&share) && page.contains(rows), "{command}: {share}");
    }
    desk.train(&["--report", "r.html"]).ok();
    let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
    assert!(page.contains("<b>none</b>test accuracy<") && page.contains("12 to validate, 0 to test"));
}

/// Rate 0: nothing is learnt, which the doctor sees.
#[test]
fn the_doctor_is_heard_in_the_report() {
    let desk = Desk::new();
    desk.train(&["--learning-rate", "0", "--report", "r.html"]).ok();
    let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
    assert!(page.contains("What the doctor says") && page.contains("<li>"));
}

#[test]
fn names_of_classes_and_files_are_text_and_nothing_else() {
    let desk = Desk::new();
    desk.write(
        "<b>.csv",
        String::from_utf8(desk.read("table.csv")).unwrap().replace("red", "<script>alert(1)</script>"),
    );
    desk.run(&["train", "--data", "<b>.csv", "--epochs", "2", "--report", "r.html"]).ok();
    let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
    self_contained(&page);
    assert!(page.contains("&lt;script&gt;") && !page.contains("<b>.csv"));
}

#[test]
fn a_search_has_a_report_too() {
    let desk = Desk::new();
    desk.run(&["search", "--data", "table.csv", "--hidden=2,3", "--epochs=2", "--report", "s.html"]).ok();
    let page = String::from_utf8(desk.read("s.html")).expect("UTF-8");
    self_contained(&page);
    for part in ["Every candidate is a line", "The best candidates", "trainer train --data table.csv"] {
        assert!(page.contains(part), "{part}");
    }
    for plot in ["candidates", "loss", "accuracy", "learning-rate", "confusion"] {
        assert!(desk.read(&format!("s.plots/{plot}.svg")).starts_with(b"<svg "));
        assert!(desk.read(&format!("s.plots/{plot}.png")).starts_with(b"\x89PNG"));
    }
}

#[test]
fn a_report_does_not_replace_the_net_or_the_data() {
    let desk = Desk::new();
    for file in ["net.tln", "table.csv"] {
        assert!(desk.fails(&["train", "--data", "table.csv", "--report", file], 2).contains("--report"));
    }
    desk.fails(&["train", "--data", "table.csv", "--report", "no/such/r.html"], 1);
}

/// The page tells the command, as well as it can be told.
#[cfg(target_os = "linux")]
#[test]
fn a_report_whose_name_is_no_text_is_written() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let args = ["train", "--data", "table.csv", "--hidden", "3", "--epochs", "1", "--report"];
    let name = std::ffi::OsStr::from_bytes(b"r\xff.html");
    let run = crate::common::Run::of(&args, desk.command(&args).arg(name).output().expect("it starts")).ok();
    assert!(run.stdout.contains("report "), "{}", run.stdout);
    let page = std::fs::read(desk.path("").join(name)).expect("a page");
    assert!(String::from_utf8(page).expect("UTF-8").contains("--report &#39;r\u{fffd}.html&#39;"));
}

#[test]
fn plots_that_cannot_be_written_are_told_before_the_training() {
    let desk = Desk::new();
    desk.write("taken.plots", "kept");
    for command in ["train", "search"] {
        let fails = |more: &[&str], code| {
            desk.fails(&[&[command, "--data", "table.csv", "--out", "net.tln"], more].concat(), code)
        };
        let line = fails(&["--report", "taken.html"], 1);
        assert!(line.contains("taken.plots: it is no folder"), "{line}");
        for (report, history) in [("r.plots", "h.csv"), ("r.html", "r.plots")] {
            let line = fails(&["--report", report, "--history", history], 2);
            assert!(line.contains("the folder of plots and ") && line.contains("a file each"), "{line}");
        }
    }
}
