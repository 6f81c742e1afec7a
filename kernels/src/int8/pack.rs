//! Weights in tiles: where each lies.

use super::{INPUTS, MAX_INPUTS, OUTPUTS, TILE};

/// Bytes of k × n weights in tiles; None if there are more inputs than [`MAX_INPUTS`] or the number does not fit.
/// Inputs count up to the next multiple of [`INPUTS`], outputs up to that of [`OUTPUTS`].
///
/// ```
/// assert_eq!(kernels::int8::packed_len(17, 5), Some(32 * 8));
/// assert_eq!(kernels::int8::packed_len(40_000, 5), None);
/// ```
pub const fn packed_len(k: usize, n: usize) -> Option<usize> {
    if k > MAX_INPUTS {
        return None;
    }
    match n.checked_next_multiple_of(OUTPUTS) {
        Some(n) => n.checked_mul(k.next_multiple_of(INPUTS)),
        None => None,
    }
}

/// k × n weights in tiles, where they lie.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    pub(crate) k: usize,
    pub(crate) tiles: &'a [[u8; TILE]],
}

impl<'a> Weights<'a> {
    /// None if the bytes are not as many as [`packed_len`] says, or there is no input.
    pub const fn new(k: usize, n: usize, bytes: &'a [u8]) -> Option<Self> {
        match packed_len(k, n) {
            Some(len) if len == bytes.len() && k > 0 => Some(Self { k, tiles: bytes.as_chunks().0 }),
            _ => None,
        }
    }

    /// Inputs.
    pub const fn inputs(&self) -> usize {
        self.k
    }

    /// Outputs, with those that are there to fill the last tile.
    pub const fn outputs(&self) -> usize {
        self.blocks() * OUTPUTS
    }

    /// The weight from input k to output j.
    ///
    /// # Panics
    /// If there is no such weight.
    #[track_caller]
    pub const fn get(&self, k: usize, j: usize) -> i8 {
        assert!(k < self.inputs(), "no such input");
        let (tile, byte) = place(k, j, self.stride());
        decode(k, self.tiles[tile][byte])
    }

    /// Tiles of a block of outputs.
    pub(crate) const fn stride(&self) -> usize {
        self.k.div_ceil(INPUTS)
    }

    /// Blocks of outputs.
    pub(crate) const fn blocks(&self) -> usize {
        match self.tiles.len().checked_div(self.stride()) {
            Some(blocks) => blocks,
            None => 0, // never: there is an input; but no panic in the program
        }
    }
}

/// Puts weights into tiles: `w` has k rows (inputs) of n (outputs), as a W of the derivation.
///
/// # Panics
/// If `w` does not have k · n weights, or `bytes` not as many as [`packed_len`] says.
///
/// ```
/// use kernels::int8::{pack, packed_len};
/// let mut bytes = [0xff; packed_len(2, 1).unwrap()];
/// pack(&[3, -5], 2, 1, &mut bytes);
/// assert_eq!(bytes[..2], [128 + 3, 251]); // of a pair the first is w + 128, the second w: 251 is -5
/// ```
#[track_caller]
pub fn pack(w: &[i8], k: usize, n: usize, bytes: &mut [u8]) {
    assert!(Some(w.len()) == k.checked_mul(n), "W has {} weights: it needs {k} x {n}", w.len());
    let (got, needed) = (bytes.len(), packed_len(k, n));
    assert!(Some(got) == needed, "{got} bytes for tiles of {k} x {n}: it needs {needed:?}");
    let stride = k.div_ceil(INPUTS);
    for k_at in 0..stride * INPUTS {
        for j in 0..n.next_multiple_of(OUTPUTS) {
            let weight = if k_at < k && j < n { w[k_at * n + j] } else { 0 };
            let (tile, byte) = place(k_at, j, stride);
            bytes[tile * TILE + byte] = encode(k_at, weight);
        }
    }
}

/// Tile and byte in it, for weight (k, j).
const fn place(k: usize, j: usize, stride: usize) -> (usize, usize) {
    let tile = j / OUTPUTS * stride + k / INPUTS;
    (tile, (k % INPUTS / 4 * OUTPUTS + j % OUTPUTS) * 4 + k % 4)
}

/// The byte of a weight.
const fn encode(k: usize, w: i8) -> u8 {
    w as u8 ^ if k.is_multiple_of(2) { 0x80 } else { 0 }
}

/// The weight of a byte.
const fn decode(k: usize, byte: u8) -> i8 {
    (byte ^ if k.is_multiple_of(2) { 0x80 } else { 0 }) as i8
}
