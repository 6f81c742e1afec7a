//! The commands, one a file.

mod apart;
mod data_of;
mod device;
mod doctor;
mod eval;
mod export;
mod gradcheck;
mod import;
mod inspect;
mod lr_find;
mod manual;
mod predict;
mod quantize;
mod search;
mod search_merge;
mod train;

use std::fmt::Display;
use std::path::Path;

use infer_nostd::{Input, Net};

use crate::any_net::AnyNet;
use crate::args::Command;
use crate::dataset::Dataset;
use crate::files::Target;
use crate::{Error, Kind};

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
        Command::Quantize(args) => quantize::run(args),
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

/// Where a file goes that is made of others: never into the place of one of them.
fn beside_inputs(path: &Path, inputs: &[&Path]) -> Result<Target, Error> {
    let target = Target::find(path)?;
    match inputs.iter().find(|input| std::fs::canonicalize(input).is_ok_and(|input| target.path() == input)) {
        Some(input) => Err(Error::usage(format!(
            "--out {} would replace {}, which it is made of; name another file",
            path.display(),
            input.display()
        ))),
        None => Ok(target),
    }
}

/// The net in them, of either element type.
fn parse_any<'a>(path: &Path, bytes: &'a [u8]) -> Result<AnyNet<'a>, Error> {
    let named = AnyNet::from_bytes(bytes).and_then(|net| net.check_names().map(|()| net));
    named.map_err(|e| no_net(path, &e))
}

/// The net of f32 in them.
fn parse_net<'a>(path: &Path, bytes: &'a [u8]) -> Result<Net<'a>, Error> {
    match parse_any(path, bytes)? {
        AnyNet::F32(net) => Ok(net),
        AnyNet::Int8(_) => Err(Error::data(format!(
            "{}: this is an int8 net; give the f32 net that it was made of",
            path.display()
        ))),
    }
}

fn no_net(path: &Path, error: &infer_nostd::Error) -> Error {
    Error::data(format!("{}: no net: {error}; train it again, or copy it again", path.display()))
}

/// The names of a net's classes, None where the file has none.
fn class_names(net: &AnyNet<'_>) -> Option<Vec<String>> {
    (0..net.c()).map(|c| net.class_name(c).map(str::to_owned)).collect()
}

/// Data that were opened with the net's [`class_names`], their labels as its classes: by number, where it has no names.
fn of_net(net: &AnyNet<'_>, data: Dataset) -> Result<Dataset, Error> {
    if class_names(net).is_some() { Ok(data) } else { data.for_unnamed(net.c()) }
}

/// The scores of a row, all of them finite: of others no class can be told.
fn finite_scores<'s>(
    net: &AnyNet<'_>,
    (row, x): (impl Display, Input<'_>),
    scratch: &'s mut [f32],
) -> Result<&'s [f32], Error> {
    let scores = net.scores(x, scratch).map_err(|e| Error::data(e.to_string()))?;
    match scores.iter().position(|score| !score.is_finite()) {
        Some(class) => Err(too_large(row, format_args!("the score of class {class} is {}", scores[class]))),
        None => Ok(scores),
    }
}

/// What comes of a row is no finite number.
fn too_large(row: impl Display, what: impl Display) -> Error {
    Error::new(
        Kind::Diverged,
        format!(
            "{row}: {what}, it must be finite; the net's weights or the values of the row are too large: train the net \
             again with a smaller --learning-rate, or correct the row"
        ),
    )
}
