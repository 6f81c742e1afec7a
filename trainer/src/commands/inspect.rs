//! `trainer inspect`: what a net file holds.

use infer_nostd::Layer8;
use kernels::{Floats, Layer};
use serde_json::{Value, json};

use super::{class_names, device, parse_any, read_net};
use crate::Error;
use crate::any_net::AnyNet;
use crate::args::InspectArgs;
use crate::report::{Event, Report};
use crate::wording::plain;

/// Means and scales that are printed one by one, at most.
const SHOWN: usize = 4;

/// Reads the net, tells.
pub(super) fn run(args: &InspectArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_any(&args.net, &bytes)?;
    let groups: Vec<_> = ["W1", "b1", "W2", "b2"].into_iter().zip(summaries(&net)).collect();

    let mut report = Report::new(args.json);
    text(&mut report, args, &net, bytes.len(), &groups);
    let mut event = Event::new("done")
        .with("net", args.net.to_string_lossy())
        .with("bytes", bytes.len())
        .with("d", net.d())
        .with("h", net.h())
        .with("c", net.c())
        .with("parameters", parameters(&net))
        .with("element", element(&net))
        .with("normalization", net.normalization().mean().len())
        .with("mean", net.normalization().mean().iter().collect::<Vec<f32>>())
        .with("scale", net.normalization().scale().iter().collect::<Vec<f32>>())
        .with("classes", class_names(&net));
    for (name, summary) in &groups {
        event = event.with(&name.to_lowercase(), summary.json(&net));
    }
    report.event(event);
    report.finish()
}

/// The same for people.
fn text(report: &mut Report, args: &InspectArgs, net: &AnyNet<'_>, bytes: usize, groups: &[(&str, Summary)]) {
    let (d, h, c) = (net.d(), net.h(), net.c());
    report.line(format_args!("file           {} ({bytes} bytes, checksum right)", args.net.display()));
    report.line(format_args!("net            {d}-{h}-{c}: {} parameters, {}", parameters(net), element(net)));
    report.line(format_args!("scratch        {} bytes of RAM an inference", 4 * net.scratch_len()));
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
        Some(names) => report.line(format_args!("classes        {}", plain(&names.join(", ")))),
        None => report.line("classes        without names"),
    }
    for (name, s) in groups {
        let end = |x: f64| match net {
            AnyNet::F32(_) => format!("{x:+.4}"),
            AnyNet::Int8(_) => format!("{x:+}"),
        };
        report.line(format_args!(
            "{name}             min {}  max {}  mean {:+.4}  std {:.4}  zeros {}",
            end(s.min),
            end(s.max),
            s.mean,
            s.std,
            s.zeros
        ));
    }
    let lines = match net {
        AnyNet::F32(_) => device::estimate([d, h, c], bytes),
        AnyNet::Int8(_) if mean.is_empty() => device::estimate8([d, h, c], bytes, 4 * net.scratch_len()),
        AnyNet::Int8(_) => {
            vec![
                "processors     flash and time are known of int8 nets of bytes alone; this one takes numbers"
                    .to_owned(),
            ]
        }
    };
    for line in lines {
        report.line(line);
    }
}

fn parameters(net: &AnyNet<'_>) -> usize {
    (net.d() + 1) * net.h() + (net.h() + 1) * net.c()
}

fn element(net: &AnyNet<'_>) -> &'static str {
    match net {
        AnyNet::F32(_) => "f32",
        AnyNet::Int8(_) => "int8",
    }
}

/// Of W1, b1, W2, b2: of an int8 net the integers. f64 holds either exactly.
fn summaries(net: &AnyNet<'_>) -> [Summary; 4] {
    match net {
        AnyNet::F32(net) => {
            let of = |layer: Layer<'_>| {
                [Summary::of(|| layer.weights().map(f64::from)), Summary::of(|| layer.bias().map(f64::from))]
            };
            let ([w1, b1], [w2, b2]) = (of(net.layer1()), of(net.layer2()));
            [w1, b1, w2, b2]
        }
        AnyNet::Int8(net) => {
            let of = |layer: Layer8<'_>, inputs, outputs| {
                let row = |k| (0..outputs).map(move |j| f64::from(layer.weights().get(k, j)));
                let bias = || (0..outputs).filter_map(|j| layer.bias(j)).map(f64::from);
                [Summary::of(|| (0..inputs).flat_map(row)), Summary::of(bias)]
            };
            let ([w1, b1], [w2, b2]) =
                (of(net.layer1(), net.d(), net.h()), of(net.layer2(), net.h(), net.c()));
            [w1, b1, w2, b2]
        }
    }
}

/// Numbers that describe many.
struct Summary {
    min: f64,
    max: f64,
    mean: f64,
    std: f64,
    zeros: usize,
}

impl Summary {
    /// `values` begins anew with each call.
    fn of<I: Iterator<Item = f64>>(values: impl Fn() -> I) -> Self {
        let n = values().count() as f64;
        let mean = values().sum::<f64>() / n;
        let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        Self {
            min: values().fold(f64::INFINITY, f64::min),
            max: values().fold(f64::NEG_INFINITY, f64::max),
            mean,
            std: variance.sqrt(),
            zeros: values().filter(|&x| x == 0.0).count(),
        }
    }

    /// The ends of integers are integers.
    fn json(&self, net: &AnyNet<'_>) -> Value {
        let end = |x: f64| match net {
            AnyNet::F32(_) => json!(x),
            AnyNet::Int8(_) => json!(x as i64),
        };
        json!({ "min": end(self.min), "max": end(self.max), "mean": self.mean, "std": self.std, "zeros": self.zeros })
    }
}
