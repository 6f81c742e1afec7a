//! `trainer train`: read, train, write, verify, tell.

use std::path::Path;

use kernels::Isa;
use model::{Engine, Join};

use super::doctor;
use crate::args::TrainArgs;
use crate::doctor::{Course, Finding, Patient, Unasked};
use crate::files::Target;
use crate::interrupt::Interrupt;
use crate::keeper::Keeper;
use crate::pool::Pool;
use crate::prepare::Prepared;
use crate::preset::Choice;
use crate::progress::Progress;
use crate::report::{self, Event, Report, talk};
use crate::rows::Part;
use crate::terms::Terms;
use crate::train::{News, Plan, Trained};
use crate::training::{State, Training};
use crate::verify::verify;
use crate::{Error, Kind, config, config_file, evaluate::Evaluator, explain, export, see};

mod resume;

/// The steps.
pub(super) fn run(args: &TrainArgs) -> Result<(), Error> {
    if args.quiet {
        report::be_quiet();
    }
    let interrupt = Interrupt::listen()?;
    let outputs = Outputs::find(args)?;
    let mut choice = config::choice(args);
    config::check(&choice)?;
    let data = Prepared::load(&args.common.data, args.common.label.as_deref(), &choice)?;
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
        trained => trained?,
    };
    let written = run.write(engine, &trained, &outputs)?;
    run.end(engine, &trained, &written, resumed_step, &mut report)?;
    report.finish()
}

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
        let data = std::fs::canonicalize(&args.common.data).ok();
        let targets = [("--out", Some(&net)), ("--history", history.as_ref()), ("--report", report.as_ref())];
        for (i, &(flag, target)) in targets.iter().enumerate() {
            if let (Some(Target::File(path)), Some(data)) = (target, &data)
                && path == data
            {
                let path = path.display();
                return Err(Error::usage(format!(
                    "{flag} {path} would replace the data set; name another file"
                )));
            }
            let twin = targets[..i].iter().find(|(_, other)| *other == target && target.is_some());
            if let (Some((other, _)), Some(Target::File(path))) = (twin, target) {
                let path = path.display();
                return Err(Error::usage(format!(
                    "{other} and {flag} both name {path}; they need a file each"
                )));
            }
        }
        Ok(Self { net, history, report })
    }

    fn check(&self) -> Result<(), Error> {
        self.net.check()?;
        self.report.as_ref().map_or(Ok(()), Target::check)?;
        self.history.as_ref().map_or(Ok(()), Target::check)
    }
}

/// The net file that was written.
struct Written {
    bytes: usize,
    verified: usize,
    /// Of which part the verified rows are.
    part: &'static str,
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
    /// Says what is about to happen.
    fn begin(&self, report: &mut Report) -> Result<(), Error> {
        let Self { args, choice, data, isa, threads } = self;
        let settings = &choice.settings;
        let (d, h, c) = (data.data().d, settings.hidden, data.data().c());
        let rows = |part: Option<Part<'_>>| part.map_or(0, |part| part.rows.len());
        let (train, val, test) = (data.train()?.rows.len(), rows(data.val()?), rows(data.test()?));
        report.event(
            Event::new("start")
                .with("data", args.common.data.as_str())
                .with("d", d)
                .with("h", h)
                .with("c", c)
                .with("train_rows", train)
                .with("val_rows", val)
                .with("test_rows", test)
                .with("seed", settings.seed)
                .with("isa", isa.name())
                .with("threads", *threads),
        );
        if !report.is_json() {
            talk(format_args!(
                "{}: {train} rows to train, {val} to validate, {test} to test; {}",
                args.common.data,
                data.describe_classes()
            ));
            let (batch, rate, seed) = (settings.batch_size, settings.learning_rate, settings.seed);
            talk(format_args!(
                "net {d}-{h}-{c}, batches of {batch}, rate {rate:.4}, seed {seed}, {isa}, threads: {threads}"
            ));
        }
        Ok(())
    }

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
            Progress::new(!report.is_json(), self.choice.settings.batch_size)
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
        outputs.net.write_checked(bytes, |read| {
            verified =
                verify(engine, &trained.net, part, read).map_err(|e| e.context(self.args.out.display()))?;
            Ok(())
        })?;
        let config = config_file::of_run(self.args, &self.choice);
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
        if let Some(report) = &outputs.report {
            self.see(engine, trained, &findings, &unasked, report)?;
        }
        Ok(Written { bytes: len, verified, part: name, findings, unasked })
    }

    /// The page about the training.
    fn see(
        &self,
        engine: Engine<'_>,
        trained: &Trained,
        findings: &[Finding],
        unasked: &Unasked,
        page: &Target,
    ) -> Result<(), Error> {
        let Self { args, choice, data, .. } = self;
        let line = format!("{} on {}", trained.net.shape(), args.common.data);
        let share = |found: Option<crate::history::Evaluation>| {
            found.map_or_else(|| "none".into(), |found| format!("{:.2} %", 100.0 * found.accuracy()))
        };
        let digits = if trained.seconds < 10.0 { 3 } else { 1 };
        let cards = [
            ("validation accuracy", share(trained.val)),
            ("training accuracy", share(Some(trained.train))),
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
        let command: Vec<String> = std::env::args().map(|word| see::shell_word(&word)).collect();
        see::run::Training {
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

    /// Results, and what to do next.
    fn end(
        &self,
        engine: Engine<'_>,
        trained: &Trained,
        written: &Written,
        resumed_step: usize,
        report: &mut Report,
    ) -> Result<(), Error> {
        let Self { args, choice, isa, threads, .. } = self;
        let (net, settings) = (&trained.net, &choice.settings);
        let mut evaluator = Evaluator::new(net.shape(), *threads);
        let test = self.data.test()?.map(|test| evaluator.evaluate(engine, net, test));
        let penalty = model::penalty(engine, net, settings.reg as f32);
        let loss = trained.train.loss + f64::from(penalty);
        let confusion = evaluator.confusion(engine, net, self.data.judge()?.0);
        let findings = &written.findings;

        for (name, found) in [("training", Some(trained.train)), ("validation", trained.val), ("test", test)]
        {
            if let Some(found) = found {
                let (correct, rows) = (found.correct, found.rows);
                let name = format!("{name} accuracy");
                report.line(format_args!("{name:20} {:.4}  ({correct} of {rows})", found.accuracy()));
            }
        }
        report.line(format_args!("loss                 {loss:.6}  (training part, penalty included)"));
        let (seconds, speed) = (trained.seconds, trained.images_per_second);
        report.line(format_args!("time                 {seconds:.3} s, {speed:.0} rows/s"));
        report.line(format_args!("net                  {} ({} bytes)", args.out.display(), written.bytes));
        if let Some(history) = &args.history {
            report.line(format_args!("history              {}", history.display()));
        }
        if let Some(page) = &args.report {
            report.line(format_args!("report               {}", page.display()));
        }
        let Written { verified, part, .. } = written;
        report.line(format_args!(
            "verified             {verified} of {verified} {part} rows, bit for bit, by infer-nostd"
        ));
        let steps = trained.history.losses.len();
        if trained.iterations < steps {
            report.line(format_args!(
                "best                 after step {} of {steps}; the last net is {}.last",
                trained.iterations,
                args.out.display()
            ));
        }
        report.line(format_args!("\n{part} rows by class:"));
        report.write_text(confusion.table(&self.data.data().classes));
        doctor::tell(findings, &written.unasked, report);
        report.event(
            Event::new("done")
                .with("train_accuracy", trained.train.accuracy())
                .with("val_accuracy", trained.val.map(|val| val.accuracy()))
                .with("test_accuracy", test.map(|test| test.accuracy()))
                .with("loss", loss)
                .with("iterations", trained.history.losses.len())
                .with("epochs", trained.history.epochs.len())
                .with("best_iteration", trained.iterations)
                .with("resumed_step", resumed_step)
                .with("seconds", seconds)
                .with("images_per_second", speed)
                .with("net", args.out.to_string_lossy())
                .with("bytes", written.bytes)
                .with("verified", *verified)
                .with("part", *part)
                .with_confusion(&confusion)
                .with("findings", findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
                .with("unasked", written.unasked.rules())
                .with("seed", settings.seed)
                .with("isa", isa.name())
                .with("threads", *threads),
        );
        if !report.is_json() && args.common.data == "digits" {
            suggest(&args.out);
        }
        Ok(())
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

/// For those who have just seen it work.
fn suggest(net: &Path) {
    // Cargo says so to the programs that it runs.
    let cargo = std::env::var_os("CARGO").is_some();
    let me = if cargo { "cargo run --release --" } else { "trainer" };
    let net = net.display();
    talk("\nWhat next?");
    talk(format_args!("  train on your own table    {me} train --data my.csv --out my.tln"));
    talk(format_args!("  classify rows with a net   {me} predict {net} --data digits"));
    talk(format_args!(
        "  link it into firmware      const NET: infer_nostd::Net = infer_nostd::include_net!(\"{net}\");"
    ));
}
