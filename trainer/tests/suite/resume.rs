//! Work is never lost: an interrupted run and an uninterrupted one end in the same bytes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Desk, Run};

/// A training of about a second and 12 epochs, with everything that a checkpoint must hold.
const LONG: &[&str] = &[
    "train",
    "--hidden",
    "64",
    "--momentum",
    "0.9",
    "--nesterov",
    "--learning-rate",
    "0.01",
    "--epochs",
    "8",
    "--batch-size",
    "4",
    "--history",
    "h.csv",
    "--json",
    "--seed",
    "3",
];

/// The files that a run leaves, the checkpoint's clock aside.
fn results(desk: &Desk) -> Vec<Vec<u8>> {
    ["net.tln", "net.tln.last", "net.tln.toml", "h.csv"].map(|name| desk.read(name)).to_vec()
}

fn last_line(run: &Run) -> Value {
    serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("an object")
}

fn uninterrupted() -> (Desk, Vec<Vec<u8>>, f64) {
    let desk = Desk::new();
    let begun = Instant::now();
    let run = desk.run(LONG).ok();
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(last_line(&run)["resumed_step"], 0);
    let results = results(&desk);
    (desk, results, seconds)
}

#[cfg(unix)]
#[test]
fn killed_at_twenty_moments_it_ends_in_the_same_bytes() {
    let (_, wanted, seconds) = uninterrupted();
    let mut resumed_late = 0;
    for i in 0..20u32 {
        let desk = Desk::new();
        let args = [LONG, &["--resume"]].concat();
        // Moments that do not repeat, some of them after the end; each run is killed up to three times.
        for kill in 0..3u32 {
            let mut child =
                desk.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
            let share = f64::from((i * 3 + kill) * 37 % 61) / 61.0;
            std::thread::sleep(Duration::from_secs_f64(seconds * share * 0.7));
            child.kill().expect("SIGKILL"); // on unix, kill() is SIGKILL
            child.wait().expect("gone");
        }
        let run = desk.run(&args).ok();
        resumed_late += u32::from(last_line(&run)["resumed_step"].as_u64().expect("a number") > 0);
        assert!(results(&desk) == wanted, "round {i} ends in other bytes");
    }
    // On a machine that got busy since the time was taken, most kills come too early.
    assert!(resumed_late > 0, "no round found a checkpoint");
}

/// Sends a signal by the shell's own `kill`.
#[cfg(unix)]
fn send(signal: &str, id: u32) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().expect("a shell");
    assert!(sent.success());
}

/// Starts a training that would take minutes, waits for its first record.
#[cfg(unix)]
fn endless(desk: &Desk, ignoring: bool, more: &[&str]) -> std::process::Child {
    let args = [&["train", "--hidden", "64", "--epochs", "1000000", "--batch-size", "4"][..], more].concat();
    let child = if ignoring {
        // What a shell does for what it runs in the background.
        let program = env!("CARGO_BIN_EXE_trainer");
        let line = format!("trap '' INT TERM; exec {program} {}", args.join(" "));
        let shell = desk.command(&[]);
        let folder = shell.get_current_dir().expect("set").to_owned();
        Command::new("sh")
            .args(["-c", &line])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
    } else {
        desk.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
    };
    let child = child.expect("starts");
    let begun = Instant::now();
    while !desk.path("net.tln.checkpoint").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    child
}

#[cfg(unix)]
#[test]
fn interrupted_it_saves_says_how_to_go_on_and_exits_130() {
    for (signal, ignoring) in [("INT", false), ("TERM", false), ("INT", true), ("TERM", true)] {
        let desk = Desk::new();
        let child = endless(&desk, ignoring, &[]);
        let begun = Instant::now();
        send(signal, child.id());
        let output = child.wait_with_output().expect("gone");
        let (stderr, took) = (String::from_utf8(output.stderr).expect("UTF-8"), begun.elapsed());
        assert_eq!(output.status.code(), Some(130), "{signal}, ignoring {ignoring}: {stderr}");
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(
            stderr.contains("interrupted: finishing the checkpoint") && stderr.contains("--resume"),
            "{stderr}"
        );
        assert!(!desk.path("net.tln").exists() && desk.path("net.tln.checkpoint").exists());
    }
}

#[cfg(unix)]
#[test]
fn it_answers_an_interrupt_within_100_ms() {
    use std::io::{BufRead, BufReader};
    // Starting a program for `kill` is in it, and a machine with other work may take longer now and then, but not always.
    let answer = || {
        let desk = Desk::new();
        let mut child = endless(&desk, false, &["--quiet"]);
        let stderr = child.stderr.take().expect("piped");
        let begun = Instant::now();
        send("INT", child.id());
        let first = BufReader::new(stderr).lines().next().expect("a line").expect("UTF-8");
        let took = begun.elapsed();
        child.wait().expect("gone");
        assert!(first.starts_with("interrupted"), "{first}");
        took
    };
    assert!((0..10).any(|_| answer() < Duration::from_millis(100)), "ten times later than 100 ms");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on_to_the_same_bytes() {
    let (_, wanted, _) = uninterrupted();
    let desk = Desk::new();
    let child = desk.command(LONG).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("starts");
    let begun = Instant::now();
    while !desk.path("net.tln.checkpoint").exists() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no checkpoint");
        std::thread::sleep(Duration::from_millis(1));
    }
    send("INT", child.id());
    let code = child.wait_with_output().expect("gone").status.code();
    assert_eq!(code, Some(130));
    let args = [LONG, &["--resume", "--threads", "2", "--isa", "portable"]].concat();
    let done = last_line(&desk.run(&args).ok());
    assert!(
        done["resumed_step"].as_u64() > Some(0)
            && done["resumed_step"].as_u64() < done["iterations"].as_u64()
    );
    assert!(results(&desk) == wanted, "other threads and instructions change nothing either");
}

/// A step of seconds, the first of the run: the first Ctrl-C waits for it, the second does not. So nothing is saved.
#[cfg(unix)]
#[test]
fn a_second_interrupt_leaves_at_once() {
    use std::io::{BufRead, BufReader};
    let sizes = ["--hidden", "5000", "--batch-size", "3058", "--isa", "portable", "--threads", "1"];
    // How long it takes from the line that tells the net to the first step is the machine's affair: a signal before it ends
    // the run with other words, and the next run is given longer.
    for wait in [100, 1000, 10_000, 30_000] {
        let desk = Desk::new();
        let mut child = desk
            .command(&[&["train", "--num-iters", "9"][..], &sizes].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut lines =
            BufReader::new(child.stderr.take().expect("piped")).lines().map(|line| line.expect("UTF-8"));
        lines.find(|line| line.starts_with("net ")).expect("the training begins");
        std::thread::sleep(Duration::from_millis(wait));
        send("INT", child.id());
        let first = lines.next().expect("a line");
        if first.contains("training had not begun") {
            child.wait().expect("gone");
            continue;
        }
        assert!(first.contains("finishing the checkpoint"), "{first}");
        send("INT", child.id());
        let rest: Vec<String> = lines.collect();
        assert_eq!(child.wait().expect("gone").code(), Some(130));
        assert!(matches!(&rest[..], [last] if last.contains("leaving at once")), "{rest:?}");
        assert!(!desk.path("net.tln.checkpoint").exists(), "the step was finished");
        return;
    }
    panic!("no training began within thirty seconds");
}

#[test]
fn resume_without_a_checkpoint_starts_afresh_and_after_the_end_says_so() {
    let desk = Desk::new();
    let first = desk.train(&["--resume"]).ok();
    assert!(first.stderr.contains("no checkpoint, starting afresh"), "{}", first.stderr);
    let net = desk.read("net.tln");
    std::fs::remove_file(desk.path("net.tln")).expect("it is there");
    let second = desk.train(&["--resume"]).ok();
    assert!(second.stderr.contains("this run had ended, after step 10 of 10"), "{}", second.stderr);
    assert_eq!(desk.read("net.tln"), net, "what was lost after the end is written again");
}

#[test]
fn other_arguments_or_data_are_refused_with_what_differs() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let base = ["train", "--data", "table.csv", "--hidden", "6", "--epochs", "5", "--resume"];
    for (more, what) in [
        (&["--reg", "0.5"][..], "reg was 0.0001 and is 0.5"),
        (&["--seed", "9"], "seed was 1 and is 9"),
        (&["--momentum", "0.5"], "momentum was 0.0 and is 0.5"),
        (&["--patience", "3"], "patience was not set and is 3"),
    ] {
        let line = desk.fails(&[&base[..], more].concat(), 2);
        assert!(line.contains(what), "{line}");
    }
    desk.write("table.csv", crate::common::table().replacen("0.", "0.1", 1));
    let line = desk.fails(&base, 2);
    assert!(line.contains("checksum-of-data was"), "{line}");
}

#[test]
fn a_damaged_checkpoint_is_refused_whatever_is_wrong_with_it() {
    let desk = Desk::new();
    desk.train(&["--momentum", "0.9"]).ok();
    let good = desk.read("net.tln.checkpoint");
    let args =
        ["train", "--data", "table.csv", "--hidden", "6", "--epochs", "5", "--momentum", "0.9", "--resume"];
    for len in [0, 1, 7, 8, 11, good.len() / 2, good.len() - 1] {
        desk.write("net.tln.checkpoint", &good[..len]);
        assert!(desk.fails(&args, 3).contains("net.tln.checkpoint"));
    }
    for at in [0, 7, 9, 100, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 4;
        desk.write("net.tln.checkpoint", bad);
        desk.fails(&args, 3);
    }
    desk.write("net.tln.checkpoint", &good);
    desk.run(&args).ok();
}

/// Its checksum is right and its terms are these; what it holds is of no such training.
#[test]
fn a_forged_checkpoint_is_refused_with_what_is_wrong() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let good = desk.read("net.tln.checkpoint");
    let int = |at: usize| u64::from_le_bytes(good[at..at + 8].try_into().expect("eight bytes")) as usize;
    let shape = 24 + int(16);
    let net = shape + 64;
    let rows = net + 8 + 4 * int(net) + 8; // the velocity is empty
    let places = rows + 8 + 4 * int(rows);
    assert_eq!(
        (int(shape), int(rows), int(places), int(places + 8)),
        (4, 48, 48, 5),
        "the format has changed"
    );
    let second = &good[rows + 12..rows + 16];
    let row = |number: u32| number.to_le_bytes().to_vec();
    let cases = [
        (rows + 8, row(60), "it names row 60, which"),
        (rows + 8, row(u32::MAX), "it names row 4294967295, which"),
        (rows + 8, second.to_vec(), "or is there twice"),
        (places, 40u64.to_le_bytes().to_vec(), "it has drawn 40 of 48 rows, the last of group 5"),
        (places + 8, u64::MAX.to_le_bytes().to_vec(), "of group 18446744073709551615"),
        (shape + 56, u64::MAX.to_le_bytes().to_vec(), "its parts do not fit together"),
        (8, 2u64.to_le_bytes().to_vec(), "its parts do not fit together"),
        (shape + 8, 5u64.to_le_bytes().to_vec(), "its net is 4-5-3, this training's is 4-6-3"),
    ];
    for (at, bytes, what) in cases {
        let mut forged = good.clone();
        forged[at..at + bytes.len()].copy_from_slice(&bytes);
        let (body, checksum) = forged.split_last_chunk_mut::<4>().expect("longer");
        let mut crc = flate2::Crc::new();
        crc.update(body);
        *checksum = crc.sum().to_le_bytes();
        desk.write("net.tln.checkpoint", &forged);
        let args = ["train", "--data", "table.csv", "--hidden", "6", "--epochs", "5", "--resume"];
        let line = desk.fails(&args, 3);
        assert!(line.contains(what) && line.contains("leave --resume out"), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_whose_files_could_not_be_written_has_not_ended() {
    let desk = Desk::new();
    assert_eq!(desk.train(&["--history", "/dev/full"]).code, 1);
    desk.train(&["--resume"]).ok();
    assert_eq!(desk.train(&["--history", "/dev/full"]).code, 1);
    let run = desk.train(&[]).ok();
    assert!(run.stderr.contains("had not ended"), "{}", run.stderr);
}

/// Before its first checkpoint it has none to take away; the net of the earlier run stays, and so does what belongs to it.
#[test]
fn a_run_that_diverges_at_once_leaves_the_checkpoint_of_the_one_before() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let before = desk.everything();
    assert_eq!(desk.train(&["--learning-rate", "1e30"]).code, 4);
    assert!(desk.everything() == before);
    std::fs::remove_file(desk.path("net.tln")).expect("it is there");
    desk.train(&["--resume"]).ok();
    assert!(desk.everything() == before);
    // One that diverges after its first record had a checkpoint of its own, and leaves none to go on from.
    let late = desk.train(&["--learning-rate", "300", "--reg", "0.1"]);
    assert_eq!(late.code, 4, "{}", late.stderr);
    assert!(!desk.path("net.tln.checkpoint").exists());
}

#[test]
fn a_fresh_run_sets_aside_what_had_not_ended() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let ended = desk.read("net.tln.checkpoint");
    for args in [&[][..], &["--reg", "0.5"]] {
        let run = desk.train(args).ok();
        assert!(!run.stderr.contains("checkpoint is now"), "{}", run.stderr);
        assert!(!desk.path("net.tln.checkpoint.old").exists());
    }
    let mut unfinished = ended.clone();
    unfinished[8] = 0;
    let mut of_another_version = ended.clone();
    of_another_version[7] ^= 1;
    let kept: [&[u8]; 3] = [&unfinished, &of_another_version, &ended[..15]];
    let names = ["net.tln.checkpoint.old", "net.tln.checkpoint.old2", "net.tln.checkpoint.old3"];
    for ((bytes, name), args) in kept.into_iter().zip(names).zip([&[][..], &["--reg", "0.5"], &[]]) {
        desk.write("net.tln.checkpoint", bytes);
        let run = desk.train(args).ok();
        let what = if bytes.len() == ended.len() && bytes[7] == ended[7] {
            "had not ended"
        } else {
            "no checkpoint"
        };
        assert!(run.stderr.contains(what) && run.stderr.contains(name), "{}", run.stderr);
    }
    for (bytes, name) in kept.into_iter().zip(names) {
        assert!(desk.read(name) == bytes, "{name}");
    }
}

/// What it is cannot be seen, as where another user has made it: here a link that leads to itself.
#[cfg(unix)]
#[test]
fn a_fresh_run_sets_aside_what_it_cannot_open() {
    let desk = Desk::new();
    std::os::unix::fs::symlink("net.tln.checkpoint", desk.path("net.tln.checkpoint")).expect("a link");
    let run = desk.train(&[]).ok();
    assert!(run.stderr.contains("net.tln.checkpoint.old; it cannot be opened: "), "{}", run.stderr);
    assert!(
        desk.path("net.tln.checkpoint.old").is_symlink() && !desk.path("net.tln.checkpoint").is_symlink()
    );
}
