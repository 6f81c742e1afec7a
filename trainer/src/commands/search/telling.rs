//! What a search says: as it begins, after each training, at the end.

use infer_nostd::Net;
use model::Engine;

use super::Search;
use crate::args::TrainArgs;
use crate::evaluate::Evaluator;
use crate::exchange::net::Layers;
use crate::preset::Choice;
use crate::report::{Event, talk};
use crate::search::bar::Bar;
use crate::search::schedule::Run;
use crate::search::{Outcome, Point, diverged_later};
use crate::train::{Length, Settings};
use crate::wording::{agreeing, counted, written};
use crate::{Error, config_file, see};

/// Lines of the table at the end.
const SHOWN: usize = 10;

impl Search<'_> {
    /// Says what is about to happen.
    pub(super) fn begin(&mut self, run: Run<'_>, known: usize) {
        let (train, val) = (self.field.train().rows.len(), self.field.val().rows.len());
        let (candidates, trainings) = (self.spec.points.len(), self.trainings);
        let (i, n) = self.spec.shard;
        self.report.event(
            Event::new("start")
                .with("data", self.args.common.data.as_str())
                .with("d", self.data.data().d)
                .with("c", self.data.data().c())
                .with("train_rows", train)
                .with("val_rows", val)
                .with("candidates", candidates)
                .with("trainings", trainings)
                .with("known", known)
                .with("shard", format!("{i}/{n}"))
                .with("seed", self.spec.base.seed)
                .with("isa", run.isa.name())
                .with("threads", run.threads),
        );
        if !self.report.is_json() {
            talk(format_args!(
                "{}: {} to train, {val} to validate; {}",
                self.args.common.data,
                counted(train, "row"),
                self.data.describe_classes()
            ));
            let part = if n > 1 { format!(", shard {i} of {n}") } else { String::new() };
            talk(format_args!(
                "{}, {}, {} at a time{part}",
                counted(candidates, "candidate"),
                counted(trainings, "training"),
                run.threads
            ));
            if known > 0 {
                let (results, are) = (counted(known, "result"), agreeing(&known, "is", "are"));
                talk(format_args!("{results} {are} in {}", self.files.journal.display()));
            }
        }
    }

    /// A result in a line.
    pub(super) fn tell(&mut self, outcome: &Outcome, point: &Point, bar: &Bar) {
        let best = self.best.as_ref().map_or(0.0, Outcome::accuracy);
        self.report.event(
            with_point(Event::new("trial"), point)
                .with("candidate", outcome.candidate)
                .with("epochs", outcome.asked)
                .with("val_accuracy", outcome.accuracy())
                .with("diverged", outcome.diverged)
                .with("best_val_accuracy", best)
                .with("seconds", outcome.seconds),
        );
        if !self.report.is_json() {
            let found = match outcome.diverged {
                Some(step) => format!("diverged at step {step}"),
                None => format!("{:.4} (best {best:.4})", outcome.accuracy()),
            };
            let (taken, of) = (self.taken, self.trainings);
            let [rate, reg, decay] = numbers(point);
            let line = format!(
                "{taken:>3}/{of}  {found}  hidden {}, rate {rate}, reg {reg}, decay {decay}",
                point.hidden
            );
            bar.tell(line, format!("{taken}/{of} done  best {best:.4}"));
        }
    }

    /// The table, the winner, and how to make it again.
    pub(super) fn end(&mut self, known: &[Outcome]) -> Result<(), Error> {
        let best = self.best.clone().expect("checked by the caller");
        let (epoch, val) = best.best().map(|(epoch, val)| (*epoch, val)).expect("the best has an epoch");
        let point = self.spec.points[best.candidate];
        let path = self.files.net.path();
        let bytes = std::fs::read(path).map_err(|e| Error::read("read back", path, &e))?;
        let net = Net::from_bytes(&bytes).map_err(|e| Error::fault(format!("{}: {e}", path.display())))?;
        let net = Layers::of(&net).params()?;
        let engine = Engine::serial(self.args.isa);
        let mut evaluator = Evaluator::new(net.shape(), 1);
        let train = evaluator.evaluate(engine, &net, self.field.train());
        let test = self.data.test()?.map(|test| evaluator.evaluate(engine, &net, test));
        let command = self.command(&point, epoch.number);
        self.write_flags(&best, epoch.number)?;
        if let Some(report) = &self.files.report {
            let outcomes = see::search::Outcomes { spec: self.spec, all: known, best: &best };
            outcomes.write(engine, &net, self.data, test, &command, report)?;
        }
        self.table(known);
        self.report.line(format_args!(
            "best net             {} ({} bytes)",
            self.args.out.display(),
            bytes.len()
        ));
        self.report.line(format_args!("history              {}", self.files.history.path().display()));
        self.report.accuracies([("training", Some(train)), ("validation", Some(val)), ("test", test)]);
        let diverged = diverged_later(known, &best);
        if let Some(step) = diverged {
            self.report.line(later_line(step, epoch.number));
        }
        self.report.line(format_args!("the same net again   {command}"));
        self.report.event(
            with_point(Event::new("done"), &point)
                .with("val_accuracy", val.accuracy())
                .with("train_accuracy", train.accuracy())
                .with("test_accuracy", test.map(|test| test.accuracy()))
                .with("batch_size", self.spec.base.batch_size)
                .with("epochs", epoch.number)
                .with("diverged_later", diverged)
                .with("candidate", best.candidate)
                .with("candidates", self.spec.points.len())
                .with("trainings", self.trainings)
                .with("finished", known.len())
                .with("seconds", self.begun.elapsed().as_secs_f64())
                .with("net", self.args.out.to_string_lossy())
                .with("bytes", bytes.len())
                .with("history", self.files.history.path().to_string_lossy())
                .with("journal", self.files.journal.to_string_lossy())
                .with("command", command)
                .with("seed", self.spec.base.seed),
        );
        Ok(())
    }

    /// The flags that train the best net again, beside it as `train` writes them: they say which data it was trained on.
    fn write_flags(&self, best: &Outcome, epochs: usize) -> Result<(), Error> {
        let args = TrainArgs {
            common: self.args.common.clone(),
            out: self.args.out.clone(),
            ..TrainArgs::default()
        };
        let settings = Settings { length: Length::Epochs(epochs), ..self.spec.settings(best.candidate) };
        let choice = Choice { settings, ..super::choice(self.args) };
        let text = config_file::of_run(&args, &choice, best.net);
        self.files.net.beside("toml").map_or(Ok(()), |target| target.write(text.as_bytes()))
    }

    /// The command that trains the best net again, byte for byte.
    fn command(&self, point: &Point, epochs: usize) -> String {
        let (hidden, base) = (point.hidden, &self.spec.base);
        let [rate, reg, decay] = numbers(point);
        let quoted = |path: &str| see::shell_word(path);
        let label =
            self.args.common.label.as_deref().map_or_else(String::new, |l| format!(" --label {}", quoted(l)));
        let share = self
            .args
            .val_fraction
            .map_or_else(String::new, |share| format!(" --val-fraction {}", written(share)));
        let split = match self.args.split {
            Some(crate::preset::Split::Last) => " --split last",
            _ => "",
        };
        format!(
            "trainer train --data {}{label}{split}{share} --hidden {hidden} --learning-rate {rate} \
             --learning-rate-decay {decay} --reg {reg} --batch-size {} --epochs {epochs} --seed {} --out {}",
            quoted(&self.args.common.data),
            base.batch_size,
            base.seed,
            quoted(&self.args.out.to_string_lossy())
        )
    }

    /// The best candidates, each with its longest training.
    fn table(&mut self, known: &[Outcome]) {
        let ranked = see::search::ranked(known);
        self.report.line("  validation  training  hidden  rate       reg        decay   epoch");
        for outcome in ranked.iter().take(SHOWN) {
            let Some((epoch, val)) = outcome.best() else { continue };
            let point = &self.spec.points[outcome.candidate];
            let [rate, reg, decay] = numbers(point);
            let (val, train) = (val.accuracy(), epoch.train.accuracy());
            let later = see::search::later(known, outcome);
            self.report.line(format_args!(
                "  {val:<10.4}  {train:<8.4}  {:<6}  {rate:<9}  {reg:<9}  {decay:<6}  {} of {}{later}",
                point.hidden, epoch.number, outcome.asked
            ));
        }
    }
}

/// Of a net whose candidate diverged on a later rung.
pub(in crate::commands) fn later_line(step: usize, epoch: usize) -> String {
    format!(
        "diverged later       at step {step} of a longer training: this net is the one after epoch {epoch}"
    )
}

/// Rate, penalty and decay of a candidate, as they are typed.
fn numbers(point: &Point) -> [String; 3] {
    [point.learning_rate, point.reg, point.learning_rate_decay].map(written)
}

/// The fields of a candidate.
fn with_point(event: Event, point: &Point) -> Event {
    event
        .with("hidden", point.hidden)
        .with("learning_rate", point.learning_rate)
        .with("learning_rate_decay", point.learning_rate_decay)
        .with("reg", point.reg)
}
