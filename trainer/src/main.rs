//! The `trainer` binary: runs, tells the error in one line, sets the exit code.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    match trainer::run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            trainer::report::talk(format_args!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
