//! One IDX file: two zero bytes, element type, number of dimensions, each length as big-endian u32, elements.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::dataset::read;
use crate::dataset::rows::Values;
use crate::element::Element;
use crate::error::Error;
use crate::wording::counted;

/// Deflate packs 1032 bytes into one at the very best, so a packed file cannot hold more than that.
const BEST_PACKING: u64 = 1032;

/// A file whose header has been read. Memory is taken for what the header promises and the file can hold, never more.
pub(super) struct Array {
    path: PathBuf,
    from: Box<dyn Read>,
    element: Element,
    dims: Vec<usize>,
    /// Bytes promised.
    len: usize,
}

impl Array {
    /// Opens a file, packed or not, and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let file = read::open(path)?;
        let room = read::len(&file, path)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let start = file.fill_buf().map_err(|e| Error::read("read", path, &e))?;
        if start.is_empty() {
            return Err(Error::data(format!("{}: the file is empty; wanted an IDX file", path.display())));
        }
        let packed = start.starts_with(&[0x1f, 0x8b]);
        let room = if packed { room.saturating_mul(BEST_PACKING) } else { room };
        let mut from = reader(file, packed);
        let (element, dims) = header(path, &mut *from)?;
        let len = promised(path, element, &dims, room)?;
        Ok(Self { path: path.to_owned(), from, element, dims, len })
    }

    /// Lengths of the dimensions.
    pub(super) fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The values of rows.
    pub(super) fn read_values(self) -> Result<Values, Error> {
        let (element, record, path) = (self.element, self.dims[1..].iter().product(), self.path.clone());
        element.values(self.read()?, true, record, &path)
    }

    /// Labels: whole numbers from 0 to 255, of whatever type, as a data set holds them.
    pub(super) fn read_labels(self) -> Result<Vec<u16>, Error> {
        let (element, path) = (self.element, self.path.clone());
        let label = |(i, bytes): (usize, &[u8])| {
            let number = element.get(bytes, true);
            let byte = number as u8;
            match f64::from(byte) == number {
                true => Ok(u16::from(byte)),
                false => Err(Error::data(format!(
                    "{} record {}: label {number} is out of range: labels are whole numbers from 0 to 255",
                    path.display(),
                    i + 1
                ))),
            }
        };
        self.read()?.chunks_exact(element.size()).enumerate().map(label).collect()
    }

    /// Reads exactly the bytes promised; nothing may follow them.
    fn read(mut self) -> Result<Vec<u8>, Error> {
        let mut data = read::with_room(self.len, &self.path)?;
        match self.from.by_ref().take(self.len as u64).read_to_end(&mut data) {
            Ok(got) if got == self.len => {}
            Ok(_) => return Err(self.cut_off(data.len())),
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Err(self.cut_off(data.len())),
            Err(e) => return Err(self.unreadable(data.len(), &e)),
        }
        // In a packed file this read also checks the checksum at its end.
        match read::fill(&mut self.from, &mut [0]) {
            Ok(0) => Ok(data),
            Ok(_) => Err(Error::data(format!(
                "{}: bytes follow the {} that its header promises ({:?}); one of both is wrong",
                self.path.display(),
                self.len,
                self.dims
            ))),
            Err(e) => Err(self.unreadable(self.len, &e)),
        }
    }

    /// Bytes of one record.
    fn record(&self) -> usize {
        self.dims[1..].iter().product::<usize>() * self.element.size()
    }

    /// The elements end after `got`.
    fn cut_off(&self, got: usize) -> Error {
        let record = self.record();
        Error::data(format!(
            "{} record {}: cut off: needs {}, got {}; the header promises {}; get the file again",
            self.path.display(),
            got / record + 1,
            counted(record, "byte"),
            got % record,
            counted(self.dims[0], "record")
        ))
    }

    /// Unpacking failed after `got` elements.
    fn unreadable(&self, got: usize, e: &std::io::Error) -> Error {
        let record = (got / self.record() + 1).min(self.dims[0]);
        Error::data(format!(
            "{} record {record}: cannot read on: {e}; get the file again",
            self.path.display()
        ))
    }
}

/// Unpacks on the way if need be.
fn reader(file: BufReader<File>, packed: bool) -> Box<dyn Read> {
    if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) }
}

/// Reads the header and returns element type and dimensions.
fn header(path: &Path, from: &mut dyn Read) -> Result<(Element, Vec<usize>), Error> {
    let mut from = from;
    let mut next = |needed: &str| -> Result<[u8; 4], Error> {
        let mut word = [0; 4];
        match read::fill(&mut from, &mut word) {
            Ok(4) => Ok(word),
            Ok(got) => Err(Error::data(format!(
                "{}: cut off in the header: {needed} needs 4 bytes, got {got}; get the file again",
                path.display()
            ))),
            Err(e) => Err(Error::read("read the header of", path, &e)),
        }
    };
    let magic = next("the magic number")?;
    let [0, 0, element, dims] = magic else { return Err(bad_magic(path, magic)) };
    let element = match element {
        0x08 => Element::U8,
        0x09 => Element::I8,
        0x0b => Element::I16,
        0x0c => Element::I32,
        0x0d => Element::F32,
        0x0e => Element::F64,
        _ => return Err(bad_magic(path, magic)),
    };
    if dims == 0 {
        return Err(bad_magic(path, magic));
    }
    let mut dim = |i| Ok(u32::from_be_bytes(next(&format!("dimension {}", i + 1))?) as usize);
    Ok((element, (0..dims).map(&mut dim).collect::<Result<_, Error>>()?))
}

/// The first four bytes are not those of an IDX file.
fn bad_magic(path: &Path, [a, b, c, d]: [u8; 4]) -> Error {
    Error::data(format!(
        "{}: no IDX file: it begins with {a:02x} {b:02x} {c:02x} {d:02x}, wanted 00 00, a type (08, 09, 0b to 0e) and the number of dimensions",
        path.display()
    ))
}

/// Bytes that the header promises, if a file with room for `room` bytes can hold them.
fn promised(path: &Path, element: Element, dims: &[usize], room: u64) -> Result<usize, Error> {
    let header = 4 + 4 * dims.len() as u64;
    let room = room.saturating_sub(header);
    let len = dims.iter().try_fold(element.size(), |len, &dim| len.checked_mul(dim));
    let record = dims[1..].iter().try_fold(element.size() as u64, |len, &dim| len.checked_mul(dim as u64));
    match (len, record) {
        (Some(len), _) if len as u64 <= room => Ok(len),
        (_, record) => {
            let record = record.unwrap_or(u64::MAX).max(1);
            Err(Error::data(format!(
                "{} record {}: cut off: the header promises {} of {}, the file has room for {}; get the file \
                 again",
                path.display(),
                room / record + 1,
                counted(dims[0], "record"),
                counted(record, "byte"),
                counted(room, "byte")
            )))
        }
    }
}
