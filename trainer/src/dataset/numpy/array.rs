//! One `.npy` array: magic, version, a header that is a Python dictionary, then the numbers.

use std::path::Path;

use crate::dataset::element::Element;
use crate::dataset::rows::Values;
use crate::error::Error;

/// An array as it is in the file.
pub(super) struct Array {
    element: Element,
    big: bool,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The numbers, the last index fastest.
    bytes: Vec<u8>,
}

impl Array {
    /// Takes a file apart; the error says what is wrong with it.
    pub(super) fn parse(file: &[u8]) -> Result<Self, String> {
        let (header, data) = split(file)?;
        let descr = value_of(header, "descr").ok_or("its header has no descr")?;
        let (element, big) = element(descr.trim_matches(['\'', '"']))?;
        let fortran = match value_of(header, "fortran_order") {
            Some("True") => true,
            Some("False") => false,
            _ => return Err("its header has no fortran_order".into()),
        };
        let shape = shape(header)?;
        let count = shape.iter().try_fold(element.size(), |len, &dim| len.checked_mul(dim));
        if count != Some(data.len()) {
            return Err(format!(
                "its header promises {shape:?} numbers of {} bytes, {} bytes follow; get the file again",
                element.size(),
                data.len()
            ));
        }
        let bytes = if fortran { last_index_fastest(data, &shape, element.size()) } else { data.to_vec() };
        Ok(Self { element, big, shape, bytes })
    }

    /// Row `i` of a vector as a number.
    pub(super) fn number(&self, i: usize) -> f64 {
        self.element.get(&self.bytes[i * self.element.size()..], self.big)
    }

    /// How many numbers.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.element.size()
    }

    /// Numbers a row.
    pub(super) fn record(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// As rows of a data set.
    pub(super) fn into_values(self, path: &Path) -> Result<Values, Error> {
        let record = self.record();
        self.element.values(self.bytes, self.big, record, path)
    }

    /// A matrix without its column `column`, and that column.
    pub(super) fn split_column(self, column: usize) -> (Self, Self) {
        let (size, columns) = (self.element.size(), self.record());
        let (mut rest, mut taken) = (Vec::new(), Vec::new());
        for row in self.bytes.chunks_exact(size * columns) {
            taken.extend_from_slice(&row[column * size..][..size]);
            rest.extend_from_slice(&row[..column * size]);
            rest.extend_from_slice(&row[(column + 1) * size..]);
        }
        let rows = self.shape[0];
        let of = |shape, bytes| Self { shape, bytes, ..self };
        (of(vec![rows, columns - 1], rest), of(vec![rows], taken))
    }
}

/// Header and data.
fn split(file: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = file.strip_prefix(b"\x93NUMPY").ok_or("it is no .npy array")?;
    let cut = || "it is cut off in the header".to_owned();
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (len, rest) = match version[0] {
        1 => rest.split_first_chunk::<2>().map(|(len, rest)| (u16::from_le_bytes(*len).into(), rest)),
        2 | 3 => rest.split_first_chunk::<4>().map(|(len, rest)| (u32::from_le_bytes(*len) as usize, rest)),
        other => return Err(format!("its version is {other}, 1 to 3 are read")),
    }
    .ok_or_else(cut)?;
    let (header, data) = rest.split_at_checked(len).ok_or_else(cut)?;
    Ok((std::str::from_utf8(header).map_err(|_| "its header is no text")?, data))
}

/// The value of a key up to the next comma.
fn value_of<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}':"))?;
    rest.split([',', '}']).next().map(str::trim)
}

/// `(3, 4)`, `(3,)`, `()`.
fn shape(header: &str) -> Result<Vec<usize>, String> {
    let inside =
        || header.split_once("'shape':")?.1.split_once('(')?.1.split_once(')').map(|(inside, _)| inside);
    let inside = inside().ok_or("its header has no shape")?;
    let number = |text: &str| text.trim().parse().map_err(|_| format!("its shape has {text:?}"));
    inside.split(',').filter(|text| !text.trim().is_empty()).map(number).collect()
}

/// `<f4`: order, kind, size.
fn element(descr: &str) -> Result<(Element, bool), String> {
    let wanted = || {
        format!(
            "its elements are of type {descr}: whole numbers, f4 and f8 are read; save it as one of these"
        )
    };
    let (order, kind) = descr.split_at_checked(1).ok_or_else(wanted)?;
    let element = match kind {
        "u1" | "b1" => Element::U8,
        "i1" => Element::I8,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ => return Err(wanted()),
    };
    match order {
        "<" | "|" | "=" => Ok((element, false)),
        ">" => Ok((element, true)),
        _ => Err(wanted()),
    }
}

/// From first index fastest (Fortran) to last index fastest.
fn last_index_fastest(data: &[u8], shape: &[usize], size: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.len()];
    for _ in 0..data.len() / size {
        let from = shape.iter().zip(&index).rev().fold(0, |at, (dim, i)| at * dim + i);
        out.extend_from_slice(&data[from * size..][..size]);
        for (i, dim) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < *dim {
                break;
            }
            *i = 0;
        }
    }
    out
}
