//! Which data a command looks at with a net, and that no command writes over what it reads.

use serde_json::Value;

use crate::common::Desk;

/// Without `--data`: those that the flags beside the net name, label column included.
#[test]
fn the_data_of_the_training_are_taken_and_told() {
    let desk = Desk::new();
    let first = |line: &str| line.split(',').rev().collect::<Vec<_>>().join(",") + "\n";
    let turned: String = crate::common::table().lines().map(first).collect();
    desk.write("turned.csv", turned.replace("kind", "sort"));
    desk.run(&["train", "--data", "turned.csv", "--label", "sort", "--out", "net.tln"]).ok();
    let same = |command: &[&str], given: &[&str]| {
        let [bare, full] =
            [command.to_vec(), [command, given].concat()].map(|args| desk.run(&args).ok().stdout);
        let rest = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rest(&bare), rest(&full), "{command:?}");
        bare
    };
    let given = ["--data", "turned.csv", "--label", "sort"];
    let (named, label) = ("turned.csv, which net.tln.toml names", "the label is column 1 (sort)");
    let told = same(&["eval", "net.tln"], &given);
    let rows = "all rows, those that trained the net among them";
    assert!(told.starts_with(&format!("data      {named}: {rows}, {label}\naccuracy")), "{told}");
    let told = same(&["quantize", "net.tln", "--max-loss", "100"], &given);
    assert!(told.starts_with(&format!("data           {named}, {label}\n")), "{told}");
    let told = same(&["doctor", "net.tln"], &given);
    assert!(told.starts_with(&format!("data: {named}, {label}\n")), "{told}");

    // Their names say which net they came of.
    for made in ["net.tln.last", "net.int8.tln"] {
        let told = same(&["eval", made], &given);
        assert!(told.contains(named), "{told}");
    }
    let told = desk.run(&["doctor", "net.tln.last"]).ok().stdout;
    assert!(told.contains(named) && !told.contains("for want of flags"), "{told}");

    let json = desk.run(&["eval", "net.tln", "--json"]).ok().stdout;
    let done: Value = serde_json::from_str(&json).expect("one object");
    assert_eq!((&done["data"], &done["rows"]), (&"turned.csv".into(), &60.into()));
}

/// The command line goes first; then the flags are not even read.
#[test]
fn named_data_go_before_the_flags() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.write(
        "few.csv",
        crate::common::table().lines().take(10).map(|l| l.to_owned() + "\n").collect::<String>(),
    );
    desk.write("net.tln.toml", "no flags");
    let told = desk.run(&["eval", "net.tln", "--data", "few.csv"]).ok().stdout;
    assert!(
        told.starts_with("data      few.csv: all rows, the label is column 5 (kind)\n")
            && told.contains("of 9 rows"),
        "{told}"
    );
    assert!(desk.fails(&["eval", "net.tln"], 2).contains("net.tln.toml line 1"));
}

/// As a kill between the net and its flags leaves them, or a copy of the net alone.
#[test]
fn flags_of_another_net_are_noticed() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let flags = String::from_utf8(desk.read("net.tln.toml")).expect("UTF-8");
    desk.train(&["--seed", "2", "--out", "other.tln"]).ok();
    desk.write("net.tln", desk.read("other.tln"));
    for args in
        [["eval", "net.tln"], ["eval", "net.tln.last"], ["quantize", "net.tln"], ["doctor", "net.tln"]]
    {
        let line = desk.fails(&args, 3);
        assert!(line.contains("net.tln.toml: the flags of another net"), "{line}");
    }
    desk.run(&["eval", "net.tln", "--data", "table.csv"]).ok();
    desk.write("net.tln", desk.read("net.tln.last"));
    let eval = ["eval", "net.tln"];
    assert_eq!(desk.run(&eval).code, 0, "the last net is the best here, so the flags are its own");
    std::fs::remove_file(desk.path("net.tln")).expect("a file");
    desk.run(&["eval", "net.tln.last"]).ok();

    // A file from before, or written by hand, names no net; one that names nothing sensible is refused.
    desk.write("net.tln", desk.read("other.tln"));
    let (text, net) = flags.trim_end().rsplit_once('\n').expect("lines");
    assert!(net.starts_with("net-checksum = \""), "{flags}");
    desk.write("net.tln.toml", text);
    desk.run(&eval).ok();
    let line = flags.lines().count();
    for wrong in
        ["net-checksum = true", "net-checksum = \"12\"", "net-checksum = \"+2345678\"", "net-checksum = 1.5"]
    {
        desk.write("net.tln.toml", format!("{text}\n{wrong}\n"));
        let told = desk.fails(&eval, 2);
        assert!(told.contains(&format!("net.tln.toml line {line}: net-checksum")), "{told}");
    }
}

#[test]
fn an_error_says_who_named_the_data() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    std::fs::rename(desk.path("table.csv"), desk.path("moved.csv")).expect("a file");
    for command in ["eval", "quantize", "doctor"] {
        let line = desk.fails(&[command, "net.tln"], 3);
        let names = line.contains(
            "net.tln.toml names these data, by a path from the folder that `train` ran in; --data names others",
        );
        assert!(line.contains("\"table.csv\": cannot open it") && names, "{line}");
        std::fs::rename(desk.path("net.tln.toml"), desk.path("gone.toml")).expect("a file");
        let line = desk.fails(&[command, "net.tln"], 3);
        assert!(line.contains("64") && line.contains("neither --data nor net.tln.toml"), "{line}");
        std::fs::rename(desk.path("gone.toml"), desk.path("net.tln.toml")).expect("a file");
    }
}

/// Neither the file that is converted nor the data that it is judged by is an output, by default or by name.
#[test]
fn inputs_are_not_replaced() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.run(&["export", "net.tln", "--to", "npz", "--out", "weights.tln"]).ok();
    let cases: [&[&str]; 6] = [
        &["import", "weights.tln"],
        &["import", "weights.tln", "--out", "./weights.tln"],
        &["export", "net.tln", "--to", "c", "--out", "net.tln"],
        &["quantize", "net.tln", "--out", "net.tln"],
        &["quantize", "net.tln", "--out", "table.csv"],
        &["quantize", "net.tln", "--data", "./table.csv", "--out", "table.csv"],
    ];
    for args in cases {
        let line = desk.fails(args, 2);
        assert!(line.contains("--out") && line.contains("would replace"), "{line}");
    }
    desk.run(&["import", "weights.tln", "--out", "back.tln"]).ok();
    assert!(desk.read("back.tln") == desk.read("net.tln"));
}
