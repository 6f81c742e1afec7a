#![doc = include_str!("../FORMAT.md")]

use kernels::{Floats, Normalization};

use crate::compact::compact;
use crate::crc::crc32;
use crate::layout::{CRC_LEN, Layout, SECTIONS, Sizes};
use crate::{Error, Net};

/// The first four bytes of every net file.
pub const MAGIC: [u8; 4] = *b"TLN\0";
/// The version this crate writes and reads.
pub const VERSION: u16 = 1;
/// Element type: IEEE 754 binary32.
pub const F32: u8 = 0;
/// Bytes of the header.
pub const HEADER_LEN: usize = 32;
/// Every section starts at a multiple of this many bytes, and the file ends at one.
pub const ALIGN: usize = 16;
/// Most bytes that the class names may take: finding equal names among more would take long.
pub const NAMES_MAX: usize = 65_535;

/// Where the header's fields start; MAGIC is at 0.
const AT_VERSION: usize = 4;
const AT_ELEMENT_TYPE: usize = 6;
const AT_RESERVED: usize = 7;
const AT_D: usize = 8;
const AT_H: usize = 12;
const AT_C: usize = 16;
const AT_Q: usize = 20;
const AT_NAMES_LEN: usize = 24;
const AT_FILE_LEN: usize = 28;
/// A net to write: row-major W1 (D × H) and W2 (H × C), biases, and what belongs to them.
///
/// `mean` and `scale` are empty, or Q of each with Q a divisor of D: x̂ = (x − μ)·s. `names` is empty or one name
/// a class.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs)] // the letters are explained above
pub struct Contents<'a> {
    pub d: usize,
    pub h: usize,
    pub c: usize,
    pub mean: &'a [f32],
    pub scale: &'a [f32],
    pub w1: &'a [f32],
    pub b1: &'a [f32],
    pub w2: &'a [f32],
    pub b2: &'a [f32],
    pub names: &'a [&'a str],
}

impl Contents<'_> {
    fn sizes(&self) -> Sizes {
        let names =
            self.names.iter().fold(0usize, |sum, name| sum.saturating_add(name.len()).saturating_add(1));
        Sizes { d: self.d, h: self.h, c: self.c, q: self.mean.len(), names }
    }

    /// The numeric sections in the order of the file.
    fn numbers(&self) -> [&[f32]; 6] {
        [self.mean, self.scale, self.w1, self.b1, self.w2, self.b2]
    }

    /// The layout, if every part has the length that the shape asks for.
    fn layout(&self) -> Result<Layout, Error> {
        let layout = self.sizes().layout()?;
        for (i, numbers) in self.numbers().iter().enumerate() {
            let (needed, got) = (layout.len[i] / size_of::<f32>(), numbers.len());
            if got != needed {
                return Err(Error::Contents { section: SECTIONS[i], needed, got });
            }
        }
        if !self.names.is_empty() && self.names.len() != self.c {
            return Err(Error::NameCount { names: self.names.len(), classes: self.c });
        }
        Ok(layout)
    }
}

/// How many bytes [`encode`] writes for a net: a multiple of 16.
///
/// # Errors
/// If a part of the net does not have the length of its shape, or the file would be longer than 2³² − 1 bytes.
pub fn encoded_len(contents: &Contents<'_>) -> Result<usize, Error> {
    Ok(contents.layout()?.total)
}

/// Writes a net file into `out`, reads it back and returns the [`Net`] read.
///
/// `out` must be [`encoded_len`] bytes long; all of it is written, none of it is read before. Since the reader has
/// seen the result, what this function writes is never refused later.
///
/// # Errors
/// As [`encoded_len`]; if `out` has another length; and whatever [`Net::from_bytes`] refuses: a number that is
/// infinite or NaN, names that are empty, equal, or hold a line feed.
///
/// ```
/// use infer_nostd::{Contents, encode, encoded_len};
/// let net = Contents {
///     d: 1, h: 1, c: 2,
///     w1: &[1.0], b1: &[-128.0],
///     w2: &[-1.0, 1.0], b2: &[0.5, -0.5],
///     names: &["dark", "bright"],
///     ..Contents::default()
/// };
/// let mut file = vec![0; encoded_len(&net)?];
/// let net = encode(&net, &mut file)?;
/// let class = net.classify(&[200u8][..], &mut [0.0; 3])?;
/// assert_eq!(net.class_name(class), Some("bright"));
/// # Ok::<(), infer_nostd::Error>(())
/// ```
pub fn encode<'o>(contents: &Contents<'_>, out: &'o mut [u8]) -> Result<Net<'o>, Error> {
    let layout = contents.layout()?;
    if out.len() != layout.total {
        return Err(Error::Length { needed: layout.total, got: out.len() });
    }
    out.fill(0);
    let sizes = contents.sizes();
    put(out, 0, &MAGIC);
    put(out, AT_VERSION, &VERSION.to_le_bytes());
    put(out, AT_ELEMENT_TYPE, &[F32]);
    let fields = [
        (AT_D, sizes.d),
        (AT_H, sizes.h),
        (AT_C, sizes.c),
        (AT_Q, sizes.q),
        (AT_NAMES_LEN, sizes.names),
        (AT_FILE_LEN, layout.total),
    ];
    for (at, size) in fields {
        put(out, at, &(size as u32).to_le_bytes()); // none is larger than the file, which fits
    }
    for (&start, numbers) in layout.start.iter().zip(contents.numbers()) {
        for (i, number) in numbers.iter().enumerate() {
            put(out, start + i * size_of::<f32>(), &number.to_le_bytes());
        }
    }
    let [.., mut at] = layout.start;
    for name in contents.names {
        put(out, at, name.as_bytes());
        put(out, at + name.len(), b"\n");
        at += name.len() + 1;
    }
    let (checked, checksum) = out.split_at_mut(layout.total - CRC_LEN);
    checksum.copy_from_slice(&crc32(checked).to_le_bytes());
    Net::from_bytes(out)
}

/// Copies `bytes` to `out[at..]`, which the layout has made long enough.
fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    out[at..at + bytes.len()].copy_from_slice(bytes);
}

/// How many of the sections hold numbers: all but the names.
const NUMERIC: usize = SECTIONS.len() - 1;

/// Reads and checks a whole file: lengths, then the checksum, then the values.
pub(crate) const fn parse(bytes: &[u8]) -> Result<Net<'_>, Error> {
    let (sizes, layout) = match parse_header(bytes) {
        Ok(header) => header,
        Err(error) => return Err(error),
    };
    if bytes.len() != layout.total {
        return Err(Error::Length { needed: layout.total, got: bytes.len() });
    }
    let Some((checked, checksum)) = bytes.split_last_chunk::<CRC_LEN>() else {
        return Err(Error::Length { needed: layout.total, got: bytes.len() }); // never: a file is longer than that
    };
    let (stored, computed) = (u32::from_le_bytes(*checksum), crc32(checked));
    if stored != computed {
        return Err(Error::Checksum { stored, computed });
    }
    if let Err(error) = check_padding(checked, &layout) {
        return Err(error);
    }
    let mut numbers: [&[[u8; 4]]; NUMERIC] = [&[]; NUMERIC];
    let mut i = 0;
    while i < NUMERIC {
        compact();
        numbers[i] = part(checked, layout.start[i], layout.len[i]).as_chunks().0;
        if let Some(index) = not_finite(numbers[i]) {
            return Err(Error::NotFinite { section: SECTIONS[i], index });
        }
        i += 1;
    }
    let names = match parse_names(checked, &layout, sizes.c) {
        Ok(names) => names,
        Err(error) => return Err(error),
    };
    let [mean, scale, w1, b1, w2, b2] = numbers;
    let normalization = match Normalization::new(sizes.d, Floats::Bytes(mean), Floats::Bytes(scale)) {
        Ok(normalization) => normalization,
        Err(_) => return Err(Error::Normalization { inputs: sizes.d, entries: sizes.q }),
    };
    Ok(Net { h: sizes.h, c: sizes.c, normalization, w1, b1, w2, b2, names })
}

/// The length of the file that starts with these bytes, from a header of which each field has been checked.
pub(crate) const fn parse_len(bytes: &[u8]) -> Result<usize, Error> {
    match parse_header(bytes) {
        Ok((_, layout)) => Ok(layout.total),
        Err(error) => Err(error),
    }
}

/// The header, each field checked.
const fn parse_header(bytes: &[u8]) -> Result<(Sizes, Layout), Error> {
    let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
        return Err(Error::Length { needed: HEADER_LEN, got: bytes.len() });
    };
    if u32_at(header, 0) != u32::from_le_bytes(MAGIC) {
        return Err(Error::Magic { got: [header[0], header[1], header[2], header[3]] });
    }
    let version = u16::from_le_bytes([header[AT_VERSION], header[AT_VERSION + 1]]);
    if version != VERSION {
        return Err(Error::Version { got: version });
    }
    if header[AT_ELEMENT_TYPE] != F32 {
        return Err(Error::ElementType { got: header[AT_ELEMENT_TYPE] });
    }
    if header[AT_RESERVED] != 0 {
        return Err(Error::Reserved { got: header[AT_RESERVED] });
    }
    let sizes = Sizes {
        d: u32_at(header, AT_D) as usize,
        h: u32_at(header, AT_H) as usize,
        c: u32_at(header, AT_C) as usize,
        q: u32_at(header, AT_Q) as usize,
        names: u32_at(header, AT_NAMES_LEN) as usize,
    };
    let layout = match sizes.layout() {
        Ok(layout) => layout,
        Err(error) => return Err(error),
    };
    let stated = u32_at(header, AT_FILE_LEN) as usize;
    if stated != layout.total {
        return Err(Error::FileLength { stated, computed: layout.total });
    }
    Ok((sizes, layout))
}

/// The number at `header[at..]`; `at` is one of the constants above.
#[inline(always)]
const fn u32_at(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// Byte i; 0 where there is none, which the callers have ruled out: but without a panic in the program.
#[inline(always)]
const fn byte(bytes: &[u8], i: usize) -> u8 {
    if i < bytes.len() { bytes[i] } else { 0 }
}

/// `bytes[start..start + len]`; empty where that is outside, which the layout has ruled out.
const fn part(bytes: &[u8], start: usize, len: usize) -> &[u8] {
    match bytes.split_at_checked(start) {
        Some((_, rest)) => match rest.split_at_checked(len) {
            Some((part, _)) => part,
            None => &[],
        },
        None => &[],
    }
}

/// Every byte between the sections, and before the checksum, must be zero: one net, one file.
const fn check_padding(checked: &[u8], layout: &Layout) -> Result<(), Error> {
    let mut i = 0;
    while i < SECTIONS.len() {
        let mut offset = layout.start[i] + layout.len[i];
        let end = if i + 1 < SECTIONS.len() { layout.start[i + 1] } else { checked.len() };
        while offset < end {
            compact();
            if byte(checked, offset) != 0 {
                return Err(Error::Padding { offset });
            }
            offset += 1;
        }
        i += 1;
    }
    Ok(())
}

/// The first number that is infinite or NaN: its exponent is all ones. (By bytes, which the compiler evaluates in
/// half the time.)
const fn not_finite(numbers: &[[u8; 4]]) -> Option<usize> {
    let mut i = 0;
    while i < numbers.len() {
        compact();
        if numbers[i][3] & 0x7F == 0x7F && numbers[i][2] & 0x80 != 0 {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// The names as they lie in the file: none, or one a class, each with its line feed, none empty, none twice.
const fn parse_names<'a>(checked: &'a [u8], layout: &Layout, classes: usize) -> Result<&'a [u8], Error> {
    let [.., start] = layout.start;
    let [.., len] = layout.len;
    let bytes = part(checked, start, len);
    if let Some(offset) = not_utf8(bytes) {
        return Err(Error::NamesNotUtf8 { offset: start + offset });
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
    Ok(bytes)
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
