//! The report of a search: every candidate, and the best net in pictures.

use std::fmt::Write;

use model::{Engine, Params};

use super::html::{Page, pairs};
use super::svg::{escaped, label};
use super::{curves, plots};
use crate::Error;
use crate::history::History;
use crate::prepare::Prepared;
use crate::rows::Part;
use crate::search::{Outcome, Point, Spec};

/// Candidates in the table.
const LINES: usize = 60;

/// What came of a search.
#[derive(Clone, Copy, Debug)]
pub struct Outcomes<'a> {
    /// What was asked for.
    pub spec: &'a Spec,
    /// Every result.
    pub all: &'a [Outcome],
    /// The best.
    pub best: &'a Outcome,
}

/// The results, best first, of each candidate that of its longest training.
#[must_use]
pub fn ranked(all: &[Outcome]) -> Vec<&Outcome> {
    let longest = |o: &&Outcome| all.iter().all(|p| p.candidate != o.candidate || p.asked <= o.asked);
    let mut ranked: Vec<&Outcome> = all.iter().filter(longest).collect();
    ranked.sort_by(|a, b| a.rank(b));
    ranked.dedup_by_key(|o| o.candidate);
    ranked
}

/// The page.
pub fn page(
    data: &Prepared,
    net: &Params<f32>,
    engine: Engine<'_>,
    val: Part<'_>,
    outcomes: &Outcomes<'_>,
    command: &str,
) -> Result<String, Error> {
    let ranked = ranked(outcomes.all);
    let point = outcomes.spec.points[outcomes.best.candidate];
    let (candidates, rows) = (outcomes.spec.points.len(), val.rows.len());
    let cards = [
        ("best validation accuracy", format!("{:.2} %", 100.0 * outcomes.best.accuracy())),
        ("candidates tried", format!("{} of {candidates}", ranked.len())),
        ("hidden units", point.hidden.to_string()),
        ("learning rate", label(point.learning_rate)),
        ("penalty", label(point.reg)),
        ("decay", label(point.learning_rate_decay)),
    ];
    let mut page =
        Page::new("Search report", &format!("{} validation rows judge every candidate", rows), &cards);
    page.wide("Every candidate is a line; the better, the bluer", &parallel(outcomes.spec, &ranked));
    page.wide("The best candidates", &table(outcomes.spec, &ranked));
    let history = History { epochs: outcomes.best.epochs.clone(), ..History::default() };
    for (_, plot) in curves::plots(&history) {
        page.plot(&plot.to_svg());
    }
    page.half(
        "Settings of all candidates",
        &pairs(&[
            ("batch", outcomes.spec.base.batch_size.to_string()),
            ("epochs", outcomes.spec.rungs.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
            ("seed", outcomes.spec.base.seed.to_string()),
        ]),
    );
    if let Some(picture) = plots::templates(data, net) {
        plots::add_templates(&mut page, &picture, net.shape().h);
    }
    super::run::add_judged(&mut page, engine, net, data)?;
    page.wide("The best net again", &format!("<pre>{}</pre>", escaped(command)));
    Ok(page.finish())
}

/// The candidates with a bar of their accuracy.
fn table(spec: &Spec, ranked: &[&Outcome]) -> String {
    let mut html = String::from(
        "<div class=\"scroll\"><table><tr><th>validation</th><th></th><th>training</th><th>hidden</th><th>rate</th>\
         <th>penalty</th><th>decay</th><th>best epoch</th><th>seconds</th></tr>",
    );
    let most = ranked.first().map_or(1.0, |o| o.accuracy()).max(f64::MIN_POSITIVE);
    for outcome in ranked.iter().take(LINES) {
        let Point { hidden, learning_rate, reg, learning_rate_decay } = spec.points[outcome.candidate];
        let found = match (outcome.best(), outcome.diverged) {
            (Some((epoch, val)), _) => format!(
                "<td>{:.2} %</td><td style=\"text-align:left\"><span class=\"bar\" style=\"width:{:.0}px\"></span></td>\
                 <td>{:.2} %</td>",
                100.0 * val.accuracy(),
                200.0 * val.accuracy() / most,
                100.0 * epoch.train.accuracy()
            ),
            (None, step) => {
                let step = step.map_or_else(String::new, |step| format!(" at step {step}"));
                format!("<td>diverged{step}</td><td></td><td></td>")
            }
        };
        let epoch = outcome.best().map_or(0, |(epoch, _)| epoch.number);
        let _ = write!(
            html,
            "<tr>{found}<td>{hidden}</td><td>{}</td><td>{}</td><td>{learning_rate_decay}</td>\
             <td>{epoch} of {}</td><td>{:.1}</td></tr>",
            label(learning_rate),
            label(reg),
            outcome.asked,
            outcome.seconds
        );
    }
    html.push_str("</table></div>");
    if ranked.len() > LINES {
        let _ = write!(html, "<p>and {} more</p>", ranked.len() - LINES);
    }
    html
}

/// Parallel coordinates: an axis for each setting and one for the accuracy, a line for each candidate.
fn parallel(spec: &Spec, ranked: &[&Outcome]) -> String {
    const AXES: [&str; 5] = ["hidden units", "learning rate", "penalty", "decay", "validation accuracy"];
    const TOP: f64 = 44.0;
    const HIGH: f64 = 220.0;
    let values = |o: &Outcome| {
        let p = spec.points[o.candidate];
        [p.hidden as f64, p.learning_rate, p.reg, p.learning_rate_decay, o.accuracy()]
    };
    let trained: Vec<[f64; 5]> = ranked.iter().filter(|o| o.best().is_some()).map(|o| values(o)).collect();
    let mut html = String::from(
        "<svg viewBox=\"0 0 1100 300\" role=\"img\" aria-label=\"settings and accuracy of every candidate\" \
         font-family=\"system-ui,sans-serif\" font-size=\"13\" fill=\"var(--text)\">",
    );
    let at_x = |axis: usize| 90.0 + 230.0 * axis as f64;
    // Settings stand at the rank of their value: lists are seldom spaced evenly, and this needs no logarithm.
    let ranks: Vec<Vec<f64>> = (0..5).map(|axis| distinct(&trained, axis)).collect();
    let at_y = |axis: usize, v: f64| {
        let list = &ranks[axis];
        let (low, high) = (list[0], list[list.len() - 1]);
        let share = match (axis, list.len()) {
            (_, 1) => 0.5,
            (4, _) => (v - low) / (high - low),
            (_, n) => list.iter().position(|&x| x == v).unwrap_or(0) as f64 / (n - 1) as f64,
        };
        TOP + HIGH * (1.0 - share)
    };
    // The worst first, so that the best lie on top.
    for (i, line) in trained.iter().enumerate().rev() {
        let share = 1.0 - i as f64 / trained.len() as f64;
        let points: Vec<String> = line
            .iter()
            .enumerate()
            .map(|(axis, &v)| format!("{:.0},{:.1}", at_x(axis), at_y(axis, v)))
            .collect();
        let (colour, width) = if i == 0 { ("c1", 3.0) } else { ("c0", 1.5) };
        let _ = write!(
            html,
            "<polyline fill=\"none\" stroke=\"var(--{colour})\" stroke-width=\"{width}\" stroke-opacity=\"{:.2}\" points=\"{}\"/>",
            if i == 0 { 1.0 } else { 0.08 + 0.72 * share * share },
            points.join(" ")
        );
    }
    for (axis, name) in AXES.iter().enumerate().filter(|_| !trained.is_empty()) {
        let x = at_x(axis);
        let _ = write!(
            html,
            "<path d=\"M{x} {TOP}v{HIGH}\" stroke=\"var(--text)\"/><text x=\"{x}\" y=\"20\" text-anchor=\"middle\" \
             font-weight=\"600\">{name}</text>"
        );
        let list = &ranks[axis];
        let shown: Vec<f64> =
            if list.len() <= 6 && axis < 4 { list.clone() } else { vec![list[0], list[list.len() - 1]] };
        for v in shown {
            let (y, text) =
                (at_y(axis, v) + 4.0, if axis == 4 { format!("{:.1} %", 100.0 * v) } else { label(v) });
            let _ = write!(
                html,
                "<text x=\"{}\" y=\"{y:.1}\" stroke=\"var(--card)\" stroke-width=\"4\" paint-order=\"stroke\">{text}</text>",
                x + 8.0
            );
        }
    }
    html + "</svg>"
}

/// The values of an axis, ascending, each once.
fn distinct(lines: &[[f64; 5]], axis: usize) -> Vec<f64> {
    let mut list: Vec<f64> = lines.iter().map(|line| line[axis]).collect();
    list.sort_by(f64::total_cmp);
    list.dedup();
    list
}
