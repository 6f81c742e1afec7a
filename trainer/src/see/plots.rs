//! The parts that every page about a net has: templates, confusion matrix, worst mistakes.

use std::fmt::Write;

use model::Params;

use super::html::Page;
use super::images::Frame;
use super::judge::Judged;
use super::png::Picture;
use super::svg::escaped;
use crate::dataset::{Dataset, Values};
use crate::prepare::Prepared;
use crate::rows::Part;

/// Classes of which a matrix can still be read.
const READABLE: usize = 25;

/// The templates, where rows are images.
#[must_use]
pub fn templates(data: &Prepared, net: &Params<f32>) -> Option<Picture> {
    let rows = data.data();
    let scale: Vec<f32> = data.normalization().scale().iter().collect();
    Frame::of(rows.d, rows.channels, rows.image).map(|frame| frame.templates(net, &scale))
}

/// Puts them into the page.
pub fn add_templates(page: &mut Page, picture: &Picture, hidden: usize) {
    let note = if hidden > 100 {
        format!("the first 100 of {hidden} hidden units")
    } else {
        format!("{hidden} hidden units")
    };
    let html = format!(
        "<img class=\"sheet\" style=\"--w:{}px\" alt=\"templates of the first layer\" src=\"{}\">\
         <p>The weights from each pixel, {note}; grey is 0. Shapes and colours are learnt, noise is not.</p>",
        picture.width.max(480),
        picture.to_data_uri()
    );
    page.wide("What the hidden units look for", &html);
}

/// The confusion matrix with recall and precision, or the classes alone where there are too many.
pub fn add_confusion(page: &mut Page, judged: &Judged, names: &[String], part: &str) {
    let c = judged.c;
    let share = |x: f64| if x.is_finite() { format!("{:.1} %", 100.0 * x) } else { "none".into() };
    let matrix = c <= READABLE;
    let mut html = String::from("<div class=\"scroll\"><table class=\"matrix\"><tr><th>is \\ taken for</th>");
    if matrix {
        html.extend(names.iter().map(|name| format!("<th>{}</th>", escaped(name))));
    }
    html.push_str("<th>rows</th><th>recall</th><th>precision</th></tr>");
    for (i, name) in names.iter().enumerate() {
        let (rows, recall, precision) = judged.class(i);
        let _ = write!(html, "<tr><th>{}</th>", escaped(name));
        for j in (0..c).filter(|_| matrix) {
            let count = judged.confusion[i * c + j];
            let heat = 0.65 * f64::from(count) / f64::from(rows.max(1));
            let text = if count == 0 { String::new() } else { count.to_string() };
            let _ = write!(html, "<td style=\"background:rgba(var(--heat),{heat:.3})\">{text}</td>");
        }
        let _ = write!(html, "<td>{rows}</td><td>{}</td><td>{}</td></tr>", share(recall), share(precision));
    }
    html.push_str("</table></div>");
    page.wide(&format!("Confusion matrix, {part} part"), &html);
}

/// The worst mistakes, as images where rows are images.
pub fn add_mistakes(page: &mut Page, judged: &Judged, part: Part<'_>, name: &str) {
    let data = part.view.data();
    let frame = Frame::of(data.d, data.channels, data.image);
    let range = range(data);
    let mut html = String::from(if frame.is_some() { "<div class=\"mistakes\">" } else { "<ul>" });
    for mistake in &judged.worst {
        let class = |i: usize| data.classes.get(i).map_or_else(|| i.to_string(), |name| escaped(name));
        let (is, taken, row) = (class(mistake.label), class(mistake.class), mistake.row + 1);
        let loss = mistake.loss;
        let _ = match frame {
            Some(frame) => write!(
                html,
                "<figure><img alt=\"row {row}\" src=\"{}\">{is}, taken for {taken}<br>loss {loss:.2}, row {row}</figure>",
                frame.of_row(data.row(mistake.row as usize), range).to_data_uri()
            ),
            None => write!(html, "<li>row {row}: {is}, taken for {taken}, loss {loss:.2}</li>"),
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
