//! `--config FILE`: flags from a file, under those of the command line.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use clap::parser::ValueSource;
use clap::{CommandFactory, Parser};

use super::{Cli, Command, TrainArgs, one_line};
use crate::{Error, config_file};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// `train` with what the file says where the command line says nothing; and the checksum of the net that it lies beside, if it
/// names one.
pub(super) fn with_config(args: &[OsString], path: &Path) -> Result<(TrainArgs, Option<u32>), Error> {
    let place = path.display();
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    read.map_err(|e| Error::read("read", path, &e))?;
    if bytes.len() as u64 > LONGEST {
        return Err(Error::data(format!(
            "{place}: longer than {LONGEST} bytes, and flags take some hundred; give a file of flags, or move this one away"
        )));
    }
    let text = String::from_utf8(bytes)
        .map_err(|e| Error::data(format!("{place}: {}; give a text file of flags", e.utf8_error())))?;
    let wrong = |line: usize, what: String| Error::usage(format!("{place} line {line}: {what}"));
    let entries = config_file::read(&text).map_err(|(line, what)| wrong(line, what))?;
    let given =
        Cli::command().try_get_matches_from(args).map_err(|e| Error::usage(one_line(&e.to_string())))?;
    let given = given.subcommand().map_or(&given, |(_, matches)| matches);
    let is_given = |name: &str| {
        let id = name.replace('-', "_");
        given.try_contains_id(&id).is_ok() && given.value_source(&id) == Some(ValueSource::CommandLine)
    };
    let mut all = args.to_vec();
    let mut net = None;
    for config_file::Entry { line, name, value } in entries {
        if name == "config" {
            return Err(wrong(line, "a file cannot name another; give --config on the command line".into()));
        }
        if name == config_file::NET {
            net = Some(config_file::net(value.as_deref()).map_err(|what| wrong(line, what))?);
            continue;
        }
        let flag = value.map_or_else(|| format!("--{name}"), |value| format!("--{name}={value}"));
        // Alone first, so that the line of what is wrong can be named.
        let alone = Cli::try_parse_from(["trainer", "train", &flag]);
        alone.map_err(|e| wrong(line, one_line(&e.to_string())))?;
        let excluded = match name.as_str() {
            "num-iters" | "epochs" => is_given("num-iters") || is_given("epochs"),
            // Nobody typed what NET.toml says of its files, and --explain writes none.
            "json" | "history" | "report" => is_given("explain"),
            _ => false,
        };
        if !is_given(&name) && !excluded {
            all.push(flag.into());
        }
    }
    match Cli::try_parse_from(all).map(Cli::into_command) {
        Ok(Command::Train(train)) => Ok((*train, net)),
        Ok(_) => Err(Error::usage(format!("{place}: only train takes --config"))),
        Err(e) => Err(Error::usage(one_line(&e.to_string())).context(place)),
    }
}

/// `train` as a file alone has it, and the checksum of its net.
pub fn from_config(path: &Path) -> Result<(TrainArgs, Option<u32>), Error> {
    with_config(&["trainer".into(), "train".into()], path)
}
