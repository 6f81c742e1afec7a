//! The command line: flags, their ranges, and help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use kernels::Isa;

use crate::Error;
use crate::preset::{Preset, Split};

/// Names of all instruction sets, those of other machines included.
const ISAS: [&str; 4] = ["portable", "avx2", "avx512", "neon"];

const ABOUT: &str = "Trains a two-layer neural net and writes it as a file that firmware runs without std.";

/// Examples come first: most people need no more.
const TEMPLATE: &str = "\
{about-with-newline}
Examples:
  trainer                                          train on the embedded digits, write net.tln
  trainer train --data my.csv --out my.tln         train on a CSV file, labels in its last column
  trainer train --data cifar10/ --preset course    the course notebook's net on a folder of CIFAR-10
  trainer eval my.tln --data test.csv              accuracy of a net on other rows
  trainer predict my.tln --data rows.csv           one class name a line
  trainer inspect my.tln                           what a net file holds

{usage-heading} {usage}

{all-args}";

/// `trainer`, `trainer train …`, `trainer eval …`.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, about = ABOUT, help_template = TEMPLATE, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: TrainArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a net, write it, read it back and prove that inference gives the same bits (the default)
    Train(TrainArgs),
    /// Accuracy and loss of a net on the test part of a data set, else on all its rows
    Eval(EvalArgs),
    /// The class of each row, one a line
    Predict(PredictArgs),
    /// What a net file holds
    Inspect(InspectArgs),
    /// Check the gradients against central differences in f64
    Gradcheck(GradcheckArgs),
}

/// `train`. What is not given comes from the preset.
#[derive(Args, Clone, Debug, Default)]
pub struct TrainArgs {
    /// Data set: `digits`, a CSV file, or a folder of CIFAR-10 (*.bin) or IDX files
    #[arg(long, value_name = "SPEC", default_value = "digits")]
    pub data: String,
    /// Label column of a CSV file, by name or number from 1 [default: the last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Set of defaults that other flags override
    #[arg(long, value_enum)]
    pub preset: Option<Preset>,
    /// Hidden units [default: 128, course 36]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub hidden: Option<usize>,
    /// Learning rate, at least 0 [default: 0.4, or 3.2/sqrt(inputs) if that is less; course 0.01]
    #[arg(long, value_name = "RATE", value_parser = non_negative, allow_hyphen_values = true)]
    pub learning_rate: Option<f64>,
    /// Factor of the learning rate after each epoch, above 0 and at most 1 [default: 0.9, course 0.95]
    #[arg(long, value_name = "FACTOR", value_parser = decay, allow_hyphen_values = true)]
    pub learning_rate_decay: Option<f64>,
    /// Strength of the penalty on the weights, at least 0 [default: 0.0001, course 0.25]
    #[arg(long, value_name = "LAMBDA", value_parser = non_negative, allow_hyphen_values = true)]
    pub reg: Option<f64>,
    /// Standard deviation of the first weights [default: sqrt(2/fan-in), course 0.0001]
    #[arg(long, value_name = "SIGMA", value_parser = non_negative, allow_hyphen_values = true)]
    pub std: Option<f64>,
    /// Stop after so many steps [default: course 500]
    #[arg(long, value_name = "N", value_parser = count, conflicts_with = "epochs", allow_hyphen_values = true)]
    pub num_iters: Option<usize>,
    /// Stop after so many epochs [default: 30]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub epochs: Option<usize>,
    /// Rows a step [default: 32, course 1000]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub batch_size: Option<usize>,
    /// Share of the training rows held back to validate, from 0 to below 1 [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = fraction, allow_hyphen_values = true)]
    pub val_fraction: Option<f64>,
    /// Which rows are held back [default: stratified, course last]
    #[arg(long, value_enum)]
    pub split: Option<Split>,
    /// Seed of split, first weights and batches [default: 1]
    #[arg(long, value_name = "N", value_parser = seed, allow_hyphen_values = true)]
    pub seed: Option<u64>,
    /// Threads [default: 1, more where steps are large]; the net is the same for any number
    #[arg(long, value_name = "N", value_parser = threads, allow_hyphen_values = true)]
    pub threads: Option<usize>,
    /// Instruction set: best, portable, avx2, avx512 or neon; the net is the same with any
    #[arg(long, value_name = "ISA", value_parser = isa, default_value = "best")]
    pub isa: Isa,
    /// Net file to write
    #[arg(long, value_name = "FILE", default_value = "net.tln")]
    pub out: PathBuf,
    /// CSV file to write: the loss of each step, accuracy and loss of each epoch
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// One JSON object a line on stdout, the last with event "done"
    #[arg(long)]
    pub json: bool,
    /// Show one step on one batch with shapes and equation numbers; train and write nothing
    #[arg(long, conflicts_with_all = ["json", "history"])]
    pub explain: bool,
}

/// `eval`.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Net file
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// Data set, as in `train`
    #[arg(long, value_name = "SPEC", default_value = "digits")]
    pub data: String,
    /// Label column of a CSV file, by name or number from 1 [default: the last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// The result as a JSON object
    #[arg(long)]
    pub json: bool,
}

/// `predict`.
#[derive(Args, Debug)]
pub struct PredictArgs {
    /// Net file
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// Rows to classify: a data set as in `train`, or a CSV file without labels
    #[arg(long, value_name = "SPEC")]
    pub data: String,
    /// Label column of a CSV file, to be left out, by name or number from 1
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// CSV with the probability of each class
    #[arg(long)]
    pub proba: bool,
}

/// `inspect`.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// Net file
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// The result as a JSON object
    #[arg(long)]
    pub json: bool,
}

/// `gradcheck`.
#[derive(Args, Debug)]
pub struct GradcheckArgs {
    /// Data set whose first rows are used, as in `train`
    #[arg(long, value_name = "SPEC", default_value = "digits")]
    pub data: String,
    /// Label column of a CSV file, by name or number from 1 [default: the last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Hidden units
    #[arg(long, value_name = "N", value_parser = count, default_value = "10", allow_hyphen_values = true)]
    pub hidden: usize,
    /// How many rows
    #[arg(long, value_name = "N", value_parser = count, default_value = "8", allow_hyphen_values = true)]
    pub rows: usize,
    /// Strength of the penalty on the weights
    #[arg(long, value_name = "LAMBDA", value_parser = non_negative, default_value = "0.05", allow_hyphen_values = true)]
    pub reg: f64,
    /// Largest relative error that passes
    #[arg(long, value_name = "ERROR", value_parser = non_negative, default_value = "1e-7", allow_hyphen_values = true)]
    pub bound: f64,
    /// Seed of the random nets and of the elements that are sampled
    #[arg(long, value_name = "N", value_parser = seed, default_value = "1", allow_hyphen_values = true)]
    pub seed: u64,
    /// The result as a JSON object
    #[arg(long)]
    pub json: bool,
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Request {
    /// A command.
    Run(Box<Command>),
    /// Help or the version: text for stdout.
    Show(String),
}

/// Reads the command line, program name included.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Request, Error> {
    match Cli::try_parse_from(args) {
        Ok(Cli { command: Some(command), .. }) => Ok(Request::Run(Box::new(command))),
        Ok(Cli { command: None, train }) => Ok(Request::Run(Box::new(Command::Train(train)))),
        Err(e) if !e.use_stderr() => Ok(Request::Show(e.to_string())),
        Err(e) => Err(Error::usage(one_line(&e.to_string()))),
    }
}

/// clap's paragraphs as one line: what is wrong and its tip, without the usage.
fn one_line(text: &str) -> String {
    let text = text.strip_prefix("error: ").unwrap_or(text);
    let head = text.split("\n\nUsage:").next().unwrap_or(text);
    let head = head.split("\n\nFor more information").next().unwrap_or(head);
    let mut line = String::new();
    for part in head.lines().map(str::trim).filter(|part| !part.is_empty()) {
        let glue = match (line.is_empty(), line.ends_with(':')) {
            (true, _) => "",
            (false, true) => " ",
            (false, false) => "; ",
        };
        line.push_str(glue);
        line.push_str(part);
    }
    line + "; --help lists what there is"
}

/// A whole number from 1 on.
fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("wanted a whole number from 1 on".into()),
        Ok(n) => Ok(n),
    }
}

/// As many as any machine has.
fn threads(text: &str) -> Result<usize, String> {
    count(text).ok().filter(|&n| n <= 1024).ok_or_else(|| "wanted a whole number from 1 to 1024".into())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("wanted a whole number from 0 to {}", u64::MAX))
}

/// A number that f32 can hold and that passes the test.
fn number(text: &str, good: fn(f64) -> bool, wanted: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|&x| (x as f32).is_finite() && good(x));
    number.ok_or_else(|| format!("wanted a number {wanted}"))
}

fn non_negative(text: &str) -> Result<f64, String> {
    number(text, |x| x >= 0.0, "from 0 on")
}

fn decay(text: &str) -> Result<f64, String> {
    number(text, |x| x > 0.0 && x <= 1.0, "above 0 and at most 1")
}

fn fraction(text: &str) -> Result<f64, String> {
    number(text, |x| (0.0..1.0).contains(&x), "from 0 to below 1")
}

/// An instruction set that this machine has.
fn isa(text: &str) -> Result<Isa, String> {
    if text == "best" {
        return Ok(Isa::best());
    }
    let here = Isa::available().map(Isa::name).collect::<Vec<_>>().join(", ");
    Isa::named(text).ok_or_else(|| match ISAS.contains(&text) {
        true => format!("this machine does not have it; it has best, {here}"),
        false => format!("there is no such instruction set; this machine has best, {here}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(args: &[&str]) -> Result<Request, Error> {
        parse(["trainer"].iter().chain(args).map(std::ffi::OsString::from))
    }

    fn train(args: &[&str]) -> TrainArgs {
        let Ok(Request::Run(command)) = request(args) else { panic!("{args:?}") };
        let Command::Train(args) = *command else { panic!("{command:?}") };
        args
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
        assert_eq!((args.data.as_str(), args.isa, args.out), ("digits", Isa::best(), "net.tln".into()));
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
}
