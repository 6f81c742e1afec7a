#![doc = include_str!("../FORMAT.md")]

use kernels::{FirstLayer, Layer, pack_layer};

use crate::compact::compact;
use crate::compiling;
use crate::crc::crc32;
use crate::names::names_len;
use crate::{Error, Net, Section};

/// The first four bytes of every net file.
pub const MAGIC: [u8; 4] = *b"TLN\0";
/// The version this crate writes and reads.
pub const VERSION: u16 = 2;
/// Element type: IEEE 754 binary32.
pub const F32: u8 = 0;
/// Element type: 8-bit integers.
pub const I8: u8 = 1;
/// Where the header says which of them it is.
pub const AT_ELEMENT_TYPE: usize = 6;
/// Bytes of the header.
pub const HEADER_LEN: usize = 32;
/// Most bytes that the class names may take: finding equal names among more would take long.
pub const NAMES_MAX: usize = 65_535;

/// Where the header's fields start; MAGIC is at 0.
const AT_KIND: usize = 4;
const AT_D: usize = 8;
const AT_H: usize = 12;
const AT_C: usize = 16;
const AT_Q: usize = 20;
const AT_NAMES_LEN: usize = 24;
const AT_FILE_LEN: usize = 28;
/// Bytes of the CRC-32, the last of the file.
pub(crate) const CRC_LEN: usize = 4;
/// Version, element type and the reserved byte, as one number.
pub(crate) const KIND: u32 = u32::from_le_bytes([VERSION.to_le_bytes()[0], VERSION.to_le_bytes()[1], F32, 0]);

// Sizes are u32 in the file and usize in memory: nothing may be lost on the way.
const _: () = assert!(usize::BITS >= 32);

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
    fn header(&self) -> Header {
        let &Self { d, h, c, mean, names, .. } = self;
        Header { d, h, c, q: mean.len(), names: names_len(names), stated: 0 }
    }

    /// Everything that has a length, with the one that its shape asks for.
    fn sections(&self) -> [(Section, &[f32], usize); 6] {
        let Self { d, h, c, .. } = *self;
        [
            (Section::W1, self.w1, d.saturating_mul(h)),
            (Section::B1, self.b1, h),
            (Section::W2, self.w2, h.saturating_mul(c)),
            (Section::B2, self.b2, c),
            (Section::Mean, self.mean, self.mean.len()),
            (Section::Scale, self.scale, self.mean.len()),
        ]
    }
}

/// How many bytes [`encode`] writes for a net of this shape, normalisation and names; its weights are not looked at, and
/// need not be there yet.
///
/// # Errors
/// If a size is zero or does not go with the others, or the file would be longer than 2³² − 1 bytes.
///
/// ```
/// use infer_nostd::{Contents, encoded_len};
/// let net = Contents { d: 64, h: 32, c: 10, ..Contents::default() };
/// assert_eq!(encoded_len(&net), Ok(32 + 4 * (65 * 32 + 33 * 10) + 4));
/// assert!(encoded_len(&Contents { h: 0, ..net }).is_err());
/// ```
pub fn encoded_len(contents: &Contents<'_>) -> Result<usize, Error> {
    let header = contents.header();
    let total = header.file_len();
    header.check_to_write(total, contents.names)?;
    Ok(total)
}

/// Writes a net file into `out`, reads it back and returns the [`Net`] read.
///
/// `out` must be [`encoded_len`] bytes long; all of it is written, none of it is read before. Since the reader has
/// seen the result, what this function writes is never refused later.
///
/// # Errors
/// As [`encoded_len`]; if a part of the net does not have the length of its shape, or `out` has another; if a number is
/// infinite or NaN; if names are empty, equal, or hold a line feed.
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
    let total = encoded_len(contents)?;
    for (section, numbers, needed) in contents.sections() {
        if numbers.len() != needed {
            return Err(Error::Contents { section, needed, got: numbers.len() });
        }
    }
    if out.len() != total {
        return Err(Error::Length { needed: total, got: out.len() });
    }
    let mut at = put_header(out, KIND, contents.header(), total);
    for (w, b) in [(contents.w1, contents.b1), (contents.w2, contents.b2)] {
        let end = at + size_of::<f32>() * (w.len() + b.len());
        pack_layer(w, b, out[at..end].as_chunks_mut().0);
        at = end;
    }
    for number in contents.mean.iter().chain(contents.scale) {
        at = put(out, at, &number.to_le_bytes());
    }
    put_names_and_checksum(out, at, contents.names);
    let net = Net::from_bytes(out)?;
    net.check_names()?;
    Ok(net)
}

/// The header of a file of `total` bytes; where it ends.
pub(crate) fn put_header(out: &mut [u8], kind: u32, header: Header, total: usize) -> usize {
    put(out, 0, &MAGIC);
    put(out, AT_KIND, &kind.to_le_bytes());
    let fields = [
        (AT_D, header.d),
        (AT_H, header.h),
        (AT_C, header.c),
        (AT_Q, header.q),
        (AT_NAMES_LEN, header.names),
        (AT_FILE_LEN, total),
    ];
    for (at, size) in fields {
        put(out, at, &(size as u32).to_le_bytes()); // none is larger than the file, which fits
    }
    HEADER_LEN
}

/// The end of a file, from byte `at` on.
pub(crate) fn put_names_and_checksum(out: &mut [u8], mut at: usize, names: &[&str]) {
    for name in names {
        at = put(out, at, name.as_bytes());
        at = put(out, at, b"\n");
    }
    put(out, at, &crc32(&out[..at]).to_le_bytes());
}

/// Copies `bytes` to `out[at..]`, which is long enough; where they end.
pub(crate) fn put(out: &mut [u8], at: usize, bytes: &[u8]) -> usize {
    out[at..at + bytes.len()].copy_from_slice(bytes);
    at + bytes.len()
}

/// The numbers in the header that say how long everything is.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) d: usize,
    pub(crate) h: usize,
    pub(crate) c: usize,
    /// Means, and as many scales.
    pub(crate) q: usize,
    /// Bytes of all names.
    pub(crate) names: usize,
    /// Bytes of the file.
    pub(crate) stated: usize,
}

impl Header {
    /// Reads a header of this kind; what its fields say is not looked at.
    pub(crate) const fn read(bytes: &[u8], kind: u32) -> Result<Self, Error> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            return Err(Error::Length { needed: HEADER_LEN, got: bytes.len() });
        };
        if u32_at(header, 0) != u32::from_le_bytes(MAGIC) {
            return Err(Error::Magic { got: u32_at(header, 0).to_le_bytes() });
        }
        if u32_at(header, AT_KIND) != kind {
            let [a, b, element_type, reserved] = u32_at(header, AT_KIND).to_le_bytes();
            return Err(Error::Kind { version: u16::from_le_bytes([a, b]), element_type, reserved });
        }
        Ok(Self {
            d: u32_at(header, AT_D) as usize,
            h: u32_at(header, AT_H) as usize,
            c: u32_at(header, AT_C) as usize,
            q: u32_at(header, AT_Q) as usize,
            names: u32_at(header, AT_NAMES_LEN) as usize,
            stated: u32_at(header, AT_FILE_LEN) as usize,
        })
    }

    /// The rules for sizes, for reader and writer.
    pub(crate) const fn check(&self) -> Result<(), Error> {
        let &Self { d, h, c, q, .. } = self;
        if d == 0 || h == 0 || c == 0 {
            return Err(Error::ZeroSize { d, h, c });
        }
        if q != 0 && !d.is_multiple_of(q) {
            return Err(Error::Normalization { inputs: d, entries: q });
        }
        Ok(())
    }

    /// The rules for a file of `total` bytes with these names to be written.
    pub(crate) fn check_to_write(&self, total: usize, names: &[&str]) -> Result<(), Error> {
        self.check()?;
        let &Self { d, h, c, .. } = self;
        if self.names > NAMES_MAX {
            return Err(Error::NamesTooLong { got: self.names });
        }
        if total as u64 > u32::MAX as u64 {
            return Err(Error::TooLarge { d, h, c });
        }
        if !names.is_empty() && names.len() != c {
            return Err(Error::NameCount { names: names.len(), classes: c });
        }
        Ok(())
    }

    /// What every kind of file is held to beside its checksum: these rules, and a length that is the header's and follows from
    /// its sizes.
    pub(crate) const fn check_file(&self, computed: usize, got: usize) -> Result<(), Error> {
        if let Err(error) = self.check() {
            return Err(error);
        }
        let &Self { stated, .. } = self;
        if stated != computed {
            return Err(Error::FileLength { stated, computed });
        }
        if got != stated {
            return Err(Error::Length { needed: stated, got });
        }
        Ok(())
    }

    /// How many numbers: (D + 1) H + (H + 1) C + 2 Q; the largest `usize` stands for more than that.
    const fn numbers(&self) -> usize {
        let &Self { d, h, c, q, .. } = self;
        let (first, second) = (d.saturating_add(1).saturating_mul(h), h.saturating_add(1).saturating_mul(c));
        first.saturating_add(second).saturating_add(q).saturating_add(q)
    }

    /// How long the file is by its sizes; the largest `usize` stands for more than that.
    const fn file_len(&self) -> usize {
        self.numbers()
            .saturating_mul(size_of::<f32>())
            .saturating_add(self.names)
            .saturating_add(HEADER_LEN + CRC_LEN)
    }
}

/// All bytes of a file before its checksum, whose checksum it is.
pub(crate) const fn check_sum<const COMPILING: bool>(bytes: &[u8]) -> Result<&[u8], Error> {
    let Some((checked, checksum)) = bytes.split_last_chunk::<CRC_LEN>() else {
        return Err(Error::Length { needed: HEADER_LEN + CRC_LEN, got: bytes.len() });
    };
    let computed = if COMPILING { compiling::crc32(checked) } else { crc32(checked) };
    let stored = u32::from_le_bytes(*checksum);
    if stored != computed {
        return Err(Error::Checksum { stored, computed });
    }
    Ok(checked)
}

/// Reads and checks a whole file: lengths, then the checksum, then the values. Names are left for [`Net::check_names`].
///
/// A good file passes few instructions: its parts are taken off one by one. Only where they do not come out even is it asked
/// which rule is broken. `COMPILING` is for the compiler's interpreter, and takes it a quarter of the time (a net of 400 KB 1.4 s, not 5.2).
pub(crate) const fn parse<const COMPILING: bool>(bytes: &[u8]) -> Result<Net<'_>, Error> {
    let header = match Header::read(bytes, KIND) {
        Ok(header) => header,
        Err(error) => return Err(error),
    };
    let Some((numbers, net)) = sections(&header, bytes) else {
        return Err(match header.check_file(header.file_len(), bytes.len()) {
            Err(error) => error,
            Ok(()) => Error::Length { needed: header.stated, got: bytes.len() }, // never
        });
    };
    if let Err(error) = check_sum::<COMPILING>(bytes) {
        return Err(error);
    }
    match if COMPILING { compiling::not_finite(numbers) } else { not_finite(numbers) } {
        None => Ok(net),
        Some(index) => Err(Error::NotFinite { offset: HEADER_LEN + index * size_of::<f32>() }),
    }
}

/// All numbers of a file, and where they belong. None if the header is not that of these bytes: [`Header::check_file`] says why.
#[inline(always)]
const fn sections<'a>(header: &Header, bytes: &'a [u8]) -> Option<(&'a [[u8; 4]], Net<'a>)> {
    let &Header { d, h, c, q, names, stated } = header;
    if bytes.len() != stated {
        return None;
    }
    let Some((_, body)) = bytes.split_at_checked(HEADER_LEN) else { return None };
    let Some((body, _)) = body.split_last_chunk::<CRC_LEN>() else { return None };
    let Some(len) = body.len().checked_sub(names) else { return None };
    let Some((numbers, names)) = body.split_at_checked(len) else { return None };
    let (numbers, []) = numbers.as_chunks() else { return None };
    let Some((first, rest)) = Layer::take(d, h, numbers) else { return None };
    let Some((second, moments)) = Layer::take(h, c, rest) else { return None };
    let Some(first) = FirstLayer::new(first, q, moments) else { return None };
    Some((numbers, Net { first, second, names }))
}

/// The number at `header[at..]`; `at` is one of the constants above.
#[inline(always)]
const fn u32_at(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// The first number that is infinite or NaN: its exponent is all ones.
pub(crate) const fn not_finite(numbers: &[[u8; 4]]) -> Option<usize> {
    let mut i = 0;
    while i < numbers.len() {
        compact();
        if u32::from_le_bytes(numbers[i]) << 1 >= 0xFF00_0000 {
            return Some(i);
        }
        i += 1;
    }
    None
}
