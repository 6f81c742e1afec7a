//! Rows and weights as pictures, where rows are images.

use kernels::Input;
use model::Params;

use super::png::Picture;

/// Templates that are shown at most.
pub const MOST: usize = 100;
/// Pixels between pictures.
const GAP: usize = 4;
/// Small images are enlarged to about so many pixels a side.
const SIDE: usize = 48;

/// Pixels a side that a template has on a page, about, and of all of them in a row.
const SHOWN: usize = 64;
const ROW: usize = 1104;

/// Templates in one picture.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// They.
    pub picture: Picture,
    /// How many times a page enlarges them: a whole number, so that all pixels stay of one size.
    pub zoom: usize,
}

/// How a row is an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Rows.
    pub height: usize,
    /// Pixels a row.
    pub width: usize,
    /// 1, or 3: red, green, blue.
    pub channels: usize,
    /// The colours of a pixel lie together, else each has a plane.
    pub together: bool,
}

impl Frame {
    /// What is known of the data, else what D suggests: a square of grey pixels, or of three planes. A few numbers are
    /// no image.
    #[must_use]
    pub fn of(d: usize, planes: usize, image: Option<[usize; 3]>) -> Option<Self> {
        if let Some([height, width, values]) = image {
            let channels = planes * values;
            let known = height.checked_mul(width).and_then(|n| n.checked_mul(channels)) == Some(d);
            let frame = Self { height, width, channels, together: values > 1 };
            return (known && matches!(channels, 1 | 3)).then_some(frame);
        }
        [(1, d), (3, d / 3)].into_iter().find_map(|(channels, area)| {
            let side = area.isqrt();
            let frame = Self { height: side, width: side, channels, together: false };
            (side >= 8 && side * side * channels == d).then_some(frame)
        })
    }

    /// From values in the order of a row to a picture, enlarged by a whole number.
    fn picture(self, row: &[u8]) -> Picture {
        let Self { height, width, channels, together } = self;
        let times = (SIDE / width.max(height)).max(1);
        let mut pixels = Vec::with_capacity(row.len() * times * times);
        for y in 0..height * times {
            for x in 0..width * times {
                let at = y / times * width + x / times;
                let place =
                    |colour| if together { at * channels + colour } else { colour * height * width + at };
                pixels.extend((0..channels).map(|colour| row[place(colour)]));
            }
        }
        Picture { width: width * times, height: height * times, channels, pixels }
    }

    /// A row of data. Bytes that reach neither end of their range are stretched over it if `most` says how far they go.
    #[must_use]
    pub fn of_row(self, row: Input<'_>, (least, most): (f32, f32)) -> Picture {
        let grey =
            |x: f32| ((x - least) / (most - least).max(f32::MIN_POSITIVE) * 255.0).clamp(0.0, 255.0) as u8;
        let bytes: Vec<u8> = match row {
            Input::U8(x) => x.iter().map(|&x| grey(x.into())).collect(),
            Input::F32(x) => x.iter().map(|&x| grey(x)).collect(),
        };
        self.picture(&bytes)
    }

    /// The columns of W1 as pictures in a grid: what each hidden unit looks for. The normalisation is undone, so that a
    /// weight is that of the raw pixel; grey is 0, and each template fills the range by itself.
    #[must_use]
    pub fn templates(self, net: &Params<f32>, scale: &[f32]) -> Sheet {
        let (d, h) = (net.shape().d(), net.shape().h());
        let shown = h.min(MOST);
        let template = |unit: usize| {
            let of_pixel = |j: usize| if scale.is_empty() { 1.0 } else { scale[j * scale.len() / d] };
            let weights: Vec<f32> = (0..d).map(|j| net.w1_slice()[j * h + unit] * of_pixel(j)).collect();
            let most = weights.iter().fold(f32::MIN_POSITIVE, |most, w| most.max(w.abs()));
            self.picture(&weights.iter().map(|w| (127.5 + 127.5 * w / most) as u8).collect::<Vec<_>>())
        };
        let pictures: Vec<Picture> = (0..shown).map(template).collect();
        let side = pictures.first().map_or(1, |picture| picture.width.max(picture.height));
        let zoom = (SHOWN / side).max(1);
        Sheet { picture: grid(&pictures, (ROW / zoom + GAP) / (side + GAP)), zoom }
    }
}

/// Pictures of one size in rows of so many; what is between them is transparent.
#[must_use]
pub fn grid(pictures: &[Picture], columns: usize) -> Picture {
    let Some(first) = pictures.first() else { return Picture::filled(1, 1, 4, 0) };
    let columns = columns.clamp(1, pictures.len());
    let (wide, high) = (first.width + GAP, first.height + GAP);
    let rows = pictures.len().div_ceil(columns);
    let mut all = Picture::filled(columns * wide - GAP, rows * high - GAP, 4, 0);
    for (i, picture) in pictures.iter().enumerate() {
        all.put(i % columns * wide, i / columns * high, &picture.opaque());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_recognised_and_other_rows_are_not() {
        let frame = |height, width, channels| Some(Frame { height, width, channels, together: false });
        assert_eq!(Frame::of(64, 1, Some([8, 8, 1])), frame(8, 8, 1));
        assert_eq!(Frame::of(3072, 3, None), frame(32, 32, 3));
        assert_eq!(Frame::of(784, 1, None), frame(28, 28, 1));
        assert_eq!(Frame::of(6, 1, Some([2, 3, 1])), frame(2, 3, 1));
        assert_eq!((Frame::of(4, 1, None), Frame::of(785, 1, None)), (None, None));
        assert_eq!(Frame::of(64, 1, Some([8, 9, 1])), None);
    }

    /// The same picture from both layouts.
    #[test]
    fn colours_that_lie_together_stay_so() {
        let planes = [1, 2, 3, 4, 5, 6]; // two pixels: red, green, blue plane
        let together = [1, 3, 5, 2, 4, 6];
        let picture = |planes, image, row: &[u8]| {
            Frame::of(6, planes, Some(image)).unwrap().of_row(Input::U8(row), (0.0, 255.0))
        };
        assert_eq!(picture(3, [1, 2, 1], &planes), picture(1, [1, 2, 3], &together));
    }

    #[test]
    fn planes_become_pixels() {
        let row: Vec<u8> = (0..192).map(|i| if i % 64 == 1 { 255 } else { (i / 64) as u8 }).collect();
        let frame = Frame::of(192, 3, None).unwrap();
        let picture = frame.of_row(Input::U8(&row), (0.0, 255.0));
        assert_eq!((picture.width, picture.height), (48, 48));
        assert_eq!(picture.pixels[..3], [0, 1, 2]);
        assert_eq!(picture.pixels[6 * 3..][..3], [255; 3]);
        let sheet = grid(&vec![picture; 5], 3);
        assert_eq!((sheet.channels, sheet.width, sheet.height), (4, 3 * 48 + 2 * GAP, 2 * 48 + GAP));
        assert_eq!(
            (sheet.pixels[..4].to_vec(), sheet.pixels[48 * 4..][..4].to_vec()),
            (vec![0, 1, 2, 255], vec![0; 4])
        );
    }
}
