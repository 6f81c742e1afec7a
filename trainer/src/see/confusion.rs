//! A confusion matrix: a table for pages, a drawing for files.

use std::fmt::Write;

use super::drawing::{Align, Drawing, LETTER, Mark, escaped};
use super::judge::Judged;

/// Classes of which a matrix can still be read.
const READABLE: usize = 25;
/// Letters of a name in the drawing.
const LETTERS: usize = 16;
/// Height of a line of the drawing.
const LINE: f64 = 26.0;

/// Above the matrix of a part.
fn title(part: &str) -> String {
    format!("Confusion matrix, {part} part")
}

/// How dark a count is: by its share of the row.
fn heat(count: u32, rows: u32) -> f64 {
    0.65 * f64::from(count) / f64::from(rows.max(1))
}

/// Title and table, with recall and precision; the classes alone where there are too many.
#[must_use]
pub fn table(judged: &Judged, names: &[String], part: &str) -> (String, String) {
    let share = |x: f64| if x.is_finite() { format!("{:.1} %", 100.0 * x) } else { "none".into() };
    let matrix = judged.confusion.classes() <= READABLE;
    let (title, first) = match matrix {
        true => (title(part), "is \\ taken for"),
        false => (format!("Classes, {part} part (more than {READABLE}: no confusion matrix)"), "class"),
    };
    let mut html = format!("<div class=\"scroll\"><table class=\"matrix\"><tr><th>{first}</th>");
    if matrix {
        html.extend(names.iter().map(|name| format!("<th>{}</th>", escaped(name))));
    }
    html.push_str("<th>rows</th><th>recall</th><th>precision</th></tr>");
    for (i, name) in names.iter().enumerate() {
        let (rows, recall, precision) = judged.class(i);
        let _ = write!(html, "<tr><th>{}</th>", escaped(name));
        for count in if matrix { judged.confusion.row(i) } else { Vec::new() } {
            let text = if count == 0 { String::new() } else { count.to_string() };
            let _ = write!(
                html,
                "<td style=\"background:rgba(var(--heat),{:.3})\">{text}</td>",
                heat(count, rows)
            );
        }
        let _ = write!(html, "<td>{rows}</td><td>{}</td><td>{}</td></tr>", share(recall), share(precision));
    }
    html.push_str("</table></div>");
    (title, html)
}

/// The matrix as a drawing; None where there are too many classes.
#[must_use]
pub fn draw(judged: &Judged, names: &[String], part: &str) -> Option<Drawing> {
    let c = judged.confusion.classes();
    if c > READABLE {
        return None;
    }
    let names: Vec<String> = names.iter().map(|name| shortened(name)).collect();
    let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0) as f64;
    let (cell, left, top) = ((LETTER * longest + 10.0).max(40.0), LETTER * longest + 36.0, 76.0);
    let width = (left + cell * c as f64 + 16.0).max(360.0);
    let mut drawing = Drawing::new(&title(part), width, top + LINE * c as f64 + 16.0);
    drawing.heading(16.0, 22.0, title(part), Align::Left);
    drawing.words(left, 46.0, "taken for", Align::Left);
    drawing.words(left - 8.0, 66.0, "is", Align::Right);
    let at = |i: usize, j: usize| (left + cell * j as f64, top + LINE * i as f64);
    for (i, name) in names.iter().enumerate() {
        drawing.words(at(0, i).0 + cell / 2.0, 66.0, name, Align::Middle);
        drawing.words(left - 8.0, at(i, 0).1 + 17.0, name, Align::Right);
        let rows = judged.class(i).0;
        for (j, count) in judged.confusion.row(i).into_iter().enumerate() {
            let (x, y) = at(i, j);
            let size = (cell - 1.0, LINE - 1.0);
            drawing.marks.push(Mark::Bar { at: (x, y), size, colour: "c0", opacity: heat(count, rows) });
            if count > 0 {
                drawing.words(x + cell / 2.0, y + 17.0, count.to_string(), Align::Middle);
            }
        }
    }
    Some(drawing)
}

/// The beginning of a name.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        None => name.to_owned(),
        Some(_) => name.chars().take(LETTERS - 1).chain(['…']).collect(),
    }
}
