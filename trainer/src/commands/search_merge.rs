//! `trainer search merge`: the best of all shards.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::beside_inputs;
use super::data_of::{beside, marked, trained};
use super::search::telling::later_line;
use crate::args::{MergeArgs, TrainArgs};
use crate::report::{Event, Report, talk};
use crate::search::diverged_later;
use crate::search::merge::{Winner, merge, net_of};
use crate::wording::{counted, written};
use crate::{Error, config, config_file};

/// Reads the journals, writes the best net and its flags.
pub(super) fn run(args: &MergeArgs) -> Result<(), Error> {
    let merged = merge(&args.journals)?;
    let nets: Vec<PathBuf> = args.journals.iter().map(|journal| net_of(journal)).collect();
    let flags: Vec<PathBuf> = nets.iter().map(|net| beside(&trained(net), "toml")).collect();
    let inputs: Vec<&Path> = args.journals.iter().chain(&nets).chain(&flags).map(PathBuf::as_path).collect();
    let out = beside_inputs(&args.out, &inputs)?;
    let winner = merged.winner()?;
    out.write(&winner.bytes)?;
    let flags = out.beside("toml");
    match flags_of(&winner, args)? {
        Some(text) => flags.map_or(Ok(()), |target| target.write(text.as_bytes()))?,
        None => {
            let what = flags.map_or(Ok(None), |target| remove(target.path()))?;
            talk(format_args!(
                "no flags of this net in {}: its shard has not ended; {}, so name the data with --data",
                beside(&winner.path, "toml").display(),
                what.as_deref().unwrap_or("none are written")
            ));
        }
    }
    let Winner { outcome: best, line, bytes, .. } = winner;

    let mut report = Report::new(args.json);
    if !merged.missing.is_empty() {
        let missing = merged.missing.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        let of = merged.header.shard.1;
        talk(format_args!("no journal of shard {missing} of {of}: this is the best of the others"));
    }
    let number = |field: &str| written(line[field].as_f64().unwrap_or(f64::NAN));
    let epoch = best.best().map_or(0, |(epoch, _)| epoch.number);
    report.line(format_args!(
        "validation accuracy  {:.4}  (of {})",
        best.accuracy(),
        counted(merged.outcomes.len(), "result")
    ));
    report.line(format_args!(
        "settings             hidden {}, rate {}, reg {}, decay {}, {}",
        line["hidden"],
        number("learning_rate"),
        number("reg"),
        number("learning_rate_decay"),
        counted(epoch, "epoch")
    ));
    let diverged = diverged_later(&merged.outcomes, best);
    if let Some(step) = diverged {
        report.line(later_line(step, epoch));
    }
    report.line(format_args!("best net             {} ({} bytes)", args.out.display(), bytes.len()));
    let mut event = Event::new("done").with("val_accuracy", best.accuracy());
    for field in ["hidden", "learning_rate", "learning_rate_decay", "reg", "candidate"] {
        event = event.with(field, line[field].clone());
    }
    report.event(
        event
            .with("epochs", epoch)
            .with("diverged_later", diverged)
            .with("finished", merged.outcomes.len())
            .with("missing_shards", merged.missing.clone())
            .with("net", args.out.to_string_lossy())
            .with("bytes", bytes.len()),
    );
    report.finish()
}

/// Takes away the flags of the net that was replaced, for `eval` would take its data for those of the new one; says so if there
/// were any.
fn remove(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(Some(format!("{}, of another net, is removed", path.display()))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::write("remove", path, &e)),
    }
}

/// The flags that lie beside the winner's net, for the net in its new place; None if there are none, or those of an earlier
/// best: a shard writes them when it ends.
fn flags_of(winner: &Winner<'_>, args: &MergeArgs) -> Result<Option<String>, Error> {
    let Some((there, net)) = marked(&trained(&winner.path))? else { return Ok(None) };
    let moved = TrainArgs { out: args.out.clone(), ..there };
    let choice = config::choice(&moved);
    let net = net.filter(|&net| net == winner.outcome.net);
    Ok(net.map(|net| config_file::of_run(&moved, &choice, net)))
}
