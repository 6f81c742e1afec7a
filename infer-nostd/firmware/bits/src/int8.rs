//! Layers of bytes on this processor, against the plain loops: every shape around the tiles, in one go and in two parts, at every
//! alignment of the numbers and of the inputs, and at both ends of the bytes.

use kernels::Isa;
use kernels::int8::{INPUTS, Layer, OUTPUTS, Weights, argmax, dense_reference, results, try_dense};

use crate::Random;

const INPUTS_MOST: usize = 272;
const OUTPUTS_MOST: usize = 12;

/// How many cases there were; None, and which one, if results differ.
pub(crate) fn every_shape(random: &mut Random) -> Option<u32> {
    let mut cases = 0;
    for k in [1, 2, 3, 5, 15, 16, 18, 33, 64, 112, 127, 128, 131, 144, 256, 259, INPUTS_MOST] {
        for n in [4, 8, OUTPUTS_MOST] {
            for ends in [false, true] {
                for offset in 0..4 {
                    if !shape(random, k, n, ends, offset) {
                        board::print("int8 results differ at k, n ");
                        board::print_number(k as u32);
                        board::print(" ");
                        board::print_number(n as u32);
                        board::print("\n");
                        return None;
                    }
                    cases += 1;
                }
            }
        }
    }
    Some(cases)
}

/// The numbers of the widest layer, and room to lie at any address.
struct Numbers {
    tiles: [u8; INPUTS_MOST * OUTPUTS_MOST + 4],
    words: [u8; 8 * OUTPUTS_MOST + 4],
    shifts: [u8; OUTPUTS_MOST],
    x: [u8; INPUTS_MOST + 4],
}

fn shape(random: &mut Random, k: usize, n: usize, ends: bool, offset: usize) -> bool {
    let mut numbers = Numbers {
        tiles: [0; INPUTS_MOST * OUTPUTS_MOST + 4],
        words: [0; 8 * OUTPUTS_MOST + 4],
        shifts: [0; OUTPUTS_MOST],
        x: [0; INPUTS_MOST + 4],
    };
    let mut byte = || {
        let bits = random.bits();
        if ends { [0x00, 0x80, 0x7f, 0xff][(bits >> 5) as usize & 3] } else { (bits >> 5) as u8 }
    };
    numbers.tiles.iter_mut().for_each(|w| *w = byte());
    numbers.x.iter_mut().for_each(|x| *x = byte());
    let words = &mut numbers.words[offset..];
    for j in 0..n {
        // Sums of any size go through all shifts that leave something, and through some that do not.
        let bias = i32::from(byte() as i8) << (byte() % 22);
        let multiplier = 1 << 30 | u32::from(byte()) << 22 | u32::from(byte()) << 11 | u32::from(byte());
        words[4 * j..][..4].copy_from_slice(&bias.to_le_bytes());
        words[4 * (n + j)..][..4].copy_from_slice(&multiplier.to_le_bytes());
        numbers.shifts[j] = [10, 1 + byte() % 31][j % 2];
    }
    let x = &numbers.x[offset..][..k];
    let len = k.next_multiple_of(INPUTS) * n;
    let words = numbers.words[offset..][..8 * n].as_chunks().0;
    let Some(w) = Weights::new(k, n, &numbers.tiles[offset..][..len]) else { return false };
    let Ok(layer) = Layer::new(w, words, &numbers.shifts[..n], byte()) else {
        return false;
    };
    let mut want = [0; OUTPUTS_MOST];
    dense_reference(x, &layer, &mut want[..n]);
    let (mut got, mut parts) = ([-1; OUTPUTS_MOST], [-1; OUTPUTS_MOST]);
    let cut = k / 2 / INPUTS * INPUTS;
    let isa = Isa::best();
    let good = try_dense(isa, x, &layer, 0, &mut got[..n / OUTPUTS * OUTPUTS])
        && (cut == 0 || try_dense(isa, &x[..cut], &layer, 0, &mut parts[..n]))
        && try_dense(isa, &x[cut..], &layer, cut, &mut parts[..n]);
    // The first of the largest of as many as there are, and of fewer.
    let first =
        |u: &[u8]| u.iter().max().and_then(|largest| u.iter().position(|u| u == largest)).unwrap_or(0);
    good && results(&mut got)[..n] == want[..n]
        && results(&mut parts)[..n] == want[..n]
        && (0..=n).all(|n| argmax(&want[..n]) == first(&want[..n]))
}
