//! `trainer doctor`: the doctor's rules on a finished net. Also how findings are told, for `train`.

use std::path::PathBuf;

use infer_nostd::Net;
use model::{Engine, Params, Shape};

use super::{class_names, parse_net, read_net};
use crate::any_net::AnyNet;
use crate::args::{DoctorArgs, TrainArgs, from_config};
use crate::doctor::{Course, Finding, Patient, rules};
use crate::prepare::Prepared;
use crate::preset::Choice;
use crate::report::{Event, Report};
use crate::rows::{Part, View};
use crate::training::State;
use crate::{Error, checkpoint, config};

/// Reads net, flags and data, examines, tells.
pub(super) fn run(args: &DoctorArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_net(&args.net, &bytes)?;
    let known = flags(args)?;
    let choice = config::choice(known.as_ref().unwrap_or(&TrainArgs::default()));
    let (spec, label) = trained_on(args, known.as_ref());
    let data = Prepared::load(spec, label, &choice)?;
    check(args, spec, &net, &data)?;
    let view = View::new(data.data(), net.normalization())?;
    let (train, val) = (data.train()?.rows, data.val()?.map(|part| part.rows));
    let params = params(&net)?;
    let state = known.as_ref().and_then(|_| run_of(args, &choice, &params, train.len()));
    let history = state.as_ref().map(|state| &state.history);
    let patient = Patient {
        engine: Engine::default(),
        net: &params,
        last: state.as_ref().map(|state| &state.net),
        train: Part { view, rows: train },
        val: val.map(|rows| Part { view, rows }),
        course: known.as_ref().map(|_| Course { settings: &choice.settings, history }),
    };
    let (findings, unasked) = (patient.examine(), patient.unasked());
    let few = patient.few_validation_rows();
    let mut report = Report::new(args.json);
    tell(&findings, &mut report);
    if !unasked.is_empty() {
        report.line(format_args!("\nnot asked, for want of flags or history: {}", unasked.join(", ")));
    }
    if let Some(rows) = few {
        report.line(format_args!(
            "\nnot asked, for want of validation rows ({rows}, wanted {}): wide-gap, no-gap; give more rows, or train \
             with a larger --val-fraction",
            rules::GAP_ROWS
        ));
    }
    report.event(
        Event::new("done")
            .with("net", args.net.to_string_lossy())
            .with("findings", findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
            .with("unasked", unasked),
    );
    report.finish()
}

/// A finding, two lines; an object of event `finding`.
pub(super) fn tell(findings: &[Finding], report: &mut Report) {
    if findings.is_empty() {
        report.line(format_args!("\ndoctor: nothing found by {} rules", rules::ALL.len()));
    }
    for Finding { rule, what, advice } in findings {
        report.line(format_args!("\ndoctor: {rule}: {what}\n        change: {advice}"));
        report.event(
            Event::new("finding")
                .with("rule", *rule)
                .with("what", what.as_str())
                .with("advice", advice.as_str()),
        );
    }
}

/// The flags that the net was trained with, if they lie beside it.
fn flags(args: &DoctorArgs) -> Result<Option<TrainArgs>, Error> {
    let path = beside(args, "toml");
    path.is_file().then(|| from_config(&path)).transpose()
}

/// The data set and its label column: those of the command line, else those of the flags beside the net.
fn trained_on<'a>(args: &'a DoctorArgs, known: Option<&'a TrainArgs>) -> (&'a str, Option<&'a str>) {
    let label = args.label.as_deref();
    match (&args.data, known) {
        (Some(data), _) => (data, label),
        (None, Some(flags)) => (&flags.common.data, label.or(flags.common.label.as_deref())),
        (None, None) => ("digits", label),
    }
}

/// The run that made the net, if its checkpoint lies beside it: one that has this very net.
fn run_of(args: &DoctorArgs, choice: &Choice, net: &Params<f32>, rows: usize) -> Option<State> {
    let bytes = std::fs::read(beside(args, "checkpoint")).ok()?;
    let state = checkpoint::decode(&bytes, &choice.settings, rows).ok()?;
    let best = state.best.as_ref().map(|best| &best.net);
    (best == Some(net) || state.net == *net).then_some(state)
}

/// NET.ending.
fn beside(args: &DoctorArgs, ending: &str) -> PathBuf {
    let mut name = args.net.clone().into_os_string();
    name.push(".");
    name.push(ending);
    name.into()
}

/// The data must be of the net's kind.
fn check(args: &DoctorArgs, spec: &str, net: &Net<'_>, data: &Prepared) -> Result<(), Error> {
    if net.d() != data.data().d {
        return Err(Error::data(format!(
            "{}: the net takes {} inputs, the rows of {} have {}; give the data that it was trained on with --data",
            args.net.display(),
            net.d(),
            spec,
            data.data().d
        )));
    }
    let names = class_names(&AnyNet::F32(*net)).unwrap_or_default();
    let own = &data.data().classes;
    if net.c() == own.len() && (names.is_empty() || names == *own) {
        return Ok(());
    }
    Err(Error::data(format!(
        "{}: the net has the classes {}, {} has {}; give the data that it was trained on with --data",
        args.net.display(),
        names.join(", "),
        spec,
        own.join(", ")
    )))
}

/// The weights of a net file.
fn params(net: &Net<'_>) -> Result<Params<f32>, Error> {
    let wrong = |e: model::ShapeError| Error::data(e.to_string());
    let shape = Shape::new(net.d(), net.h(), net.c()).map_err(wrong)?;
    let values =
        [net.layer1(), net.layer2()].into_iter().flat_map(|layer| layer.weights().chain(layer.bias()));
    Params::from_vec(shape, values.collect()).map_err(wrong)
}
