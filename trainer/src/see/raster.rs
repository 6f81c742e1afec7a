//! Curves as pixels, for those who need a PNG.

use super::png::Picture;
use super::svg::{Curve, Plot, label, ticks};

const WIDTH: usize = 1120;
const HEIGHT: usize = 600;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 70.0;
const BOTTOM: f64 = 80.0;
/// Pixels a dot of a letter takes.
const DOT: usize = 2;
/// Width of a letter and the space after it.
const LETTER: usize = 6 * DOT;

type Colour = [u8; 3];
const TEXT: Colour = [0x3b, 0x42, 0x52];
const FAINT: Colour = [0xd5, 0xda, 0xe3];

/// The light colours of the style sheet.
fn colour(name: &str) -> Colour {
    match name {
        "c0" => [0x25, 0x63, 0xeb],
        "c1" => [0xea, 0x58, 0x0c],
        "c2" => [0x05, 0x96, 0x69],
        _ => [0x9d, 0xb8, 0xf5],
    }
}

/// The plot on white.
#[must_use]
pub fn draw(plot: &Plot) -> Picture {
    let mut canvas = Canvas(Picture::filled(WIDTH, HEIGHT, 3, 255));
    let [(x0, x1), (y0, y1)] = plot.ranges();
    let at_x = |x: f64| LEFT + (x - x0) / (x1 - x0) * (WIDTH as f64 - LEFT - RIGHT);
    let at_y = |y: f64| HEIGHT as f64 - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT as f64 - TOP - BOTTOM);
    canvas.text(LEFT, 24.0, &plot.title, Align::Left);
    for y in ticks(y0, y1, 5) {
        canvas.curve(&[(LEFT, at_y(y)), (WIDTH as f64 - RIGHT, at_y(y))], 1.0, FAINT);
        canvas.text(LEFT - 12.0, at_y(y) - 7.0, &label(y), Align::Right);
    }
    for x in ticks(x0, x1, 6) {
        canvas.text(at_x(x), HEIGHT as f64 - BOTTOM + 18.0, &label(x), Align::Middle);
    }
    canvas.text(WIDTH as f64 - RIGHT, HEIGHT as f64 - 26.0, &plot.x, Align::Right);
    for Curve { colour: name, points, .. } in &plot.curves {
        let width = if *name == "raw" { 1.5 } else { 3.5 };
        for part in points.split(|(x, y)| !x.is_finite() || !y.is_finite()) {
            let part: Vec<(f64, f64)> = part.iter().map(|&(x, y)| (at_x(x), at_y(y))).collect();
            canvas.curve(&part, width, colour(name));
        }
    }
    canvas.legend(&plot.curves);
    canvas.0
}

/// Where a text stands at its point.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Middle,
    Right,
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

    /// A line through the points: a pixel is covered by how near it is. Mixed in once, so that joints do not show.
    fn curve(&mut self, points: &[(f64, f64)], width: f64, colour: Colour) {
        let mut cover = vec![0f32; WIDTH * HEIGHT];
        let reach = width / 2.0 + 0.5;
        for pair in points.windows(2) {
            let [a, b] = [pair[0], pair[1]];
            let span = |p: f64, q: f64, end: usize| {
                let low = (p.min(q) - reach).max(0.0) as usize;
                low..((p.max(q) + reach + 1.0).max(0.0) as usize).min(end)
            };
            for y in span(a.1, b.1, HEIGHT) {
                for x in span(a.0, b.0, WIDTH) {
                    let near = reach - distance((x as f64 + 0.5, y as f64 + 0.5), a, b);
                    let pixel = &mut cover[y * WIDTH + x];
                    *pixel = pixel.max(near.clamp(0.0, 1.0) as f32);
                }
            }
        }
        for (i, share) in cover.into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
            self.blend(i % WIDTH, i / WIDTH, colour, share);
        }
    }

    /// Letters whose top is at y.
    fn text(&mut self, x: f64, y: f64, text: &str, align: Align) {
        let wide = (text.chars().count() * LETTER) as f64;
        let left = match align {
            Align::Left => x,
            Align::Middle => x - wide / 2.0,
            Align::Right => x - wide,
        };
        for (i, letter) in text.chars().enumerate() {
            let (x, y) = (left.max(0.0) as usize + i * LETTER, y.max(0.0) as usize);
            let below = if "gjpqy".contains(letter) { 2 } else { 0 };
            for (row, bits) in glyph(letter).into_iter().enumerate() {
                for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                    self.dot(x + column * DOT, y + (row + below) * DOT);
                }
            }
        }
    }

    /// A dot of a letter, cut off at the edge.
    fn dot(&mut self, x: usize, y: usize) {
        for (x, y) in (0..DOT * DOT).map(|i| (x + i % DOT, y + i / DOT)) {
            if x < WIDTH && y < HEIGHT {
                self.blend(x, y, TEXT, 1.0);
            }
        }
    }

    /// Names at the top right, from the right.
    fn legend(&mut self, curves: &[Curve]) {
        let mut right = WIDTH as f64 - RIGHT;
        for curve in curves.iter().rev().filter(|_| curves.len() > 1) {
            self.text(right, 24.0, &curve.name, Align::Right);
            right -= (curve.name.chars().count() * LETTER) as f64 + 12.0;
            self.curve(&[(right - 28.0, 31.0), (right, 31.0)], 5.0, colour(curve.colour));
            right -= 56.0;
        }
    }
}

/// From a point to a line from a to b.
fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let t = if length > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (p.0 - a.0 - t * dx, p.1 - a.1 - t * dy);
    (ex * ex + ey * ey).sqrt()
}

/// Seven rows of five dots; capitals are drawn small, what is missing is a space.
fn glyph(letter: char) -> [u8; 7] {
    match letter.to_ascii_lowercase() {
        '0' => [14, 17, 19, 21, 25, 17, 14],
        '1' => [4, 12, 4, 4, 4, 4, 14],
        '2' => [14, 17, 1, 6, 8, 16, 31],
        '3' => [14, 17, 1, 6, 1, 17, 14],
        '4' => [2, 6, 10, 18, 31, 2, 2],
        '5' => [31, 16, 30, 1, 1, 17, 14],
        '6' => [6, 8, 16, 30, 17, 17, 14],
        '7' => [31, 1, 2, 4, 8, 8, 8],
        '8' => [14, 17, 17, 14, 17, 17, 14],
        '9' => [14, 17, 17, 15, 1, 2, 12],
        '.' => [0, 0, 0, 0, 0, 12, 12],
        '-' => [0, 0, 0, 14, 0, 0, 0],
        '%' => [24, 25, 2, 4, 8, 19, 3],
        'a' => [0, 0, 14, 1, 15, 17, 15],
        'b' => [16, 16, 30, 17, 17, 17, 30],
        'c' => [0, 0, 14, 16, 16, 17, 14],
        'd' => [1, 1, 15, 17, 17, 17, 15],
        'e' => [0, 0, 14, 17, 31, 16, 14],
        'f' => [6, 8, 28, 8, 8, 8, 8],
        'g' => [15, 17, 17, 17, 15, 1, 14],
        'h' => [16, 16, 30, 17, 17, 17, 17],
        'i' => [4, 0, 12, 4, 4, 4, 14],
        'j' => [2, 2, 2, 2, 2, 18, 12],
        'k' => [16, 16, 18, 20, 24, 20, 18],
        'l' => [12, 4, 4, 4, 4, 4, 14],
        'm' => [0, 0, 26, 21, 21, 21, 21],
        'n' => [0, 0, 30, 17, 17, 17, 17],
        'o' => [0, 0, 14, 17, 17, 17, 14],
        'p' => [30, 17, 17, 17, 30, 16, 16],
        'q' => [15, 17, 17, 17, 15, 1, 1],
        'r' => [0, 0, 22, 25, 16, 16, 16],
        's' => [0, 0, 15, 16, 14, 1, 30],
        't' => [8, 8, 28, 8, 8, 9, 6],
        'u' => [0, 0, 17, 17, 17, 19, 13],
        'v' => [0, 0, 17, 17, 17, 10, 4],
        'w' => [0, 0, 17, 17, 21, 21, 10],
        'x' => [0, 0, 17, 10, 4, 10, 17],
        'y' => [17, 17, 17, 17, 15, 1, 14],
        'z' => [0, 0, 31, 2, 4, 8, 31],
        _ => [0; 7],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_and_its_labels_are_drawn() {
        let curve = |colour, y| Curve { name: "loss".into(), colour, points: vec![(0.0, y), (9.0, y)] };
        let curves = vec![curve("c0", 1.0), curve("c1", 2.0)];
        let picture = draw(&Plot { title: "Loss".into(), x: "step".into(), curves });
        let count = |c: Colour| picture.pixels.chunks_exact(3).filter(|p| *p == c).count();
        assert!(count(colour("c0")) > 2000 && count(colour("c1")) > 2000 && count(TEXT) > 500);
        // Nothing to draw, and values that no picture can show.
        let broken = Curve {
            name: String::new(),
            colour: "c0",
            points: vec![(0.0, f64::NAN), (1.0, 1e300), (2.0, -1e300)],
        };
        let picture = draw(&Plot { title: String::new(), x: String::new(), curves: vec![broken] });
        assert_eq!((picture.width, picture.height), (WIDTH, HEIGHT));
    }

    #[test]
    fn letters_differ() {
        let letters: Vec<char> = ('a'..='z').chain('0'..='9').chain(['.', '-', '%', ' ']).collect();
        for (i, &a) in letters.iter().enumerate() {
            assert!(letters[..i].iter().all(|&b| glyph(a) != glyph(b)), "{a}");
        }
    }
}
