//! What a training says: as it begins, and at the end.

use std::path::Path;

use model::Engine;

use super::super::doctor;
use super::{Run, Written};
use crate::Error;
use crate::confusion::Confusion;
use crate::evaluate::Evaluator;
use crate::report::{Event, Report, talk};
use crate::rows::Part;
use crate::train::Trained;
use crate::wording::{counted, fixed};

/// What is looked at when the net is written.
struct Results<'a> {
    trained: &'a Trained,
    written: &'a Written,
    /// On the training part, penalty included.
    loss: f64,
    confusion: Confusion,
    resumed_step: usize,
}

impl Run<'_> {
    /// Says what is about to happen.
    pub(super) fn begin(&self, report: &mut Report) -> Result<(), Error> {
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
            talk(format_args!("{}: {}; {}", args.common.data, data.describe_rows(), data.describe_classes()));
            let (batch, seed) = (settings.batch_size, settings.seed);
            let rate = fixed(settings.learning_rate, 4);
            talk(format_args!(
                "net {d}-{h}-{c}, batches of {batch}, rate {rate}, seed {seed}, {isa}, threads: {threads}"
            ));
        }
        Ok(())
    }

    /// Results, and what to do next.
    pub(super) fn end(
        &self,
        engine: Engine<'_>,
        trained: &Trained,
        written: &Written,
        resumed_step: usize,
        report: &mut Report,
    ) -> Result<(), Error> {
        let net = &trained.net;
        let mut evaluator = Evaluator::new(net.shape(), self.threads);
        let penalty = model::penalty(engine, net, self.choice.settings.reg as f32);
        let results = Results {
            trained,
            written,
            loss: trained.train.loss + f64::from(penalty),
            confusion: evaluator.confusion(engine, net, self.data.judge()?.0),
            resumed_step,
        };
        self.tell(&results, report);
        doctor::tell(&written.findings, &written.unasked, report);
        report.event(self.done(&results));
        if !report.is_json() && self.args.common.data == "digits" {
            suggest(&self.args.out);
        }
        Ok(())
    }

    /// The results as lines.
    fn tell(&self, results: &Results<'_>, report: &mut Report) {
        let Results { trained, written, loss, confusion, .. } = results;
        let out = self.args.out.display();
        report.accuracies([
            ("training", Some(trained.train)),
            ("validation", trained.val),
            ("test", written.test),
        ]);
        report.line(format_args!(
            "loss                 {}  (training part, penalty included)",
            fixed(*loss, 6)
        ));
        let (seconds, speed) = (trained.seconds, trained.images_per_second);
        report
            .line(format_args!("time                 {seconds:.3} s, {speed:.0} rows/s between evaluations"));
        report.line(format_args!("net                  {out} ({} bytes)", written.bytes));
        if let Some(history) = &self.args.history {
            report.line(format_args!("history              {}", history.display()));
        }
        if let Some(page) = &self.args.report {
            report.line(format_args!("report               {}", page.display()));
        }
        let Written { verified, part, .. } = written;
        report.line(format_args!(
            "verified             {verified} of {}, bit for bit, by infer-nostd",
            counted(*verified, &format!("{part} row"))
        ));
        let (best, steps) = (trained.iterations, trained.history.losses.len());
        if best < steps {
            report.line(format_args!(
                "best                 after step {best} of {steps}; the last net is {out}.last"
            ));
        }
        report.line(format_args!("\n{part} rows by class:"));
        report.write_text(confusion.table(&self.data.data().classes));
    }

    /// The results as an event.
    fn done(&self, results: &Results<'_>) -> Event {
        let Results { trained, written, loss, confusion, .. } = results;
        Event::new("done")
            .with("train_accuracy", trained.train.accuracy())
            .with("val_accuracy", trained.val.map(|val| val.accuracy()))
            .with("test_accuracy", written.test.map(|test| test.accuracy()))
            .with("loss", *loss)
            .with("iterations", trained.history.losses.len())
            .with("epochs", trained.history.epochs.len())
            .with("best_iteration", trained.iterations)
            .with("resumed_step", results.resumed_step)
            .with("seconds", trained.seconds)
            .with("images_per_second", trained.images_per_second)
            .with("net", self.args.out.to_string_lossy())
            .with("bytes", written.bytes)
            .with("verified", written.verified)
            .with("part", written.part)
            .with_confusion(confusion)
            .with("findings", written.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
            .with("unasked", written.unasked.rules())
            .with("seed", self.choice.settings.seed)
            .with("isa", self.isa.name())
            .with("threads", self.threads)
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
