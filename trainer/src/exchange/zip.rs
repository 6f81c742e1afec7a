//! As much of ZIP as `.npz` needs (PKWARE's APPNOTE): files one after the other, a directory at the end. Written
//! uncompressed; read uncompressed or deflated.

use std::io::Read;

use crate::Error;
use crate::search::journal::crc32;

const LOCAL: u32 = 0x0403_4b50;
const ENTRY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Bytes of the fixed parts.
const LOCAL_LEN: usize = 30;
const ENTRY_LEN: usize = 46;
const END_LEN: usize = 22;
/// 1 January 1980, the first day that ZIP knows: the same net, the same bytes.
const DATE: u16 = 1 << 5 | 1;

/// An archive of these files. None if it would be longer than ZIP's 32 bits can say.
#[must_use]
pub fn write(files: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let (at, length) = (u32::try_from(zip.len()).ok()?, u32::try_from(content.len()).ok()?);
        let name_len = u16::try_from(name.len()).ok()?;
        let mut fields = Vec::new();
        for half in [20, 0, 0, 0, DATE] {
            fields.extend(u16::to_le_bytes(half)); // version, flags, stored, time, date
        }
        for word in [crc32(content), length, length] {
            fields.extend(word.to_le_bytes());
        }
        fields.extend(name_len.to_le_bytes());
        fields.extend([0, 0]);
        zip.extend(LOCAL.to_le_bytes());
        zip.extend(&fields);
        zip.extend(name.as_bytes());
        zip.extend(content);
        directory.extend(ENTRY.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&fields);
        directory.extend([0; 10]); // comment, disk, attributes
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (count, start) = (u16::try_from(files.len()).ok()?, u32::try_from(zip.len()).ok()?);
    let length = u32::try_from(directory.len()).ok()?;
    zip.extend(directory);
    zip.extend(END.to_le_bytes());
    zip.extend([0; 4]);
    zip.extend(count.to_le_bytes());
    zip.extend(count.to_le_bytes());
    zip.extend(length.to_le_bytes());
    zip.extend(start.to_le_bytes());
    zip.extend([0; 2]);
    Some(zip)
}

/// The files of an archive.
pub fn read(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let broken = |what: &str| Error::data(format!("no npz file: {what}; save it again with numpy.savez"));
    // A comment of up to 65535 bytes may follow the end's record.
    let first = zip.len().saturating_sub(END_LEN + 65_535);
    let last = zip.len().checked_sub(END_LEN).ok_or_else(|| broken("too short"))?;
    let end = (first..=last).rev().find(|&at| u32_at(zip, at) == Some(END));
    let end = end.ok_or_else(|| broken("the directory at its end is missing"))?;
    let count = u16_at(zip, end + 10).unwrap_or(0);
    let mut at = u32_at(zip, end + 16).map_or(usize::MAX, |at| at as usize);
    let mut files = Vec::new();
    for _ in 0..count {
        let (file, next) = entry(zip, at).ok_or_else(|| broken("its directory is damaged"))?;
        files.push(file.map_err(|what| broken(&what))?);
        at = next;
    }
    Ok(files)
}

/// A name and its content, or what is wrong with them.
type File = Result<(String, Vec<u8>), String>;

/// The file of a directory entry, and where the next entry is; None where the directory makes no sense.
fn entry(zip: &[u8], at: usize) -> Option<(File, usize)> {
    (u32_at(zip, at)? == ENTRY).then_some(())?;
    let field = |offset: usize| Some(usize::from(u16_at(zip, at + offset)?));
    let word = |offset: usize| Some(u32_at(zip, at + offset)? as usize);
    let (flags, method, crc) = (field(8)?, field(10)?, u32_at(zip, at + 16)?);
    let (packed, length, local) = (word(20)?, word(24)?, word(42)?);
    let (name_len, more) = (field(28)?, field(30)? + field(32)?);
    let name = zip.get(at + ENTRY_LEN..)?.get(..name_len)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let next = at + ENTRY_LEN + name_len + more;
    let skip = LOCAL_LEN
        + usize::from(u16_at(zip, local.checked_add(26)?)?)
        + usize::from(u16_at(zip, local.checked_add(28)?)?);
    let content = zip.get(local.checked_add(skip)?..)?.get(..packed)?;
    Some((unpack(name, content, (flags, method), length, crc), next))
}

fn unpack(name: String, content: &[u8], (flags, method): (usize, usize), length: usize, crc: u32) -> File {
    let content = match (flags & 1, method) {
        (0, 0) => content.to_vec(),
        (0, 8) => {
            let mut all = Vec::new();
            // One byte more than promised is enough to know that the promise is broken.
            let limit = length as u64 + 1;
            let unpacked = flate2::read::DeflateDecoder::new(content).take(limit).read_to_end(&mut all);
            unpacked.map_err(|e| format!("{name}: {e}"))?;
            all
        }
        _ => return Err(format!("{name}: packed in a way that NumPy does not use (method {method})")),
    };
    if content.len() != length || crc32(&content) != crc {
        return Err(format!("{name}: damaged, its checksum is wrong"));
    }
    Ok((name, content))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_damage_is_told() {
        let files = vec![("a.npy".to_owned(), b"first".to_vec()), ("b".to_owned(), Vec::new())];
        let zip = write(&files).unwrap();
        assert_eq!(read(&zip).unwrap(), files);
        for cut in 0..zip.len() {
            assert!(read(&zip[..cut]).is_err(), "cut at {cut}");
        }
        for bit in 0..8 * zip.len() {
            let mut hurt = zip.clone();
            hurt[bit / 8] ^= 1 << (bit % 8);
            // Fields that nobody needs may change; contents may not.
            if let Ok(found) = read(&hurt) {
                assert!(found.iter().zip(&files).all(|(a, b)| a.1 == b.1), "bit {bit}");
            }
        }
    }
}
