//! The parts that every page about a net has, and the files beside it: templates, confusion matrix, worst mistakes.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use model::{Engine, Params};

use super::confusion;
use super::drawing::{Drawing, escaped};
use super::html::Page;
use super::images::{Frame, MOST, Sheet};
use super::judge::Judged;
use super::raster;
use crate::Error;
use crate::dataset::{Dataset, Values};
use crate::files::Target;
use crate::prepare::Prepared;
use crate::rows::Part;
use crate::wording::{counted, fixed};

/// A net and what it makes of its data.
#[derive(Debug)]
pub struct View<'a> {
    data: &'a Prepared,
    part: Part<'a>,
    /// Which part that is.
    name: &'static str,
    judged: Judged,
    hidden: usize,
    /// The templates, where rows are images.
    templates: Option<Sheet>,
}

impl<'a> View<'a> {
    /// The validation part is looked at, else the test part, else the training part: the rows by which one improves a net
    /// are not those that judge it in the end.
    pub fn new(engine: Engine<'_>, net: &Params<f32>, data: &'a Prepared) -> Result<Self, Error> {
        let (part, name) = match (data.val()?, data.test()?) {
            (Some(val), _) => (val, "validation"),
            (None, Some(test)) => (test, "test"),
            (None, None) => (data.train()?, "training"),
        };
        let rows = data.data();
        let scale: Vec<f32> = data.normalization().scale().iter().collect();
        let frame = Frame::of(rows.d, rows.channels, rows.image);
        let templates = frame.map(|frame| frame.templates(net, &scale));
        Ok(Self {
            data,
            part,
            name,
            judged: Judged::new(engine, net, part),
            hidden: net.shape().h(),
            templates,
        })
    }

    /// Puts templates, confusion matrix and worst mistakes into a page.
    pub fn add(&self, page: &mut Page) {
        if let Some(Sheet { picture, zoom }) = &self.templates {
            let note = match self.hidden {
                h if h > MOST => format!("the first {MOST} of {h} hidden units"),
                h => counted(h, "hidden unit"),
            };
            let html = format!(
                "<img class=\"sheet\" style=\"--w:{}px\" alt=\"templates of the first layer\" src=\"{}\">\
                 <p>The weights from each pixel, {note}; grey is 0. Shapes and colours are \
                 learnt, noise is left of the first weights: a larger --reg wears it away.</p>",
                picture.width * zoom,
                picture.to_data_uri()
            );
            page.wide("What the hidden units look for", &html);
        }
        let (title, table) = confusion::table(&self.judged, &self.data.data().classes, self.name);
        page.wide(&title, &table);
        add_mistakes(page, &self.judged, self.part, self.name);
    }

    /// Writes drawings, the confusion matrix and the templates into the folder `NAME.plots` beside a page.
    pub fn write(&self, page: &Target, mut drawings: Vec<(&'static str, Drawing)>) -> Result<(), Error> {
        let Target::File(path) = page else { return Ok(()) };
        let matrix = confusion::draw(&self.judged, &self.data.data().classes, self.name);
        drawings.extend(matrix.map(|matrix| ("confusion", matrix)));
        let folder = folder(path);
        std::fs::create_dir_all(&folder).map_err(|e| Error::write("create", &folder, &e))?;
        let put = |name: String, bytes: &[u8]| Target::find(&folder.join(name))?.write(bytes);
        for (name, drawing) in drawings {
            put(format!("{name}.svg"), drawing.to_file().as_bytes())?;
            put(format!("{name}.png"), &raster::draw(&drawing).to_png())?;
        }
        match &self.templates {
            Some(sheet) => put("templates.png".into(), &sheet.picture.to_png()),
            None => Ok(()),
        }
    }
}

/// Fails now if the plots of a page could not be written later; leaves nothing behind.
pub fn check(page: &Target) -> Result<(), Error> {
    let Target::File(path) = page else { return Ok(()) };
    let folder = folder(path);
    match std::fs::metadata(&folder) {
        Ok(found) if found.is_dir() => Target::File(folder.join("loss.svg")).check(),
        Ok(_) => Err(Error::fault(format!(
            "{}: it is no folder, and the plots of {} go into one of that name; name another report, or move it away",
            folder.display(),
            path.display()
        ))),
        Err(_) => Ok(()), // made beside the page
    }
}

/// `report.html` → `report.plots`.
#[must_use]
pub fn folder(page: &Path) -> PathBuf {
    page.with_extension("plots")
}

/// The worst mistakes, as images where rows are images.
fn add_mistakes(page: &mut Page, judged: &Judged, part: Part<'_>, name: &str) {
    let data = part.view.data();
    let frame = Frame::of(data.d, data.channels, data.image);
    let range = range(data);
    let mut html = String::from(if frame.is_some() { "<div class=\"mistakes\">" } else { "<ul>" });
    for mistake in &judged.worst {
        let class = |i: usize| data.classes.get(i).map_or_else(|| i.to_string(), |name| escaped(name));
        let (is, taken, row) = (class(mistake.label), class(mistake.class), mistake.row + 1);
        let loss = fixed(mistake.loss.into(), 2);
        let _ = match frame {
            Some(frame) => write!(
                html,
                "<figure><img alt=\"row {row}\" src=\"{}\">{is}, taken for {taken}<br>loss {loss}<br>row {row}</figure>",
                frame.of_row(data.row(mistake.row as usize), range).to_data_uri()
            ),
            None => write!(html, "<li>row {row}: {is}, taken for {taken}, loss {loss}</li>"),
        };
    }
    html.push_str(if frame.is_some() { "</div>" } else { "</ul>" });
    if judged.worst.is_empty() {
        html = "<p>none: every row is classified rightly</p>".into();
    }
    page.wide(&format!("Worst mistakes, {name} part"), &html);
}

/// What black and white stand for: bytes may use a part of their range only (the digits go to 16).
fn range(data: &Dataset) -> (f32, f32) {
    match &data.values {
        Values::U8(x) => {
            let most = x.iter().copied().max().unwrap_or(255);
            (0.0, if most > 127 { 255.0 } else { most.max(1).into() })
        }
        Values::F32(x) => {
            x.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)))
        }
    }
}
