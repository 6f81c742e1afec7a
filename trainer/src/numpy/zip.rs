//! As much of ZIP as `.npz` needs (PKWARE's APPNOTE): files one after the other, a directory at the end. Written
//! uncompressed; read uncompressed or deflated.

use std::io::Read;

use flate2::bufread::DeflateDecoder;

use crate::checksum::crc32;
use crate::wording::counted;

const LOCAL: u32 = 0x0403_4b50;
const ENTRY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// 1 January 1980, the first day that ZIP knows: the same net, the same bytes.
const DATE: u16 = 1 << 5 | 1;
/// Deflate packs 1032 bytes into one at the very best.
const BEST_PACKING: usize = 1032;

/// A member of an archive.
pub(crate) struct Member<'a> {
    /// Its name.
    pub name: String,
    packed: &'a [u8],
    deflated: bool,
    size: usize,
    checksum: u32,
}

/// The members of an archive, in the order of its directory.
pub(crate) fn members(file: &[u8]) -> Result<Vec<Member<'_>>, String> {
    // The end record has 22 bytes and a comment; the last of its kind counts.
    let end = file
        .windows(4)
        .rposition(|window| window == b"PK\x05\x06")
        .ok_or("it is no ZIP archive, or cut off")?;
    bytes_at(file, end + 22, u16_at(file, end + 20)?)?;
    let (count, mut at) = (u16_at(file, end + 10)?, u32_at(file, end + 16)? as usize);
    let mut members = Vec::new();
    for _ in 0..count {
        if file.get(at..).is_none_or(|rest| !rest.starts_with(b"PK\x01\x02")) {
            return Err("its directory is damaged".into());
        }
        let [name_len, extra, comment] =
            [u16_at(file, at + 28)?, u16_at(file, at + 30)?, u16_at(file, at + 32)?];
        let name = bytes_at(file, at + 46, name_len)?;
        members.push(member(file, at, String::from_utf8_lossy(name).into_owned())?);
        at += 46 + name_len + extra + comment;
    }
    Ok(members)
}

/// A member by its entry in the directory.
fn member(file: &[u8], at: usize, name: String) -> Result<Member<'_>, String> {
    let (flags, method, checksum) = (u16_at(file, at + 8)?, u16_at(file, at + 10)?, u32_at(file, at + 16)?);
    let [packed, size, local] = [u32_at(file, at + 20)?, u32_at(file, at + 24)?, u32_at(file, at + 42)?];
    if flags & 1 != 0 || !matches!(method, 0 | 8) {
        return Err(format!(
            "{name}: encrypted, or packed by method {method}; stored and deflated members are read"
        ));
    }
    if [packed, size, local].contains(&u32::MAX) {
        return Err(format!("{name}: 4 GiB or more; save it in parts"));
    }
    let (packed, size, local) = (packed as usize, size as usize, local as usize);
    // Name and extra field of the local header may differ in length from those of the directory.
    let start = local + 30 + u16_at(file, local + 26)? + u16_at(file, local + 28)?;
    let packed = bytes_at(file, start, packed)?;
    Ok(Member { name, packed, deflated: method == 8, size, checksum })
}

impl Member<'_> {
    /// Its bytes, unpacked and checked.
    pub(crate) fn read(&self) -> Result<Vec<u8>, String> {
        let Self { name, packed, size, .. } = self;
        let damaged = |what: String| format!("{name}: {what}; get the file again");
        let bytes = if self.deflated {
            if size / BEST_PACKING > packed.len() {
                return Err(damaged(format!("{} cannot hold {size}", counted(packed.len(), "packed byte"))));
            }
            let mut bytes = Vec::new();
            let unpacked = DeflateDecoder::new(*packed).take(*size as u64 + 1).read_to_end(&mut bytes);
            unpacked.map_err(|e| damaged(e.to_string()))?;
            bytes
        } else {
            packed.to_vec()
        };
        let checksum = crc32(&bytes);
        if bytes.len() != *size || checksum != self.checksum {
            return Err(damaged(format!(
                "{} with checksum {:08x}, the directory has {size} with {:08x}",
                counted(bytes.len(), "byte"),
                checksum,
                self.checksum
            )));
        }
        Ok(bytes)
    }
}

fn bytes_at(file: &[u8], at: usize, len: usize) -> Result<&[u8], String> {
    file.get(at..).and_then(|rest| rest.get(..len)).ok_or_else(|| "it is cut off".into())
}

fn u16_at(file: &[u8], at: usize) -> Result<usize, String> {
    let bytes = bytes_at(file, at, 2)?;
    Ok(usize::from(u16::from_le_bytes([bytes[0], bytes[1]])))
}

fn u32_at(file: &[u8], at: usize) -> Result<u32, String> {
    let bytes = bytes_at(file, at, 4)?;
    Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// An archive of these files. None if it would be longer than ZIP's 32 bits can say.
pub(crate) fn write(files: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(zip: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
        members(zip)?.into_iter().map(|member| Ok((member.name.clone(), member.read()?))).collect()
    }

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
