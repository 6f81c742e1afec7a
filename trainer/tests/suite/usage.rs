//! The command line: wrong flags and values are exit 2 and one line.

use kernels::Isa;

use crate::common::{Desk, cifar};

#[test]
fn wrong_values_are_told_in_one_line_and_nothing_is_written() {
    let desk = Desk::new();
    desk.write("net.tln", "kept");
    let wrong: [&[&str]; 14] = [
        &["--hidden", "0"],
        &["--learning-rate", "-0.1"],
        &["--learning-rate", "NaN"],
        &["--learning-rate=-inf"],
        &["--reg", "nan"],
        &["--std", "-1"],
        &["--learning-rate-decay", "2"],
        &["--val-fraction", "1"],
        &["--batch-size", "0"],
        &["--threads", "0"],
        &["--epochs", "3", "--num-iters", "3"],
        &["--hiden", "3"],
        &["--split", "first"],
        &["--preset", "corse"],
    ];
    for args in wrong {
        let line = desk.fails(&[&["train", "--data", "table.csv"], args].concat(), 2);
        let flag = args[0].split('=').next().expect("a flag");
        assert!(line.contains(flag), "{line}");
    }
    assert!(desk.fails(&["--hiden", "3"], 2).contains("--hidden"), "the right flag is suggested");
    assert!(desk.fails(&["evl", "net.tln"], 2).contains("eval"), "the right command is suggested");
    for args in [&["table.csv"][..], &["train", "table.csv"], &["eval", "net.tln", "table.csv"]] {
        assert!(desk.fails(args, 2).contains("say --data table.csv"), "{args:?}");
    }
    assert!(!desk.fails(&["train", "nothing.csv"], 2).contains("--data"), "no such file");
}

#[test]
fn an_instruction_set_that_the_machine_lacks_names_those_it_has() {
    let desk = Desk::new();
    let missing = ["avx2", "avx512", "neon"].into_iter().find(|name| Isa::named(name).is_none());
    let line = desk.fails(&["--isa", missing.expect("no machine has all three")], 2);
    for isa in Isa::available() {
        assert!(line.contains(isa.name()), "{line}");
    }
    assert!(desk.fails(&["--isa", "sse9"], 2).contains("portable"));
}

#[test]
fn a_batch_larger_than_the_data_is_refused_unless_rows_may_repeat() {
    let desk = Desk::new();
    let line = desk.fails(&["train", "--data", "table.csv", "--batch-size", "49"], 2);
    assert!(line.contains("49") && line.contains("48"), "{line}");
    desk.train(&["--batch-size", "48"]).ok();
    desk.write("few.csv", "0,0,a\n0,1,a\n1,0,b\n1,1,b\n");
    // The preset's own batch of 32 shrinks.
    desk.run(&["--data", "few.csv", "--epochs", "1"]).ok();
    desk.write("images/data.bin", cifar(20));
    desk.run(&["--data", "images", "--preset", "course", "--num-iters", "2", "--batch-size", "50"]).ok();
}

#[test]
fn what_no_memory_can_hold_is_refused() {
    let desk = Desk::new();
    for args in
        [["--hidden", "18446744073709551615"], ["--hidden", "1000000000000000"], ["--hidden", "4000000000"]]
    {
        desk.fails(&[&["train", "--data", "table.csv"], &args[..]].concat(), 2);
    }
    let course = ["--data", "table.csv", "--preset", "course", "--batch-size", "1000000000000000"];
    desk.fails(&course, 2);
    desk.fails(&["--data", "table.csv", "--epochs", "18446744073709551615"], 2);
}

#[test]
fn help_starts_with_examples_and_goes_to_stdout() {
    let desk = Desk::new();
    let help = desk.run(&["--help"]).ok();
    assert!(help.stdout.find("Examples:") < help.stdout.find("Usage:"), "{}", help.stdout);
    assert_eq!(help.stderr, "");
    for flag in
        ["--data", "--preset", "--learning-rate-decay", "--val-fraction", "--isa", "--explain", "eval"]
    {
        assert!(help.stdout.contains(flag), "{flag}");
    }
    assert!(desk.run(&["--version"]).ok().stdout.starts_with("trainer "));
}
