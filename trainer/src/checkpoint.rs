//! The file of a training under way.
//!
//! All numbers are little-endian. A *list* is its length as u64 and then its elements.
//!
//! | field | type | meaning |
//! |---|---|---|
//! | magic | 8 bytes | `TLNRUN\0` and the version, 3 |
//! | ended | u64 | 1 if the training had come to its end and its files were written, else 0 |
//! | terms | list of u8 | what the training depends on, as text: see [`Terms`](crate::terms::Terms) |
//! | D, H, C | 3 × u64 | sizes of the net |
//! | step | u64 | steps taken |
//! | rate | f64 | learning rate of the next step, decay included |
//! | seconds, evaluating, images | f64, f64, u64 | what the time went into so far |
//! | net | list of f32 | W1, b1, W2, b2 |
//! | velocity | list of f32 | the same of the velocity; empty without momentum |
//! | rows | list of u32 | the rows in the order of this epoch; of more than 2²⁰ those of the group under way |
//! | used | u64 | how many of them have been drawn |
//! | groups | u64 | groups of rows begun, in all epochs |
//! | words | u128 | words that the generator of the batches has given; its key and stream follow from the seed |
//! | losses, rates | list of f32, list of f64 | of each step |
//! | records | list of records | number, iterations (2 × u64), rate (f64), training, validation |
//! | best | u64 | 1 + the record of the best net, or 0 |
//! | best net | list of f32 | W1, b1, W2, b2; empty without |
//! | checksum | u32 | CRC-32 (IEEE) of all bytes before it |
//!
//! Training and validation of a record are rows, right ones (2 × u64) and loss (f64); 0 rows: no validation part.

use std::io::{self, Read, Write};

use model::{Motion, Params, Shape};

use crate::batches::{Batches, Position};
use crate::checksum::crc32;
use crate::dataset::Numbers;
use crate::history::{Epoch, Evaluation, History};
use crate::train::Settings;
use crate::training::{Best, Clock, State};
use crate::wording::counted;

/// How a checkpoint begins; the last byte is the version.
const MAGIC: [u8; 8] = *b"TLNRUN\0\x03";
/// Bytes that are written at a time.
const PIECE: usize = 1 << 16;

/// Writes a checkpoint of a training whose files are not written yet, in pieces: neither the nets nor the row numbers are copied in memory.
pub fn write(terms: &str, state: &State, to: &mut dyn Write) -> io::Result<()> {
    let mut out = Out { to, piece: MAGIC.to_vec(), crc: flate2::Crc::new() };
    out.int(0)?;
    out.list(terms.as_bytes(), |out, &byte| out.bytes(&[byte]))?;
    let (d, h, c) = state.net.shape().sizes();
    [d, h, c, state.step].into_iter().try_for_each(|n| out.int(n))?;
    let Clock { seconds, evaluating, images } = state.clock;
    [state.rate, seconds, evaluating].into_iter().try_for_each(|x| out.f64(x))?;
    out.int(images)?;
    out.floats(state.net.as_slice())?;
    out.floats(state.motion.as_ref().map_or(&[], |motion| motion.velocity.as_slice()))?;
    let Position { rows, used, groups, words } = state.batches.position();
    out.list(&rows, |out, row| out.bytes(&row.to_le_bytes()))?;
    out.int(used)?;
    out.bytes(&groups.to_le_bytes())?;
    out.bytes(&words.to_le_bytes())?;
    out.floats(&state.history.losses)?;
    out.list(&state.history.rates, |out, &rate| out.f64(rate))?;
    out.list(&state.history.epochs, Out::epoch)?;
    out.int(state.best.as_ref().map_or(0, |best| best.record + 1))?;
    out.floats(state.best.as_ref().map_or(&[], |best| best.net.as_slice()))?;
    out.pass_on()?;
    let checksum = out.crc.sum();
    out.bytes(&checksum.to_le_bytes())?;
    out.pass_on()
}

/// The same checkpoint when the training's files are written, in pieces.
///
/// # Errors
/// If it is damaged, or has other terms.
pub fn mark_ended(terms: &str, from: &mut impl Read, to: &mut dyn Write) -> io::Result<()> {
    let damaged = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut start = vec![0; 24 + terms.len()];
    from.read_exact(&mut start)?;
    after_magic(&start).map_err(damaged)?;
    if start[16..24] != (terms.len() as u64).to_le_bytes() || start[24..] != *terms.as_bytes() {
        return Err(damaged("its terms are others".into()));
    }
    let mut before = flate2::Crc::new();
    before.update(&start);
    start[8..16].copy_from_slice(&1u64.to_le_bytes());
    let mut out = Out { to, piece: start, crc: flate2::Crc::new() };
    let (mut piece, mut held) = (vec![0; PIECE], Vec::new());
    loop {
        let read = from.read(&mut piece)?;
        if read == 0 {
            break;
        }
        held.extend_from_slice(&piece[..read]);
        let body = held.len().saturating_sub(4); // behind it is the checksum, perhaps
        before.update(&held[..body]);
        out.bytes(&held[..body])?;
        held.drain(..body);
    }
    out.pass_on()?;
    if held != before.sum().to_le_bytes() {
        return Err(damaged("its checksum is another".into()));
    }
    let checksum = out.crc.sum();
    out.bytes(&checksum.to_le_bytes())?;
    out.pass_on()
}

/// Whether the training had come to its end and its files were written. The rest is not read, so nothing says whether it is whole.
pub fn claims_end(from: &mut impl Read) -> Result<bool, String> {
    let mut start = [0; 16];
    from.read_exact(&mut start).map_err(|e| e.to_string())?;
    Ok(In(after_magic(&start)?).int()? == 1)
}

/// The terms of a checkpoint, to be compared before [`decode`]; the error says what is wrong with the file.
pub fn terms(bytes: &[u8]) -> Result<String, String> {
    let mut from = In(body(bytes)?);
    from.int()?;
    from.text()
}

/// The state in a checkpoint, for a training of a net of this shape with these settings on these rows.
pub fn decode(bytes: &[u8], settings: &Settings, shape: Shape, train: Numbers<'_>) -> Result<State, String> {
    let mut from = In(body(bytes)?);
    let ended = from.int()?;
    from.text()?;
    let [d, h, c, step] = [from.int()?, from.int()?, from.int()?, from.int()?];
    if Shape::new(d, h, c) != Ok(shape) {
        return Err(format!("its net is {d}-{h}-{c}, this training's is {shape}"));
    }
    let [rate, seconds, evaluating] = [from.f64()?, from.f64()?, from.f64()?];
    let clock = Clock { seconds, evaluating, images: from.int()? };
    let net = from.params(shape)?.ok_or("it has no net")?;
    let motion = from.params(shape)?.map(Motion::with);
    let rows = from.list(4, |from| Ok(u32::from_le_bytes(from.take()?)))?;
    let (used, groups) = (from.int()?, u64::from_le_bytes(from.take()?));
    let position = Position { rows: rows.into(), used, groups, words: u128::from_le_bytes(from.take()?) };
    let losses = from.list(4, |from| Ok(f32::from_le_bytes(from.take()?)))?;
    let rates = from.list(8, In::f64)?;
    let epochs = from.list(72, In::epoch)?;
    let record = from.int()?;
    let best = from.params(shape)?.and_then(|net| Some(Best { record: record.checked_sub(1)?, net }));
    let history = History { losses, rates, epochs };
    let sound = from.0.is_empty()
        && ended <= 1
        && clock.images <= step.saturating_mul(settings.batch_size)
        && history.losses.len() == step
        && history.rates.len() == step
        && motion.is_some() == (settings.momentum > 0.0)
        && best.as_ref().is_none_or(|best| best.record < history.epochs.len());
    if !sound {
        return Err("its parts do not fit together".into());
    }
    let batches =
        Batches::new(settings.batch_size, settings.order, settings.seed).at(position, step, train)?;
    Ok(State { net, motion, step, rate, batches, history, best, clock })
}

/// What is between the magic and the checksum, after checking both.
fn body(bytes: &[u8]) -> Result<&[u8], String> {
    let (body, checksum) = after_magic(bytes)?.split_last_chunk::<4>().ok_or("it is cut off")?;
    let (found, wanted) = (crc32(&bytes[..bytes.len() - 4]), u32::from_le_bytes(*checksum));
    if found != wanted {
        return Err(format!("its checksum is {found:08x}, not {wanted:08x}: it is damaged"));
    }
    Ok(body)
}

/// What follows the magic, after checking that.
fn after_magic(bytes: &[u8]) -> Result<&[u8], String> {
    let Some((start, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(format!("it has {}", counted(bytes.len(), "byte")));
    };
    if start[..7] != MAGIC[..7] {
        return Err("it is no checkpoint".into());
    }
    if start[7] != MAGIC[7] {
        return Err(format!("it has version {}, this trainer reads {}", start[7], MAGIC[7]));
    }
    Ok(rest)
}

/// Bytes being written, with the checksum of those that have been passed on.
struct Out<'a> {
    to: &'a mut dyn Write,
    piece: Vec<u8>,
    crc: flate2::Crc,
}

impl Out<'_> {
    /// Writes the piece that has been gathered.
    fn pass_on(&mut self) -> io::Result<()> {
        self.crc.update(&self.piece);
        self.to.write_all(&self.piece)?;
        self.piece.clear();
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE { self.pass_on() } else { Ok(()) }
    }

    fn int(&mut self, n: usize) -> io::Result<()> {
        self.bytes(&(n as u64).to_le_bytes())
    }

    fn f64(&mut self, x: f64) -> io::Result<()> {
        self.bytes(&x.to_le_bytes())
    }

    fn list<T>(&mut self, list: &[T], write: impl Fn(&mut Self, &T) -> io::Result<()>) -> io::Result<()> {
        self.int(list.len())?;
        list.iter().try_for_each(|item| write(self, item))
    }

    fn floats(&mut self, list: &[f32]) -> io::Result<()> {
        self.list(list, |out, x| out.bytes(&x.to_le_bytes()))
    }

    fn epoch(&mut self, epoch: &Epoch) -> io::Result<()> {
        self.int(epoch.number)?;
        self.int(epoch.iterations)?;
        self.f64(epoch.learning_rate)?;
        for Evaluation { rows, correct, loss } in [epoch.train, epoch.val.unwrap_or_default()] {
            self.int(rows)?;
            self.int(correct)?;
            self.f64(loss)?;
        }
        Ok(())
    }
}

/// Bytes being read.
struct In<'a>(&'a [u8]);

impl In<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (first, rest) = self.0.split_first_chunk::<N>().ok_or("it is cut off")?;
        self.0 = rest;
        Ok(*first)
    }

    fn int(&mut self) -> Result<usize, String> {
        let n = u64::from_le_bytes(self.take()?);
        usize::try_from(n).map_err(|_| format!("{n} is more than this machine counts"))
    }

    fn f64(&mut self) -> Result<f64, String> {
        Ok(f64::from_le_bytes(self.take()?))
    }

    /// A list of elements of `size` bytes: memory is taken only for what is there.
    fn list<T>(
        &mut self,
        size: usize,
        read: impl Fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let len = self.int()?;
        if len > self.0.len() / size {
            return Err("it is cut off".into());
        }
        (0..len).map(|_| read(self)).collect()
    }

    fn text(&mut self) -> Result<String, String> {
        let bytes = self.list(1, |from| Ok(from.take::<1>()?[0]))?;
        String::from_utf8(bytes).map_err(|_| "its terms are no text".into())
    }

    /// A net; None where the list is empty.
    fn params(&mut self, shape: Shape) -> Result<Option<Params<f32>>, String> {
        let list = self.list(4, |from| Ok(f32::from_le_bytes(from.take()?)))?;
        if list.is_empty() {
            return Ok(None);
        }
        Params::from_vec(shape, list).map(Some).map_err(|e| e.to_string())
    }

    fn epoch(&mut self) -> Result<Epoch, String> {
        let [number, iterations] = [self.int()?, self.int()?];
        let learning_rate = self.f64()?;
        let mut evaluation = || -> Result<Evaluation, String> {
            Ok(Evaluation { rows: self.int()?, correct: self.int()?, loss: self.f64()? })
        };
        let (train, val) = (evaluation()?, evaluation()?);
        Ok(Epoch { number, iterations, learning_rate, train, val: (val.rows > 0).then_some(val) })
    }
}
