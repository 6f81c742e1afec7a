//! Pictures as PNG files (ISO/IEC 15948): 8 bits a channel, grey, RGB or RGB with opacity, no interlacing.

use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::checksum::crc32;

/// A picture: rows from the top, channels together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// 1 (grey), 3 (red, green, blue) or 4 (and opacity).
    pub channels: usize,
    /// height × width × channels bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The same with all four channels, opaque.
    #[must_use]
    pub fn opaque(&self) -> Self {
        let pixel = |p: &[u8]| match *p {
            [grey] => [grey, grey, grey, 255],
            [r, g, b] => [r, g, b, 255],
            _ => [p[0], p[1], p[2], p[3]],
        };
        let pixels = self.pixels.chunks_exact(self.channels).flat_map(pixel).collect();
        Self { channels: 4, pixels, ..*self }
    }

    /// Of one value in all channels.
    #[must_use]
    pub fn filled(width: usize, height: usize, channels: usize, grey: u8) -> Self {
        Self { width, height, channels, pixels: vec![grey; width * height * channels] }
    }

    /// Puts a smaller picture of the same channels at (x, y).
    ///
    /// # Panics
    /// If it does not fit there.
    pub fn put(&mut self, x: usize, y: usize, other: &Self) {
        assert_eq!(self.channels, other.channels, "pictures of different channels");
        let (wide, row) = (self.width * self.channels, other.width * other.channels);
        for (i, line) in other.pixels.chunks_exact(row).enumerate() {
            let at = (y + i) * wide + x * self.channels;
            self.pixels[at..at + row].copy_from_slice(line);
        }
    }

    /// The file.
    #[must_use]
    pub fn to_png(&self) -> Vec<u8> {
        let colour = match self.channels {
            1 => 0,
            3 => 2,
            _ => 6,
        };
        let mut header = Vec::new();
        header.extend((self.width as u32).to_be_bytes());
        header.extend((self.height as u32).to_be_bytes());
        header.extend([8, colour, 0, 0, 0]);
        let mut lines = ZlibEncoder::new(Vec::new(), Compression::best());
        for line in self.pixels.chunks(self.width * self.channels) {
            let written = lines.write_all(&[0]).and_then(|()| lines.write_all(line));
            written.expect("a Vec takes what it is given");
        }
        let data = lines.finish().expect("a Vec takes what it is given");
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        for (name, content) in [(b"IHDR", &header[..]), (b"IDAT", &data), (b"IEND", &[])] {
            chunk(&mut png, name, content);
        }
        png
    }

    /// As the source of an `<img>`.
    #[must_use]
    pub fn to_data_uri(&self) -> String {
        format!("data:image/png;base64,{}", base64(&self.to_png()))
    }
}

/// Length, name, content, CRC-32 of name and content.
fn chunk(png: &mut Vec<u8>, name: &[u8; 4], content: &[u8]) {
    png.extend((content.len() as u32).to_be_bytes());
    let start = png.len();
    png.extend(name);
    png.extend(content);
    let crc = crc32(&png[start..]);
    png.extend(crc.to_be_bytes());
}

/// Base64 with padding (RFC 4648).
#[must_use]
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, &b| word << 8 | u32::from(b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * i)) as usize & 63];
            text.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn base64_has_the_published_examples() {
        let examples = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let expected = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(examples.map(|text| base64(text.as_bytes())), expected);
    }

    #[test]
    fn a_png_has_its_chunks_and_its_pixels() {
        let mut picture = Picture::filled(3, 2, 3, 9);
        picture.put(1, 1, &Picture { width: 1, height: 1, channels: 3, pixels: vec![1, 2, 3] });
        let png = picture.to_png();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[8..33], b"\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0\x12\x16\xF1\x4D");
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let mut lines = Vec::new();
        flate2::read::ZlibDecoder::new(&png[41..41 + length]).read_to_end(&mut lines).unwrap();
        assert_eq!(lines, [0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 9, 9, 9, 1, 2, 3, 9, 9, 9]);
        // The published end of every PNG.
        assert!(png.ends_with(b"\0\0\0\0IEND\xAE\x42\x60\x82"));
    }
}
