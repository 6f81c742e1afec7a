//! Sums of products of bytes against the plain loops: all shapes around the tiles and around the runs of a small processor,
//! in parts, at every alignment, with any bytes and with those at the ends.

use kernels::Isa;
use kernels::int8::{INPUTS, OUTPUTS, Weights, accumulate, accumulate_reference};

use crate::Random;

const INPUTS_MOST: usize = 272;
const OUTPUTS_MOST: usize = 12;

/// How many cases there were; None, and which one, if sums differ.
pub(crate) fn every_shape(random: &mut Random) -> Option<u32> {
    let mut cases = 0;
    for k in [16, 32, 64, 112, 128, 144, INPUTS_MOST] {
        for n in [4, 8, OUTPUTS_MOST] {
            for ends in [false, true] {
                for offset in 0..4 {
                    if !shape(random, k, n, ends, offset) {
                        board::print("int8 sums differ at k, n ");
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

fn shape(random: &mut Random, k: usize, n: usize, ends: bool, offset: usize) -> bool {
    let mut byte = || {
        let bits = random.bits();
        if ends { [0x00, 0x80, 0x7f, 0xff][(bits >> 5) as usize & 3] } else { (bits >> 5) as u8 }
    };
    let mut tiles = [0; INPUTS_MOST * OUTPUTS_MOST + 4];
    let mut x = [0; INPUTS_MOST];
    tiles.iter_mut().for_each(|w| *w = byte());
    x.iter_mut().for_each(|x| *x = (byte() as i8).max(-127));
    let Some(w) = Weights::new(k, n, &tiles[offset..][..k * n]) else { return false };
    let mut want = [0; OUTPUTS_MOST];
    want[..n].iter_mut().for_each(|sum| *sum = i32::from(byte()) << 20);
    let mut got = want;
    accumulate_reference(&x[..k], w, 0, &mut want[..n]);
    let cut = k / 2 / INPUTS * INPUTS;
    accumulate(Isa::best(), &x[..cut], w, 0, &mut got[..n / OUTPUTS * OUTPUTS])
        && accumulate(Isa::best(), &x[cut..k], w, cut, &mut got[..n])
        && got == want
}
