//! `trainer search`: candidates, trainings, the best net.

use std::path::PathBuf;
use std::time::Instant;

use model::Engine;

use crate::args::{SearchArgs, SearchCommand};
use crate::claim::Claim;
use crate::config;
use crate::files::Target;
use crate::interrupt::Interrupt;
use crate::prepare::Prepared;
use crate::preset::{Choice, Preset};
use crate::report::{Event, Report, talk};
use crate::search::bar::Bar;
use crate::search::journal::{Header, Journal};
use crate::search::schedule::{self, Run};
use crate::search::space::Axes;
use crate::search::trial::{Done, Field, Trial};
use crate::search::{Outcome, Spec, best, none_learnt, none_left_out, rungs};
use crate::train::{Length, Plan};
use crate::verify::verify;
use crate::wording::counted;
use crate::{Error, Kind, checksum, export, see};

use super::apart::apart;

pub(super) mod telling;

/// The steps.
pub(super) fn run(args: &SearchArgs) -> Result<(), Error> {
    if let Some(SearchCommand::Merge(args)) = &args.command {
        return super::search_merge::run(args);
    }
    if args.quiet {
        crate::report::be_quiet();
    }
    let begun = Instant::now();
    let interrupt = Interrupt::listen()?;
    let files = Files::find(args)?;
    let choice = choice(args);
    let data = Prepared::load(&args.common.data, &args.common.options(), &choice)?;
    let spec = spec(args, choice, &data)?;
    let val = data.val()?.ok_or_else(|| {
        Error::usage(
            "no rows to validate with, and a search chooses by them; ask for a larger --val-fraction",
        )
    })?;
    let field = Field::new(data.train()?, val);
    let mut per_epoch = 1;
    for candidate in 0..spec.points.len() {
        let plan = Plan::new(field.train(), &spec.settings(candidate))?;
        export::check(plan.shape, data.normalization(), &data.data().classes)?;
        per_epoch = plan.per_epoch;
    }
    let _claim = Claim::on(&files.net)?;
    let header = Header::new(&spec, &args.common.data, field.checksum());
    let (journal, known) = Journal::open(&files.journal, &header)?;
    let every = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let search = Search {
        args,
        files,
        spec: &spec,
        data: &data,
        field: &field,
        journal,
        report: Report::new(args.common.json),
        best: None,
        taken: 0,
        trainings: spec.trainings(),
        begun,
    };
    let bar =
        Bar::new(&spec, &known, per_epoch, args.budget.map(|budget| budget.saturating_sub(begun.elapsed())));
    let watch = |hidden| {
        bar.step(hidden);
        interrupt.asked() || args.budget.is_some_and(|budget| begun.elapsed() >= budget)
    };
    let run = Run { threads: args.threads.unwrap_or(every), isa: args.isa, watch: &watch };
    search.go(run, &bar, known, &interrupt)
}

/// The settings that candidates share: our defaults, in batches of 100.
fn choice(args: &SearchArgs) -> Choice {
    let mut choice = Preset::Default.choice();
    choice.settings.length = Length::Epochs(args.epochs);
    choice.settings.batch_size = args.batch_size.unwrap_or(100);
    choice.settings.seed = args.seed.unwrap_or(choice.settings.seed);
    choice.val_fraction = args.val_fraction.unwrap_or(choice.val_fraction);
    choice.split = args.split.unwrap_or(choice.split);
    choice
}

/// Candidates and rungs.
fn spec(args: &SearchArgs, mut choice: Choice, data: &Prepared) -> Result<Spec, Error> {
    let given = crate::args::TrainArgs { batch_size: args.batch_size, ..Default::default() };
    config::fit(&mut choice, &given, data.train()?);
    let rate = choice.settings.learning_rate;
    let or =
        |given: &[f64], default: &[f64]| if given.is_empty() { default.to_vec() } else { given.to_vec() };
    // Four digits: a rate that can be typed.
    let times = |k: f64| format!("{:.3e}", k * rate).parse().expect("a number that was just printed");
    let axes = Axes {
        hidden: if args.hidden.is_empty() { vec![128, 256, 512] } else { args.hidden.clone() },
        learning_rate: or(&args.learning_rate, &[times(1.0), times(2.0), times(4.0)]),
        reg: or(&args.reg, &[1e-4, 1e-3, 3e-3, 1e-2]),
        learning_rate_decay: or(&args.learning_rate_decay, &[0.9, 0.95]),
    };
    let (points, rungs) = match args.random {
        Some(n) => (axes.draw(n, choice.settings.seed)?, rungs(args.epochs)),
        None => (axes.grid(choice.settings.seed)?, vec![args.epochs]),
    };
    let spec = Spec { base: choice.settings, points, rungs, shard: args.shard };
    none_left_out(&spec)?;
    Ok(spec)
}

/// The files of a search.
struct Files {
    net: Target,
    history: Target,
    journal: PathBuf,
    report: Option<Target>,
}

impl Files {
    fn find(args: &SearchArgs) -> Result<Self, Error> {
        let net = Target::find(&args.out)?;
        if net.file().is_none() {
            return Err(Error::usage(format!(
                "--out {}: it is no regular file, and a search keeps a journal beside its net and reads the net back; name a file",
                args.out.display()
            )));
        }
        // Behind a link, as the flags are.
        let behind = net.file().filter(|_| args.out.is_symlink()).unwrap_or(&args.out);
        let beside = |ending: &str| {
            let mut name = behind.to_owned().into_os_string();
            name.push(ending);
            PathBuf::from(name)
        };
        let history = Target::find(&args.history.clone().unwrap_or_else(|| beside(".csv")))?;
        let report = args.report.as_deref().map(Target::find).transpose()?;
        let journal = Target::find(&beside(".journal"))?.path().to_owned();
        let flags = net.beside("toml");
        net.check_beside(&["toml"])?;
        for target in [Some(&net), Some(&history), report.as_ref()].into_iter().flatten() {
            target.check()?;
        }
        report.as_ref().map_or(Ok(()), see::plots::check)?;
        let plots = report.as_ref().and_then(Target::file).map(see::plots::folder);
        apart(
            &net,
            &args.common.data,
            &[
                ("the journal", Some(&journal)),
                ("--out", net.file()),
                ("the net's flags", flags.as_ref().map(Target::path)),
                ("--history", history.file()),
                ("--report", report.as_ref().and_then(Target::file)),
                ("the folder of plots", plots.as_deref()),
            ],
        )?;
        Ok(Self { net, history, journal, report })
    }
}

/// A search under way.
struct Search<'a> {
    args: &'a SearchArgs,
    files: Files,
    spec: &'a Spec,
    data: &'a Prepared,
    field: &'a Field<'a>,
    journal: Journal,
    report: Report,
    /// The best so far: its net is in the file.
    best: Option<Outcome>,
    taken: usize,
    trainings: usize,
    begun: Instant,
}

impl Search<'_> {
    fn go(
        mut self,
        run: Run<'_>,
        bar: &Bar,
        mut known: Vec<Outcome>,
        interrupt: &Interrupt,
    ) -> Result<(), Error> {
        self.begin(run, known.len());
        self.taken = known.len();
        let (spec, field) = (self.spec, self.field);
        interrupt.searching();
        let all = match self.resume(run, bar, &mut known) {
            Ok(true) => schedule::run(spec, field, run, &mut known, &mut |done| self.take(done, bar)),
            other => other,
        };
        bar.end();
        let all = all?;
        if !all && interrupt.asked() {
            return self.interrupted();
        }
        interrupt.writing();
        if known.is_empty() {
            return Err(Error::usage(
                "no training was finished within the budget; ask for a larger --budget or fewer --epochs",
            ));
        }
        if self.best.is_none() {
            let mine = spec.brackets().concat().len();
            let rates = known.iter().map(|outcome| spec.points[outcome.candidate].learning_rate);
            return Err(none_learnt(&known, mine, rates));
        }
        if !all && !self.report.is_json() {
            talk("the budget is used up; the same command goes on from the journal");
        }
        self.end(&known)?;
        self.report.finish()
    }

    /// Ctrl-C: all that was finished is on the disk.
    fn interrupted(mut self) -> Result<(), Error> {
        let (taken, of, journal) = (self.taken, self.trainings, self.files.journal.display());
        let what = format!(
            "interrupted: {journal} has {taken} of {}; the same command goes on from there",
            counted(of, "result")
        );
        self.report.event(Event::new("interrupted").with("finished", taken).with("what", what.as_str()));
        self.report.finish().and(Err(Error::new(Kind::Interrupted, what)))
    }

    /// Takes up the best of an earlier run. If its net is not there any more, that candidate is trained again before all
    /// others; false if time ran out before that was done.
    fn resume(&mut self, run: Run<'_>, bar: &Bar, known: &mut Vec<Outcome>) -> Result<bool, Error> {
        let Some(best) = best(known).cloned() else { return Ok(true) };
        let there = std::fs::read(self.files.net.path()).ok();
        if there.and_then(|bytes| checksum::of_net(&bytes)) == Some(best.net) {
            self.best = Some(best);
            return Ok(true);
        }
        let settings = self.spec.settings(best.candidate);
        let mut trial = Trial::new(self.field, best.candidate, settings)?;
        let stop = || (run.watch)(settings.hidden);
        let Some(done) = trial.run_to(Engine::serial(run.isa), best.asked, &stop) else { return Ok(false) };
        known.retain(|outcome| *outcome != best);
        self.taken = known.len();
        known.push(self.take(done, bar)?);
        Ok(true)
    }

    /// A result: the net and its history if it is the best so far, then the line of the journal. In this order, so
    /// that the journal never promises a net that is not there.
    fn take(&mut self, done: Done, bar: &Bar) -> Result<Outcome, Error> {
        let Done { mut outcome, net, history } = done;
        let bytes = export::to_bytes(&net, self.data.normalization(), &self.data.data().classes)?;
        outcome.net = checksum::of_net(&bytes).expect("a net file as it was just made");
        let better = self.best.as_ref().is_none_or(|best| outcome.rank(best).is_lt());
        if better && outcome.best().is_some() {
            self.files.history.write(history.to_csv().as_bytes())?;
            let engine = Engine::serial(self.args.isa);
            self.files.net.write_checked(bytes, |read| {
                verify(engine, &net, self.field.val(), read)
                    .map(|_| ())
                    .map_err(|e| e.context(self.args.out.display()))
            })?;
            self.best = Some(outcome.clone());
        }
        let point = &self.spec.points[outcome.candidate];
        self.journal.append(outcome.to_json(point))?;
        self.taken += 1;
        self.tell(&outcome, point, bar);
        Ok(outcome)
    }
}
