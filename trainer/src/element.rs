//! Element types of arrays in files: IDX, NumPy, safetensors.

use std::fmt::{Display, LowerExp};
use std::path::Path;

use crate::dataset::{Values, with_room};
use crate::error::Error;

/// The type of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    BF16,
    F32,
    F64,
}

impl Element {
    /// Bytes a number.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 | Self::F16 | Self::BF16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The number in these bytes, the most significant first if `big`.
    pub(crate) fn get(self, bytes: &[u8], big: bool) -> f64 {
        let mut word = [0; 8];
        let size = self.size();
        word[..size].copy_from_slice(&bytes[..size]);
        if big {
            word[..size].reverse();
        }
        let [a, b, c, d, ..] = word;
        match self {
            Self::U8 => a.into(),
            Self::I8 => (a as i8).into(),
            Self::U16 => u16::from_le_bytes([a, b]).into(),
            Self::I16 => i16::from_le_bytes([a, b]).into(),
            Self::U32 => u32::from_le_bytes([a, b, c, d]).into(),
            Self::I32 => i32::from_le_bytes([a, b, c, d]).into(),
            Self::F16 => half(u16::from_le_bytes([a, b])).into(),
            Self::BF16 => f32::from_le_bytes([0, 0, a, b]).into(),
            Self::F32 => f32::from_le_bytes([a, b, c, d]).into(),
            Self::U64 => u64::from_le_bytes(word) as f64,
            Self::I64 => i64::from_le_bytes(word) as f64,
            Self::F64 => f64::from_le_bytes(word),
        }
    }

    /// The number in these bytes as text: all digits of a whole one, else as few as its type needs to be read back.
    pub(crate) fn text(self, bytes: &[u8], big: bool) -> String {
        let number = self.get(bytes, big);
        let bits = |of: &[u8; 8]| if big { u64::from_be_bytes(*of) } else { u64::from_le_bytes(*of) };
        match (self, bytes.first_chunk()) {
            (Self::U64, Some(word)) => bits(word).to_string(),
            (Self::I64, Some(word)) => (bits(word) as i64).to_string(),
            (Self::F16 | Self::BF16 | Self::F32, _) => short(number as f32),
            _ => short(number),
        }
    }

    /// All numbers in these bytes as values of a data set: bytes stay bytes, the rest becomes f32, finite; `record` values
    /// a row, for messages.
    pub(crate) fn values(
        self,
        bytes: Vec<u8>,
        big: bool,
        record: usize,
        path: &Path,
    ) -> Result<Values, Error> {
        if self == Self::U8 {
            return Ok(Values::U8(bytes));
        }
        let mut values = with_room(bytes.len() / self.size(), path)?;
        for (i, bytes) in bytes.chunks_exact(self.size()).enumerate() {
            let number = self.get(bytes, big);
            if !(number as f32).is_finite() {
                let found = self.text(bytes, big);
                return Err(Error::data(format!(
                    "{} record {}, value {}: {found} is no finite number of f32; fix it or take the record out",
                    path.display(),
                    i / record.max(1) + 1,
                    i % record.max(1) + 1
                )));
            }
            values.push(number as f32);
        }
        Ok(Values::F32(values))
    }
}

/// With an exponent where it would be long.
fn short<F: Display + LowerExp>(number: F) -> String {
    let text = number.to_string();
    if text.len() > 20 { format!("{number:e}") } else { text }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * (1.0 / (1u32 << 24) as f32),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        // (1024 + fraction)·2^(exponent − 25), both factors exact.
        _ => (1024.0 + fraction) * f32::from_bits((u32::from(exponent) + 102) << 23),
    };
    if sign == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_their_published_values() {
        let examples = [
            (0x3C00, 1.0),
            (0xC000, -2.0),
            (0x7BFF, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ];
        for (bits, value) in examples {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7C01).is_nan() && half(0xFC00) == f32::NEG_INFINITY);
    }
}
