//! One `.npy` array (NEP 1): magic, version, a header that is a Python dictionary, then the elements.

use std::path::Path;

use crate::dataset::Values;
use crate::element::Element;
use crate::error::Error;
use crate::wording::{agreeing, counted};

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Numbers(Element),
    /// Text padded with zeros: bytes a character (4 or 1), bytes a word.
    Words(usize, usize),
}

impl Kind {
    /// Bytes an element.
    fn size(self) -> usize {
        match self {
            Self::Numbers(element) => element.size(),
            Self::Words(_, bytes) => bytes,
        }
    }
}

/// An array as it is in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Array {
    kind: Kind,
    big: bool,
    /// Lengths of the dimensions.
    pub shape: Vec<usize>,
    /// The elements, the last index fastest.
    bytes: Vec<u8>,
}

impl Array {
    /// Takes a file apart; the error says what is wrong with it.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, String> {
        let (header, data) = split(file)?;
        let descr = value_of(header, "descr").ok_or("its header has no descr")?;
        let (kind, big) = kind(descr.trim_matches(['\'', '"']))?;
        let fortran = match value_of(header, "fortran_order") {
            Some("True") => true,
            Some("False") => false,
            _ => return Err("its header has no fortran_order".into()),
        };
        let shape = shape(header)?;
        check_size(&shape, kind.size(), data.len())?;
        let bytes = if fortran { last_index_fastest(data, &shape, kind.size()) } else { data.to_vec() };
        Ok(Self { kind, big, shape, bytes })
    }

    /// Element `i` as text: a number, or a word.
    pub(crate) fn text(&self, i: usize) -> String {
        let bytes = &self.bytes[i * self.kind.size()..][..self.kind.size()];
        match self.kind {
            Kind::Numbers(element) => element.text(bytes, self.big),
            Kind::Words(character, _) => {
                let code = |c: &[u8]| match c.try_into() {
                    Ok(four) if self.big => u32::from_be_bytes(four),
                    Ok(four) => u32::from_le_bytes(four),
                    Err(_) => c[0].into(),
                };
                let codes = bytes.chunks_exact(character).map(code).take_while(|&code| code > 0);
                codes.map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
            }
        }
    }

    /// All elements as numbers; None if they are words.
    pub(crate) fn numbers(&self) -> Option<Vec<f32>> {
        let Kind::Numbers(element) = self.kind else { return None };
        let number = |bytes| element.get(bytes, self.big) as f32;
        Some(self.bytes.chunks_exact(element.size()).map(number).collect())
    }

    /// How many elements.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() / self.kind.size()
    }

    /// Elements a row.
    pub(crate) fn record(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// As rows of a data set.
    pub(crate) fn into_values(self, path: &Path) -> Result<Values, Error> {
        let record = self.record();
        match self.kind {
            Kind::Numbers(element) => element.values(self.bytes, self.big, record, path),
            Kind::Words(..) => Err(Error::data(format!(
                "{}: its rows are words, the first is {:?}; wanted numbers",
                path.display(),
                self.text(0)
            ))),
        }
    }

    /// A matrix without its column `column`, and that column.
    pub(crate) fn split_column(self, column: usize) -> (Self, Self) {
        let (size, columns) = (self.kind.size(), self.record());
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

/// Whether so many bytes are the elements of that shape.
fn check_size(shape: &[usize], size: usize, found: usize) -> Result<(), String> {
    let bytes = |shape: &[usize]| shape.iter().try_fold(size, |len, &dim| len.checked_mul(dim));
    let promised = format!("{shape:?} elements of {}", counted(size, "byte"));
    // Of zero rows no byte follows, however long they are.
    if shape.get(1..).is_some_and(|row| bytes(row).is_none()) {
        return Err(format!(
            "its header promises {promised}, a row longer than {} bytes; get the file again",
            usize::MAX
        ));
    }
    if bytes(shape) != Some(found) {
        return Err(format!(
            "its header promises {promised}, {} {}; get the file again",
            counted(found, "byte"),
            agreeing(&found, "follows", "follow")
        ));
    }
    Ok(())
}

/// `<f4`: order, kind, size.
fn kind(descr: &str) -> Result<(Kind, bool), String> {
    let wanted = || {
        format!(
            "its elements are of type {descr}; wanted whole numbers, f2, f4, f8 or words: save it as one of these"
        )
    };
    let (order, kind) = descr.split_at_checked(1).ok_or_else(wanted)?;
    let big = match order {
        "<" | "|" | "=" => false,
        ">" => true,
        _ => return Err(wanted()),
    };
    let word = |character: usize| {
        let room = kind[1..].parse::<usize>().ok().filter(|&room| room > 0);
        room.and_then(|room| room.checked_mul(character)).map(|bytes| Kind::Words(character, bytes))
    };
    let element = match kind {
        "u1" | "b1" => Element::U8,
        "i1" => Element::I8,
        "u2" => Element::U16,
        "i2" => Element::I16,
        "u4" => Element::U32,
        "i4" => Element::I32,
        "u8" => Element::U64,
        "i8" => Element::I64,
        "f2" => Element::F16,
        "f4" => Element::F32,
        "f8" => Element::F64,
        _ if kind.starts_with('U') => return word(4).map(|kind| (kind, big)).ok_or_else(wanted),
        _ if kind.starts_with('S') => return word(1).map(|kind| (kind, big)).ok_or_else(wanted),
        _ => return Err(wanted()),
    };
    Ok((Kind::Numbers(element), big))
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

/// Numbers as f32.
pub(crate) fn write(shape: &[usize], numbers: &[f32]) -> Vec<u8> {
    framed("<f4", shape, numbers.iter().flat_map(|x| x.to_le_bytes()))
}

/// Words of equal room, padded with zeros, four bytes a character.
pub(crate) fn write_words(words: &[String]) -> Vec<u8> {
    let room = words.iter().map(|word| word.chars().count()).max().unwrap_or(0).max(1);
    let padded =
        words.iter().flat_map(|word| word.chars().map(u32::from).chain(std::iter::repeat(0)).take(room));
    framed(
        &format!("<U{room}"),
        &[words.len()],
        padded.flat_map(u32::to_le_bytes).collect::<Vec<_>>().into_iter(),
    )
}

fn framed(kind: &str, shape: &[usize], elements: impl Iterator<Item = u8>) -> Vec<u8> {
    // Python's tuples: (3,) and (3, 4).
    let sizes: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let sizes = if shape.len() == 1 { sizes.trim_end() } else { sizes.trim_end_matches(", ") };
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // Magic, header and line feed end at a multiple of 64.
    let total = (10 + header.len() + 1).next_multiple_of(64);
    header.extend(std::iter::repeat_n(' ', total - 11 - header.len()));
    header.push('\n');
    let mut npy = b"\x93NUMPY\x01\x00".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    npy.extend(elements);
    npy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(file: &[u8]) -> Vec<String> {
        let array = Array::parse(file).unwrap();
        (0..array.len()).map(|i| array.text(i)).collect()
    }

    #[test]
    fn what_is_written_is_read_back() {
        let numbers = [1.5f32, -2.0, 0.1, 3.0, 4.0, 5.0];
        let npy = write(&[2, 3], &numbers);
        assert_eq!(npy.len() % 64, 24);
        let array = Array::parse(&npy).unwrap();
        assert_eq!((&array.shape[..], array.numbers()), (&[2, 3][..], Some(numbers.to_vec())));
        let words = vec!["Äpfel".to_owned(), "b".to_owned()];
        assert_eq!(texts(&write_words(&words)), words);
        assert_eq!(Array::parse(&write_words(&words)).unwrap().numbers(), None);
    }

    /// As NumPy writes them: version 2, columns first, other bytes first, small whole numbers, words of bytes.
    #[test]
    fn other_types_and_orders() {
        let file = |kind: &str, shape: &str, turned: &str, data: &[u8]| {
            let header = format!("{{'descr': '{kind}', 'fortran_order': {turned}, 'shape': {shape}, }}\n");
            let mut npy = b"\x93NUMPY\x02\x00".to_vec();
            npy.extend((header.len() as u32).to_le_bytes());
            npy.extend(header.as_bytes());
            npy.extend(data);
            npy
        };
        assert_eq!(texts(&file("|i1", "(2,)", "False", &[255, 3])), ["-1", "3"]);
        assert_eq!(texts(&file(">u2", "(1,)", "False", &[1, 2])), ["258"]);
        assert_eq!(texts(&file("<f2", "(1,)", "False", &[0, 0xC0])), ["-2"]);
        let turned = file("|u1", "(2, 3)", "True", &[1, 2, 3, 4, 5, 6]);
        assert_eq!(texts(&turned), ["1", "3", "5", "2", "4", "6"]);
        assert_eq!(texts(&file(">f8", "()", "False", &1.25f64.to_be_bytes())), ["1.25"]);
        assert_eq!(texts(&file("|S2", "(2,)", "False", b"abc\0")), ["ab", "c"]);
        assert_eq!(texts(&file(">U1", "(1,)", "False", &[0, 0, 0, 0xC4])), ["Ä"]);
        for (kind, shape) in [
            ("|O", "(1,)"),
            ("<f4", "(2,)"),
            ("<f4", "(99999999999999999999,)"),
            ("<U0", "(0,)"),
            ("<U99999999999999999999", "(1,)"),
            ("ü", "(1,)"),
            ("", "(1,)"),
        ] {
            assert!(Array::parse(&file(kind, shape, "False", &[0; 4])).is_err(), "{kind} {shape}");
        }
    }
}
