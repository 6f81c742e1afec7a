//! `trainer completions` and `trainer man`: made from the flags themselves, so they are never out of date.

use crate::Error;
use crate::args::{CompletionsArgs, definition};
use crate::report::Report;

/// A script for the shell.
pub(super) fn completions(args: &CompletionsArgs) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition(), "trainer", &mut script);
    write(&script)
}

/// The manual page: that of the program, followed by a section for each command.
pub(super) fn man() -> Result<(), Error> {
    let mut page = Vec::new();
    let failed = |e| Error::fault(format!("cannot make the manual: {e}"));
    let mut program = definition();
    program.build();
    clap_mangen::Man::new(program.clone()).render(&mut page).map_err(failed)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = command.get_name().to_uppercase();
        page.extend(format!(".SH \"{name}\"\n").bytes());
        let man = clap_mangen::Man::new(command.clone());
        man.render_description_section(&mut page).map_err(failed)?;
        man.render_synopsis_section(&mut page).map_err(failed)?;
        man.render_options_section(&mut page).map_err(failed)?;
    }
    write(&page)
}

fn write(bytes: &[u8]) -> Result<(), Error> {
    let mut report = Report::new(false);
    report.write(String::from_utf8_lossy(bytes));
    report.finish()
}
