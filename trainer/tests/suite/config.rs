//! `--config`: a file that equals the flags, and the one beside every net. Completions, manual, quiet.

use crate::common::Desk;

const FLAGS: &[&str] = &[
    "--hidden",
    "7",
    "--learning-rate",
    "0.3",
    "--schedule",
    "cosine",
    "--momentum",
    "0.5",
    "--nesterov",
    "--reg",
    "2e-4",
    "--num-iters",
    "40",
    "--batch-size",
    "9",
    "--order",
    "replacement",
    "--normalization",
    "mean",
    "--val-fraction",
    "0.25",
    "--split",
    "last",
    "--seed",
    "11",
    "--std",
    "0.2",
    "--patience",
    "30",
    "--data",
    "table.csv",
];

#[test]
fn the_file_beside_a_net_makes_it_again() {
    let desk = Desk::new();
    desk.run(FLAGS).ok();
    let (net, config) = (desk.read("net.tln"), desk.read("net.tln.toml"));
    std::fs::rename(desk.path("net.tln.toml"), desk.path("run.toml")).expect("it is there");
    std::fs::remove_file(desk.path("net.tln")).expect("it is there");
    desk.run(&["--config", "run.toml"]).ok();
    assert!(desk.read("net.tln") == net && desk.read("net.tln.toml") == config);
    desk.run(&["train", "--config", "run.toml", "--seed", "12", "--epochs", "2", "--out", "b.tln"]).ok();
    let other = String::from_utf8(desk.read("b.tln.toml")).expect("UTF-8");
    assert!(
        other.contains("seed = 12") && other.contains("epochs = 2") && !other.contains("num-iters"),
        "{other}"
    );
    assert!(other.contains("momentum = 0.5"), "{other}");
}

#[test]
fn what_is_wrong_in_a_file_is_told_with_its_line() {
    let desk = Desk::new();
    for (text, what) in [
        ("data = \"table.csv\"\nhiden = 3\n", "line 2: unexpected argument '--hiden'"),
        ("hidden = 0\n", "line 1: invalid value '0'"),
        ("# nothing\n\nhidden\n", "line 3: \"hidden\": wanted name = value"),
        ("config = \"b.toml\"\n", "line 1: a file cannot name another"),
        ("seed = 1\nseed = 2\n", "line 2: seed is set in line 1 already"),
        (
            "seed = 1\nout = my_net.tln\n",
            "line 2: \"my_net.tln\" is no number, true or false: put it in quotes",
        ),
        ("label = true\n", "line 1: a value is required for '--label <COLUMN>'"),
    ] {
        desk.write("run.toml", text);
        let line = desk.fails(&["--config", "run.toml"], 2);
        assert!(line.contains("run.toml") && line.contains(what), "{line}");
    }
    assert!(desk.fails(&["--config", "none.toml"], 3).contains("none.toml"));
    // Sparse: it takes no room on the disk, and none in memory.
    let large = std::fs::File::create(desk.path("run.toml")).expect("a file");
    for len in [(1 << 20) + 1, 1 << 30] {
        large.set_len(len).expect("a file system with holes");
        let run = desk.run(&["--config", "run.toml"]);
        let line = "error: run.toml: longer than 1048576 bytes";
        assert!(
            run.code == 3 && run.stderr.starts_with(line),
            "{}",
            &run.stderr[..200.min(run.stderr.len())]
        );
    }
    // Where a character is cut in two, too; and a file that is no text at all.
    desk.write("run.toml", "#".repeat(1 << 20) + "éé");
    assert!(desk.fails(&["--config", "run.toml"], 3).contains("longer than 1048576 bytes"));
    desk.write("run.toml", b"TLN\0\xFF\xFE");
    let line = desk.fails(&["--config", "run.toml"], 3);
    assert!(line.contains("run.toml: invalid utf-8") && line.contains("give a text file of flags"), "{line}");
}

#[test]
fn a_label_column_may_be_called_true_or_false() {
    let desk = Desk::new();
    for name in ["true", "false"] {
        // The last column has as many values as rows: taken for the label it would be another net.
        let rows: Vec<String> = (0..20).map(|i| format!("{i},{},{i}", ["x", "y"][i % 2])).collect();
        desk.write("named.csv", format!("a,{name},b\n{}\n", rows.join("\n")));
        desk.run(&["train", "--data", "named.csv", "--label", name, "--epochs", "2", "--hidden", "3"]).ok();
        let net = desk.read("net.tln");
        desk.run(&["train", "--config", "net.tln.toml", "--out", "again.tln"]).ok();
        assert!(desk.read("again.tln") == net, "{name}");
        desk.run(&["eval", "net.tln"]).ok();
    }
}

#[test]
fn explain_takes_the_configuration_of_a_net_with_a_history() {
    let desk = Desk::new();
    desk.train(&["--history", "h.csv"]).ok();
    let config = String::from_utf8(desk.read("net.tln.toml")).expect("UTF-8");
    assert!(config.contains("history = \"h.csv\""), "{config}");
    desk.write("more.toml", format!("{config}report = 'r.html'\njson = true\n"));
    let before = desk.everything();
    for file in ["net.tln.toml", "more.toml"] {
        let run = desk.run(&["train", "--config", file, "--explain"]).ok();
        assert!(run.stdout.contains("(31)-(34)"), "{}", run.stdout);
    }
    assert!(desk.everything() == before);
    let line = desk.fails(&["--config", "net.tln.toml", "--explain", "--history", "h.csv"], 2);
    assert!(line.contains("--explain") && line.contains("--history"), "{line}");
}

/// The files beside a net have its bytes in their names; what is text cannot have them.
#[cfg(target_os = "linux")]
#[test]
fn a_net_whose_name_is_no_text_has_its_flags_too() {
    use std::os::unix::ffi::OsStrExt;
    let desk = Desk::new();
    let name = |ending: &str| std::ffi::OsStr::from_bytes(&[b"n\xff", ending.as_bytes()].concat()).to_owned();
    let run = |args: &[&str], ending: &str, more: &[&str]| {
        let output = desk.command(args).arg(name(ending)).args(more).output().expect("it starts");
        crate::common::Run::of(args, output).ok()
    };
    let out =
        ["train", "--data", "table.csv", "--hidden", "3", "--epochs", "2", "--history", "h.csv", "--out"];
    run(&out, ".tln", &[]);
    run(&["quantize"], ".tln", &[]);
    for net in [".tln", ".tln.last", ".int8.tln"] {
        let told = run(&["eval"], net, &[]).stdout;
        assert!(told.starts_with("data      table.csv, which n"), "{net}: {told}");
    }
    let read = |ending: &str| std::fs::read(desk.path("").join(name(ending))).expect("a file");
    let flags = String::from_utf8(read(".tln.toml")).expect("UTF-8");
    assert!(flags.contains("--out FILE") && !flags.contains("\nout ="), "{flags}");
    assert!(flags.contains("history = \"h.csv\""), "{flags}");
    run(&["train", "--config"], ".tln.toml", &["--out", "again.tln"]);
    assert!(desk.read("again.tln") == read(".tln"));
}

#[test]
fn quiet_says_nothing_and_errors_all_the_same() {
    let desk = Desk::new();
    let run = desk.train(&["--quiet"]).ok();
    assert_eq!(run.stderr, "");
    assert!(run.stdout.contains("training accuracy"));
    desk.fails(&["train", "--quiet", "--data", "none.csv"], 3);
}

#[test]
fn completions_and_manual_know_every_command_and_flag() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = desk.run(&["completions", shell]).ok().stdout;
        assert!(script.contains("learning-rate-decay") && script.contains("gradcheck"), "{shell}");
    }
    let page = desk.run(&["man"]).ok().stdout.replace("\\-", "-");
    for word in [".TH trainer", ".SH \"DOCTOR\"", "learning-rate-decay", "Exit codes", "130"] {
        assert!(page.contains(word), "{word}");
    }
    desk.fails(&["completions", "cmd"], 2);
}

#[test]
fn exit_codes_are_in_the_help() {
    let help = Desk::new().run(&["--help"]).ok().stdout;
    for line in ["0  done", "1  a write", "2  a wrong flag", "3  data", "4  the loss", "130  interrupted"] {
        assert!(help.contains(line), "{line}");
    }
}
