//! `search` and `lr-find`: the same for any number of cores, resumed after a kill at any line, joined from shards.

use serde_json::Value;

use crate::common::{Desk, Run};

const GRID: [&str; 10] = [
    "search",
    "--data",
    "table.csv",
    "--hidden=2,5",
    "--learning-rate=0.05,0.3",
    "--reg=0,1e-3",
    "--learning-rate-decay=0.9",
    "--epochs=4",
    "--batch-size=8",
    "--json",
];

fn search(desk: &Desk, more: &[&str]) -> Run {
    desk.run(&[&GRID[..], more].concat())
}

fn done(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("JSON")
}

/// The results in a journal, without what a clock says, in the order of the candidates.
fn results(desk: &Desk, name: &str) -> Vec<String> {
    let text = String::from_utf8(desk.read(name)).expect("UTF-8");
    let mut lines: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            let Value::Object(mut fields) = serde_json::from_str(line).expect("JSON") else {
                panic!("{line}")
            };
            fields.remove("seconds").expect("a field");
            fields.remove("crc").expect("a field");
            Value::Object(fields).to_string()
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn what_is_searched_is_told() {
    let desk = Desk::new();
    let text: Vec<&str> = GRID.iter().copied().filter(|&arg| arg != "--json").collect();
    let told = desk.run(&text).ok().stderr;
    let rows = "table.csv: 48 rows to train, 12 to validate; 3 classes, the label is column 5 (kind)\n";
    assert!(told.contains(rows), "{told}");
    let json = search(&desk, &["--out", "b.tln"]).ok().stdout;
    let start: Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&start["d"], &start["c"]), (&4.into(), &3.into()));
}

#[test]
fn candidates_results_and_winner_are_the_same_for_any_number_of_cores() {
    let desk = Desk::new();
    let expected = done(&search(&desk, &["--threads", "1", "--out", "a.tln"]).ok());
    assert_eq!((&expected["candidates"], &expected["finished"]), (&8.into(), &8.into()));
    let other = done(&search(&desk, &["--threads", "3", "--isa", "portable", "--out", "b.tln"]).ok());
    for field in ["val_accuracy", "hidden", "learning_rate", "reg", "epochs", "candidate"] {
        assert_eq!(expected[field], other[field], "{field}");
    }
    assert!(desk.read("a.tln") == desk.read("b.tln") && desk.read("a.tln.csv") == desk.read("b.tln.csv"));
    assert_eq!(results(&desk, "a.tln.journal"), results(&desk, "b.tln.journal"));
}

#[test]
fn the_command_it_prints_makes_the_same_net() {
    let desk = Desk::new();
    let done = done(&search(&desk, &["--split", "last", "--val-fraction", "0.3", "--seed", "9"]).ok());
    let command = done["command"].as_str().expect("a command").to_owned();
    let searched = desk.read("best.tln");
    let flags = desk.read("best.tln.toml");
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    let trained = desk.run(&words).ok();
    assert!(desk.read("best.tln") == searched, "{command}: {}", trained.stderr);
    // So do the flags beside the net, which also say which data it knows.
    assert_eq!(String::from_utf8(flags).unwrap(), String::from_utf8(desk.read("best.tln.toml")).unwrap());
    desk.write("best.tln", "");
    desk.run(&["train", "--config", "best.tln.toml"]).ok();
    assert!(desk.read("best.tln") == searched);
}

#[test]
fn a_journal_cut_anywhere_is_gone_on_with_to_the_same_end() {
    let desk = Desk::new();
    let first = done(&search(&desk, &["--threads", "1"]).ok());
    let (net, journal, all) =
        (desk.read("best.tln"), desk.read("best.tln.journal"), results(&desk, "best.tln.journal"));
    for (cut, keep_net) in
        [(0, false), (40, true), (700, false), (journal.len() / 2, true), (journal.len() - 3, false)]
    {
        desk.write("best.tln.journal", &journal[..cut]);
        if !keep_net {
            desk.write("best.tln", "TLN\0, not the net that the journal tells of");
        }
        let again = done(&search(&desk, &[]).ok());
        assert_eq!(again["val_accuracy"], first["val_accuracy"], "cut at {cut}");
        assert!(desk.read("best.tln") == net, "cut at {cut}");
        let mut found = results(&desk, "best.tln.journal");
        found.dedup(); // the best may have been trained twice, for its net
        assert_eq!(found, all, "cut at {cut}");
    }
    let events = search(&desk, &[]).ok().stdout;
    assert!(!events.contains("\"trial\""), "nothing is left to do: {events}");
}

/// A whole net of another training in its place: one training makes the best net again, and merging refuses it.
#[test]
fn a_net_that_is_not_the_journals_is_noticed() {
    let desk = Desk::new();
    search(&desk, &["--out", "best.tln"]).ok();
    let (net, all) = (desk.read("best.tln"), results(&desk, "best.tln.journal"));
    desk.train(&["--out", "other.tln"]).ok();
    desk.write("best.tln", desk.read("other.tln"));
    let merge = ["search", "merge", "best.tln.journal", "--out", "joined.tln"];
    assert!(desk.fails(&merge, 3).contains("best.tln: not the net that best.tln.journal tells of"));
    let again = search(&desk, &["--out", "best.tln"]).ok();
    assert!(desk.read("best.tln") == net);
    assert_eq!(again.stdout.matches("\"trial\"").count(), 1, "{}", again.stdout);
    let mut found = results(&desk, "best.tln.journal");
    assert_eq!(found.len(), all.len() + 1);
    found.dedup();
    assert_eq!(found, all);
    let third = search(&desk, &["--out", "best.tln"]).ok();
    assert_eq!(
        (&done(&third)["finished"], third.stdout.matches("\"trial\"").count()),
        (&all.len().into(), 0)
    );
}

/// One rate diverges at once, the other after steps whose loss was finite. Weights may be finite all the same.
#[test]
fn where_every_candidate_diverges_there_is_no_winner() {
    let desk = Desk::new();
    let with = |rates: &str, out: &str| {
        let rates = format!("--learning-rate={rates}");
        let page = format!("{out}.html");
        let more = ["--hidden=4", &rates, "--reg=0", "--epochs=3", "--report", &page, "--out", out, "--json"];
        desk.run(&[&["search", "--data", "table.csv"][..], &more, &["--learning-rate-decay=0.9"]].concat())
    };
    let first = with("1e9,1e20", "a.tln");
    let why = "no candidate learnt: 2 of 2 candidates diverged with --learning-rate 1e9 to 1e20";
    assert!(
        first.code == 4 && first.stderr.contains(why) && first.stderr.contains("from 1e8 down"),
        "{first:?}"
    );
    assert_eq!(first.stdout.matches("\"event\":\"trial\"").count(), 2, "{first:?}");
    for ending in ["", ".csv", ".toml", ".html"] {
        assert!(!desk.path(&format!("a.tln{ending}")).exists(), "a.tln{ending}");
    }
    // Both lines of the journal are read back: nothing is trained again, and merging says the same.
    let again = with("1e9,1e20", "a.tln");
    assert!(again.code == 4 && again.stderr.contains(why) && !again.stdout.contains("trial"), "{again:?}");
    assert!(desk.fails(&["search", "merge", "a.tln.journal", "--out", "m.tln"], 4).contains(why));
    // Beside one that learns they are results like others.
    let mixed = done(&with("1e9,0.1,1e20", "b.tln").ok());
    assert_eq!((&mixed["learning_rate"], &mixed["finished"]), (&0.1.into(), &3.into()));
    let diverged = |line: &&String| !line.contains("\"diverged\":null");
    assert_eq!(results(&desk, "b.tln.journal").iter().filter(diverged).count(), 2);
    desk.run(&["search", "merge", "b.tln.journal", "--out", "m.tln"]).ok();
    assert!(desk.read("m.tln") == desk.read("b.tln"));
}

/// The most right answers are those of a first rung, and its candidate diverged on the second. That net is there, the command makes it
/// again, and the text says how it went on.
#[test]
fn a_net_whose_candidate_diverged_on_a_later_rung_is_told_as_that() {
    let desk = Desk::new();
    let rows = (0..20).map(|i| format!("{i},{},{}\n", i * 2 % 7, ["a", "b"][i % 2]));
    desk.write("table.csv", rows.collect::<String>());
    let lists = ["--hidden=2,5", "--learning-rate=3,60", "--reg=0.1,0.3", "--learning-rate-decay=0.9,0.99"];
    let draws = ["--random=9", "--epochs=27", "--batch-size=8", "--seed=4", "--report=a.html", "--out=a.tln"];
    let args = [&["search", "--data", "table.csv"][..], &lists, &draws].concat();
    let text = desk.run(&args).ok().stdout;
    let step = done(&desk.run(&[&args[..], &["--json"]].concat()).ok())["diverged_later"].as_u64();
    let step = step.expect("a step").to_string();
    let first = text.lines().nth(1).expect("the best");
    assert!(first.ends_with(&format!("1 of 3, later diverged at step {step}")), "{text}");
    let line = format!(
        "diverged later       at step {step} of a longer training: this net is the one after epoch 1"
    );
    let merged = desk.run(&["search", "merge", "a.tln.journal", "--out", "m.tln"]).ok().stdout;
    assert!(text.contains(&line) && merged.contains(&line), "{text}{merged}");
    let page = String::from_utf8(desk.read("a.html")).expect("UTF-8");
    assert!(page.contains(&format!("1 of 3, later diverged at step {step}</td>")));
    let again = text.lines().last().expect("a line").split_once("trainer ").expect("a command").1;
    let net = desk.read("a.tln");
    desk.run(&again.split(' ').collect::<Vec<_>>()).ok();
    assert!(desk.read("a.tln") == net);
}

#[test]
fn one_candidate_is_told_as_one_and_its_rate_as_it_is_typed() {
    let desk = Desk::new();
    let grid = ["search", "--data=table.csv", "--hidden=4", "--learning-rate=3e-4", "--reg=0", "--epochs=1"];
    let run = || desk.run(&[&grid[..], &["--learning-rate-decay=0.9", "--out", "a.tln"]].concat()).ok();
    let first = run();
    assert!(first.stderr.contains("\n1 candidate, 1 training, "), "{first:?}");
    assert!(first.stderr.contains("rate 3e-4, reg 0, decay 0.9\n"), "{first:?}");
    assert!(first.stdout.contains("--learning-rate 3e-4 --learning-rate-decay 0.9 --reg 0 "), "{first:?}");
    assert!(run().stderr.contains("\n1 result is in "));
    let merged = desk.run(&["search", "merge", "a.tln.journal", "--out", "m.tln"]).ok().stdout;
    assert!(merged.contains("(of 1 result)\n") && merged.contains("decay 0.9, 1 epoch\n"), "{merged}");
}

#[test]
fn another_search_does_not_go_on_with_this_journal() {
    let desk = Desk::new();
    search(&desk, &[]).ok();
    let before = desk.everything();
    for more in [["--seed", "2"], ["--val-fraction", "0.3"], ["--shard", "1/2"]] {
        let run = search(&desk, &more);
        assert_eq!(run.code, 2, "{more:?}: {}", run.stderr);
        assert!(run.stderr.contains("best.tln.journal") && desk.everything() == before, "{more:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_files_of_a_search_lie_beside_the_net_behind_a_link() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("behind.tln", desk.path("link.tln")).unwrap();
    search(&desk, &["--out", "link.tln"]).ok();
    desk.run(&["search", "merge", "behind.tln.journal", "--out", "joined.tln"]).ok();
    assert!(desk.read("joined.tln") == desk.read("behind.tln"));
    desk.read("joined.tln.toml");
    let flags = ["search", "--data", "table.csv", "--out", "net.tln", "--history", "net.tln.toml"];
    assert!(desk.fails(&flags, 2).contains("a file each"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_search_is_not_written_to_a_device() {
    let line = Desk::new().fails(&["search", "--data", "table.csv", "--out", "/dev/null"], 2);
    assert!(line.contains("--out /dev/null: it is no regular file"), "{line}");
}

#[test]
fn shards_joined_give_the_winner_of_the_whole() {
    let desk = Desk::new();
    search(&desk, &["--out", "whole.tln"]).ok();
    let mut journals = Vec::new();
    for i in 1..=3 {
        let (shard, out) = (format!("{i}/3"), format!("part{i}.tln"));
        search(&desk, &["--shard", &shard, "--out", &out]).ok();
        journals.push(out + ".journal");
    }
    let merge = |journals: &[String]| {
        let journals: Vec<&str> = journals.iter().map(String::as_str).collect();
        desk.run(&[&["search", "merge", "--json", "--out", "joined.tln"], &journals[..]].concat())
    };
    let line = desk.fails(&["search", "merge", "part1.tln.journal", "table.csv"], 3);
    assert!(line.contains("table.csv: no journal") && line.contains("FILE.journal"), "{line}");
    assert!(!line.contains("another --out"), "{line}");
    for out in ["part1.tln", "./part2.tln", "part3.tln.journal", "part1.tln.toml"] {
        let journals: Vec<&str> = journals.iter().map(String::as_str).collect();
        let line = desk.fails(&[&["search", "merge", "--out", out], &journals[..]].concat(), 2);
        assert!(line.contains("--out") && line.contains("would replace part"), "{line}");
    }
    let joined = merge(&journals).ok();
    assert_eq!((joined.stderr.as_str(), &done(&joined)["finished"]), ("", &8.into()));
    assert!(desk.read("joined.tln") == desk.read("whole.tln"));
    let flags = |name: &str| String::from_utf8(desk.read(name)).expect("UTF-8");
    assert_eq!(flags("joined.tln.toml"), flags("whole.tln.toml").replace("whole.tln", "joined.tln"));
    assert!(desk.run(&["eval", "joined.tln"]).ok().stdout.contains("table.csv"));
    let part = merge(&journals[..2]).ok();
    assert!(part.stderr.contains("shard 3 of 3"), "{}", part.stderr);
    // A shard that has not ended has no flags, or those of an earlier best.
    let ended: Vec<Vec<u8>> = (1..=3).map(|i| desk.read(&format!("part{i}.tln.toml"))).collect();
    for (i, bytes) in (1..).zip(&ended) {
        let text = String::from_utf8_lossy(bytes);
        let (flags, _) = text.rsplit_once("net-checksum").expect("the last line");
        let text = format!("{flags}net-checksum = \"01234567\"\n");
        desk.write(&format!("part{i}.tln.toml"), text);
    }
    for (before, what) in [(true, "joined.tln.toml, of another net, is removed"), (false, "none are written")]
    {
        assert_eq!(desk.path("joined.tln.toml").exists(), before);
        let told = merge(&journals).ok().stderr;
        assert!(told.contains("its shard has not ended") && told.contains(what), "{told}");
    }
    assert!(!desk.path("joined.tln.toml").exists(), "it would name the data of another net");
    std::fs::create_dir(desk.path("joined.tln.toml")).expect("a folder");
    let refused = merge(&journals);
    assert!(
        refused.code == 1 && refused.stderr.contains("joined.tln.toml: cannot remove it"),
        "{}",
        refused.stderr
    );
    // Another search's journal, and a net that is not the journal's.
    search(&desk, &["--seed", "2", "--out", "other.tln"]).ok();
    assert_eq!(merge(&["part1.tln.journal".into(), "other.tln.journal".into()]).code, 2);
    for i in 1..=3 {
        desk.write(&format!("part{i}.tln"), "lost");
    }
    assert_eq!(merge(&journals).code, 3);
}

#[test]
fn draws_are_halved_and_the_budget_ends_what_is_not_finished() {
    let desk = Desk::new();
    let random = ["--random", "9", "--reg=1e-4,1e-2", "--learning-rate-decay=0.9,0.99"];
    let draw = |more: &[&str]| {
        let base = [
            "search",
            "--data",
            "table.csv",
            "--hidden=2,9",
            "--learning-rate=0.05,0.3",
            "--epochs=9",
            "--json",
        ];
        desk.run(&[&base[..], &random, more].concat())
    };
    let found = done(&draw(&["--out", "a.tln"]).ok());
    assert_eq!((&found["candidates"], &found["finished"]), (&9.into(), &(9 + 3 + 1).into()));
    draw(&["--out", "b.tln", "--threads", "3"]).ok();
    assert!(desk.read("a.tln") == desk.read("b.tln"));
    assert_eq!(results(&desk, "a.tln.journal"), results(&desk, "b.tln.journal"));
    // Restarted between rungs, with nothing in memory.
    let journal = desk.read("a.tln.journal");
    let lines: Vec<&[u8]> = journal.split_inclusive(|&b| b == b'\n').collect();
    desk.write("b.tln.journal", lines[..11].concat());
    draw(&["--out", "b.tln"]).ok();
    assert!(desk.read("a.tln") == desk.read("b.tln"));

    let none = draw(&["--out", "c.tln", "--budget", "0.000001s"]);
    assert!(none.code == 2 && none.stderr.contains("--budget"), "{}", none.stderr);
    assert_eq!(search(&desk, &["--budget", "10"]).code, 2);
}

#[test]
fn a_search_needs_rows_to_validate_and_fewer_than_256_combinations() {
    let desk = Desk::new();
    assert!(
        desk.fails(&["search", "--data", "table.csv", "--val-fraction", "0"], 2).contains("--val-fraction")
    );
    let many: String = (1..=129).map(|n| format!("{n},")).collect();
    let many = format!("--hidden={}", many.trim_end_matches(','));
    assert!(desk.fails(&["search", "--data", "table.csv", &many], 2).contains("--random"));
    for many in ["1000001", "1000000000", "18446744073709551615"] {
        let line = desk.fails(&["search", "--data", "table.csv", "--random", many], 2);
        assert!(line.contains("from 1 to 1000000"), "{line}");
    }
    assert!(desk.fails(&["search", "--data", "table.csv", "--shard", "3/2"], 2).contains("--shard"));
    assert!(desk.fails(&["search", "--data", "table.csv", "--history", "best.tln"], 2).contains("--history"));
}

#[test]
fn lr_find_suggests_a_rate_that_learns_and_leaves_no_trace() {
    let desk = Desk::new();
    let before = desk.everything();
    let find = || desk.run(&["lr-find", "--data", "table.csv", "--hidden", "16", "--json"]).ok();
    let found = done(&find());
    assert!(desk.everything() == before);
    assert_eq!(found, done(&find()), "the same every time");
    let rate = found["learning_rate"].as_f64().expect("a number");
    // To a person it is told as a person types it.
    let told = desk.run(&["lr-find", "--data", "table.csv", "--hidden", "16"]).ok().stdout;
    let (_, typed) = told.rsplit_once("--learning-rate ").expect("a suggestion");
    assert!(!typed.contains('e') && (typed.trim().parse::<f64>().expect("a rate") / rate - 1.0).abs() < 5e-3);
    assert!((0.003..1.0).contains(&rate), "{rate}");
    let rate = format!("{rate}");
    let run = desk.run(&["--data", "table.csv", "--learning-rate", &rate, "--json"]).ok();
    assert!(done(&run)["train_accuracy"].as_f64().expect("a number") > 0.9, "{}", run.stdout);
}

/// Ctrl-C: what is finished stays, the rest is left at once, and the same command comes to the uninterrupted end.
#[cfg(unix)]
#[test]
fn an_interrupted_search_keeps_its_results_and_goes_on() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};
    let grid = ["search", "--data=table.csv", "--hidden=2,3000", "--learning-rate=0.1", "--reg=0"];
    let more = ["--learning-rate-decay=0.99", "--epochs=600", "--batch-size=4", "--threads=2", "--json"];
    let args = [&grid[..], &more].concat();
    let desk = Desk::new();
    let child = desk.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let lines =
        || std::fs::read_to_string(desk.path("best.tln.journal")).map_or(0, |text| text.lines().count());
    let begun = Instant::now();
    while lines() < 2 {
        assert!(begun.elapsed() < Duration::from_secs(60), "no result");
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent =
        Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().expect("a shell");
    assert!(sent.success());
    let output = child.wait_with_output().expect("gone");
    let (stdout, stderr) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("1 of 2 results") && stderr.contains("goes on"), "{stderr}");
    let last: Value = serde_json::from_str(stdout.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["event"], &last["finished"]), (&"interrupted".into(), &1.into()));
    let resumed = done(&desk.run(&args).ok());
    let fresh = Desk::new();
    let wanted = done(&fresh.run(&args).ok());
    assert_eq!(
        (&resumed["val_accuracy"], &resumed["candidate"]),
        (&wanted["val_accuracy"], &wanted["candidate"])
    );
    assert!(desk.read("best.tln") == fresh.read("best.tln"));
}
