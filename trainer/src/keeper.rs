//! Never lose work: checkpoints while a training runs, and going on from one.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::checkpoint;
use crate::files::{LOCK, OFTEN, Target};
use crate::interrupt::Interrupt;
use crate::report::warn;
use crate::rows::Part;
use crate::terms::Terms;
use crate::train::{News, Plan, Settings, tell};
use crate::training::{State, Training};
use crate::{Error, Kind};

/// Work that may be lost at most, besides the step under way.
const INTERVAL: Duration = Duration::from_millis(500);
/// What a checkpoint that was set aside ends with, and from the second on a number.
const OLD: &str = "old";

/// Writes the checkpoints of a training beside its net.
#[derive(Debug)]
pub struct Keeper {
    /// None: the net goes to a device, beside which nothing can be kept.
    target: Option<Target>,
    /// Whether what lies there is of this training: it went on from it, or wrote it.
    own: AtomicBool,
    terms: Terms,
    interrupt: Interrupt,
}

/// What a training or search of this net keeps under this path for a while, if it does: of checkpoints set aside there may be any number.
#[must_use]
pub fn kept(net: &Target, path: &Path) -> Option<&'static str> {
    let checkpoint = net.beside("checkpoint")?;
    let old = checkpoint.beside(OLD)?;
    let number = path.as_os_str().as_encoded_bytes().strip_prefix(old.path().as_os_str().as_encoded_bytes());
    let hidden = |target: &Target, ending| target.hidden(ending).is_some_and(|hidden| hidden == path);
    match number {
        Some(number) if number.iter().all(u8::is_ascii_digit) => Some("an older checkpoint"),
        _ if hidden(net, LOCK) => Some("the net's lock"),
        _ if hidden(&checkpoint, OFTEN) => Some("a checkpoint being written"),
        _ => None,
    }
}

impl Keeper {
    /// For the training with these terms whose net goes to `net`.
    #[must_use]
    pub fn new(net: &Target, terms: Terms, interrupt: Interrupt) -> Self {
        Self { target: net.beside("checkpoint"), own: AtomicBool::new(false), terms, interrupt }
    }

    /// Where the checkpoint is.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.target.as_ref().map(Target::path)
    }

    /// The state in the checkpoint of a training on these rows; None where there is none.
    ///
    /// # Errors
    /// If it is broken, or of a training with other terms, or on other rows.
    pub fn load(&self, settings: &Settings, train: Part<'_>) -> Result<Option<State>, Error> {
        let Some(path) = self.path() else { return Ok(None) };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::read("read", path, &e)),
        };
        let place = path.display();
        let broken = |what: String| {
            Error::data(format!(
                "{place}: cannot go on from this checkpoint: {what}; leave --resume out to start afresh"
            ))
        };
        let terms = checkpoint::terms(&bytes).map_err(broken)?;
        if let Some(what) = self.terms.difference(&terms) {
            return Err(Error::usage(format!(
                "--resume: {place} is of another training: {what}; give the same arguments, or leave --resume out"
            )));
        }
        let shape = Plan::new(train, settings)?.shape;
        let state = checkpoint::decode(&bytes, settings, shape, train.rows).map_err(broken)?;
        self.own.store(true, Ordering::Relaxed);
        Ok(Some(state))
    }

    /// Runs the training to its end. A checkpoint is written at each record, before it is told, after half a second of
    /// work, and at the end.
    ///
    /// # Errors
    /// If the loss is not finite (there is nothing to go on from then: the checkpoint goes), if a checkpoint cannot be
    /// written, or [`Kind::Interrupted`].
    pub fn run(
        &self,
        training: &mut Training<'_>,
        news: &mut (dyn FnMut(News<'_>) + Send),
    ) -> Result<(), Error> {
        self.interrupt.training();
        let mut saved = Instant::now();
        while !training.has_ended() {
            let (loss, recorded) = training.step().inspect_err(|_| self.forget())?;
            let asked = self.interrupt.asked();
            if recorded || asked || saved.elapsed() >= INTERVAL || training.has_ended() {
                self.save(training.state())?;
                saved = Instant::now();
            }
            tell(training, loss, recorded, news);
            if asked {
                return Err(self.interrupted(training));
            }
        }
        self.interrupt.writing();
        Ok(())
    }

    fn save(&self, state: &State) -> Result<(), Error> {
        let Some(target) = &self.target else { return Ok(()) };
        target.write_often(|to| checkpoint::write(self.terms.as_str(), state, to)).map_err(|e| {
            let what = "what was saved before is whole: make room and add --resume to the same command";
            Error::new(e.kind(), format!("{}; {what}", e.message()))
        })?;
        self.own.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The training's files are written: the next run need not set the checkpoint aside. If that cannot be written down, it will.
    pub fn end(&self) {
        let Some(target) = &self.target else { return };
        if let Ok(mut from) = File::open(target.path()) {
            let _ = target.write_often(|to| checkpoint::mark_ended(self.terms.as_str(), &mut from, to));
        }
    }

    /// Takes the training's checkpoint away. Before it has one, that of an earlier run that had ended stays with its net.
    pub fn forget(&self) {
        if let Some(path) = self.path().filter(|_| self.own.load(Ordering::Relaxed)) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// For a run that starts afresh: what lies in the place of its checkpoint gets another name, and that is said, unless it is of a training
    /// that had ended. Of a file as large as three nets only the beginning is read.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn set_aside(&self) -> Result<(), Error> {
        let Some(target) = &self.target else { return Ok(()) };
        let path = target.path();
        let what = match File::open(path).map(|mut file| checkpoint::claims_end(&mut file)) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
            Err(e) => format!("it cannot be opened: {e}"),
            Ok(Ok(true)) => return Ok(()),
            Ok(Ok(false)) => {
                "the training in it had not ended: to go on with it, stop this run, rename it back, and add \
                          --resume to the command of that training"
                    .into()
            }
            Ok(Err(what)) => format!("it is no checkpoint that this trainer reads: {what}"),
        };
        let names = (1..).map(|n| if n == 1 { OLD.into() } else { format!("{OLD}{n}") });
        let is_free = |old: &Target| old.path().symlink_metadata().is_err();
        let Some(old) = names.filter_map(|name| target.beside(&name)).find(is_free) else { return Ok(()) };
        std::fs::rename(path, old.path()).map_err(|e| Error::write("rename", path, &e))?;
        warn(format_args!("{} is now {}; {what}", path.display(), old.path().display()));
        Ok(())
    }

    fn interrupted(&self, training: &Training<'_>) -> Error {
        let (step, of) = (training.state().step, training.iterations());
        let what = match self.path() {
            Some(path) => {
                format!("{} has all of it: add --resume to the same command to go on", path.display())
            }
            None => "nothing is kept beside a device".into(),
        };
        Error::new(Kind::Interrupted, format!("interrupted after step {step} of {of}; {what}"))
    }
}
