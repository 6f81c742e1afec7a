//! Element types of arrays in files.

use std::path::Path;

use super::read;
use super::rows::Values;
use crate::error::Error;

/// The type of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Element {
    /// Bytes a number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The number in these bytes, the most significant first if `big`.
    pub(super) fn get(self, bytes: &[u8], big: bool) -> f64 {
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
            Self::F32 => f32::from_le_bytes([a, b, c, d]).into(),
            Self::U64 => u64::from_le_bytes(word) as f64,
            Self::I64 => i64::from_le_bytes(word) as f64,
            Self::F64 => f64::from_le_bytes(word),
        }
    }

    /// All numbers in these bytes as values of a data set: bytes stay bytes, the rest becomes f32, finite; `record` values
    /// a row, for messages.
    pub(super) fn values(
        self,
        bytes: Vec<u8>,
        big: bool,
        record: usize,
        path: &Path,
    ) -> Result<Values, Error> {
        if self == Self::U8 {
            return Ok(Values::U8(bytes));
        }
        let mut values = read::with_room(bytes.len() / self.size(), path)?;
        for (i, number) in bytes.chunks_exact(self.size()).enumerate() {
            let number = self.get(number, big);
            if !(number as f32).is_finite() {
                return Err(Error::data(format!(
                    "{} record {}, value {}: {number} is no finite number of f32; fix it or take the record out",
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
