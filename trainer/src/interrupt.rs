//! Ctrl-C and SIGTERM: the first asks to finish the checkpoint, the second leaves at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use crate::report::warn;
use crate::{Error, Kind};

/// A training that can be saved; before, in phase 0, there is nothing to lose.
const TRAINING: u8 = 1;
/// The training is over; its files are being written, which takes a moment.
const WRITING: u8 = 2;
/// A search, of which each result is saved as it comes.
const SEARCHING: u8 = 3;

/// Whether somebody has asked the run to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
    phase: Arc<AtomicU8>,
}

impl Interrupt {
    /// Listens to SIGINT and SIGTERM from now on, even if they were inherited as ignored (as shells leave it for what they
    /// run in the background). A thread of its own answers at once, however long a step takes. SIGHUP is left alone: it
    /// is what `nohup` is for.
    pub fn listen() -> Result<Self, Error> {
        let interrupt = Self::default();
        listen(interrupt.clone())
            .map_err(|e| Error::fault(format!("cannot listen to signals: {e}; Ctrl-C would lose work")))?;
        Ok(interrupt)
    }

    /// Whether to stop.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// From now on there is something to save.
    pub fn training(&self) {
        self.phase.store(TRAINING, Ordering::Relaxed);
    }

    /// From now on there are trainings that can be left.
    pub fn searching(&self) {
        self.phase.store(SEARCHING, Ordering::Relaxed);
    }

    /// From now on the end is near.
    pub fn writing(&self) {
        self.phase.store(WRITING, Ordering::Relaxed);
    }

    /// A signal has come.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no signals"))]
    fn answer(&self) {
        let leave = || std::process::exit(Kind::Interrupted.exit_code().into());
        if self.asked.swap(true, Ordering::Relaxed) {
            warn("interrupted again: leaving at once");
            leave();
        }
        match self.phase.load(Ordering::Relaxed) {
            TRAINING => warn("interrupted: finishing the checkpoint; once more to leave at once"),
            WRITING => {
                warn("interrupted: the training is over, finishing the files; once more to leave at once")
            }
            SEARCHING => warn("interrupted: leaving the trainings under way; once more to leave at once"),
            _ => {
                warn("interrupted: training had not begun");
                leave();
            }
        }
    }
}

#[cfg(unix)]
fn listen(interrupt: Interrupt) -> std::io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        signals.forever().for_each(|_| interrupt.answer());
    })?;
    Ok(())
}

/// No signals there: Ctrl-C ends the process, and the last checkpoint is at most half a second old.
#[cfg(not(unix))]
fn listen(_: Interrupt) -> std::io::Result<()> {
    Ok(())
}
