//! Flags, their ranges, and the lines of what is wrong.

use super::*;

fn request(args: &[&str]) -> Result<Request, Error> {
    parse(["trainer"].iter().chain(args).map(std::ffi::OsString::from))
}

fn train(args: &[&str]) -> TrainArgs {
    let Ok(Request::Run(command)) = request(args) else { panic!("{args:?}") };
    let Command::Train(args) = *command else { panic!("{command:?}") };
    *args
}

#[test]
fn the_definition_is_sound() {
    <Cli as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn train_needs_no_word() {
    for args in [&["--hidden", "7"][..], &["train", "--hidden", "7"]] {
        assert_eq!(train(args).hidden, Some(7));
    }
    let args = train(&[]);
    assert_eq!((args.common.data.as_str(), args.isa, args.out), ("digits", Isa::best(), "net.tln".into()));
}

#[test]
fn values_out_of_range_are_usage_errors_in_one_line() {
    let wrong = [
        ["--hidden", "0"],
        ["--hidden", "-1"],
        ["--hidden", "many"],
        ["--learning-rate", "-1"],
        ["--learning-rate", "NaN"],
        ["--learning-rate", "inf"],
        ["--learning-rate", "1e300"],
        ["--learning-rate-decay", "0"],
        ["--learning-rate-decay", "1.1"],
        ["--reg", "-1e-3"],
        ["--reg", "-inf"],
        ["--std", "nan"],
        ["--val-fraction", "1"],
        ["--val-fraction", "-0.1"],
        ["--val-fraction", "NaN"],
        ["--num-iters", "0"],
        ["--epochs", "0"],
        ["--batch-size", "0"],
        ["--threads", "0"],
        ["--threads", "5000"],
        ["--seed", "-1"],
        ["--isa", "sse9"],
        ["--preset", "best"],
        ["--split", "first"],
        ["--hiden", "3"],
    ];
    for args in wrong {
        let error = request(&args).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{args:?}: {error}");
        assert!(!error.message().contains('\n') && error.message().contains(args[0]), "{error}");
    }
}

/// They are values, not flags that nobody knows.
#[test]
fn negative_numbers_are_told_what_is_wanted() {
    let search = ["hidden", "learning-rate", "learning-rate-decay", "reg", "random", "epochs", "batch-size"];
    let search = search.iter().chain(&["val-fraction", "seed", "budget", "shard", "threads"]);
    let lr_find = ["hidden", "reg", "batch-size", "seed"];
    let all = search.map(|flag| ("search", flag)).chain(lr_find.iter().map(|flag| ("lr-find", flag)));
    for (command, flag) in all {
        let error = request(&[command, &format!("--{flag}"), "-1"]).unwrap_err();
        assert!(error.message().contains("wanted"), "{command} --{flag}: {error}");
    }
}

#[test]
fn a_typo_is_answered_by_the_right_word() {
    let error = request(&["--hiden", "3"]).unwrap_err();
    assert!(error.message().contains("--hidden"), "{error}");
    let error = request(&["evl", "net.tln"]).unwrap_err();
    assert!(error.message().contains("eval"), "{error}");
}

#[test]
fn lengths_exclude_each_other() {
    assert_eq!(request(&["--num-iters", "5", "--epochs", "2"]).unwrap_err().exit_code(), 2);
}

#[test]
fn an_instruction_set_of_other_machines_names_those_of_this_one() {
    let missing = ISAS.iter().find(|name| Isa::named(name).is_none()).expect("no machine has all");
    let error = request(&["--isa", missing]).unwrap_err();
    assert!(error.message().contains("portable"), "{error}");
}

#[test]
fn help_and_version_are_no_errors() {
    for args in [&["--help"][..], &["-h"], &["eval", "--help"], &["--version"]] {
        assert!(matches!(request(args), Ok(Request::Show(_))), "{args:?}");
    }
}

/// `--help` of every command begins with examples, and they are lines that are understood.
#[test]
fn help_begins_with_examples_that_are_understood() {
    let check = |name: &str, help: String| {
        if name == "help" {
            return; // clap's own
        }
        let examples = help.strip_prefix("Examples:\n").unwrap_or_else(|| panic!("{name}: {help}"));
        for line in examples.lines().take_while(|line| line.starts_with("  ")) {
            let line = line.trim().split("  ").next().unwrap_or_default();
            let line = line.split(['>', '&']).next().unwrap_or_default();
            let args: Vec<&str> = line.split_whitespace().skip(1).collect();
            match request(&args) {
                Ok(_) => {}
                // The file of flags is not there.
                Err(e) => assert!(args.contains(&"--config"), "{name}: {line}: {e}"),
            }
        }
    };
    for command in definition().get_subcommands_mut() {
        check(command.get_name().to_owned().as_str(), command.render_long_help().to_string());
        for inner in command.get_subcommands_mut() {
            check(inner.get_name().to_owned().as_str(), inner.render_long_help().to_string());
        }
    }
}
