//! The data that a command looks at with a net: those of the command line, else those the net was trained on, else the digits.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::args::{Common, DataOfNet, TrainArgs, from_config};
use crate::dataset::OpenOptions;
use crate::{Error, Kind, checksum};

/// The net whose flags lie beside this one: itself, or `x.tln` of `x.tln.last` and `x.int8.tln`, which `train` and
/// `quantize` name so. Behind a link, for there `train` wrote them.
pub(super) fn trained(net: &Path) -> PathBuf {
    let behind = net.is_symlink().then(|| std::fs::canonicalize(net).ok()).flatten();
    let net = behind.as_deref().unwrap_or(net);
    let is = |path: &Path, ending: &str| path.extension().is_some_and(|found| found == ending);
    let stem = net.with_extension("");
    let first = match (is(net, "last"), is(net, "tln") && is(&stem, "int8")) {
        (true, _) => Some(stem),
        (_, true) => Some(stem.with_extension("tln")),
        _ => None,
    };
    match first {
        Some(first) if !beside(net, "toml").is_file() && beside(&first, "toml").is_file() => first,
        _ => net.to_owned(),
    }
}

/// The flags that the net was trained with, if they lie beside it.
///
/// # Errors
/// If they name another net than the one that lies there: nothing they say is known to be true of this one.
pub(super) fn flags(net: &Path) -> Result<Option<TrainArgs>, Error> {
    let first = trained(net);
    let Some((flags, named)) = marked(&first)? else { return Ok(None) };
    // Of `x.tln.last` alone, without `x.tln`, the flags cannot be asked.
    if let (Some(named), Ok(bytes)) = (named, std::fs::read(&first)) {
        let found = checksum::of_net(&bytes);
        if found != Some(named) {
            let found = found.map_or("is damaged".into(), |found| format!("has {found:08x}"));
            return Err(Error::data(format!(
                "{}: the flags of another net: they name checksum {named:08x}, {} {found}; one was replaced without the \
                 other; train again, or move the flags away and name the data with --data",
                beside(&first, "toml").display(),
                first.display()
            )));
        }
    }
    Ok(Some(flags))
}

/// The flags beside this very net, and the checksum of the net that they name, if they do.
pub(super) fn marked(net: &Path) -> Result<Option<(TrainArgs, Option<u32>)>, Error> {
    let path = beside(net, "toml");
    path.is_file().then(|| from_config(&path)).transpose()
}

/// The label column of the data that the net was trained on, if it is known.
pub(super) fn usual_label(net: &Path) -> Option<String> {
    flags(net).ok().flatten()?.common.label
}

/// An error met with data that the command line named: a wrong label column is wrong usage, and that of the flags is told as theirs.
pub(super) fn explain_label(error: Error, options: &OpenOptions, net: &Path) -> Error {
    if error.kind() != Kind::Usage || options.label.is_some() || options.usual_label.is_none() {
        return error;
    }
    let flags = beside(&trained(net), "toml");
    let (what, flags) = (error.message(), flags.display());
    Error::usage(format!("{what}; {flags} names this label, that of the training; --label names another"))
}

/// NET.ending.
pub(super) fn beside(net: &Path, ending: &str) -> PathBuf {
    let mut name = net.to_owned().into_os_string();
    name.push(".");
    name.push(ending);
    name.into()
}

/// A data set, its label column, and where both come from. Displayed as it is told.
#[derive(Debug)]
pub(super) struct Chosen {
    /// As `--data` takes it.
    pub spec: String,
    /// As `--label` takes it: that of the command line, and that of the flags.
    label: Option<String>,
    usual_label: Option<String>,
    from: From,
}

/// Who named the data.
#[derive(Debug)]
enum From {
    CommandLine,
    /// The flags in this file.
    Flags(PathBuf),
    /// Nobody: no such file.
    Nowhere(PathBuf),
}

impl Chosen {
    /// Flags that cannot be read, or are those of another net, are an error only if the command line names no data.
    pub(super) fn find(args: &DataOfNet, net: &Path) -> Result<Self, Error> {
        let label = args.label.clone();
        if let Some(spec) = &args.data {
            let (spec, usual_label) = (spec.clone(), usual_label(net));
            return Ok(Self { spec, label, usual_label, from: From::CommandLine });
        }
        let path = beside(&trained(net), "toml");
        Ok(match flags(net)? {
            Some(TrainArgs { common: Common { data: spec, label: usual_label, .. }, .. }) => {
                Self { spec, label, usual_label, from: From::Flags(path) }
            }
            None => Self { spec: "digits".into(), label, usual_label: None, from: From::Nowhere(path) },
        })
    }

    /// How the data are to be opened.
    pub(super) fn options(&self) -> OpenOptions {
        let (label, usual_label) = (self.label.clone(), self.usual_label.clone());
        OpenOptions { label, usual_label, ..OpenOptions::default() }
    }

    /// Whether the net was trained on these data, as far as is known.
    pub(super) fn trained_it(&self) -> bool {
        matches!(self.from, From::Flags(_))
    }

    /// An error met with these data, with who named them if that was not the command line.
    pub(super) fn explain(&self, net: &Path, error: Error) -> Error {
        let who = match &self.from {
            From::CommandLine => return explain_label(error, &self.options(), net),
            From::Flags(path) => {
                let spec = Path::new(&self.spec);
                let elsewhere = self.spec != "digits" && spec.is_relative() && !spec.exists();
                let begins = if elsewhere { ", by a path from the folder that `train` ran in" } else { "" };
                format!("{} names these data{begins}; --data names others", path.display())
            }
            From::Nowhere(path) => {
                format!("the digits are taken where neither --data nor {} names data", path.display())
            }
        };
        Error::new(error.kind(), format!("{}; {who}", error.message()))
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spec)?;
        match &self.from {
            From::CommandLine => Ok(()),
            From::Flags(path) => write!(f, ", which {} names", path.display()),
            From::Nowhere(path) => write!(f, ", for want of --data and of {}", path.display()),
        }
    }
}
