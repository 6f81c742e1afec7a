//! Lines, bars and words on a plane: drawn once, written as SVG here and as pixels by [`raster`](super::raster).
//!
//! Colours are names of a style sheet, so a drawing follows the page that it is in, or a style of its own.

use std::fmt::Write;

/// The style of a drawing that stands alone; a page has the same names.
const STYLE: &str = "\
svg{--text:#3b4252;--faint:#d5dae3;--card:#ffffff;--c0:#2563eb;--c1:#ea580c;--c2:#059669;--raw:#9db8f5}\
@media(prefers-color-scheme:dark){svg{--text:#c9d1de;--faint:#38414f;--card:#161b22;--c0:#7aa2f7;--c1:#ff9e64;--c2:#5fd3a3;--raw:#3d5590}}";

/// Height of letters, in units of the drawing.
pub const LETTERS: f64 = 12.0;
/// The same of headings.
pub const HEADINGS: f64 = 14.0;
/// About how wide a letter is.
pub const LETTER: f64 = 7.0;

/// Gaps of a legend: between a name and the next colour, and behind a colour.
pub const BETWEEN: f64 = 16.0;
/// See [`BETWEEN`].
pub const BEHIND: f64 = 5.0;

/// A drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// What it shows, for those who cannot see it.
    pub name: String,
    /// Size, in units: a unit is a pixel of a page 1:1.
    pub size: (f64, f64),
    /// In drawing order.
    pub marks: Vec<Mark>,
}

/// Something drawn.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // places, sizes and looks
pub enum Mark {
    /// A line through the points; it is broken where one is not finite.
    Line { points: Vec<(f64, f64)>, colour: &'static str, width: f64, opacity: f64 },
    /// A filled rectangle.
    Bar { at: (f64, f64), size: (f64, f64), colour: &'static str, opacity: f64 },
    /// Words whose letters stand on y.
    Words { at: (f64, f64), text: String, align: Align, kind: Kind },
    /// Names in a row that ends at the point, each behind its colour. How wide a name is, the font knows: whoever draws sets them
    /// one after the other, so that the gaps are even.
    Legend { at: (f64, f64), names: Vec<(&'static str, String)> },
}

/// What words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number or a name.
    Plain,
    /// The same where lines pass: with an edge of the card's colour around them.
    Edged,
    /// Bold and a little larger.
    Heading,
}

/// Where words stand at their point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Align {
    Left,
    Middle,
    Right,
}

impl Drawing {
    /// Nothing yet.
    #[must_use]
    pub fn new(name: &str, width: f64, height: f64) -> Self {
        Self { name: name.into(), size: (width, height), marks: Vec::new() }
    }

    /// A line, opaque.
    pub fn line(&mut self, points: Vec<(f64, f64)>, colour: &'static str, width: f64) {
        self.marks.push(Mark::Line { points, colour, width, opacity: 1.0 });
    }

    /// Words.
    pub fn words(&mut self, x: f64, y: f64, text: impl Into<String>, align: Align) {
        self.marks.push(Mark::Words { at: (x, y), text: text.into(), align, kind: Kind::Plain });
    }

    /// A heading.
    pub fn heading(&mut self, x: f64, y: f64, text: impl Into<String>, align: Align) {
        self.marks.push(Mark::Words { at: (x, y), text: text.into(), align, kind: Kind::Heading });
    }

    /// As an `<svg>` element to put into a page.
    #[must_use]
    pub fn to_svg(&self) -> String {
        self.draw("")
    }

    /// As a file of its own.
    #[must_use]
    pub fn to_file(&self) -> String {
        self.draw(&format!(
            "<style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"var(--card)\"/>"
        ))
    }

    fn draw(&self, head: &str) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" aria-label=\"{}\" \
             font-family=\"system-ui,sans-serif\" font-size=\"{LETTERS}\" fill=\"var(--text)\">{head}",
            self.size.0,
            self.size.1,
            escaped(&self.name)
        );
        for mark in &self.marks {
            let _ = mark.draw(&mut svg);
        }
        svg + "</svg>"
    }
}

impl Mark {
    fn draw(&self, svg: &mut String) -> std::fmt::Result {
        match self {
            Self::Line { points, colour, width, opacity } => write!(
                svg,
                "<path fill=\"none\" stroke=\"var(--{colour})\" stroke-width=\"{width}\" stroke-opacity=\"{}\" \
                 stroke-linejoin=\"round\" d=\"{}\"/>",
                short(*opacity),
                path(points)
            ),
            Self::Bar { at: (x, y), size: (w, h), colour, opacity } => write!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"var(--{colour})\" fill-opacity=\"{}\"/>",
                short(*x),
                short(*y),
                short(*w),
                short(*h),
                short(*opacity)
            ),
            Self::Words { at: (x, y), text, align, kind } => {
                let (x, y, looks) = (short(*x), short(*y), kind.attributes());
                let (anchor, text) = (align.attribute(), escaped(text));
                write!(svg, "<text x=\"{x}\" y=\"{y}\"{anchor}{looks}>{text}</text>")
            }
            Self::Legend { at: (x, y), names } => {
                let (x, y, names) = (short(*x), short(*y), legend(names));
                write!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{names}</text>")
            }
        }
    }
}

impl Align {
    fn attribute(self) -> &'static str {
        match self {
            Self::Left => "",
            Self::Middle => " text-anchor=\"middle\"",
            Self::Right => " text-anchor=\"end\"",
        }
    }
}

impl Kind {
    fn attributes(self) -> String {
        match self {
            Self::Plain => String::new(),
            Self::Edged => " stroke=\"var(--card)\" stroke-width=\"3\" paint-order=\"stroke\"".into(),
            Self::Heading => format!(" font-size=\"{HEADINGS}\" font-weight=\"600\""),
        }
    }
}

/// Each name behind its colour.
fn legend(names: &[(&str, String)]) -> String {
    let name = |(i, (colour, name)): (usize, &(&str, String))| {
        let gap = if i == 0 { 0.0 } else { BETWEEN };
        let name = escaped(name);
        format!("<tspan dx=\"{gap}\" fill=\"var(--{colour})\">■</tspan><tspan dx=\"{BEHIND}\">{name}</tspan>")
    };
    names.iter().enumerate().map(name).collect()
}

/// A number of a drawing: two digits behind the point at most.
fn short(x: f64) -> String {
    let text = format!("{x:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    let mut command = 'M';
    for &(x, y) in points {
        if x.is_finite() && y.is_finite() {
            let _ = write!(path, "{command}{x:.1} {y:.1}");
            command = 'L';
        } else {
            command = 'M';
        }
    }
    path
}

/// Text inside HTML or SVG, attributes included.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // No XML may hold the others.
            c if c.is_control() && c != '\n' && c != '\t' => safe.push('\u{FFFD}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_not_finite_break_the_line() {
        let mut drawing = Drawing::new("a<b", 10.0, 10.0);
        drawing.line(vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0)], "c0", 1.0);
        let svg = drawing.to_file();
        assert!(!svg.contains("NaN") && svg.contains("a&lt;b"), "{svg}");
        assert!(svg.contains("d=\"M0.0 1.0M2.0 3.0\""), "{svg}");
    }
}
