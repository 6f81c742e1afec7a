//! `trainer train`: read, train, write, verify, tell.

use kernels::Isa;
use model::{Engine, Join};

use crate::args::TrainArgs;
use crate::claim::Claim;
use crate::doctor::{Course, Finding, Patient, Unasked};
use crate::evaluate::Evaluator;
use crate::files::Target;
use crate::history::Evaluation;
use crate::interrupt::Interrupt;
use crate::keeper::Keeper;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::preset::Choice;
use crate::progress::Progress;
use crate::report::{self, Event, Report};
use crate::terms::Terms;
use crate::train::{News, Plan, Trained};
use crate::training::{State, Training};
use crate::verify::verify;
use crate::{Error, Kind, checksum, config, config_file, explain, export, see};

use super::apart::apart;

mod resume;
mod telling;

/// The steps.
pub(super) fn run(args: &TrainArgs) -> Result<(), Error> {
    if args.quiet {
        report::be_quiet();
    }
    let interrupt = Interrupt::listen()?;
    let outputs = Outputs::find(args)?;
    let mut choice = config::choice(args);
    config::check(&choice)?;
    let data = Prepared::load(&args.common.data, &args.common.options(), &choice)?;
    let part = data.train()?;
    config::fit(&mut choice, args, part);
    let pool = Pool::new(config::threads(args, &choice, data.data().d))?;
    let engine = Engine { isa: args.isa, pool: &pool };
    let mut report = Report::new(args.common.json);
    if args.explain {
        explain::explain(engine, part, &choice.settings, &mut report)?;
        return report.finish();
    }
    outputs.check()?;
    let _claim = Claim::on(&outputs.net)?;
    let plan = Plan::new(part, &choice.settings)?;
    export::check(plan.shape, data.normalization(), &data.data().classes)?;

    let run = Run { args, choice, data: &data, isa: args.isa, threads: pool.width() };
    let keeper = Keeper::new(&outputs.net, Terms::new(&run.choice, &data)?, interrupt);
    let state = resume::state(args, &keeper, &run.choice.settings, part)?;
    let resumed_step = state.as_ref().map_or(0, |state| state.step);
    run.begin(&mut report)?;
    let trained = match run.train(&pool, &keeper, state, &mut report) {
        Err(e) if e.kind() == Kind::Interrupted => {
            report.event(
                Event::new("interrupted").with("resumed_step", resumed_step).with("what", e.message()),
            );
            return report.finish().and(Err(e));
        }
        // As after a step that diverged, there is nothing to go on from.
        Err(e) if e.kind() == Kind::Diverged => {
            keeper.forget();
            return Err(e);
        }
        trained => trained?,
    };
    let written = run.write(engine, &trained, &outputs)?;
    keeper.end();
    run.end(engine, &trained, &written, resumed_step, &mut report)?;
    report.finish()
}

/// What the files end with that are written beside the net.
const BESIDE: [&str; 3] = ["last", "toml", "checkpoint"];

/// The files that will be written.
struct Outputs {
    net: Target,
    history: Option<Target>,
    report: Option<Target>,
}

impl Outputs {
    fn find(args: &TrainArgs) -> Result<Self, Error> {
        let net = Target::find(&args.out)?;
        let history = args.history.as_deref().map(Target::find).transpose()?;
        let report = args.report.as_deref().map(Target::find).transpose()?;
        let plots = report.as_ref().and_then(Target::file).map(see::plots::folder);
        let there = |path| std::fs::canonicalize(path).ok();
        let config = args.config.as_deref().and_then(there);
        let beside = BESIDE.map(|ending| net.beside(ending));
        let [last, toml, checkpoint] = beside.each_ref().map(|target| target.as_ref().map(Target::path));
        let toml = if config.as_deref() == toml { None } else { toml }; // its own flags may be written again
        apart(
            &net,
            &args.common.data,
            &[
                ("--config", config.as_deref()),
                ("--out", net.file()),
                ("the last net", last),
                ("the net's flags", toml),
                ("the checkpoint", checkpoint),
                ("--history", history.as_ref().and_then(Target::file)),
                ("--report", report.as_ref().and_then(Target::file)),
                ("the folder of plots", plots.as_deref()),
            ],
        )?;
        Ok(Self { net, history, report })
    }

    fn check(&self) -> Result<(), Error> {
        self.net.check()?;
        self.net.check_beside(&BESIDE)?;
        if let Some(page) = &self.report {
            page.check()?;
            see::plots::check(page)?;
        }
        self.history.as_ref().map_or(Ok(()), Target::check)
    }
}

/// The net file that was written.
struct Written {
    bytes: usize,
    verified: usize,
    /// Of which part the verified rows are.
    part: &'static str,
    /// The net on the test part, looked at once, when nothing can be decided by it any more.
    test: Option<Evaluation>,
    /// What the doctor says, and what it could not be asked.
    findings: Vec<Finding>,
    unasked: Unasked,
}

/// A training and what belongs to it.
struct Run<'a> {
    args: &'a TrainArgs,
    choice: Choice,
    data: &'a Prepared,
    isa: Isa,
    threads: usize,
}

impl Run<'_> {
    /// The training, with its news. It runs inside the pool, but its buffers are taken and given back here: what a thread
    /// of the pool gives back, no other can use.
    fn train(
        &self,
        pool: &Pool,
        keeper: &Keeper,
        state: Option<State>,
        report: &mut Report,
    ) -> Result<Trained, Error> {
        let mut progress = if self.args.quiet {
            Progress::Silent
        } else {
            Progress::new(!report.is_json(), &self.choice.settings)
        };
        let (data, settings) = (self.data, &self.choice.settings);
        let engine = Engine { isa: self.isa, pool };
        let mut training = Training::new(engine, data.train()?, data.val()?, settings, state)?;
        resume::tell_end(&training);
        let mut tell = |news: News<'_>| {
            progress.show(&news);
            if let News::Epoch(epoch, iterations) = news {
                report.event(
                    Event::new("epoch")
                        .with("epoch", epoch.number)
                        .with("iteration", epoch.iterations)
                        .with("iterations", iterations)
                        .with("learning_rate", epoch.learning_rate)
                        .with("train_loss", epoch.train.loss)
                        .with("train_accuracy", epoch.train.accuracy())
                        .with("val_loss", epoch.val.map(|val| val.loss))
                        .with("val_accuracy", epoch.val.map(|val| val.accuracy())),
                );
            }
        };
        let ran = pool.run(|| keeper.run(&mut training, &mut tell));
        progress.end();
        ran?;
        training.finish()
    }

    /// Writes the net, verified by what is read back, and the history.
    fn write(&self, engine: Engine<'_>, trained: &Trained, outputs: &Outputs) -> Result<Written, Error> {
        let data = self.data;
        let to_bytes = |net| export::to_bytes(net, data.normalization(), &data.data().classes);
        let bytes = to_bytes(&trained.net)?;
        let (part, name) = data.judge()?;
        let (mut verified, len) = (0, bytes.len());
        let checksum = checksum::of_net(&bytes).expect("a net file as it was just made");
        outputs.net.write_checked(bytes, |read| {
            verified =
                verify(engine, &trained.net, part, read).map_err(|e| e.context(self.args.out.display()))?;
            Ok(())
        })?;
        let config = config_file::of_run(self.args, &self.choice, checksum);
        let beside = |ending| outputs.net.beside(ending);
        if let Some(target) = beside("last") {
            target.write(&to_bytes(&trained.last)?)?;
        }
        if let Some(target) = beside("toml") {
            target.write(config.as_bytes())?;
        }
        if let Some(history) = &outputs.history {
            let lines =
                self.args.history.as_ref().and_then(|path| path.extension()).is_some_and(|e| e == "jsonl");
            let text = if lines { trained.history.to_json_lines() } else { trained.history.to_csv() };
            history.write(text.as_bytes())?;
        }
        let (findings, unasked) = self.examine(engine, trained)?;
        let mut evaluator = Evaluator::new(trained.net.shape(), self.threads);
        let test = data.test()?.map(|test| evaluator.evaluate(engine, &trained.net, test));
        let written = Written { bytes: len, verified, part: name, test, findings, unasked };
        if let Some(report) = &outputs.report {
            self.see(engine, trained, &written, report)?;
        }
        Ok(written)
    }

    /// The page about the training.
    fn see(
        &self,
        engine: Engine<'_>,
        trained: &Trained,
        written: &Written,
        page: &Target,
    ) -> Result<(), Error> {
        let Self { args, choice, data, .. } = self;
        let Written { test, findings, unasked, .. } = written;
        let line = format!("{} on {}: {}", trained.net.shape(), args.common.data, data.describe_rows());
        let share = |found: Option<Evaluation>| {
            found.map_or_else(|| "none".into(), |found| format!("{:.2} %", 100.0 * found.accuracy()))
        };
        let digits = if trained.seconds < 10.0 { 3 } else { 1 };
        let cards = [
            ("validation accuracy", share(trained.val)),
            ("training accuracy", share(Some(trained.train))),
            ("test accuracy", share(*test)),
            ("steps", trained.history.losses.len().to_string()),
            ("seconds", format!("{:.digits$}", trained.seconds)),
            ("rows a second", format!("{:.0}", trained.images_per_second)),
        ];
        let mut doctor: Vec<String> =
            findings.iter().map(|found| format!("{}; {}", found.what, found.advice)).collect();
        if findings.is_empty() {
            doctor.push(unasked.nothing_found());
        }
        doctor.extend(unasked.sentences());
        let command: Vec<String> =
            std::env::args_os().map(|word| see::shell_word(&word.to_string_lossy())).collect();
        see::run::Training {
            part: choice.settings.order.recorded(),
            line: &line,
            cards: &cards,
            history: &trained.history,
            net: &trained.net,
            data,
            doctor: &doctor,
            settings: &see::run::settings(&choice.settings),
            command: &command.join(" "),
        }
        .write(engine, page)
    }

    /// What the doctor finds, and what it cannot be asked.
    fn examine(&self, engine: Engine<'_>, trained: &Trained) -> Result<(Vec<Finding>, Unasked), Error> {
        let course = Course { settings: &self.choice.settings, history: Some(&trained.history) };
        let (train, val) = (self.data.train()?, self.data.val()?);
        let patient = Patient {
            engine,
            net: &trained.net,
            last: Some(&trained.last),
            train,
            val,
            course: Some(course),
        };
        Ok((patient.examine(), patient.unasked()))
    }
}
