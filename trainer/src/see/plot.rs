//! Curves over axes.

use super::drawing::{Align, Drawing, Mark};

/// Size of a plot, and of its margins for the labels.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 42.0;

/// Side of a point.
const DOT: f64 = 5.0;

/// From the least value to the largest by this factor, and the axis is logarithmic: else a start that is far off hides
/// the rest.
const WIDE: f64 = 8.0;

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What the legend says.
    pub name: String,
    /// Colour: `c0`, `c1`, `c2` or `raw` (thin and pale).
    pub colour: &'static str,
    /// (x, y), x ascending, from 0 on: whole numbers are told along the axis.
    pub points: Vec<(f64, f64)>,
}

/// How the numbers of the y axis are written, and how they are spaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// As they are, evenly spaced.
    Plain,
    /// Shares of 1, as percentages.
    Percent,
    /// As they are; spaced by their logarithm where they go far.
    Log,
}

/// A plot of curves.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Above the plot, with the unit.
    pub title: String,
    /// Below the x axis.
    pub x: String,
    /// Where the x axis ends, if no point lies further: plots of one training beside each other are to have the same.
    pub until: f64,
    /// The y axis.
    pub y: Axis,
    /// In drawing order.
    pub curves: Vec<Curve>,
}

impl Plot {
    /// As a drawing.
    #[must_use]
    pub fn draw(&self) -> Drawing {
        let (x, mut y) = ((0.0, self.until.max(self.ends(|p| p.0).1)), self.ends(|p| p.1));
        if self.y == Axis::Percent {
            // No share of 1 is beyond these.
            y = (y.0.max(0.0), y.1.min(1.0));
        }
        let log = self.y == Axis::Log && y.0 > 0.0 && y.1 / y.0 > WIDE;
        let scaled = |v: f64| if log { v.ln() } else { v };
        let (x0, x1) = x;
        let (y0, y1) = with_room((scaled(y.0), scaled(y.1)), log || y.0 < 0.0);
        let at_x = |x: f64| LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT);
        let at_y = |y: f64| HEIGHT - BOTTOM - (scaled(y) - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM);

        let mut drawing = Drawing::new(&self.title, WIDTH, HEIGHT);
        drawing.heading(LEFT, 20.0, &self.title, Align::Left);
        let lines = if log { log_ticks(y.0, y.1) } else { ticks(y0, y1, 5) };
        for y in lines {
            drawing.line(vec![(LEFT, at_y(y)), (WIDTH - RIGHT, at_y(y))], "faint", 1.0);
            let text = if self.y == Axis::Percent { format!("{} %", label(100.0 * y)) } else { label(y) };
            drawing.words(LEFT - 6.0, at_y(y) + 4.0, text, Align::Right);
        }
        for x in ticks(x0, x1, 6).into_iter().filter(|x| x.fract() == 0.0) {
            drawing.words(at_x(x), HEIGHT - BOTTOM + 17.0, label(x), Align::Middle);
        }
        drawing.words(WIDTH - RIGHT, HEIGHT - 7.0, &self.x, Align::Right);
        for Curve { colour, points, .. } in &self.curves {
            let width = if *colour == "raw" { 1.0 } else { 2.0 };
            let points: Vec<_> = points.iter().map(|&(x, y)| (at_x(x), at_y(y))).collect();
            if let [(x, y)] = points[..]
                && y.is_finite()
            {
                drawing.marks.push(dot(x, y, colour));
            }
            drawing.line(points, colour, width);
        }
        self.legend(&mut drawing);
        drawing
    }

    /// The least and the largest of a coordinate. Values that are not finite are nowhere.
    fn ends(&self, of: fn(&(f64, f64)) -> f64) -> (f64, f64) {
        let all = self.curves.iter().flat_map(|c| c.points.iter().map(of)).filter(|v| v.is_finite());
        let (a, b) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        // Beside a large number 0.5 would be nothing, and an axis must be longer than that.
        let room = 0.5f64.max(0.1 * a.abs());
        match (a < b, a.is_finite()) {
            (true, _) => (a, b),
            (false, true) => (a - room, a + room),
            (false, false) => (0.0, 1.0),
        }
    }

    /// Names at the top right.
    fn legend(&self, drawing: &mut Drawing) {
        if self.curves.len() > 1 {
            let names = self.curves.iter().map(|curve| (curve.colour, curve.name.clone())).collect();
            drawing.marks.push(Mark::Legend { at: (WIDTH - RIGHT, 20.0), names });
        }
    }
}

/// A point that no line leads to or from, as of a training of one epoch.
fn dot(x: f64, y: f64, colour: &'static str) -> Mark {
    Mark::Bar { at: (x - DOT / 2.0, y - DOT / 2.0), size: (DOT, DOT), colour, opacity: 1.0 }
}

/// A little more at both ends, but not below 0 unless `below`.
fn with_room((low, high): (f64, f64), below: bool) -> (f64, f64) {
    let room = 0.04 * (high - low);
    (if below { low - room } else { (low - room).max(0.0) }, high + room)
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

/// Round multiples of the powers of ten between the ends; over many of those, the powers alone.
fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let steps: &[f64] = match high / low {
        wide if wide > 1e3 => &[1.0],
        wide if wide > 20.0 => &[1.0, 2.0, 5.0],
        _ => &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    };
    let every = ((last - first) as usize / 8).max(1);
    let powers = (first..=last).step_by(every);
    // By division, so that 0.1 is 0.1.
    let at = |e: i32, k: f64| if e < 0 { k / 10f64.powi(-e) } else { k * 10f64.powi(e) };
    let all = powers.flat_map(|e| steps.iter().map(move |&k| at(e, k)));
    all.filter(|y| (low..=high).contains(y)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let labels = |ticks: Vec<f64>| ticks.into_iter().map(label).collect::<Vec<_>>();
        assert_eq!(labels(ticks(0.0, 1.0, 5)), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(ticks(3.0, 1234.0, 6), [500.0, 1000.0]);
        assert_eq!(label(1.5e-7), "1.5e-7");
        assert_eq!(labels(log_ticks(0.03, 3.0)), ["0.05", "0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(log_ticks(1e-3, 40.0)), ["0.001", "0.01", "0.1", "1", "10"]);
        assert!(log_ticks(1e-300, 1e300).len() < 12);
    }

    /// An accuracy is known after an epoch, a loss after a step: their plots agree all the same.
    #[test]
    fn the_x_axis_begins_at_0() {
        let svg = |first: f64| {
            let points = vec![(first, 1.0), (1000.0, 2.0)];
            let curves = vec![Curve { name: String::new(), colour: "c0", points }];
            Plot { title: "t".into(), x: "step".into(), until: 0.0, y: Axis::Plain, curves }.draw().to_svg()
        };
        let (early, late) = (svg(1.0), svg(300.0));
        let labels = |svg: &'_ str| -> Vec<String> {
            svg.split("<text").filter_map(|text| Some(text.split_once("</text>")?.0.to_owned())).collect()
        };
        assert_eq!(labels(&early), labels(&late));
        assert!(late.contains(">0<") && late.contains(">800<"), "{late}");
    }

    /// A rate of 1e30 that never changes, as of a training that diverged after its first epoch.
    #[test]
    fn a_constant_of_any_size_has_an_axis() {
        for y in [0.0, 0.4, -1e-30, 1e17, -1e30] {
            let curves = vec![Curve { name: String::new(), colour: "c2", points: vec![(1.0, y), (2.0, y)] }];
            let svg = Plot { title: "t".into(), x: "step".into(), until: 0.0, y: Axis::Plain, curves }
                .draw()
                .to_svg();
            assert!(svg.matches("<text").count() > 4 && !svg.contains("NaN"), "{svg}");
        }
    }

    /// As of a training of one step, all rows right: its points are seen, no step is half one, no share above 1.
    #[test]
    fn one_point_is_seen() {
        let curve = |y| Curve { name: "all".into(), colour: "c0", points: vec![(1.0, y)] };
        let plot = |y, points: &[f64]| {
            let curves = points.iter().map(|&y| curve(y)).collect();
            Plot { title: "t".into(), x: "step".into(), until: 0.0, y, curves }.draw().to_svg()
        };
        let svg = plot(Axis::Percent, &[1.0]);
        assert_eq!(svg.matches("<rect").count(), 1, "{svg}");
        assert!(svg.contains(">100 %<") && !svg.contains(">150 %<") && !svg.contains(">0.5<"), "{svg}");
        assert!(svg.contains(">0<") && svg.contains(">1<"), "{svg}");
        assert!(!plot(Axis::Plain, &[f64::NAN]).contains("<rect"));
    }

    #[test]
    fn a_plot_of_nothing_is_a_plot() {
        for y in [Axis::Plain, Axis::Percent, Axis::Log] {
            let svg =
                Plot { title: "t".into(), x: "x".into(), until: 0.0, y, curves: Vec::new() }.draw().to_svg();
            assert!(svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf"));
        }
    }
}
