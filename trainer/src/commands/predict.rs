//! `trainer predict`: the class of each row, or the probability of each class.

use kernels::{Isa, argmax, softmax_row};

use super::data_of::{explain_label, usual_label};
use super::{class_names, finite_scores, parse_any, read_net};
use crate::Error;
use crate::args::PredictArgs;
use crate::dataset::{OpenOptions, open_rows};
use crate::report::{Report, talk};
use crate::wording::plain;

/// Rows whose lines are written at a time.
const BLOCK: usize = 1024;

/// Reads net and rows, writes a line a row.
pub(super) fn run(args: &PredictArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = parse_any(&args.net, &bytes)?;
    let names = class_names(&net).unwrap_or_else(|| (0..net.c()).map(|c| c.to_string()).collect());
    let options = OpenOptions {
        label: args.label.clone(),
        usual_label: usual_label(&args.net),
        classes: Some(names.clone()),
        d: Some(net.d()),
        test_suffices: true,
    };
    let (rows, label) =
        open_rows(&args.data, net.d(), &options).map_err(|e| explain_label(e, &options, &args.net))?;
    let names: Vec<_> = names.iter().map(|name| plain(name)).collect();

    let mut report = Report::new(false);
    let mut lines = String::new();
    if args.proba {
        lines = names.iter().map(|name| csv_field(name)).collect::<Vec<_>>().join(",") + "\n";
    }
    let (mut scratch, mut shares) = (vec![0.0; net.scratch_len()], vec![0.0; net.c()]);
    for i in 0..rows.rows() {
        let row = (format_args!("row {}", i + 1), rows.row(i));
        let scores = finite_scores(&net, row, &mut scratch).map_err(|e| e.context(args.net.display()))?;
        if args.proba {
            shares.copy_from_slice(scores);
            softmax_row(Isa::best(), &mut shares);
            lines.push_str(&shares.iter().map(f32::to_string).collect::<Vec<_>>().join(","));
        } else {
            lines.push_str(&names[argmax(scores)]);
        }
        lines.push('\n');
        if (i + 1).is_multiple_of(BLOCK) {
            report.write(&lines);
            lines.clear();
        }
    }
    report.write(&lines);
    if let (Some(label), None) = (label, &args.label) {
        talk(format_args!(
            "{}: {label} was taken for the label and left out; --label names another",
            args.data
        ));
    }
    report.finish()
}

/// A name, in one line, as a field of CSV: in quotes where it needs them.
fn csv_field(name: &str) -> String {
    match name.contains([',', '"']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}
