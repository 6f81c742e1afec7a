//! `--resume`: what is told about it.

use crate::Error;
use crate::args::TrainArgs;
use crate::keeper::Keeper;
use crate::report::{talk, warn};
use crate::rows::Part;
use crate::train::Settings;
use crate::training::{State, Training};

/// Where to go on from; None: from the start.
pub(super) fn state(
    args: &TrainArgs,
    keeper: &Keeper,
    settings: &Settings,
    train: Part<'_>,
) -> Result<Option<State>, Error> {
    if !args.resume {
        keeper.set_aside()?;
        return Ok(None);
    }
    let state = keeper.load(settings, train)?;
    if !args.common.json {
        match (keeper.path(), &state) {
            (Some(path), Some(state)) => {
                talk(format_args!("{}: going on after step {}", path.display(), state.step));
            }
            (Some(path), None) => talk(format_args!("{}: no checkpoint, starting afresh", path.display())),
            (None, _) => talk("nothing is kept beside a device: starting afresh"),
        }
    }
    Ok(state)
}

/// Says so where the run had ended before.
pub(super) fn tell_end(training: &Training<'_>) {
    if training.has_ended() {
        let (step, of) = (training.state().step, training.iterations());
        warn(format_args!("this run had ended, after step {step} of {of}: writing its files again"));
    }
}
