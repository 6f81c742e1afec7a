//! The report of a training.

use model::{Engine, Params};

use super::curves;
use super::drawing::{Drawing, escaped};
use super::html::{Page, list, pairs};
use super::plots::View;
use crate::Error;
use crate::batches::Order;
use crate::files::Target;
use crate::history::History;
use crate::prepare::Prepared;
use crate::train::{Length, Settings};
use crate::wording::counted;

/// What a report tells of.
#[derive(Clone, Copy)]
pub struct Training<'a> {
    /// What is below the title.
    pub line: &'a str,
    /// Numbers that matter most.
    pub cards: &'a [(&'a str, String)],
    /// What happened.
    pub history: &'a History,
    /// The net that was written.
    pub net: &'a Params<f32>,
    /// What it was trained on.
    pub data: &'a Prepared,
    /// What the doctor says, a sentence each.
    pub doctor: &'a [String],
    /// What the first accuracy of a record is of.
    pub part: &'a str,
    /// Every setting.
    pub settings: &'a [(&'a str, String)],
    /// The command line.
    pub command: &'a str,
}

impl Training<'_> {
    /// Writes the page, and its plots as files into the folder `NAME.plots` beside it.
    pub fn write(&self, engine: Engine<'_>, page: &Target) -> Result<(), Error> {
        let view = View::new(engine, self.net, self.data)?;
        let drawings = curves::drawings(self.history, self.part);
        page.write(self.page(&view, &drawings).as_bytes())?;
        view.write(page, drawings)
    }

    /// The page.
    fn page(&self, view: &View<'_>, drawings: &[(&str, Drawing)]) -> String {
        let mut page = Page::new("Training report", self.line, self.cards);
        for (_, drawing) in drawings {
            page.plot(&drawing.to_svg());
        }
        page.half("Settings", &pairs(self.settings));
        page.wide("What the doctor says", &list(self.doctor));
        view.add(&mut page);
        page.wide("Command", &format!("<pre>{}</pre>", escaped(self.command)));
        page.finish()
    }
}

/// Every setting, for people.
#[must_use]
pub fn settings(settings: &Settings) -> Vec<(&'static str, String)> {
    vec![
        ("hidden units", settings.hidden.to_string()),
        ("learning rate", settings.learning_rate.to_string()),
        ("factor of the rate after each epoch", settings.learning_rate_decay.to_string()),
        ("penalty on the weights", settings.reg.to_string()),
        ("first weights", settings.std.map_or("√(2/fan-in)".into(), |std| std.to_string())),
        ("momentum", format!("{}{}", settings.momentum, if settings.nesterov { ", Nesterov" } else { "" })),
        ("rate falls by", format!("{:?}", settings.schedule).to_lowercase()),
        ("patience", settings.patience.map_or("none".into(), |n| counted(n, "record"))),
        ("rows a step", settings.batch_size.to_string()),
        (
            "length",
            match settings.length {
                Length::Epochs(n) => counted(n, "epoch"),
                Length::Iterations(n) => counted(n, "step"),
            },
        ),
        (
            "order of the rows",
            match settings.order {
                Order::Shuffled => "shuffled, each once an epoch".into(),
                Order::Replacement => "drawn with replacement".into(),
            },
        ),
        ("seed", settings.seed.to_string()),
    ]
}
