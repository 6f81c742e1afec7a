//! The command line: flags, their ranges, and help.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, Parser, Subcommand};
use kernels::Isa;

use crate::Error;
use crate::batches::Order;
use crate::dataset::OpenOptions;
use crate::dataset::normalize::Mode;
use crate::preset::{Preset, Split};
use crate::schedule::Schedule;

mod config;
mod examples;
mod exchange;
mod quantize;
mod search;
#[cfg(test)]
mod tests;

pub use config::from_config;
pub use exchange::{ExportArgs, ImportArgs, To};
pub use quantize::QuantizeArgs;
pub use search::{LrFindArgs, MergeArgs, SearchArgs, SearchCommand};

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
  trainer doctor my.tln --data my.csv              what is wrong with it, and what to change
  trainer search --data my.csv --budget 10m        try many settings, keep the best net
  trainer quantize my.tln --data my.csv            the net in 8-bit integers, my.int8.tln
  trainer export my.tln --to c                     the net as C source

{usage-heading} {usage}

{all-args}{after-help}";

const EXIT_CODES: &str = "\
Exit codes:
  0  done                             3  data or a net that cannot be read or do not fit
  1  a write that failed, our fault   4  the loss or a score is not finite; step or row is named
  2  a wrong flag, value, argument    130  interrupted by Ctrl-C; --resume goes on";

/// `trainer`, `trainer train …`, `trainer eval …`.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, about = ABOUT, help_template = TEMPLATE, after_help = EXIT_CODES, args_conflicts_with_subcommands = true)]
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
    #[command(before_help = examples::TRAIN)]
    Train(Box<TrainArgs>),
    /// Accuracy and loss of a net on the test part of a data set, else on all its rows
    #[command(before_help = examples::EVAL)]
    Eval(EvalArgs),
    /// The class of each row, one a line
    #[command(before_help = examples::PREDICT)]
    Predict(PredictArgs),
    /// What a net file holds
    #[command(before_help = examples::INSPECT)]
    Inspect(InspectArgs),
    /// What is wrong with a net, with the numbers and what to change
    #[command(before_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Check the gradients against central differences in f64
    #[command(before_help = examples::GRADCHECK)]
    Gradcheck(GradcheckArgs),
    /// Completions of the command line, for a shell to load
    #[command(before_help = examples::COMPLETIONS)]
    Completions(CompletionsArgs),
    /// The manual page, for `man -l`
    #[command(before_help = examples::MAN)]
    Man,
    /// Try many settings, one training a core, and keep the best net
    #[command(before_help = examples::SEARCH)]
    Search(Box<SearchArgs>),
    /// Find a learning rate by raising it step by step; writes nothing
    #[command(before_help = examples::LR_FIND)]
    LrFind(LrFindArgs),
    /// Make an int8 net of an f32 net: a quarter of the bytes, for processors without floating point
    #[command(before_help = examples::QUANTIZE)]
    Quantize(QuantizeArgs),
    /// Write a net for other programs: safetensors, npz, ONNX, C or Rust source
    #[command(before_help = examples::EXPORT)]
    Export(ExportArgs),
    /// Make a net file of weights from PyTorch (safetensors) or scikit-learn and NumPy (npz)
    #[command(before_help = examples::IMPORT)]
    Import(ImportArgs),
}

/// What every command that reads a data set takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    /// Data set: `digits`, a CSV, .npy or .npz file, or a folder of CIFAR (*.bin) or IDX files
    #[arg(long, value_name = "SPEC", default_value = "digits")]
    pub data: String,
    /// Label column of a CSV file, by name or number from 1 [default: the one named label, class, target, species
    /// or y, else the last]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Results as JSON, one object a line, the last with event "done"
    #[arg(long)]
    pub json: bool,
}

impl Common {
    /// How the data are to be opened.
    #[must_use]
    pub fn options(&self) -> OpenOptions {
        OpenOptions::labelled(self.label.as_deref())
    }
}

/// What every command that looks at data with a net takes.
#[derive(Args, Clone, Debug)]
pub struct DataOfNet {
    /// Data set: `digits`, a CSV, .npy or .npz file, or a folder of CIFAR (*.bin) or IDX files [default: that of
    /// NET.toml, else digits]
    #[arg(long, value_name = "SPEC")]
    pub data: Option<String>,
    /// Label column of a CSV file, by name or number from 1 [default: NET.toml's, else as in `train`]
    #[arg(long, value_name = "COLUMN")]
    pub label: Option<String>,
    /// Results as JSON, one object a line, the last with event "done"
    #[arg(long)]
    pub json: bool,
}

/// `train`. What is not given comes from the preset.
#[derive(Args, Clone, Debug, Default)]
pub struct TrainArgs {
    /// Data set and output.
    #[command(flatten)]
    pub common: Common,
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
    /// Share of the velocity that a step keeps, from 0 to below 1 [default: 0]
    #[arg(long, value_name = "MU", value_parser = fraction, allow_hyphen_values = true)]
    pub momentum: Option<f64>,
    /// Steps with momentum look ahead (Nesterov)
    #[arg(long)]
    pub nesterov: bool,
    /// How the learning rate falls: by --learning-rate-decay an epoch, or as half a cosine [default: decay]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "decay|cosine")]
    pub schedule: Option<Schedule>,
    /// Stop after so many epochs without a better validation accuracy [default: never]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub patience: Option<usize>,
    /// Each row once an epoch, or every batch drawn anew as in the course [default: shuffled, course replacement]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "shuffled|replacement")]
    pub order: Option<Order>,
    /// What is taken off the inputs, learnt on the training rows: nothing, x/255, the mean, or mean and deviation
    /// [default: standard, course mean]
    #[arg(long, value_enum, hide_possible_values = true, value_name = "none|unit|mean|standard")]
    pub normalization: Option<Mode>,
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
    /// Net file to write: the best net on the validation rows; the last one goes to FILE.last, the flags to FILE.toml
    #[arg(long, value_name = "FILE", default_value = "net.tln")]
    pub out: PathBuf,
    /// Go on from the checkpoint beside --out, with the same arguments; start afresh where there is none. Without --resume an unfinished one is renamed
    #[arg(long)]
    pub resume: bool,
    /// File with lines `flag = value`, words in quotes, such as FILE.toml; the command line overrides it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// File to write: the loss of each step, accuracy and loss of each epoch; CSV, or JSON lines if it ends with .jsonl
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// HTML page to write: curves, templates, mistakes; and the same as SVG and PNG in a folder beside
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Results only: no bar, no talk
    #[arg(long)]
    pub quiet: bool,
    /// Show one step on one batch with shapes and equation numbers; train and write nothing
    #[arg(long, conflicts_with_all = ["json", "history", "report"])]
    pub explain: bool,
}

/// `eval`.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Net file
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// Data set and output.
    #[command(flatten)]
    pub common: DataOfNet,
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
    /// Label column of a CSV file, to be left out, by name or number from 1 [default, in a file of a column more than
    /// the net has inputs: NET.toml's, else as in `train`]
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

/// `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Net file; the flags are read from NET.toml where it is there (`net.tln.toml` also for `net.tln.last`)
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// Data set and output.
    #[command(flatten)]
    pub common: DataOfNet,
}

/// `completions`.
#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// bash, elvish, fish, powershell or zsh
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `gradcheck`.
#[derive(Args, Debug)]
pub struct GradcheckArgs {
    /// Data set and output.
    #[command(flatten)]
    pub common: Common,
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
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, Error> {
    let args: Vec<_> = args.into_iter().collect();
    match Cli::try_parse_from(&args) {
        Ok(cli) => match cli.into_command() {
            Command::Train(train) => {
                let train = match &train.config {
                    Some(path) => Box::new(config::with_config(&args, path)?.0),
                    None => train,
                };
                Ok(Request::Run(Box::new(Command::Train(train))))
            }
            command => Ok(Request::Run(Box::new(command))),
        },
        Err(e) if !e.use_stderr() => Ok(Request::Show(e.to_string())),
        Err(e) => Err(Error::usage(one_line(&e.to_string()) + &file_tip(&e))),
    }
}

/// A file where no file is taken: most likely a data set.
fn file_tip(e: &clap::Error) -> String {
    let stray =
        [ContextKind::InvalidArg, ContextKind::InvalidSubcommand].into_iter().find_map(|kind| e.get(kind));
    match stray {
        Some(ContextValue::String(name)) if std::path::Path::new(name).exists() => {
            format!("; for data say --data {name}")
        }
        _ => String::new(),
    }
}

impl Cli {
    fn into_command(self) -> Command {
        self.command.unwrap_or_else(|| Command::Train(Box::new(self.train)))
    }
}

/// The command line of the program, for completions and the manual.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
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
