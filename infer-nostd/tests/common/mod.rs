//! Nets to test with, and the scores they must give: computed the long way round, from `kernels::reference`.
#![allow(dead_code, unreachable_pub)] // every test file uses a part of this

use infer_nostd::{Contents, Input, encode, encoded_len};
use kernels::{Epilogue, Mat, MatMut, reference};

/// SplitMix64: a few lines, and the same numbers for ever.
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: usize) -> usize {
        (((self.bits() >> 32) * n as u64) >> 32) as usize
    }

    /// Uniform in [−1, 1), a multiple of 2⁻²³.
    pub fn float(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    pub fn floats(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.float()).collect()
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.bits() as u8).collect()
    }
}

/// A net that owns its parts.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub d: usize,
    pub h: usize,
    pub c: usize,
    pub mean: Vec<f32>,
    pub scale: Vec<f32>,
    pub w1: Vec<f32>,
    pub b1: Vec<f32>,
    pub w2: Vec<f32>,
    pub b2: Vec<f32>,
    pub names: Vec<String>,
}

impl Parts {
    /// Random weights, and a normalisation of bytes with Q entries.
    pub fn random(d: usize, h: usize, c: usize, q: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        Self {
            d,
            h,
            c,
            mean: (0..q).map(|_| 128.0 + 100.0 * random.float()).collect(),
            scale: (0..q).map(|_| random.float() / 100.0).collect(),
            w1: random.floats(d * h),
            b1: random.floats(h),
            w2: random.floats(h * c),
            b2: random.floats(c),
            names: Vec::new(),
        }
    }

    pub fn named(mut self, names: &[&str]) -> Self {
        self.names = names.iter().map(|name| name.to_string()).collect();
        self
    }

    /// The net of FORMAT.md.
    pub fn example() -> Self {
        Self {
            d: 2,
            h: 3,
            c: 2,
            mean: vec![128.0],
            scale: vec![1.0 / 64.0],
            w1: vec![1.0, -1.0, 0.5, -0.5, 2.0, 0.0],
            b1: vec![0.0, 0.25, -1.0],
            w2: vec![1.0, -1.0, 2.0, 0.0, -0.5, 1.5],
            b2: vec![0.125, -0.125],
            names: vec!["no".into(), "yes".into()],
        }
    }

    /// Calls `f` with the contents as the library takes them.
    pub fn with<R>(&self, f: impl FnOnce(&Contents<'_>) -> R) -> R {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        f(&Contents {
            d: self.d,
            h: self.h,
            c: self.c,
            mean: &self.mean,
            scale: &self.scale,
            w1: &self.w1,
            b1: &self.b1,
            w2: &self.w2,
            b2: &self.b2,
            names: &names,
        })
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        self.with(|contents| {
            let mut file = vec![0xAA; encoded_len(contents).unwrap()];
            encode(contents, &mut file).unwrap();
            file
        })
    }

    /// Eq. (2)-(4) by the reference loops, after x̂ = (x − μ)·s by the reference formula.
    pub fn scores(&self, x: Input<'_>) -> Vec<f32> {
        let raw: Vec<f32> = match x {
            Input::U8(x) => x.iter().map(|&x| f32::from(x)).collect(),
            Input::F32(x) => x.to_vec(),
        };
        let q = self.mean.len();
        let normalised = |(j, &x): (usize, &f32)| match q {
            0 => x,
            _ => reference::normalize(x, self.mean[j * q / self.d], self.scale[j * q / self.d]),
        };
        let x: Vec<f32> = raw.iter().enumerate().map(normalised).collect();
        let (mut hidden, mut scores) = (vec![f32::NAN; self.h], vec![f32::NAN; self.c]);
        let (w1, w2) = (Mat::new(&self.w1, self.d, self.h), Mat::new(&self.w2, self.h, self.c));
        let h = MatMut::new(&mut hidden, 1, self.h);
        reference::matmul(Mat::new(&x, 1, self.d), w1, h, Epilogue::BiasRelu(&self.b1));
        let s = MatMut::new(&mut scores, 1, self.c);
        reference::matmul(Mat::new(&hidden, 1, self.h), w2, s, Epilogue::Bias(&self.b2));
        scores
    }
}

/// The digits set's shape, pixels 0 to 16: the net of the docs and of the firmware proof.
pub fn digits() -> Parts {
    let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let mut net = Parts::random(64, 32, 10, 1, 2024).named(&names);
    (net.mean, net.scale) = (vec![8.0], vec![0.125]);
    net
}

/// A row of pixels for it.
pub fn digits_row() -> Vec<u8> {
    let mut random = Random(7);
    (0..64).map(|_| random.below(17) as u8).collect()
}

/// The bits of numbers; every NaN the same, since payloads are free.
pub fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| if x.is_nan() { 0x7FC0_0000 } else { x.to_bits() }).collect()
}

/// Puts a right checksum under a file that was changed on purpose.
pub fn seal(file: &mut [u8]) {
    let (checked, checksum) = file.split_last_chunk_mut::<4>().unwrap();
    *checksum = crc32(checked).to_le_bytes();
}

/// Bit by bit, from the definition: not the table of the crate.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// The hex block of a section of FORMAT.md: eight digits of offset, up to sixteen bytes, their characters.
pub fn documented(heading: &str) -> Vec<u8> {
    let text = include_str!("../../FORMAT.md");
    let section = text.split_once(&format!("\n{heading}\n")).expect("the docs have this section").1;
    let section = section.split_once("\n# ").map_or(section, |(section, _)| section);
    let mut bytes = Vec::new();
    for line in section.lines().filter(|line| line.ends_with('|')) {
        let Some((offset, rest)) = line.split_once("  ") else { continue };
        let Ok(offset) = usize::from_str_radix(offset, 16) else { continue };
        assert_eq!(offset, bytes.len(), "a line of the dump is missing");
        let (hex, _) = rest.split_once('|').unwrap();
        bytes.extend(hex.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    bytes
}

/// Bytes as FORMAT.md shows them, so that a difference can be read (and pasted).
pub fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (i, line) in bytes.chunks(16).enumerate() {
        let hex = |part: &[u8]| part.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let (left, right) = line.split_at(line.len().min(8));
        let hex = format!("{}  {}", hex(left), hex(right));
        let shown = |&byte: &u8| if (32..127).contains(&byte) { char::from(byte) } else { '.' };
        let characters: String = line.iter().map(shown).collect();
        text += &format!("{:08x}  {hex:<48}  |{characters}|\n", 16 * i);
    }
    text
}
