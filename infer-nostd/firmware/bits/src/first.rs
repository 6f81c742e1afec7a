//! First layers: inputs that fill no block, one and several, of bytes and of numbers, with any number of means, numbers at every
//! alignment; against `dense`, which `layers` holds to the reference.

use kernels::{FirstLayer, Input, Isa, Layer, dense, try_first_layer};

use crate::{Bytes, Random, same};

const D: usize = 130;
const H: usize = 35;
/// Weights and biases, for which the stack has room.
const NUMBERS: usize = 66 * 16;

/// How many cases; None, and why, where one differs.
pub(crate) fn every_shape(random: &mut Random) -> Option<u32> {
    let mut cases = 0;
    for d in [1, 3, 12, 63, 64, 65, 128, D] {
        for q in (0..=d).filter(|&q| q == 0 || d % q == 0) {
            for h in [1, 8, 10, 16, 26, H].into_iter().filter(|h| (d + 1) * h <= NUMBERS) {
                if !shape(random, d, q, h) {
                    board::print("differs: first layer of ");
                    board::print_number(d as u32);
                    board::print(" inputs\n");
                    return None;
                }
                cases += 8;
            }
        }
    }
    Some(cases)
}

/// Bytes, then numbers of every kind, at two alignments, small and quick.
#[inline(never)]
fn shape(random: &mut Random, d: usize, q: usize, h: usize) -> bool {
    let (mut raw, mut bytes) = ([0.0; D], [0; D]);
    for is_bytes in [true, false] {
        for (byte, x) in bytes.iter_mut().zip(&mut raw) {
            *byte = random.bits() as u8;
            *x = if is_bytes { (*byte).into() } else { random.number(true) };
        }
        let x = if is_bytes { Input::U8(&bytes[..d]) } else { Input::F32(&raw[..d]) };
        for offset in [0, 1 + random.bits() as usize % 3] {
            let (mut numbers, mut moments) = (Bytes([0; 4 * NUMBERS + 4]), Bytes([0; 8 * D + 4]));
            let numbers = numbers.0[offset..][..4 * (d + 1) * h].as_chunks_mut().0;
            let moments = moments.0[offset..][..8 * q].as_chunks_mut().0;
            numbers.iter_mut().chain(&mut *moments).for_each(|x| *x = random.number(false).to_le_bytes());
            let Some(layer) = Layer::new(d, h, numbers) else { return false };
            let mut normalised = raw;
            if let Some(width) = d.checked_div(q) {
                for (j, x) in normalised[..d].iter_mut().enumerate() {
                    let moment = |i: usize| f32::from_le_bytes(moments[i]);
                    *x = (*x - moment(j / width)) * moment(q + j / width);
                }
            }
            let mut want = [0.5; H];
            dense(Isa::best(), &normalised[..d], &layer, true, &mut want[..h]);
            for layer in [layer, layer.quick()] {
                let Some(first) = FirstLayer::new(layer, q, moments) else { return false };
                let mut got = [0.5; H];
                if !try_first_layer(Isa::best(), x, &first, &mut got[..h]) || !same(&got, &want) {
                    return false;
                }
            }
        }
    }
    true
}
