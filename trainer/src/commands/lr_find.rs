//! `trainer lr-find`: which learning rates learn.

use model::Engine;

use crate::args::{LrFindArgs, TrainArgs};
use crate::lr_find::lr_find;
use crate::prepare::Prepared;
use crate::report::{Event, Report};
use crate::wording::{advised, fixed};
use crate::{Error, config, see};

/// Lines of the table.
const LINES: usize = 16;

/// Reads the data, tries the rates, tells; writes nothing.
pub(super) fn run(args: &LrFindArgs) -> Result<(), Error> {
    let train = TrainArgs {
        hidden: Some(args.hidden),
        reg: Some(args.reg),
        batch_size: args.batch_size,
        seed: args.seed,
        ..TrainArgs::default()
    };
    let mut choice = config::choice(&train);
    let data = Prepared::load(&args.common.data, &args.common.options(), &choice)?;
    config::fit(&mut choice, &train, data.train()?);
    let found = lr_find(Engine::default(), data.train()?, &choice.settings)?;

    let mut report = Report::new(args.common.json);
    let losses: Vec<f64> = found.tried.iter().map(|tried| tried.smoothed).collect();
    report.line("  rate       loss");
    for tried in found.tried.iter().step_by(found.tried.len().div_ceil(LINES)) {
        report.line(format_args!("  {:<9}  {}", advised(tried.rate, 3), fixed(tried.smoothed, 4)));
    }
    report.line(format_args!("loss as the rate rises  {}", see::spark::line(&losses, 40)));
    if let Some(rate) = found.diverges {
        report.line(format_args!("diverges from           {}", advised(rate, 3)));
    }
    report.line(format_args!("suggested               --learning-rate {}", advised(found.suggested, 3)));
    report.event(
        Event::new("done")
            .with("learning_rate", found.suggested)
            .with("diverges", found.diverges)
            .with("rates", found.tried.iter().map(|tried| tried.rate).collect::<Vec<_>>())
            .with("losses", found.tried.iter().map(|tried| tried.loss).collect::<Vec<_>>())
            .with("smoothed", losses),
    );
    report.finish()
}
