//! CRC-32 of IEEE 802.3: of pieces of files, of nets, and of data sets.

use flate2::Crc;

use crate::dataset::{Dataset, Values};

/// Of these bytes.
#[must_use]
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// What tells a net file from every other: the checksum that its last four bytes hold, of all before them; None if they
/// do not. Not that of the whole file: over bytes and their own CRC-32 it is 2144df1c, whatever the bytes.
#[must_use]
pub fn of_net(file: &[u8]) -> Option<u32> {
    let (bytes, end) = file.split_last_chunk::<4>()?;
    let checksum = crc32(bytes);
    (checksum == u32::from_le_bytes(*end)).then_some(checksum)
}

/// Takes up the values of a data set, then its labels.
pub fn take_data(crc: &mut Crc, set: &Dataset) {
    match &set.values {
        Values::U8(values) => crc.update(values),
        Values::F32(values) => take_numbers(crc, values.iter().map(|x| x.to_bits())),
    }
    take_numbers(crc, set.labels.iter().map(|&label| label.into()));
}

/// Takes up numbers, a page at a time.
pub fn take_numbers(crc: &mut Crc, numbers: impl Iterator<Item = u32>) {
    let mut page = Vec::with_capacity(4096);
    for number in numbers {
        page.extend_from_slice(&number.to_le_bytes());
        if page.len() == 4096 {
            crc.update(&page);
            page.clear();
        }
    }
    crc.update(&page);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_no_part_of_a_checksum() {
        for n in [0, 1, 1023, 1024, 1025, 3000] {
            let mut crc = Crc::new();
            take_numbers(&mut crc, 0..n);
            let bytes: Vec<u8> = (0..n).flat_map(u32::to_le_bytes).collect();
            assert_eq!(crc.sum(), crc32(&bytes), "{n} numbers");
        }
    }

    #[test]
    fn nets_are_told_apart_and_other_files_are_no_nets() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let sealed = |bytes: &[u8]| [bytes, &crc32(bytes).to_le_bytes()].concat();
        let (a, b) = (sealed(b"a net"), sealed(b"a neu"));
        assert_eq!(crc32(&a), crc32(&b));
        assert_eq!((of_net(&a), of_net(&b)), (Some(crc32(b"a net")), Some(crc32(b"a neu"))));
        assert_eq!([of_net(b"not a net"), of_net(b"net"), of_net(&a[1..])], [None; 3]);
    }
}
