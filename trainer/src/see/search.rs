//! The report of a search: every candidate, and the best net in pictures.

use std::collections::HashSet;
use std::fmt::Write;

use model::{Engine, Params};

use super::drawing::{Drawing, escaped};
use super::html::{Page, pairs};
use super::plot::label;
use super::plots::View;
use super::{curves, parallel};
use crate::Error;
use crate::files::Target;
use crate::history::{Evaluation, History};
use crate::prepare::Prepared;
use crate::search::{Outcome, Point, Spec, diverged_later};

/// Candidates in the table.
const LINES: usize = 20;

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

/// The results, best first, of each candidate its best: that of its longest training, unless it diverged in that.
#[must_use]
pub fn ranked(all: &[Outcome]) -> Vec<&Outcome> {
    let mut ranked: Vec<&Outcome> = all.iter().collect();
    ranked.sort_by(|a, b| a.rank(b));
    let mut seen = HashSet::new();
    ranked.retain(|o| seen.insert(o.candidate));
    ranked
}

/// What is told behind the epoch of a result whose candidate diverged on a later rung; else nothing.
#[must_use]
pub fn later(all: &[Outcome], of: &Outcome) -> String {
    diverged_later(all, of).map_or_else(String::new, |step| format!(", later diverged at step {step}"))
}

impl Outcomes<'_> {
    /// Writes the page, and its plots as files into the folder `NAME.plots` beside it.
    pub fn write(
        &self,
        engine: Engine<'_>,
        net: &Params<f32>,
        data: &Prepared,
        test: Option<Evaluation>,
        command: &str,
        page: &Target,
    ) -> Result<(), Error> {
        let view = View::new(engine, net, data)?;
        let ranked = ranked(self.all);
        let history = History { epochs: self.best.epochs.clone(), ..History::default() };
        let mut drawings = vec![("candidates", parallel::draw(self.spec, &ranked))];
        drawings.extend(curves::drawings(&history, "training, a sample"));
        let line = format!("{}; the validation rows judge every candidate", data.describe_rows());
        page.write(self.page(&line, test, &view, &ranked, &drawings, command).as_bytes())?;
        view.write(page, drawings)
    }

    /// The page.
    fn page(
        &self,
        line: &str,
        test: Option<Evaluation>,
        view: &View<'_>,
        ranked: &[&Outcome],
        drawings: &[(&str, Drawing)],
        command: &str,
    ) -> String {
        let Self { spec, best, .. } = *self;
        let point = spec.points[best.candidate];
        let cards = [
            ("best validation accuracy", percent(best.accuracy())),
            ("test accuracy of its net", test.map_or("none".into(), |test| percent(test.accuracy()))),
            ("candidates tried", format!("{} of {}", ranked.len(), spec.points.len())),
            ("hidden units", point.hidden.to_string()),
            ("learning rate", label(point.learning_rate)),
            ("penalty", label(point.reg)),
            ("decay", label(point.learning_rate_decay)),
        ];
        let mut page = Page::new("Search report", line, &cards);
        for (i, (_, drawing)) in drawings.iter().enumerate() {
            match i {
                0 => page.wide_plot(&drawing.to_svg()),
                _ => page.plot(&drawing.to_svg()),
            }
            if i == 0 {
                page.wide("The best candidates", &table(spec, ranked, self.all));
            }
        }
        page.half(
            "Settings of all candidates",
            &pairs(&[
                ("rows a step", spec.base.batch_size.to_string()),
                ("epochs", spec.rungs.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
                ("seed", spec.base.seed.to_string()),
            ]),
        );
        view.add(&mut page);
        page.wide("The best net again", &format!("<pre>{}</pre>", escaped(command)));
        page.finish()
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// The candidates with a bar of their accuracy.
fn table(spec: &Spec, ranked: &[&Outcome], all: &[Outcome]) -> String {
    let (low, most) = (parallel::floor(ranked), ranked.first().map_or(1.0, |o| o.accuracy()));
    let place = |accuracy: f64| 100.0 * (accuracy - low).max(0.0) / (most - low).max(f64::MIN_POSITIVE);
    let mut html = format!(
        "<div class=\"scroll\"><table><tr><th>validation</th><th class=\"ends\">{:.1} % <span>{:.1} %</span></th><th>training</th>\
         <th>hidden</th><th>rate</th><th>penalty</th><th>decay</th><th>best epoch</th><th>seconds</th></tr>",
        100.0 * low,
        100.0 * most
    );
    for outcome in ranked.iter().take(LINES) {
        let Point { hidden, learning_rate, reg, learning_rate_decay } = spec.points[outcome.candidate];
        let found = match (outcome.best(), outcome.diverged) {
            (Some((epoch, val)), _) => format!(
                "<td>{:.2} %</td><td><span class=\"track\"><i style=\"left:{:.0}%\"></i></span></td><td>{:.2} %</td>",
                100.0 * val.accuracy(),
                place(val.accuracy()),
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
             <td>{epoch} of {}{}</td><td>{:.2}</td></tr>",
            label(learning_rate),
            label(reg),
            outcome.asked,
            later(all, outcome),
            outcome.seconds
        );
    }
    html.push_str("</table></div>");
    if ranked.len() > LINES {
        let _ = write!(html, "<p>and {} more</p>", ranked.len() - LINES);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Epoch;

    /// Candidate 0 learnt on its first rung and diverged on the second; 1 diverged at once; 2 learnt more on each rung.
    #[test]
    fn each_candidate_once_and_what_diverged_behind() {
        let outcome = |candidate, asked, right: &[usize], diverged| {
            let epochs = right.iter().enumerate().map(|(i, &correct)| {
                let found = Evaluation { rows: 10, correct, loss: 0.5 };
                Epoch { number: i + 1, iterations: i + 1, learning_rate: 0.1, train: found, val: Some(found) }
            });
            Outcome { candidate, asked, epochs: epochs.collect(), diverged, net: 0, seconds: 0.0 }
        };
        let all = [
            outcome(0, 1, &[6], None),
            outcome(1, 1, &[], Some(1)),
            outcome(2, 1, &[5], None),
            outcome(0, 2, &[6], Some(2)),
            outcome(2, 2, &[5, 7], None),
        ];
        let found: Vec<_> = ranked(&all).iter().map(|o| (o.candidate, o.asked)).collect();
        assert_eq!(found, [(2, 2), (0, 1), (1, 1)]);
    }
}
