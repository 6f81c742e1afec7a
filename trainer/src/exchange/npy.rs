//! A NumPy array in a file (NEP 1): magic, version, a header that looks like a Python dict, the elements.

use super::safetensors::half;

/// An array.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Numbers, the last index fastest.
    Numbers(Vec<usize>, Vec<f64>),
    /// A list of words.
    Words(Vec<String>),
}

/// Numbers as f32.
#[must_use]
pub fn write(shape: &[usize], numbers: &[f32]) -> Vec<u8> {
    framed("<f4", shape, numbers.iter().flat_map(|x| x.to_le_bytes()))
}

/// Words of equal room, padded with zeros, four bytes a character.
#[must_use]
pub fn write_words(words: &[String]) -> Vec<u8> {
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

/// An array, or what is wrong with it.
pub fn read(npy: &[u8]) -> Result<Array, String> {
    let broken = || "no NumPy array".to_owned();
    let rest = npy.strip_prefix(b"\x93NUMPY").ok_or_else(broken)?;
    let (&[major, _], rest) = rest.split_first_chunk().ok_or_else(broken)?;
    let (length, rest) = match major {
        1 => rest.split_first_chunk().map(|(n, rest)| (u16::from_le_bytes(*n).into(), rest)),
        _ => rest.split_first_chunk().map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
    }
    .ok_or_else(broken)?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(broken)?;
    let header = std::str::from_utf8(header).map_err(|_| broken())?;
    let kind = value(header, "descr")
        .and_then(quoted)
        .ok_or_else(|| "its elements are records; save plain arrays of numbers".to_owned())?;
    let turned = value(header, "fortran_order").is_some_and(|v| v.starts_with("True"));
    let sizes =
        value(header, "shape").and_then(|v| v.strip_prefix('(')?.split(')').next()).ok_or_else(broken)?;
    let sizes = sizes.split(',').map(str::trim).filter(|n| !n.is_empty());
    let shape = sizes.map(|n| n.parse::<usize>().ok()).collect::<Option<Vec<_>>>().ok_or_else(broken)?;
    elements(kind, &shape, turned, data)
}

/// The bits of an element, whichever byte comes first.
fn whole(bytes: &[u8], big: bool) -> u64 {
    let add = |n: u64, &b: &u8| n << 8 | u64::from(b);
    if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) }
}

/// What stands behind a key, up to the end of the header.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let at = header.find(&format!("'{key}'"))?;
    Some(header[at + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start())
}

fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'')?.split('\'').next()
}

fn elements(kind: &str, shape: &[usize], turned: bool, data: &[u8]) -> Result<Array, String> {
    let unknown = || format!("elements of type {kind:?}; wanted numbers or words (objects are not read)");
    let count = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    let (order, letter, size) = (kind.get(..1), kind.get(1..2), kind.get(2..));
    let (Some(order), Some(letter), Some(Ok(size))) = (order, letter, size.map(str::parse::<usize>)) else {
        return Err(unknown());
    };
    let bytes = if letter == "U" { size.saturating_mul(4) } else { size };
    if bytes == 0 || count.and_then(|n| n.checked_mul(bytes)) != Some(data.len()) {
        return Err(format!("{} bytes of data do not fit the shape {shape:?} of {kind}", data.len()));
    }
    let big = order == ">";
    if letter == "U" || letter == "S" {
        let character = if letter == "U" { 4 } else { 1 };
        let word = |b: &[u8]| -> String {
            let codes = b.chunks_exact(character).map(|c| whole(c, big) as u32).take_while(|&c| c > 0);
            codes.map(|c| char::from_u32(c).unwrap_or('\u{FFFD}')).collect()
        };
        return Ok(Array::Words(data.chunks_exact(bytes).map(word).collect()));
    }
    let number: fn(u64) -> f64 = match (letter, size) {
        ("f", 2) => |n| half(n as u16).into(),
        ("f", 4) => |n| f32::from_bits(n as u32).into(),
        ("f", 8) => f64::from_bits,
        ("u" | "b", 1 | 2 | 4 | 8) => |n| n as f64,
        ("i", 1) => |n| (n as i8).into(),
        ("i", 2) => |n| (n as i16).into(),
        ("i", 4) => |n| (n as i32).into(),
        ("i", 8) => |n| n as i64 as f64,
        _ => return Err(unknown()),
    };
    let numbers: Vec<f64> = data.chunks_exact(bytes).map(|b| number(whole(b, big))).collect();
    let numbers = match *shape {
        // Columns first.
        [m, n] if turned => {
            (0..m).flat_map(|i| (0..n).map(move |j| j * m + i)).map(|at| numbers[at]).collect()
        }
        _ => numbers,
    };
    Ok(Array::Numbers(shape.to_vec(), numbers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let numbers = [1.5f32, -2.0, 0.1, 3.0, 4.0, 5.0];
        let npy = write(&[2, 3], &numbers);
        assert_eq!(npy.len() % 64, 24);
        let wide = numbers.iter().map(|&x| f64::from(x)).collect();
        assert_eq!(read(&npy), Ok(Array::Numbers(vec![2, 3], wide)));
        let words = vec!["Äpfel".to_owned(), "b".to_owned()];
        assert_eq!(read(&write_words(&words)), Ok(Array::Words(words)));
    }

    /// As NumPy writes them: version 2, columns first, other bytes first, small whole numbers.
    #[test]
    fn other_types_and_orders() {
        let file = |kind: &str, shape: &str, turned: &str, data: &[u8]| {
            let header = format!("{{'descr': '{kind}', 'fortran_order': {turned}, 'shape': {shape}, }}\n");
            let mut npy = b"\x93NUMPY\x02\x00".to_vec();
            npy.extend((header.len() as u32).to_le_bytes());
            npy.extend(header.as_bytes());
            npy.extend(data);
            read(&npy)
        };
        let numbers = |shape: &[usize], n: &[f64]| Ok(Array::Numbers(shape.to_vec(), n.to_vec()));
        assert_eq!(file("|i1", "(2,)", "False", &[255, 3]), numbers(&[2], &[-1.0, 3.0]));
        assert_eq!(file(">u2", "(1,)", "False", &[1, 2]), numbers(&[1], &[258.0]));
        assert_eq!(
            file("|u1", "(2, 3)", "True", &[1, 2, 3, 4, 5, 6]),
            numbers(&[2, 3], &[1.0, 3.0, 5.0, 2.0, 4.0, 6.0])
        );
        assert_eq!(file(">f8", "()", "False", &1.25f64.to_be_bytes()), numbers(&[], &[1.25]));
        assert_eq!(file("|S2", "(2,)", "False", b"abc\0"), Ok(Array::Words(vec!["ab".into(), "c".into()])));
        for (kind, shape) in [
            ("|O", "(1,)"),
            ("<f4", "(2,)"),
            ("<f4", "(99999999999999999999,)"),
            ("<U0", "(0,)"),
            ("ü", "(1,)"),
        ] {
            assert!(file(kind, shape, "False", &[0; 4]).is_err(), "{kind} {shape}");
        }
    }
}
