//! Class names: UTF-8, each ended by a line feed.
//!
//! Inference needs none, so reading a net does not look at them; whoever shows them asks for the check.

use crate::Error;
use crate::compact::compact;
use crate::format::NAMES_MAX;

/// Bytes of all names, each with its line feed.
pub(crate) fn names_len(names: &[&str]) -> usize {
    names.iter().fold(0usize, |sum, name| sum.saturating_add(name.len()).saturating_add(1))
}

/// The i-th of names that each end in a line feed.
pub(crate) fn name(names: &[u8], i: usize) -> Option<&str> {
    let mut names = names.split(|&byte| byte == b'\n').filter(|name| !name.is_empty());
    core::str::from_utf8(names.nth(i)?).ok()
}

/// None, or one a class, each with its line feed, none empty, none twice.
pub(crate) const fn check_names(bytes: &[u8], classes: usize) -> Result<(), Error> {
    if bytes.len() > NAMES_MAX {
        return Err(Error::NamesTooLong { got: bytes.len() });
    }
    if let Some(offset) = not_utf8(bytes) {
        return Err(Error::NamesNotUtf8 { offset });
    }
    let (mut class, mut first, mut i) = (0, 0, 0);
    while i < bytes.len() {
        compact();
        if bytes[i] == b'\n' {
            if i == first {
                return Err(Error::NameEmpty { class });
            }
            if let Some(other) = same_name(bytes, first, i) {
                return Err(Error::NameTwice { first: other, second: class });
            }
            class += 1;
            first = i + 1;
        }
        i += 1;
    }
    if first != bytes.len() {
        return Err(Error::NameUnterminated { class });
    }
    if class != classes && class != 0 {
        return Err(Error::NameCount { names: class, classes });
    }
    Ok(())
}

/// The start of the first sequence that is not UTF-8. (`core`'s own check is ten times as long, for speed.)
const fn not_utf8(bytes: &[u8]) -> Option<usize> {
    // Bytes that the sequence still wants, from where on, and in which range the next of them must be.
    let (mut more, mut start, mut low, mut high) = (0, 0, 0x80, 0xBF);
    let mut i = 0;
    while i < bytes.len() {
        compact();
        let byte = bytes[i];
        if more > 0 {
            if byte < low || byte > high {
                return Some(start);
            }
            (more, low, high) = (more - 1, 0x80, 0xBF);
        } else if byte >= 0x80 {
            start = i;
            if byte < 0xC2 || byte > 0xF4 {
                return Some(i);
            }
            more = 1 + (byte >= 0xE0) as u32 + (byte >= 0xF0) as u32;
            // No overlong forms, no surrogates, nothing past U+10FFFF.
            match byte {
                0xE0 => low = 0xA0,
                0xED => high = 0x9F,
                0xF0 => low = 0x90,
                0xF4 => high = 0x8F,
                _ => {}
            }
        }
        i += 1;
    }
    if more > 0 { Some(start) } else { None }
}

/// The class before `bytes[start..end]` that has this very name.
const fn same_name(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let (mut class, mut first, mut equal, mut i) = (0, 0, true, 0);
    while i < start {
        compact();
        let twin = start + (i - first);
        if byte(bytes, i) == b'\n' {
            if equal && twin == end {
                return Some(class);
            }
            class += 1;
            first = i + 1;
            equal = true;
        } else if twin >= end || byte(bytes, i) != byte(bytes, twin) {
            equal = false;
        }
        i += 1;
    }
    None
}

/// Byte i; 0 where there is none, which the callers have ruled out: but without a panic in the program.
#[inline(always)]
const fn byte(bytes: &[u8], i: usize) -> u8 {
    if i < bytes.len() { bytes[i] } else { 0 }
}
