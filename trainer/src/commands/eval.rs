//! `trainer eval`: how well a net file does, through the very code that runs in firmware.

use kernels::{Mat, argmax, log_sum_exp};

use super::data_of::Chosen;
use super::{class_names, finite_scores, of_net, parse_any, read_net, too_large};
use crate::Error;
use crate::any_net::AnyNet;
use crate::args::EvalArgs;
use crate::confusion::Confusion;
use crate::dataset::{Dataset, OpenOptions, open};
use crate::history::Evaluation;
use crate::report::{Event, Report};
use crate::wording::{counted, fixed, label_is};

/// Reads net and data, evaluates, tells.
pub(super) fn run(args: &EvalArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_any(&args.net, &bytes)?;
    let chosen = Chosen::find(&args.common, &args.net)?;
    let options =
        OpenOptions { classes: class_names(&net), d: Some(net.d()), test_suffices: true, ..chosen.options() };
    let source = open(&chosen.spec, &options).map_err(|e| chosen.explain(&args.net, e))?;
    let label = source.label.clone();
    let part = if source.test.is_some() { "test" } else { "all" };
    let data = of_net(&net, source.into_evaluation()?).map_err(|e| e.context(&chosen.spec))?;
    let (found, confusion) = evaluate(&net, &data, if part == "test" { "test " } else { "" })
        .map_err(|e| e.context(args.net.display()))?;

    let mut report = Report::new(args.common.json);
    let rows = match part {
        "all" if chosen.trained_it() => "all rows, those that trained the net among them",
        "all" => "all rows",
        _ => "test rows",
    };
    report.line(format_args!("data      {chosen}: {rows}{}", label_is(label.as_deref())));
    report.line(format_args!(
        "accuracy  {:.4}  ({} of {})",
        found.accuracy(),
        found.correct,
        counted(found.rows, "row")
    ));
    report.line(format_args!("loss      {}\n", fixed(found.loss, 6)));
    report.write_text(confusion.table(&data.classes));
    report.event(
        Event::new("done")
            .with("accuracy", found.accuracy())
            .with("loss", found.loss)
            .with("correct", found.correct)
            .with("rows", found.rows)
            .with("part", part)
            .with("data", chosen.spec.as_str())
            .with("net", args.net.to_string_lossy())
            .with_confusion(&confusion),
    );
    report.finish()
}

/// Row by row, as firmware does it.
fn evaluate(net: &AnyNet<'_>, data: &Dataset, part: &str) -> Result<(Evaluation, Confusion), Error> {
    let mut scratch = vec![0.0; net.scratch_len()];
    let mut total = Evaluation { rows: data.rows(), ..Evaluation::default() };
    let mut confusion = Confusion::new(net.c());
    let (mut sum, mut lse) = (0.0, [0.0]);
    for (i, &label) in data.labels.iter().enumerate() {
        let row = format_args!("{part}row {}", i + 1);
        let scores = finite_scores(net, (row, data.row(i)), &mut scratch)?;
        let label = usize::from(label);
        let class = argmax(scores);
        total.correct += usize::from(class == label);
        confusion.add(label as u32, class as u32);
        log_sum_exp(kernels::Isa::best(), Mat::new(scores, 1, scores.len()), &mut lse);
        let loss = lse[0] - scores[label];
        if !loss.is_finite() {
            return Err(too_large(row, format_args!("the loss is {loss}")));
        }
        sum += f64::from(loss);
    }
    total.loss = sum / data.rows() as f64;
    Ok((total, confusion))
}
