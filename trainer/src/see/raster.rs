//! Drawings as pixels, for those who need a PNG.

use super::drawing::{Align, BEHIND, BETWEEN, Drawing, HEADINGS, Kind, LETTERS, Mark};
use super::letters::strokes;
use super::png::Picture;

/// Pixels a unit of a drawing: sharp on paper too.
const SCALE: f64 = 2.0;
/// Height of capitals, of the letters' size, as in most fonts.
const CAPITALS: f64 = 0.72;

type Colour = [u8; 3];

/// The light colours of the style sheet.
fn colour(name: &str) -> Colour {
    match name {
        "text" => [0x3b, 0x42, 0x52],
        "faint" => [0xd5, 0xda, 0xe3],
        "card" => [0xff; 3],
        "c0" => [0x25, 0x63, 0xeb],
        "c1" => [0xea, 0x58, 0x0c],
        "c2" => [0x05, 0x96, 0x69],
        _ => [0x9d, 0xb8, 0xf5],
    }
}

/// The drawing on white.
#[must_use]
pub fn draw(drawing: &Drawing) -> Picture {
    let [width, height] = [drawing.size.0, drawing.size.1].map(|size| (size * SCALE) as usize);
    let mut canvas = Canvas(Picture::filled(width, height, 3, 255));
    for mark in &drawing.marks {
        match mark {
            Mark::Line { points, colour: name, width, opacity } => {
                let parts = points.split(|(x, y)| !x.is_finite() || !y.is_finite());
                canvas.lines(&parts.map(<[_]>::to_vec).collect::<Vec<_>>(), *width, colour(name), *opacity);
            }
            Mark::Bar { at, size, colour: name, opacity } => canvas.bar(*at, *size, colour(name), *opacity),
            Mark::Words { at, text, align, kind } => {
                canvas.words(*at, text, *align, *kind);
            }
            Mark::Legend { at, names } => canvas.legend(*at, names),
        }
    }
    canvas.0
}

struct Canvas(Picture);

impl Canvas {
    /// Mixes a colour into a pixel.
    fn blend(&mut self, x: usize, y: usize, colour: Colour, share: f32) {
        let at = (y * self.0.width + x) * 3;
        for (pixel, new) in self.0.pixels[at..at + 3].iter_mut().zip(colour) {
            *pixel = (f32::from(*pixel) + (f32::from(new) - f32::from(*pixel)) * share + 0.5) as u8;
        }
    }

    /// Lines through points: a pixel is covered by how near it is. Mixed in once, so that joints do not show.
    fn lines(&mut self, lines: &[Vec<(f64, f64)>], width: f64, colour: Colour, opacity: f64) {
        let reach = width * SCALE / 2.0 + 0.5;
        let scaled = |&(x, y): &(f64, f64)| (x * SCALE, y * SCALE);
        let lines: Vec<Vec<(f64, f64)>> =
            lines.iter().map(|line| line.iter().map(scaled).collect()).collect();
        let all = lines.iter().flatten();
        // The part of the picture that is touched.
        let ends = |of: fn(&(f64, f64)) -> f64, end: usize| {
            let (a, b) = all.clone().map(of).fold((f64::INFINITY, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
            span(a, b, reach, end)
        };
        let (xs, ys) = (ends(|p| p.0, self.0.width), ends(|p| p.1, self.0.height));
        let mut cover = vec![0f32; xs.len() * ys.len()];
        for line in &lines {
            for pair in line.windows(2) {
                let [a, b] = [pair[0], pair[1]];
                for y in span(a.1.min(b.1), a.1.max(b.1), reach, self.0.height) {
                    let (left, right) = within(a, b, y as f64 + 0.5, reach + 1.0);
                    for x in span(left, right, reach, self.0.width) {
                        let near = reach - distance((x as f64 + 0.5, y as f64 + 0.5), a, b);
                        let pixel = &mut cover[(y - ys.start) * xs.len() + x - xs.start];
                        *pixel = pixel.max(near.clamp(0.0, 1.0) as f32);
                    }
                }
            }
        }
        for (i, share) in cover.into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
            self.blend(xs.start + i % xs.len(), ys.start + i / xs.len(), colour, share * opacity as f32);
        }
    }

    fn bar(&mut self, at: (f64, f64), size: (f64, f64), colour: Colour, opacity: f64) {
        let pixels = |from: f64, size: f64, end: usize| {
            let edge = |v: f64| ((v * SCALE + 0.5).max(0.0) as usize).min(end);
            edge(from)..edge(from + size)
        };
        for y in pixels(at.1, size.1, self.0.height) {
            for x in pixels(at.0, size.0, self.0.width) {
                self.blend(x, y, colour, opacity as f32);
            }
        }
    }

    /// From the right.
    fn legend(&mut self, (mut x, y): (f64, f64), names: &[(&str, String)]) {
        let side = CAPITALS * LETTERS;
        for (name_of_colour, name) in names.iter().rev() {
            x -= self.words((x, y), name, Align::Right, Kind::Plain) + BEHIND + side;
            self.bar((x, y - side), (side, side), colour(name_of_colour), 1.0);
            x -= BETWEEN;
        }
    }

    /// How wide they are.
    fn words(&mut self, at: (f64, f64), text: &str, align: Align, kind: Kind) -> f64 {
        let (size, width) = if kind == Kind::Heading { (HEADINGS, 1.7) } else { (LETTERS, 1.2) };
        let (lines, wide) = strokes(text, CAPITALS * size);
        let left = match align {
            Align::Left => at.0,
            Align::Middle => at.0 - wide / 2.0,
            Align::Right => at.0 - wide,
        };
        let place = |(x, y): (f64, f64)| (left + x, at.1 + y);
        let lines: Vec<Vec<(f64, f64)>> =
            lines.into_iter().map(|line| line.into_iter().map(place).collect()).collect();
        if kind == Kind::Edged {
            self.lines(&lines, width + 3.0, colour("card"), 1.0);
        }
        self.lines(&lines, width, colour("text"), 1.0);
        wide
    }
}

/// The pixels between two places and what a line reaches beyond them.
fn span(low: f64, high: f64, reach: f64, end: usize) -> std::ops::Range<usize> {
    let first = ((low - reach).max(0.0) as usize).min(end);
    first..((high + reach + 1.0).max(0.0) as usize).clamp(first, end)
}

/// Where a line is while its y is within `reach` of this one.
fn within(a: (f64, f64), b: (f64, f64), y: f64, reach: f64) -> (f64, f64) {
    let (from, to) = if a.1 <= b.1 { (a, b) } else { (b, a) };
    let rise = to.1 - from.1;
    if rise < 1.0 {
        return (a.0.min(b.0), a.0.max(b.0));
    }
    let at = |y: f64| from.0 + (to.0 - from.0) * ((y - from.1) / rise).clamp(0.0, 1.0);
    let (p, q) = (at(y - reach), at(y + reach));
    (p.min(q), p.max(q))
}

/// From a point to a line from a to b.
fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (p.0 - a.0 - t * dx, p.1 - a.1 - t * dy);
    (ex * ex + ey * ey).sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::plot::{Axis, Curve, Plot};
    use super::*;

    #[test]
    fn a_curve_and_its_labels_are_drawn() {
        let curve = |colour, y| Curve { name: "loss".into(), colour, points: vec![(0.0, y), (9.0, y)] };
        let curves = vec![curve("c0", 1.0), curve("c1", 2.0)];
        let plot = Plot { title: "Loss".into(), x: "step".into(), until: 0.0, y: Axis::Log, curves };
        let picture = draw(&plot.draw());
        let count = |name| picture.pixels.chunks_exact(3).filter(|p| *p == colour(name)).count();
        assert!(count("c0") > 2000 && count("c1") > 2000 && count("text") > 200);
        // Nothing to draw, and values that no picture can show.
        let points = vec![(0.0, f64::NAN), (1.0, 1e300), (2.0, -1e300)];
        let broken = Curve { name: String::new(), colour: "c0", points };
        let plot =
            Plot { title: String::new(), x: String::new(), until: 0.0, y: Axis::Plain, curves: vec![broken] };
        let drawing = plot.draw();
        let picture = draw(&drawing);
        assert_eq!(
            (picture.width as f64, picture.height as f64),
            (2.0 * drawing.size.0, 2.0 * drawing.size.1)
        );
    }

    /// A steep and a flat line cover about their length times their width.
    #[test]
    fn lines_are_as_thick_as_asked() {
        for end in [(10.0, 90.0), (90.0, 10.0), (90.0, 90.0)] {
            let mut drawing = Drawing::new("", 100.0, 100.0);
            drawing.line(vec![(10.0, 10.0), end], "text", 2.0);
            let picture = draw(&drawing);
            let dark: f64 = picture.pixels.chunks_exact(3).map(|p| f64::from(255 - p[0]) / 196.0).sum();
            let length = SCALE * f64::hypot(end.0 - 10.0, end.1 - 10.0);
            assert!((dark / length - 2.0 * SCALE).abs() < 0.2, "{dark} of {length}");
        }
    }

    /// Between a name and the next colour, whatever letters it is of; and nothing stands right of the legend's place.
    #[test]
    fn the_gaps_of_a_legend_are_even() {
        let names = [("c0", "mmmm"), ("c1", "iiii"), ("c2", "illi"), ("raw", "WW")];
        let names: Vec<_> = names.map(|(colour, name)| (colour, name.to_owned())).to_vec();
        let mut drawing = Drawing::new("", 400.0, 30.0);
        drawing.marks.push(Mark::Legend { at: (380.0, 20.0), names: names.clone() });
        let picture = draw(&drawing);
        let column = |x: usize, of: &dyn Fn(&[u8]) -> bool| {
            (0..picture.height).any(|y| of(&picture.pixels[3 * (y * picture.width + x)..][..3]))
        };
        let gap = |name: &str| {
            let begins = (0..picture.width).find(|&x| column(x, &|p| p == colour(name))).expect("its colour");
            (1..begins).take_while(|left| !column(begins - left, &|p| p != [255; 3])).count()
        };
        let gaps: Vec<usize> = names[1..].iter().map(|(name, _)| gap(name)).collect();
        assert!(gaps.iter().all(|gap| gap.abs_diff((BETWEEN * SCALE) as usize) <= 3), "{gaps:?}");
        assert!((763..picture.width).all(|x| !column(x, &|p| p != [255; 3])));
        assert_eq!(
            drawing.to_svg().matches("<text").count(),
            1,
            "one after the other, as wide as the font has them"
        );
    }

    #[test]
    fn bars_have_their_colour() {
        let mut drawing = Drawing::new("", 10.0, 10.0);
        drawing.marks.push(Mark::Bar { at: (2.0, 3.0), size: (4.0, 5.0), colour: "c2", opacity: 1.0 });
        let picture = draw(&drawing);
        let count = picture.pixels.chunks_exact(3).filter(|p| *p == colour("c2")).count();
        assert_eq!(count as f64, 4.0 * 5.0 * SCALE * SCALE);
    }
}
