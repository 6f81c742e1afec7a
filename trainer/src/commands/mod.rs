//! The commands, one a file.

mod doctor;
mod eval;
mod export;
mod gradcheck;
mod import;
mod inspect;
mod lr_find;
mod manual;
mod predict;
mod search;
mod search_merge;
mod train;

use std::path::Path;

use infer_nostd::Net;

use crate::Error;
use crate::args::Command;

/// Runs a command.
pub fn run(command: &Command) -> Result<(), Error> {
    match command {
        Command::Train(args) => train::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Predict(args) => predict::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Doctor(args) => doctor::run(args),
        Command::Gradcheck(args) => gradcheck::run(args),
        Command::Completions(args) => manual::completions(args),
        Command::Man => manual::man(),
        Command::Search(args) => search::run(args),
        Command::LrFind(args) => lr_find::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
    }
}

/// The bytes of a net file.
fn read_net(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|e| {
        let path = path.display();
        Error::data(format!("{path}: cannot read it: {e}; name a net file, such as `train --out` writes"))
    })
}

/// The net in them.
fn parse_net<'a>(path: &Path, bytes: &'a [u8]) -> Result<Net<'a>, Error> {
    Net::from_bytes(bytes).and_then(|net| net.check_names().map(|()| net)).map_err(|e| {
        Error::data(format!("{}: no net: {e}; train it again, or copy it again", path.display()))
    })
}

/// The names of a net's classes, None where the file has none.
fn class_names(net: &Net<'_>) -> Option<Vec<String>> {
    (0..net.c()).map(|c| net.class_name(c).map(str::to_owned)).collect()
}
