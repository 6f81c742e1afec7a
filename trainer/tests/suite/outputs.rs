//! Files that are written: whole or not at all, and never in the place of something else.

use std::fs::{self, OpenOptions};
use std::process::Stdio;

use crate::common::{Desk, Run};

#[test]
fn a_net_is_replaced_by_the_next_and_nothing_stays_beside() {
    let desk = Desk::new();
    desk.train(&["--seed", "1"]).ok();
    let first = desk.read("net.tln");
    desk.train(&["--seed", "2"]).ok();
    assert_ne!(desk.read("net.tln"), first);
    let names: Vec<_> = desk.everything().into_iter().map(|(path, _)| path).collect();
    let kept = ["net.tln", "net.tln.checkpoint", "net.tln.last", "net.tln.toml", "table.csv"];
    assert_eq!(names, kept.map(|name| desk.path(name)));
}

#[test]
fn the_leftover_of_a_killed_run_does_no_harm() {
    let desk = Desk::new();
    desk.write(".net.tln.4242.tmp", "half a net");
    desk.write(".net.tln.lock", "");
    desk.train(&[]).ok();
    assert_eq!(desk.read(".net.tln.4242.tmp"), b"half a net");
    desk.run(&["inspect", "net.tln"]).ok();
}

#[test]
fn what_cannot_be_written_is_told_before_training() {
    let desk = Desk::new();
    desk.write("folder/kept", "");
    for out in ["folder", "missing/net.tln", "table.csv/net.tln", "new/"] {
        for flag in ["--out", "--history"] {
            let line = desk.fails(&["train", "--data", "table.csv", flag, out], 1);
            assert!(line.contains(out.trim_end_matches('/')), "{line}");
        }
    }
    desk.fails(&["train", "--data", "table.csv", "--out", ""], 2);
    for (command, ending) in
        [("train", "last"), ("train", "toml"), ("train", "checkpoint"), ("search", "toml")]
    {
        let (out, beside) = (format!("{command}-{ending}.tln"), format!("{command}-{ending}.tln.{ending}"));
        desk.write(&format!("{beside}/kept"), "");
        let line = desk.fails(&[command, "--data", "table.csv", "--out", &out], 1);
        assert!(
            line.contains(&format!("{beside}: it is a folder")) && line.contains("another --out"),
            "{line}"
        );
    }
}

#[test]
fn a_net_that_another_training_writes_is_left_alone() {
    let desk = Desk::new();
    desk.write(".net.tln.lock", "");
    let other = fs::File::open(desk.path(".net.tln.lock")).unwrap();
    other.lock().unwrap();
    for command in ["train", "search"] {
        let line = desk.fails(&[command, "--data", "table.csv", "--out", "net.tln"], 1);
        assert!(line.contains("net.tln: another training or search is writing it"), "{line}");
    }
    drop(other);
    desk.train(&[]).ok();
}

#[cfg(unix)]
#[test]
fn the_flags_of_a_net_are_found_behind_a_link() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("behind.tln", desk.path("link.tln")).unwrap();
    desk.train(&["--out", "link.tln"]).ok();
    desk.read("behind.tln.toml");
    let told = desk.run(&["eval", "link.tln"]);
    assert!(told.code == 0 && told.stdout.contains("table.csv"), "{}{}", told.stdout, told.stderr);
}

#[test]
fn a_read_only_net_is_left_alone() {
    let desk = Desk::new();
    desk.write("net.tln", "kept");
    let mut permissions = fs::metadata(desk.path("net.tln")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(desk.path("net.tln"), permissions).unwrap();
    desk.fails(&["train", "--data", "table.csv"], 1);
}

#[test]
fn the_data_and_the_history_are_not_overwritten_by_the_net() {
    let desk = Desk::new();
    desk.fails(&["train", "--data", "table.csv", "--out", "table.csv"], 2);
    desk.fails(&["train", "--data", "table.csv", "--history", "./table.csv"], 2);
    desk.write("same", "kept");
    desk.fails(&["train", "--data", "table.csv", "--out", "same", "--history", "same"], 2);
    desk.fails(&["train", "--data", "table.csv", "--out", "new", "--history", "./new"], 2);
    let of_train = ["net.tln.last", "net.tln.toml", "net.tln.checkpoint"].map(|beside| ("train", beside));
    let of_search = [("search", "net.tln.journal"), ("search", "net.tln.toml")];
    for (command, beside) in of_train.into_iter().chain(of_search) {
        let line = desk.fails(&[command, "--data", "table.csv", "--out", "net.tln", "--history", beside], 2);
        assert!(line.contains(beside) && line.contains("a file each"), "{line}");
    }
    desk.write("flags.toml", "epochs = 5\n");
    desk.fails(&["train", "--data", "table.csv", "--config", "flags.toml", "--report", "flags.toml"], 2);
}

/// The plots of a report go into a folder of their own names.
#[test]
fn nothing_else_goes_into_the_folder_of_plots() {
    let desk = Desk::new();
    desk.train(&["--report", "r.html"]).ok();
    desk.write("r.plots/table.csv", crate::common::table());
    for (command, flag) in
        [("train", "--out"), ("train", "--history"), ("search", "--out"), ("search", "--history")]
    {
        let args = [command, "--data", "table.csv", "--report", "r.html", flag, "r.plots/loss.svg"];
        let line = desk.fails(&args, 2); // of a search's files the journal is the first
        assert!(line.contains("r.plots/loss.svg") && line.contains("is in the folder of plots"), "{line}");
    }
    desk.fails(&["train", "--data", "r.plots/table.csv", "--report", "r.html"], 2);
}

/// By any path: the files of a folder are data as a table is. Others may lie beside them.
#[test]
fn no_file_of_a_data_folder_is_overwritten() {
    let desk = Desk::new();
    let (images, labels) = crate::common::idx(40);
    desk.write("idx/train-images-idx3-ubyte", &images);
    desk.write("idx/train-labels-idx1-ubyte", &labels);
    desk.write("cifar/data_batch_1.bin", crate::common::cifar(40));
    desk.write("cifar/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
    let files = ["idx/train-images-idx3-ubyte", "idx/../idx/./train-labels-idx1-ubyte"];
    let files = [&files[..], &["cifar/data_batch_1.bin", "cifar/batches.meta.txt"]].concat();
    for file in files {
        let (folder, _) = file.split_once('/').expect("a folder");
        for (command, flag) in
            [("train", "--out"), ("train", "--history"), ("train", "--report"), ("search", "--out")]
        {
            let line = desk.fails(&[command, "--data", folder, flag, file], 2);
            assert!(line.contains(" and --data are both "), "{line}");
        }
    }
    let args = ["train", "--data", "idx", "--hidden", "3", "--epochs", "1", "--out", "idx/a.tln"];
    desk.run(&[&args[..], &["--history", "idx/h.csv"]].concat()).ok();
    let images = "idx/train-images-idx3-ubyte";
    for read in [images, "idx/a.tln.toml", "idx/a.tln.checkpoint"] {
        let line = desk.fails(&["quantize", "idx/a.tln", "--out", read], 2);
        assert!(line.contains("which it is made of"), "{line}");
    }
    desk.run(&["quantize", "idx/a.tln"]).ok();
}

#[cfg(unix)]
#[test]
fn a_file_of_a_data_folder_is_not_overwritten_through_a_link_to_it_or_from_it() {
    let desk = Desk::new();
    let (images, labels) = crate::common::idx(40);
    desk.write("elsewhere", &images);
    desk.write("idx/train-labels-idx1-ubyte", &labels);
    let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, desk.path(from)).expect("a link");
    link("../elsewhere", "idx/train-images-idx3-ubyte");
    link("idx/train-labels-idx1-ubyte", "labels");
    link("idx", "other");
    for out in ["elsewhere", "labels", "other/train-labels-idx1-ubyte"] {
        let line = desk.fails(&["train", "--data", "idx", "--history", out], 2);
        assert!(line.contains("--history and --data are both "), "{line}");
    }
}

/// They come and go: what lay there at the end would be taken away, or be taken for a checkpoint.
#[test]
fn what_is_kept_beside_a_net_for_a_while_is_no_output() {
    let desk = Desk::new();
    let kept =
        ["checkpoint.old", "checkpoint.old2", "checkpoint.old31"].map(|ending| format!("net.tln.{ending}"));
    let hidden = [".net.tln.lock", ".net.tln.checkpoint.tmp"].map(str::to_owned);
    for name in kept.iter().chain(&hidden) {
        for (command, flag) in [("train", "--history"), ("train", "--report"), ("search", "--history")] {
            let line = desk.fails(&[command, "--data", "table.csv", "--out", "net.tln", flag, name], 2);
            assert!(line.contains(name) && line.contains("a file each"), "{line}");
        }
    }
    desk.write(".net.tln.lock", crate::common::table());
    desk.fails(&["train", "--data", ".net.tln.lock"], 2);
    desk.train(&["--history", "net.tln.checkpoint.older"]).ok();
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_written_directly_and_never_replaced() {
    let desk = Desk::new();
    for full in [["--out", "/dev/full"], ["--history", "/dev/full"]] {
        let run = desk.train(&full);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let line = run.stderr.lines().last().expect("a line");
        assert!(line.starts_with("error: /dev/full"), "{line}");
    }
    desk.train(&["--out", "/dev/null"]).ok();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_told_are_exit_1_and_the_net_is_there_all_the_same() {
    let desk = Desk::new();
    let args = ["train", "--data", "table.csv", "--epochs", "1", "--json"];
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = Run::of(&args, desk.command(&args).stdout(full).output().unwrap());
    assert_eq!(run.code, 1, "{}", run.stderr);
    desk.run(&["inspect", "net.tln"]).ok();
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.write("rows.csv", "0,1,2,0\n".repeat(20_000));
    let args = ["predict", "net.tln", "--data", "rows.csv"];
    let mut child = desk.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let run = Run::of(&args, child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

/// Elsewhere a slip of the keyboard would cost a file that no training brings back.
#[test]
fn a_net_takes_the_place_of_no_other_file() {
    let desk = Desk::new();
    for command in [&["train"][..], &["search", "--random", "2"]] {
        let rest = ["--data", "digits", "--epochs", "1", "--out", "table.csv"];
        let line = desk.fails(&[command, &rest].concat(), 2);
        assert!(line.contains("table.csv: a file is there that is no net"), "{line}");
    }
    // A net of before, damaged or not, and a file without a byte are no loss.
    for old in ["TLN\0 of before", ""] {
        desk.write("net.tln", old);
        desk.train(&[]).ok();
    }
}
