//! Curves as SVG. Colours are names of a style sheet, so a plot follows the page, or a style of its own.

use std::fmt::Write;

/// Size of a plot, and of its margins for the labels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 40.0;

/// The style of a plot that stands alone; a page has the same names.
pub const STYLE: &str = "\
svg{--text:#3b4252;--faint:#d5dae3;--paper:#ffffff;--c0:#2563eb;--c1:#ea580c;--c2:#059669;--raw:#9db8f5}\
@media(prefers-color-scheme:dark){svg{--text:#c9d1de;--faint:#38414f;--paper:#161b22;--c0:#7aa2f7;--c1:#ff9e64;--c2:#5fd3a3;--raw:#3d5590}}";

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What the legend says.
    pub name: String,
    /// Colour: `c0`, `c1`, `c2` or `raw` (thin and pale).
    pub colour: &'static str,
    /// (x, y), x ascending.
    pub points: Vec<(f64, f64)>,
}

/// A plot of curves.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Above the plot.
    pub title: String,
    /// Below the x axis.
    pub x: String,
    /// In drawing order.
    pub curves: Vec<Curve>,
}

impl Plot {
    /// The ends of both axes: x, y. Values that are not finite are nowhere.
    #[must_use]
    pub fn ranges(&self) -> [(f64, f64); 2] {
        let ends = |of: fn(&(f64, f64)) -> f64| {
            let all = self.curves.iter().flat_map(|c| c.points.iter().map(of)).filter(|v| v.is_finite());
            let (a, b) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
            match (a < b, a.is_finite()) {
                (true, _) => (a, b),
                (false, true) => (a - 0.5, a + 0.5),
                (false, false) => (0.0, 1.0),
            }
        };
        let (low, high) = ends(|p| p.1);
        let room = 0.04 * (high - low);
        [ends(|p| p.0), (if low >= 0.0 { (low - room).max(0.0) } else { low - room }, high + room)]
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
            "<style>{STYLE}</style><rect width=\"100%\" height=\"100%\" fill=\"var(--paper)\"/>"
        ))
    }

    fn draw(&self, head: &str) -> String {
        let [(x0, x1), (y0, y1)] = self.ranges();
        let at_x = |x: f64| LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT);
        let at_y = |y: f64| HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             aria-label=\"{0}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" fill=\"var(--text)\">{head}\
             <text x=\"{LEFT}\" y=\"20\" font-size=\"14\" font-weight=\"600\">{0}</text>",
            escaped(&self.title)
        );
        for y in ticks(y0, y1, 5) {
            let (to, at) = (WIDTH - RIGHT, at_y(y));
            let _ = write!(
                svg,
                "<path d=\"M{LEFT} {at:.1}H{to}\" stroke=\"var(--faint)\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                at + 4.0,
                label(y)
            );
        }
        for x in ticks(x0, x1, 6) {
            let at = HEIGHT - BOTTOM + 16.0;
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{at}\" text-anchor=\"middle\">{}</text>",
                at_x(x),
                label(x)
            );
        }
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            HEIGHT - 6.0,
            escaped(&self.x)
        );
        for curve in &self.curves {
            let width = if curve.colour == "raw" { 1.0 } else { 2.0 };
            let _ = write!(
                svg,
                "<path fill=\"none\" stroke=\"var(--{})\" stroke-width=\"{width}\" stroke-linejoin=\"round\" d=\"{}\"/>",
                curve.colour,
                path(&curve.points, at_x, at_y)
            );
        }
        self.legend(&mut svg);
        svg + "</svg>"
    }

    /// Names at the top right, from the right.
    fn legend(&self, svg: &mut String) {
        if self.curves.len() < 2 {
            return;
        }
        let mut right = WIDTH - RIGHT;
        for curve in self.curves.iter().rev() {
            let left = right - 7.0 * curve.name.chars().count() as f64;
            let _ = write!(
                svg,
                "<text x=\"{left:.0}\" y=\"20\">{}</text><path d=\"M{:.0} 16h14\" stroke=\"var(--{})\" stroke-width=\"3\"/>",
                escaped(&curve.name),
                left - 19.0,
                curve.colour
            );
            right = left - 32.0;
        }
    }
}

/// The line through the points; it is broken where a value is not finite.
fn path(points: &[(f64, f64)], at_x: impl Fn(f64) -> f64, at_y: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut command = 'M';
    for &(x, y) in points {
        if x.is_finite() && y.is_finite() {
            let _ = write!(path, "{command}{:.1} {:.1}", at_x(x), at_y(y));
            command = 'L';
        } else {
            command = 'M';
        }
    }
    path
}

/// Round values between the ends, about `n` of them: steps of 1, 2 or 5 times a power of ten.
#[must_use]
pub fn ticks(low: f64, high: f64, n: usize) -> Vec<f64> {
    let rough = (high - low) / n as f64;
    let mut power = 1.0;
    while power > rough {
        power /= 10.0;
    }
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|k| k * power).find(|&step| step >= rough).unwrap_or(power);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).take(4 * n).map(|i| i as f64 * step).collect()
}

/// A tick's number, without the digits that binary fractions leave.
#[must_use]
pub fn label(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        return format!("{x:.1e}");
    }
    let text = format!("{x:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
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
    fn ticks_are_round_and_inside() {
        assert_eq!(
            ticks(0.0, 1.0, 5).iter().map(|&x| label(x)).collect::<Vec<_>>(),
            ["0", "0.2", "0.4", "0.6", "0.8", "1"]
        );
        assert_eq!(ticks(3.0, 1234.0, 6), [500.0, 1000.0]);
        assert_eq!(label(1.5e-7), "1.5e-7");
    }

    #[test]
    fn values_that_are_not_finite_break_the_line() {
        let curve =
            Curve { name: "a<b".into(), colour: "c0", points: vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 3.0)] };
        let svg = Plot { title: "t".into(), x: "x".into(), curves: vec![curve.clone(), curve] }.to_file();
        assert!(!svg.contains("NaN") && svg.contains("a&lt;b"), "{svg}");
        let line = svg.split("d=\"").find(|d| d.matches('M').count() == 2);
        assert!(line.is_some(), "{svg}");
    }

    #[test]
    fn a_plot_of_nothing_is_a_plot() {
        let svg = Plot { title: "t".into(), x: "x".into(), curves: Vec::new() }.to_svg();
        assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"));
    }
}
