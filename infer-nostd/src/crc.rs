//! CRC-32 as in IEEE 802.3 (zip, PNG, Ethernet): polynomial 0xEDB88320 in reflected form, start and end inverted.
//!
//! Half a byte at a time, from a table of 16: 64 bytes of flash instead of 1024. For nets that are compiled in there is
//! a way with fewer and larger steps, in `compiling.rs`.

use crate::compact::compact;

/// The remainder of each half byte.
const TABLE: [u32; 16] = table();

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut i = 0;
    while i < table.len() {
        let mut crc = i as u32;
        let mut bit = 0;
        while bit < 4 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

/// The CRC-32 of `bytes`. Every single-bit error changes it, and so does every burst of up to 32 bits.
#[inline(never)] // a call leaves the caller its registers
pub(crate) const fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0;
    let mut i = 0;
    while i < bytes.len() {
        crc ^= bytes[i] as u32;
        crc = crc >> 4 ^ TABLE[(crc & 15) as usize];
        let remainder = TABLE[(crc & 15) as usize];
        compact(); // here it also keeps the halves from becoming calls of a function, which costs more time than it saves flash
        crc = crc >> 4 ^ remainder;
        i += 1;
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::crc32;

    #[test]
    fn published_check_values() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926); // the check value of the CRC catalogues
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"The quick brown fox jumps over the lazy dog"), 0x414F_A339);
    }
}
