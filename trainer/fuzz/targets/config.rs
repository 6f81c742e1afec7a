//! A configuration file: entries, or the number of the line that is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::{args, config_file};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match config_file::read(text) {
        Ok(entries) => assert!(entries.iter().all(|entry| !entry.name.is_empty())),
        Err((line, what)) => assert!(line >= 1 && line <= text.lines().count().max(1) && !what.is_empty()),
    }
    let path = fuzz::file("config", "run.toml", bytes);
    let _ = args::parse(["trainer", "--config"].map(std::ffi::OsString::from).into_iter().chain([path.into()]));
});
