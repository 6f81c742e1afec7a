//! `trainer search merge`: the best of all shards.

use crate::Error;
use crate::args::MergeArgs;
use crate::files::Target;
use crate::report::{Event, Report, talk};
use crate::search::merge::merge;

/// Reads the journals, writes the best net.
pub(super) fn run(args: &MergeArgs) -> Result<(), Error> {
    let merged = merge(&args.journals)?;
    let out = Target::find(&args.out)?;
    let (best, bytes) = merged.winner()?;
    out.write(&bytes)?;

    let mut report = Report::new(args.json);
    if !merged.missing.is_empty() {
        let missing = merged.missing.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let of = merged.header.shard.1;
        talk(format_args!("no journal of shard {missing} of {of}: this is the best of the others"));
    }
    let at = merged.outcomes.iter().position(|o| o == best).expect("the best is one of them");
    let line = &merged.lines[at];
    let epoch = best.best().map_or(0, |(epoch, _)| epoch.number);
    report.line(format_args!(
        "validation accuracy  {:.4}  (of {} results)",
        best.accuracy(),
        merged.outcomes.len()
    ));
    report.line(format_args!(
        "settings             hidden {}, rate {}, reg {}, decay {}, {epoch} epochs",
        line["hidden"], line["learning_rate"], line["reg"], line["learning_rate_decay"]
    ));
    report.line(format_args!("best net             {} ({} bytes)", args.out.display(), bytes.len()));
    let mut event = Event::new("done").with("val_accuracy", best.accuracy());
    for field in ["hidden", "learning_rate", "learning_rate_decay", "reg", "candidate"] {
        event = event.with(field, line[field].clone());
    }
    report.event(
        event
            .with("epochs", epoch)
            .with("finished", merged.outcomes.len())
            .with("missing_shards", merged.missing.clone())
            .with("net", args.out.to_string_lossy())
            .with("bytes", bytes.len()),
    );
    report.finish()
}
