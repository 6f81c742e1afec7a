//! `trainer quantize`: a net of f32 becomes one of int8.

use std::path::{Path, PathBuf};

use super::data_of::{Chosen, beside, trained};
use super::{beside_inputs, class_names, of_net, parse_net, read_net};
use crate::any_net::AnyNet;
use crate::args::QuantizeArgs;
use crate::dataset::{Dataset, OpenOptions, Values, open};
use crate::exchange::net::Layers;
use crate::quantize::{Calibration, Comparison, calibrate, compare, quantize};
use crate::report::{Event, Report};
use crate::wording::{counted, label_is};
use crate::{Error, dataset};

/// Reads net and data, calibrates, rounds, compares, writes.
pub(super) fn run(args: &QuantizeArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_net(&args.net, &bytes)?;
    let path = args.out.clone().unwrap_or_else(|| args.net.with_extension("int8.tln"));
    let chosen = Chosen::find(&args.common, &args.net)?;
    let kept = ["toml", "checkpoint"].map(|ending| beside(&trained(&args.net), ending));
    let data = dataset::files(&chosen.spec);
    let inputs: Vec<&Path> = data.iter().chain([&args.net]).chain(&kept).map(PathBuf::as_path).collect();
    let target = beside_inputs(&path, &inputs)?;
    let options =
        OpenOptions { classes: class_names(&AnyNet::F32(net)), d: Some(net.d()), ..chosen.options() };
    let source = open(&chosen.spec, &options).map_err(|e| chosen.explain(&args.net, e))?;
    let label = source.label.clone();
    let part = if source.test.is_some() { "test" } else { "all" };
    let train = source.train.as_ref().or(source.test.as_ref());
    let train = train.ok_or_else(|| Error::data(format!("{}: no rows", chosen.spec)))?;
    let seen = calibrate(&net, train, args.calibration);
    let file = quantize(&Layers::of(&net), &seen, matches!(train.values, Values::U8(_)))
        .map_err(|e| e.context(args.net.display()))?;
    let data = of_net(&AnyNet::F32(net), source.into_evaluation()?).map_err(|e| e.context(&chosen.spec))?;
    let data = &data;
    let found = judge(AnyNet::F32(net), &file, data)?;
    if found.loss() > args.max_loss {
        return Err(Error::data(format!(
            "{}: int8 would lose {:.2} points ({} of {} right, then {}), --max-loss allows {}; try --calibration \
             percentile, or a net with smaller weights",
            args.net.display(),
            found.loss(),
            found.before,
            counted(found.rows, "row"),
            found.after,
            args.max_loss
        )));
    }
    // The file on the disk must be the net that was judged.
    let sizes = [bytes.len(), file.len()];
    target.write_checked(file, |read| match judge(AnyNet::F32(net), read, data)? {
        again if again == found => Ok(()),
        _ => Err(Error::fault(format!("{}: read back, it is another net", path.display()))),
    })?;
    tell(args, (&chosen, label.as_deref()), &path.display().to_string(), sizes, part, &seen, &found)
}

fn judge(net: AnyNet<'_>, file: &[u8], data: &Dataset) -> Result<Comparison, Error> {
    let int8 = AnyNet::from_bytes(file).map_err(|e| Error::fault(e.to_string()))?;
    compare(&net, &int8, data).map_err(|e| Error::data(e.to_string()))
}

fn tell(
    args: &QuantizeArgs,
    (chosen, label): (&Chosen, Option<&str>),
    path: &str,
    [before, after]: [usize; 2],
    part: &str,
    seen: &Calibration,
    found: &Comparison,
) -> Result<(), Error> {
    let share = |rows: usize| rows as f64 / found.rows as f64;
    let mut report = Report::new(args.common.json);
    report.line(format_args!("data           {chosen}{}", label_is(label)));
    report.line(format_args!(
        "calibration    {}: {}, hidden layer up to {:.4}, scores {:.4} to {:.4}",
        args.calibration.name(),
        counted(seen.rows, "training row"),
        seen.hidden.high,
        seen.scores.low,
        seen.scores.high
    ));
    report.line(format_args!("rows           {} ({part})", found.rows));
    report.line(format_args!(
        "accuracy       {:.4} before, {:.4} after",
        share(found.before),
        share(found.after)
    ));
    report.line(format_args!(
        "class changed  {:.4}  ({} of {})",
        share(found.changed),
        found.changed,
        counted(found.rows, "row")
    ));
    report.line(format_args!("worst score    {:.4} off", found.worst));
    report.line(format_args!("bytes          {before} before, {after} after"));
    if after > before {
        report.line(format_args!(
            "larger         int8 fills weights up to 16 inputs by 4 outputs and takes 9 bytes more an output: so small a \
             net is better left f32"
        ));
    }
    report.line(format_args!("net            {path}"));
    report.event(
        Event::new("done")
            .with("accuracy_before", share(found.before))
            .with("accuracy", share(found.after))
            .with("changed", found.changed)
            .with("worst_score_error", found.worst)
            .with("rows", found.rows)
            .with("part", part)
            .with("data", chosen.spec.as_str())
            .with("calibration", args.calibration.name())
            .with("bytes_before", before)
            .with("bytes", after)
            .with("net", path),
    );
    report.finish()
}
