//! Trains the two-layer net: reads data sets, learns, writes net files, proves that inference gives the same bits.
//!
//! ```text
//! files -> dataset -> prepare (split, normalisation) -> train (batches -> step -> history)
//!       -> export -> net file -> verify (infer-nostd against model, bit for bit) -> report
//! ```
//!
//! The binary is a thin shell around this library: [`args`] reads the command line, [`commands`] has a file for each
//! command. Everything in between is usable without it:
//!
//! ```
//! use model::Engine;
//! use trainer::dataset::OpenOptions;
//! use trainer::prepare::Prepared;
//! use trainer::preset::Preset;
//! use trainer::train::{Length, train};
//!
//! let mut choice = Preset::Default.choice();
//! choice.settings.length = Length::Iterations(20);
//! let data = Prepared::load("digits", &OpenOptions::default(), &choice)?;
//! let trained = train(Engine::default(), data.train()?, data.val()?, &choice.settings, &mut |_| ())?;
//! assert!(trained.train.accuracy() > 0.5);
//! # Ok::<(), trainer::Error>(())
//! ```
//!
//! Same data, same settings: the same net file, byte for byte, for any instruction set and any number of threads.
#![forbid(unsafe_code)]

pub mod any_net;
pub mod args;
pub mod batches;
pub mod checkpoint;
pub mod checksum;
pub mod claim;
pub mod commands;
pub mod config;
pub mod config_file;
pub mod confusion;
pub mod dataset;
pub mod doctor;
mod element;
mod error;
pub mod evaluate;
pub mod exchange;
pub mod explain;
pub mod export;
pub mod files;
pub mod gradcheck;
pub mod history;
pub mod init;
pub mod interrupt;
pub mod keeper;
pub mod lr_find;
mod numpy;
pub mod pool;
pub mod prepare;
pub mod preset;
pub mod progress;
pub mod quantize;
pub mod random;
pub mod report;
pub mod rows;
pub mod schedule;
pub mod search;
pub mod see;
pub mod terms;
pub mod train;
pub mod training;
pub mod verify;
pub mod wording;

pub use error::{Error, Kind};

use args::Request;
use report::Report;

/// What the binary does with its command line, program name included.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Error> {
    match args::parse(args)? {
        Request::Run(command) => commands::run(&command),
        Request::Show(text) => {
            let mut report = Report::new(false);
            report.write(text);
            report.finish()
        }
    }
}
