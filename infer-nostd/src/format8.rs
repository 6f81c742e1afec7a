//! The int8 net as bytes: its writer and its reader. What it shares with the f32 net is in `format.rs`.

use kernels::int8::{Layer, LayerError, OUTPUTS, Rescale, Weights, pack, packed_len};

use crate::format::{
    CRC_LEN, HEADER_LEN, Header, I8, KIND, check_sum, not_finite, put, put_header, put_names_and_checksum,
};
use crate::names::names_len;
use crate::{Error, Net8, Section};

/// The lowest hidden activation, which is their zero point too: so the clamp is the ReLU.
pub(crate) const HIDDEN_LOW: i32 = -127;
/// The lowest score.
pub(crate) const SCORE_LOW: i32 = -128;
/// Version, element type and the reserved byte of an int8 net, as one number.
pub(crate) const KIND8: u32 = KIND | (I8 as u32) << 16;

/// A layer to write: a_j = b_j + Σ_k w_kj q_k, result clamp(⌊a_j M_j⌉ + z).
#[derive(Clone, Copy, Debug)]
pub struct LayerContents8<'a> {
    /// Weights, inputs × outputs row-major.
    pub w: &'a [i8],
    /// b, with the zero point of the inputs folded in; below 2²⁹ in size.
    pub bias: &'a [i32],
    /// M.
    pub rescale: &'a [Rescale],
    /// s: what one step of a result stands for.
    pub scale: f32,
}

/// An int8 net to write. `mean` and `scale` are empty, or Q of each with Q a divisor of D: inputs are
/// q = clamp(⌊(x − μ)·s⌉, 0, 254) − 127. `zero` is the q that stands for a score of 0; that of the hidden layer is −127.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // the letters are explained above and in `Contents`
pub struct Contents8<'a> {
    pub d: usize,
    pub h: usize,
    pub c: usize,
    pub mean: &'a [f32],
    pub scale: &'a [f32],
    pub layer1: LayerContents8<'a>,
    pub layer2: LayerContents8<'a>,
    pub zero: i32,
    pub names: &'a [&'a str],
}

impl Contents8<'_> {
    fn header(&self) -> Header {
        let &Self { d, h, c, mean, names, .. } = self;
        Header { d, h, c, q: mean.len(), names: names_len(names), stated: 0 }
    }
}

/// How many bytes [`encode8`] writes for a net of this shape, normalisation and names; its weights are not looked at.
///
/// # Errors
/// If a size is zero or does not go with the others, or the file would be too large. [`encode8`] has an example.
pub fn encoded_len8(contents: &Contents8<'_>) -> Result<usize, Error> {
    let header = contents.header();
    let total = file_len(&header);
    header.check_to_write(total, contents.names)?;
    Ok(total)
}

/// Writes the file of an int8 net into `out`, reads it back and returns the [`Net8`] read.
///
/// `out` must be [`encoded_len8`] bytes long; all of it is written, none of it is read before.
///
/// # Errors
/// As [`encoded_len8`]; if a part of the net does not have the length of its shape, or `out` has another; and whatever
/// [`Net8::from_bytes`] and [`Net8::check_names`] refuse.
///
/// ```
/// use infer_nostd::{Contents8, LayerContents8, encode8, encoded_len8};
/// use kernels::int8::Rescale;
/// let (m1, m2) = ([Rescale::from_factor(0.25).unwrap()], [Rescale::from_factor(0.25).unwrap(); 2]);
/// let net = Contents8 {
///     d: 1, h: 1, c: 2, mean: &[], scale: &[],
///     layer1: LayerContents8 { w: &[1], bias: &[0], rescale: &m1, scale: 1.0 },
///     layer2: LayerContents8 { w: &[-1, 1], bias: &[0, 0], rescale: &m2, scale: 0.1 },
///     zero: 0,
///     names: &["dark", "bright"],
/// };
/// let mut file = vec![0; encoded_len8(&net)?];
/// let net = encode8(&net, &mut file)?;
/// assert_eq!((net.d(), net.class_name(1)), (1, Some("bright")));
/// # Ok::<(), infer_nostd::Error>(())
/// ```
pub fn encode8<'o>(contents: &Contents8<'_>, out: &'o mut [u8]) -> Result<Net8<'o>, Error> {
    let total = encoded_len8(contents)?;
    let Contents8 { d, h, c, mean, scale, layer1, layer2, zero, names } = *contents;
    for (section, needed, got) in [
        (Section::Scale, mean.len(), scale.len()),
        (Section::W1, d.saturating_mul(h), layer1.w.len()),
        (Section::B1, h, layer1.bias.len()),
        (Section::B1, h, layer1.rescale.len()),
        (Section::W2, h.saturating_mul(c), layer2.w.len()),
        (Section::B2, c, layer2.bias.len()),
        (Section::B2, c, layer2.rescale.len()),
    ] {
        if got != needed {
            return Err(Error::Contents { section, needed, got });
        }
    }
    if out.len() != total {
        return Err(Error::Length { needed: total, got: out.len() });
    }
    let mut at = put_header(out, KIND8, contents.header(), total);
    for (w, k, n) in [(layer1.w, d, h), (layer2.w, h, c)] {
        let len = packed_len(k, n).unwrap_or(0); // the file is as long as that
        pack(w, k, n, &mut out[at..at + len]);
        at += len;
    }
    // Outputs that only fill the last tile have bias and multiplier 0.
    let filling = |n: usize| n.next_multiple_of(OUTPUTS) - n;
    for (layer, n) in [(layer1, h), (layer2, c)] {
        for bias in layer.bias.iter().copied().chain((0..filling(n)).map(|_| 0)) {
            at = put(out, at, &bias.to_le_bytes());
        }
        let multipliers = layer.rescale.iter().map(|rescale| rescale.multiplier());
        for multiplier in multipliers.chain((0..filling(n)).map(|_| 0)) {
            at = put(out, at, &multiplier.to_le_bytes());
        }
    }
    at = put(out, at, &layer1.scale.to_le_bytes());
    at = put(out, at, &layer2.scale.to_le_bytes());
    at = put(out, at, &zero.to_le_bytes());
    for number in mean.iter().chain(scale) {
        at = put(out, at, &number.to_le_bytes());
    }
    for (layer, n) in [(layer1, h), (layer2, c)] {
        for shift in layer.rescale.iter().map(|rescale| rescale.shift()).chain((0..filling(n)).map(|_| 31)) {
            at = put(out, at, &[shift]);
        }
    }
    put_names_and_checksum(out, at, names);
    let net = Net8::from_bytes(out)?;
    net.check_names()?;
    Ok(net)
}

/// Outputs of a layer with those that fill the last tile; the largest `usize` stands for too many.
const fn padded(n: usize) -> usize {
    match n.checked_next_multiple_of(OUTPUTS) {
        Some(n) => n,
        None => usize::MAX,
    }
}

/// How long the file is by its sizes; the largest `usize` stands for more than that, and for layers of too many inputs.
const fn file_len(header: &Header) -> usize {
    let &Header { d, h, c, q, names, .. } = header;
    let (Some(w1), Some(w2)) = (packed_len(d, h), packed_len(h, c)) else { return usize::MAX };
    let outputs = padded(h).saturating_add(padded(c));
    w1.saturating_add(w2)
        .saturating_add(outputs.saturating_mul(9)) // bias, multiplier, shift
        .saturating_add(q.saturating_mul(8))
        .saturating_add(names)
        .saturating_add(HEADER_LEN + 12 + CRC_LEN)
}

/// Reads and checks a whole file. Names are left for [`Net8::check_names`].
pub(crate) const fn parse<const COMPILING: bool>(bytes: &[u8]) -> Result<Net8<'_>, Error> {
    let header = match Header::read(bytes, KIND8) {
        Ok(header) => header,
        Err(error) => return Err(error),
    };
    if let Err(error) = header.check_file(file_len(&header), bytes.len()) {
        return Err(error);
    }
    let checked = match check_sum::<COMPILING>(bytes) {
        Ok(checked) => checked,
        Err(error) => return Err(error),
    };
    let Header { d, h, c, q, .. } = header;
    let (n1, n2) = (padded(h), padded(c));
    let (Some(len1), Some(len2)) = (packed_len(d, h), packed_len(h, c)) else {
        return Err(Error::TooLarge { d, h, c }); // never: the length fits
    };
    let (_, rest) = cut(checked, HEADER_LEN);
    let (w1, rest) = cut(rest, len1);
    let (w2, rest) = cut(rest, len2);
    let (words, rest) = cut(rest, 4 * (2 * n1 + 2 * n2 + 3 + 2 * q));
    let (shifts1, rest) = cut(rest, n1);
    let (shifts2, names) = cut(rest, n2);
    let words = words.as_chunks().0;
    let (numbers1, words) = words_of(words, 2 * n1);
    let (numbers2, words) = words_of(words, 2 * n2);
    let (Some(w1), Some(w2), Some((scales, rest))) =
        (Weights::new(d, h, w1), Weights::new(h, c, w2), words.split_first_chunk::<2>())
    else {
        return Err(Error::TooLarge { d, h, c }); // never: the parts have these lengths
    };
    let Some((&zero, moments)) = rest.split_first() else {
        return Err(Error::TooLarge { d, h, c }); // never: likewise
    };
    let (scale1, scale2, zero) =
        (f32::from_le_bytes(scales[0]), f32::from_le_bytes(scales[1]), i32::from_le_bytes(zero));
    let at = HEADER_LEN + len1 + len2;
    let layer1 = match Layer::new(w1, numbers1, shifts1, 0) {
        Ok(layer) => layer,
        Err(error) => return Err(out_of_range(error, n1, at)),
    };
    let layer2 = match Layer::new(w2, numbers2, shifts2, zero.wrapping_sub(SCORE_LOW) as u8) {
        // one that is cut is refused below
        Ok(layer) => layer,
        Err(error) => return Err(out_of_range(error, n2, at + 8 * n1)),
    };
    let at = at + 8 * (n1 + n2);
    let offset = match (is_positive(scale1), is_positive(scale2), zero >= SCORE_LOW && zero <= 127) {
        (false, ..) => 0,
        (_, false, _) => 4,
        (.., false) => 8,
        _ => {
            if let Some(index) = not_finite(moments) {
                return Err(Error::NotFinite { offset: at + 12 + 4 * index });
            }
            return Ok(Net8 { layer1, layer2, c, scales, moments, names });
        }
    };
    Err(Error::OutOfRange { offset: at + offset })
}

const fn is_positive(scale: f32) -> bool {
    scale > 0.0 && scale < f32::INFINITY
}

/// Where in the file the number lies that a layer of n outputs refuses; its biases begin at byte `at`, multipliers follow. (A
/// bad shift counts as its multiplier.)
const fn out_of_range(error: LayerError, n: usize, at: usize) -> Error {
    let index = match error {
        LayerError::Length => 0, // never: the parts have these lengths
        LayerError::Bias(j) => j,
        LayerError::Rescale(j) => n + j,
    };
    Error::OutOfRange { offset: at + 4 * index }
}

/// The first `len` bytes and the others; all of them if there are fewer, which the file's length has ruled out.
const fn cut(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    match bytes.split_at_checked(len) {
        Some(parts) => parts,
        None => (bytes, &[]),
    }
}

/// [`cut`] for numbers.
const fn words_of(words: &[[u8; 4]], len: usize) -> (&[[u8; 4]], &[[u8; 4]]) {
    match words.split_at_checked(len) {
        Some(parts) => parts,
        None => (words, &[]),
    }
}
