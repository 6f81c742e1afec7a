//! `trainer gradcheck`: the gradients of a small random net, and of a net on the first rows of a data set.

use model::{Engine, Shape};

use crate::Error;
use crate::args::GradcheckArgs;
use crate::gradcheck::{Group, Problem, worse};
use crate::prepare::Prepared;
use crate::preset::Preset;
use crate::random::{Random, Stream};
use crate::report::{Event, Report};
use crate::train::{Plan, Settings};
use crate::wording::counted;

/// Checks both nets, tells, fails above the bound.
pub(super) fn run(args: &GradcheckArgs) -> Result<(), Error> {
    let mut choice = Preset::Default.choice();
    choice.val_fraction = 0.0;
    let data = Prepared::load(&args.common.data, &args.common.options(), &choice)?;
    let mut random = Random::new(args.seed, Stream::Check);
    let small = Shape::new(6, 5, 3).expect("no size is 0");
    let problems = [
        ("random".to_owned(), Problem::random(small, 7, args.reg, &mut random)),
        (args.common.data.clone(), on_data(args, &data, &mut random)?),
    ];

    let mut report = Report::new(args.common.json);
    for (name, problem) in &problems {
        report.line(format_args!(
            "{name}: a {} net on {}",
            problem.net.shape(),
            counted(problem.y.len(), "row")
        ));
    }
    report.line("\nnet                        group  compared  at a kink  worst relative error");
    let mut worst = 0.0;
    for (name, mut problem) in problems {
        for group in problem.check(Engine::default(), args.seed) {
            let net = format!("{name} {}", problem.net.shape());
            tell(&mut report, &net, &group);
            worst = worse(worst, group.worst);
        }
    }
    let passed = worst <= args.bound;
    report.event(Event::new("done").with("worst", worst).with("bound", args.bound).with("passed", passed));
    report.line(format_args!(
        "worst {worst:.1e}, bound {:.1e}: {}",
        args.bound,
        if passed { "passed" } else { "FAILED" }
    ));
    report.finish()?;
    match passed {
        true => Ok(()),
        false => Err(Error::fault(format!(
            "gradient check failed: worst relative error {worst:.1e}, bound {:.1e}; a gradient is wrong, or --bound is too strict",
            args.bound
        ))),
    }
}

/// A net on the first rows of the data, normalised as for training.
fn on_data(args: &GradcheckArgs, data: &Prepared, random: &mut Random) -> Result<Problem, Error> {
    let train = data.train()?;
    let rows: &[u32] = &train.rows.iter().take(args.rows).collect::<Vec<_>>();
    let settings =
        Settings { hidden: args.hidden, batch_size: rows.len(), ..Preset::Default.choice().settings };
    let x = train.view.values(Engine::default().isa, rows).into_iter().map(f64::from).collect();
    let shape = Plan::new(train, &settings)?.shape;
    Ok(Problem::new(shape, x, train.view.y(rows).iter().collect(), args.reg, random))
}

fn tell(report: &mut Report, net: &str, group: &Group) {
    let Group { name, checked, skipped, worst } = group;
    report.line(format_args!("{net:25}  {name:5}  {checked:8}  {skipped:9}  {worst:.1e}"));
    report.event(
        Event::new("check")
            .with("net", net)
            .with("group", *name)
            .with("checked", *checked)
            .with("skipped", *skipped)
            .with("worst", *worst),
    );
}
