//! The report of a training.

use std::path::{Path, PathBuf};

use model::{Engine, Params};

use super::html::{Page, list, pairs};
use super::judge::Judged;
use super::{curves, plots};
use crate::Error;
use crate::batches::Order;
use crate::files::Target;
use crate::history::History;
use crate::prepare::Prepared;
use crate::train::{Length, Settings};

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
    pub findings: &'a [String],
    /// Every setting.
    pub settings: &'a [(&'a str, String)],
    /// The command line.
    pub command: &'a str,
}

impl Training<'_> {
    /// Writes the page, and its plots as files into the folder `NAME.plots` beside it.
    pub fn write(&self, engine: Engine<'_>, page: &Target) -> Result<(), Error> {
        page.write(self.page(engine)?.as_bytes())?;
        let Target::File(path) = page else { return Ok(()) };
        let folder = folder(path);
        std::fs::create_dir_all(&folder).map_err(|e| Error::write("create", &folder, &e))?;
        let put = |name: String, bytes: &[u8]| Target::find(&folder.join(name))?.write(bytes);
        for (name, plot) in curves::plots(self.history) {
            put(format!("{name}.svg"), plot.to_file().as_bytes())?;
            put(format!("{name}.png"), &super::raster::draw(&plot).to_png())?;
        }
        match plots::templates(self.data, self.net) {
            Some(picture) => put("templates.png".into(), &picture.to_png()),
            None => Ok(()),
        }
    }

    /// The page.
    fn page(&self, engine: Engine<'_>) -> Result<String, Error> {
        let mut page = Page::new("Training report", self.line, self.cards);
        for (_, plot) in curves::plots(self.history) {
            page.plot(&plot.to_svg());
        }
        if !self.findings.is_empty() {
            page.half("What the doctor says", &list(self.findings));
        }
        page.half("Settings", &pairs(self.settings));
        if let Some(picture) = plots::templates(self.data, self.net) {
            plots::add_templates(&mut page, &picture, self.net.shape().h);
        }
        add_judged(&mut page, engine, self.net, self.data)?;
        page.wide("Command", &format!("<pre>{}</pre>", super::svg::escaped(self.command)));
        Ok(page.finish())
    }
}

/// Confusion and mistakes on the validation part, else on the test part, else on the training part: the rows by
/// which one improves a net are not those that judge it in the end.
pub(super) fn add_judged(
    page: &mut Page,
    engine: Engine<'_>,
    net: &Params<f32>,
    data: &Prepared,
) -> Result<(), Error> {
    let (part, name) = match (data.val()?, data.test()?) {
        (Some(val), _) => (val, "validation"),
        (None, Some(test)) => (test, "test"),
        (None, None) => (data.train()?, "training"),
    };
    let judged = Judged::new(engine, net, part);
    plots::add_confusion(page, &judged, &data.data().classes, name);
    plots::add_mistakes(page, &judged, part, name);
    Ok(())
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
        ("patience", settings.patience.map_or("none".into(), |n| format!("{n} records"))),
        ("rows a step", settings.batch_size.to_string()),
        (
            "length",
            match settings.length {
                Length::Epochs(n) => format!("{n} epochs"),
                Length::Iterations(n) => format!("{n} steps"),
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

/// `report.html` → `report.plots`.
#[must_use]
pub fn folder(page: &Path) -> PathBuf {
    page.with_extension("plots")
}
