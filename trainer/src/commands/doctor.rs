//! `trainer doctor`: the doctor's rules on a finished net. Also how findings are told, for `train`.

use infer_nostd::Net;
use model::{Engine, Params, Shape};

use super::data_of::{self, Chosen};
use super::{class_names, parse_net, read_net};
use crate::any_net::AnyNet;
use crate::args::{DoctorArgs, TrainArgs};
use crate::dataset::Numbers;
use crate::doctor::{Course, Finding, Patient, Unasked};
use crate::prepare::Prepared;
use crate::preset::Choice;
use crate::report::{Event, Report};
use crate::rows::{Part, View};
use crate::training::State;
use crate::wording::{counted, label_is};
use crate::{Error, checkpoint, config};

/// Reads net, flags and data, examines, tells.
pub(super) fn run(args: &DoctorArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_net(&args.net, &bytes)?;
    let known = data_of::flags(&args.net)?;
    let choice = config::choice(known.as_ref().unwrap_or(&TrainArgs::default()));
    let chosen = Chosen::find(&args.common, &args.net)?;
    let data =
        Prepared::load(&chosen.spec, &chosen.options(), &choice).map_err(|e| chosen.explain(&args.net, e))?;
    check(args, &chosen.spec, &net, &data).map_err(|e| chosen.explain(&args.net, e))?;
    let view = View::new(data.data(), net.normalization())?;
    let (train, val) = (data.train()?.rows, data.val()?.map(|part| part.rows));
    let params = params(&net)?;
    let state = known.as_ref().and_then(|_| run_of(args, &choice, &params, train));
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
    let mut report = Report::new(args.common.json);
    report.line(format_args!("data: {chosen}{}", label_is(data.label())));
    tell(&findings, &unasked, &mut report);
    report.event(
        Event::new("done")
            .with("net", args.net.to_string_lossy())
            .with("findings", findings.iter().map(|finding| finding.rule).collect::<Vec<_>>())
            .with("unasked", unasked.rules())
            .with("val_rows", val.map_or(0, |rows| rows.len())),
    );
    report.finish()
}

/// A finding, two lines; an object of event `finding`. Then what could not be asked.
pub(super) fn tell(findings: &[Finding], unasked: &Unasked, report: &mut Report) {
    if findings.is_empty() {
        report.line(format_args!("\ndoctor: {}", unasked.nothing_found()));
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
    for sentence in unasked.sentences() {
        report.line(format_args!("\n{sentence}"));
    }
}

/// The run that made the net, if its checkpoint lies beside it: one that has this very net.
fn run_of(args: &DoctorArgs, choice: &Choice, net: &Params<f32>, train: Numbers<'_>) -> Option<State> {
    let bytes = std::fs::read(data_of::beside(&data_of::trained(&args.net), "checkpoint")).ok()?;
    let state = checkpoint::decode(&bytes, &choice.settings, net.shape(), train).ok()?;
    let best = state.best.as_ref().map(|best| &best.net);
    (best == Some(net) || state.net == *net).then_some(state)
}

/// The data must be of the net's kind.
fn check(args: &DoctorArgs, spec: &str, net: &Net<'_>, data: &Prepared) -> Result<(), Error> {
    if net.d() != data.data().d {
        return Err(Error::data(format!(
            "{}: the net takes {}, the rows of {} have {}; give the data that it was trained on with --data",
            args.net.display(),
            counted(net.d(), "input"),
            spec,
            data.data().d
        )));
    }
    let names = class_names(&AnyNet::F32(*net));
    let own = &data.data().classes;
    if net.c() == own.len() && names.as_ref().is_none_or(|names| names == own) {
        return Ok(());
    }
    let (has, other) = match names {
        Some(names) => (format!("the classes {}", names.join(", ")), own.join(", ")),
        None => (format!("{} without names", counted(net.c(), "class")), own.len().to_string()),
    };
    Err(Error::data(format!(
        "{}: the net has {has}, {spec} has {other}; give the data that it was trained on with --data",
        args.net.display()
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
