//! Trainings side by side, one a core, and rung after rung where candidates are halved.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};

use kernels::Isa;
use model::Engine;

use super::trial::{Done, Field, Trial};
use super::{KEEP_ONE_OF, Outcome, Spec};
use crate::Error;

/// Where and how long.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Trainings at the same time.
    pub threads: usize,
    /// The instruction set.
    pub isa: Isa,
    /// Asked before each step of a net with so many hidden units: whether to stop. What is not finished is left out.
    pub watch: &'a (dyn Fn(usize) -> bool + Sync),
}

/// Trains what is not in `known` yet, tells each result to `take` on the calling thread, and returns whether every
/// training was finished. `known` holds the results of an earlier run on entry, and all of them on return.
pub fn run<'f>(
    spec: &Spec,
    field: &'f Field<'f>,
    run: Run<'_>,
    known: &mut Vec<Outcome>,
    take: &mut dyn FnMut(Done) -> Result<Outcome, Error>,
) -> Result<bool, Error> {
    for mut alive in spec.brackets() {
        let trials = Mutex::new(HashMap::new());
        for (rung, &epochs) in spec.rungs.iter().enumerate() {
            let last = rung + 1 == spec.rungs.len();
            let find = |known: &[Outcome], k: usize| {
                known.iter().position(|o| o.candidate == k && o.asked == epochs)
            };
            let todo: Vec<usize> = alive.iter().copied().filter(|&k| find(known, k).is_none()).collect();
            let stage = Stage { spec, field, run, epochs, last, trials: &trials };
            if !stage.train(&todo, &mut |done| take(done).map(|outcome| known.push(outcome)))? {
                return Ok(false);
            }
            // All of this rung are known now: the best of them go on, in the order of the candidates.
            let mut ranked: Vec<&Outcome> =
                alive.iter().filter_map(|&k| find(known, k).map(|i| &known[i])).collect();
            ranked.sort_by(|a, b| a.rank(b));
            let mut next: Vec<usize> =
                ranked.iter().take(alive.len().div_ceil(KEEP_ONE_OF)).map(|o| o.candidate).collect();
            next.sort_unstable();
            alive = next;
            trials.lock().unwrap_or_else(PoisonError::into_inner).retain(|k, _| alive.contains(k));
        }
    }
    Ok(true)
}

/// One rung of a bracket.
struct Stage<'s, 'f> {
    spec: &'s Spec,
    field: &'f Field<'f>,
    run: Run<'s>,
    epochs: usize,
    last: bool,
    /// Trainings that wait for their next rung. One that is not there (after a restart) begins anew and comes to the
    /// same weights.
    trials: &'s Mutex<HashMap<usize, Trial<'f>>>,
}

impl Stage<'_, '_> {
    /// Trains these candidates; false if time ran out before all were done.
    fn train(&self, todo: &[usize], take: &mut dyn FnMut(Done) -> Result<(), Error>) -> Result<bool, Error> {
        let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let stop = |hidden| failed.load(Ordering::Relaxed) || (self.run.watch)(hidden);
        let mut taken = 0;
        std::thread::scope(|scope| {
            let (send, receive) = channel();
            for _ in 0..self.run.threads.clamp(1, todo.len().max(1)) {
                let (send, next, stop) = (send.clone(), &next, &stop);
                scope.spawn(move || self.work(todo, next, stop, &send));
            }
            drop(send);
            for done in receive {
                if let Err(error) = done.and_then(&mut *take) {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                taken += 1;
            }
            Ok(taken == todo.len())
        })
    }

    /// A worker: one candidate after the other until none is left.
    fn work(
        &self,
        todo: &[usize],
        next: &AtomicUsize,
        stop: &dyn Fn(usize) -> bool,
        send: &Sender<Result<Done, Error>>,
    ) {
        while let Some(&candidate) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
            let waiting = self.trials.lock().unwrap_or_else(PoisonError::into_inner).remove(&candidate);
            let trial =
                waiting.map_or_else(|| Trial::new(self.field, candidate, self.spec.settings(candidate)), Ok);
            let done = trial.map(|mut trial| {
                let stop = || stop(self.spec.points[candidate].hidden);
                let done = trial.run_to(Engine::serial(self.run.isa), self.epochs, &stop);
                if !self.last && done.is_some() {
                    self.trials.lock().unwrap_or_else(PoisonError::into_inner).insert(candidate, trial);
                }
                done
            });
            // Nobody listens any more after an error of the other side.
            match done {
                Ok(Some(done)) => drop(send.send(Ok(done))),
                Ok(None) => return,
                Err(error) => return drop(send.send(Err(error))),
            }
        }
    }
}
