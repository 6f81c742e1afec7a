//! `trainer inspect`: what a net file holds.

use infer_nostd::Net;
use kernels::Floats;
use serde_json::{Value, json};

use super::{class_names, parse_net, read_net};
use crate::Error;
use crate::args::InspectArgs;
use crate::report::{Event, Report};

/// Means and scales that are printed one by one, at most.
const SHOWN: usize = 4;

/// Reads the net, tells.
pub(super) fn run(args: &InspectArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_net(&args.net, &bytes)?;
    let groups = [("W1", net.w1()), ("b1", net.b1()), ("W2", net.w2()), ("b2", net.b2())];
    let groups = groups.map(|(name, values)| (name, Summary::of(values)));

    let mut report = Report::new(args.json);
    text(&mut report, args, &net, bytes.len(), &groups);
    let mut event = Event::new("done")
        .with("net", args.net.to_string_lossy())
        .with("bytes", bytes.len())
        .with("d", net.d())
        .with("h", net.h())
        .with("c", net.c())
        .with("parameters", parameters(&net))
        .with("normalization", net.normalization().mean().len())
        .with("mean", net.normalization().mean().iter().collect::<Vec<f32>>())
        .with("scale", net.normalization().scale().iter().collect::<Vec<f32>>())
        .with("classes", class_names(&net));
    for (name, summary) in &groups {
        event = event.with(&name.to_lowercase(), summary.json());
    }
    report.event(event);
    report.finish()
}

/// The same for people.
fn text(report: &mut Report, args: &InspectArgs, net: &Net<'_>, bytes: usize, groups: &[(&str, Summary); 4]) {
    let (d, h, c) = (net.d(), net.h(), net.c());
    report.line(format_args!("file           {} ({bytes} bytes, checksum right)", args.net.display()));
    report.line(format_args!("net            {d}-{h}-{c}: {} parameters, f32", parameters(net)));
    report.line(format_args!(
        "scratch        {} bytes of RAM an inference, and at most 664 of stack (Cortex-M4)",
        4 * net.scratch_len()
    ));
    let (mean, scale) = (net.normalization().mean(), net.normalization().scale());
    let of = |values: Floats<'_>| {
        let shown = values.iter().take(SHOWN).map(|x| x.to_string()).collect::<Vec<_>>().join(", ");
        if values.len() > SHOWN { shown + ", ..." } else { shown }
    };
    match mean.len() {
        0 => report.line("normalisation  none"),
        q => report.line(format_args!(
            "normalisation  (x - mean) * scale, {q} of each: mean {}; scale {}",
            of(mean),
            of(scale)
        )),
    }
    match class_names(net) {
        Some(names) => report.line(format_args!("classes        {}", names.join(", "))),
        None => report.line("classes        without names"),
    }
    for (name, s) in groups {
        report.line(format_args!(
            "{name}             min {:+.4}  max {:+.4}  mean {:+.4}  std {:.4}  zeros {}",
            s.min, s.max, s.mean, s.std, s.zeros
        ));
    }
}

fn parameters(net: &Net<'_>) -> usize {
    net.w1().len() + net.b1().len() + net.w2().len() + net.b2().len()
}

/// Numbers that describe many.
struct Summary {
    min: f32,
    max: f32,
    mean: f64,
    std: f64,
    zeros: usize,
}

impl Summary {
    fn of(values: Floats<'_>) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().map(f64::from).sum::<f64>() / n;
        let variance = values.iter().map(|x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
        Self {
            min: values.iter().fold(f32::INFINITY, f32::min),
            max: values.iter().fold(f32::NEG_INFINITY, f32::max),
            mean,
            std: variance.sqrt(),
            zeros: values.iter().filter(|&x| x == 0.0).count(),
        }
    }

    fn json(&self) -> Value {
        json!({ "min": self.min, "max": self.max, "mean": self.mean, "std": self.std, "zeros": self.zeros })
    }
}
