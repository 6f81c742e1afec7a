//! Flags of `search` and `lr-find`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use kernels::Isa;

use super::{Common, count, decay, examples, fraction, isa, non_negative, seed, threads};
use crate::preset::Split;
use crate::search::budget;

/// `search`. Lists are grids; with `--random` their ends.
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct SearchArgs {
    /// What to do instead of searching.
    #[command(subcommand)]
    pub command: Option<SearchCommand>,
    /// Data set and output.
    #[command(flatten)]
    pub common: Common,
    /// Hidden units to try [default: 128,256,512]
    #[arg(long, value_name = "LIST", value_parser = count, value_delimiter = ',', allow_hyphen_values = true)]
    pub hidden: Vec<usize>,
    /// Learning rates to try [default: 1, 2 and 4 times that of `train`]
    #[arg(long, value_name = "LIST", value_parser = non_negative, value_delimiter = ',', allow_hyphen_values = true)]
    pub learning_rate: Vec<f64>,
    /// Factors of the rate after each epoch to try [default: 0.9,0.95]
    #[arg(long, value_name = "LIST", value_parser = decay, value_delimiter = ',', allow_hyphen_values = true)]
    pub learning_rate_decay: Vec<f64>,
    /// Strengths of the penalty to try [default: 1e-4,1e-3,3e-3,1e-2]
    #[arg(long, value_name = "LIST", value_parser = non_negative, value_delimiter = ',', allow_hyphen_values = true)]
    pub reg: Vec<f64>,
    /// So many draws between the ends of the lists, log-uniform, halved successively, instead of the grid
    #[arg(long, value_name = "N", value_parser = draws, allow_hyphen_values = true)]
    pub random: Option<usize>,
    /// Epochs of a full training
    #[arg(long, value_name = "N", value_parser = count, default_value = "30", allow_hyphen_values = true)]
    pub epochs: usize,
    /// Rows a step [default: 100, or all rows where there are fewer]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub batch_size: Option<usize>,
    /// Share of the training rows held back to validate, above 0 and below 1 [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = fraction, allow_hyphen_values = true)]
    pub val_fraction: Option<f64>,
    /// Which rows are held back [default: stratified]
    #[arg(long, value_enum)]
    pub split: Option<Split>,
    /// Seed of candidates, split, first weights and batches [default: 1]
    #[arg(long, value_name = "N", value_parser = seed, allow_hyphen_values = true)]
    pub seed: Option<u64>,
    /// Stop after so much time, such as 90s, 10m, 2h: unfinished trainings do not count
    #[arg(long, value_name = "TIME", value_parser = budget::parse, allow_hyphen_values = true)]
    pub budget: Option<Duration>,
    /// Do part I of N of the search; `search merge` joins the parts
    #[arg(long, value_name = "I/N", value_parser = shard, default_value = "1/1", allow_hyphen_values = true)]
    pub shard: (usize, usize),
    /// Trainings at the same time [default: one a core]; every result is the same for any number
    #[arg(long, value_name = "N", value_parser = threads, allow_hyphen_values = true)]
    pub threads: Option<usize>,
    /// Instruction set: best, portable, avx2, avx512 or neon; the nets are the same with any
    #[arg(long, value_name = "ISA", value_parser = isa, default_value = "best")]
    pub isa: Isa,
    /// Net file of the best; results are kept in FILE.journal, and a search that finds it goes on from there
    #[arg(long, value_name = "FILE", default_value = "best.tln")]
    pub out: PathBuf,
    /// CSV file of the best net's history [default: FILE.csv of --out]
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// HTML page to write: all results, the best net in pictures
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Results only: no talk
    #[arg(long)]
    pub quiet: bool,
}

/// What `search` does besides searching.
#[derive(Clone, Debug, Subcommand)]
pub enum SearchCommand {
    /// Join the journals of shards; the best net is taken from beside its journal
    #[command(before_help = examples::MERGE)]
    Merge(MergeArgs),
}

/// `search merge`.
#[derive(Args, Clone, Debug)]
pub struct MergeArgs {
    /// The journals, one a shard
    #[arg(value_name = "JOURNAL", required = true)]
    pub journals: Vec<PathBuf>,
    /// Net file to write
    #[arg(long, value_name = "FILE", default_value = "best.tln")]
    pub out: PathBuf,
    /// The result as a JSON object
    #[arg(long)]
    pub json: bool,
}

/// `lr-find`.
#[derive(Args, Clone, Debug)]
pub struct LrFindArgs {
    /// Data set and output.
    #[command(flatten)]
    pub common: Common,
    /// Hidden units
    #[arg(long, value_name = "N", value_parser = count, default_value = "128", allow_hyphen_values = true)]
    pub hidden: usize,
    /// Strength of the penalty on the weights
    #[arg(long, value_name = "LAMBDA", value_parser = non_negative, default_value = "0.0001", allow_hyphen_values = true)]
    pub reg: f64,
    /// Rows a step [default: 32, or all rows where there are fewer]
    #[arg(long, value_name = "N", value_parser = count, allow_hyphen_values = true)]
    pub batch_size: Option<usize>,
    /// Seed of first weights and batches [default: 1]
    #[arg(long, value_name = "N", value_parser = seed, allow_hyphen_values = true)]
    pub seed: Option<u64>,
}

/// More than any budget is enough for; all of them are in memory.
fn draws(text: &str) -> Result<usize, String> {
    let few = count(text).ok().filter(|&n| n <= 1_000_000);
    few.ok_or_else(|| "wanted a whole number from 1 to 1000000".into())
}

/// `2/8`.
fn shard(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    let inside = numbers.filter(|&(i, n): &(usize, usize)| (1..=n).contains(&i));
    inside.ok_or_else(|| "wanted I/N with I from 1 to N, such as 2/8".into())
}
