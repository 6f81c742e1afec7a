//! The `trainer` binary: runs, tells the error in one line, sets the exit code.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match trainer::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let word = if error.kind() == trainer::Kind::Interrupted { "" } else { "error: " };
            trainer::report::warn(format_args!("{word}{error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
