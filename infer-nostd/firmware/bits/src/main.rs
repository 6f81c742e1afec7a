//! On the processor itself: `dense` and softmax against the reference loops, bit for bit. Every width of a strip, alone and behind
//! whole ones, x of odd and even lengths, with and without ReLU, numbers at every alignment, small and quick;
//! ordinary numbers, and zeros, subnormals, infinities and NaNs of either sign. First layers, in one block of inputs and in several
//! (`first.rs`). And sums of products of bytes.
#![no_std]
#![no_main]

mod first;
mod int8;

use kernels::{Epilogue, Isa, Layer, Mat, MatMut, dense, pack_layer, reference, softmax_row};

const COLUMNS: usize = 61;
const ROWS: usize = 9;

/// Bytes that start at a multiple of four.
#[repr(C, align(4))]
struct Bytes<const LEN: usize>([u8; LEN]);

board::entry!(main);

fn main() -> bool {
    let mut random = Random(1);
    let parts = [layers, softmax_rows, first::every_shape, int8::every_shape];
    let mut cases = 0;
    for part in parts {
        let Some(count) = part(&mut random) else { return false };
        cases += count;
    }
    board::print_number(cases);
    board::print(" cases: the bits of the reference\n");
    true
}

/// Layers of every shape: how many cases; None, and why, where one differs. A function of its own for the stack's sake.
#[inline(never)]
fn layers(random: &mut Random) -> Option<u32> {
    let mut cases = 0;
    for n in (1..=35).chain([42, 48, 58, COLUMNS]) {
        for k in 1..=ROWS {
            for special in [false, true] {
                if !shape(random, k, n, special) {
                    board::print("differs at k, n ");
                    board::print_number(k as u32);
                    board::print(" ");
                    board::print_number(n as u32);
                    board::print("\n");
                    return None;
                }
                cases += 16;
            }
        }
    }
    Some(cases)
}

/// Softmax of rows of every length. Exponentials are of every size, subnormal ones, 0 and those of zeros, infinities and NaN
/// among them.
fn softmax_rows(random: &mut Random) -> Option<u32> {
    let mut cases = 0;
    for n in 0..=COLUMNS {
        for (size, special) in [(1.0, false), (40.0, false), (60.0, false), (1.0, true), (60.0, true)] {
            let mut row = [0.0; COLUMNS];
            row.iter_mut().for_each(|x| *x = size * random.number(special));
            let mut want = row;
            softmax_row(Isa::best(), &mut row[..n]);
            reference::softmax(MatMut::new(&mut want[..n], 1, n));
            if !same(&row, &want) {
                board::print("softmax differs\n");
                return None;
            }
            cases += 1;
        }
    }
    Some(cases)
}

/// Every option and alignment for one shape.
fn shape(random: &mut Random, k: usize, n: usize, special: bool) -> bool {
    let (mut x, mut w, mut b) = ([0.0; ROWS], [0.0; ROWS * COLUMNS], [0.0; COLUMNS]);
    for x in x.iter_mut().chain(&mut w).chain(&mut b) {
        *x = random.number(special);
    }
    let (x, w, b) = (&x[..k], &w[..k * n], &b[..n]);
    for relu in [false, true] {
        let mut want = [0.5; COLUMNS];
        let out = MatMut::new(&mut want[..n], 1, n);
        let epilogue = if relu { Epilogue::BiasRelu(b) } else { Epilogue::Bias(b) };
        reference::matmul(Mat::new(x, 1, k), Mat::new(w, k, n), out, epilogue);
        if cfg!(feature = "unfused") && !unfused(x, w, b, relu, special, &mut want) {
            return false;
        }
        for offset in 0..4 {
            let mut bytes = Bytes([0xff; 4 * (ROWS + 1) * COLUMNS + 4]);
            let numbers = bytes.0[offset..][..4 * (k + 1) * n].as_chunks_mut().0;
            pack_layer(w, b, numbers);
            let Some(layer) = Layer::new(k, n, numbers) else { return false };
            for layer in [layer, layer.quick()] {
                let mut got = [0.5; COLUMNS];
                dense(Isa::best(), x, &layer, relu, &mut got[..n]);
                if !same(&got, &want) {
                    return false;
                }
            }
        }
    }
    true
}

/// The layer with two roundings a product, where `fused` has the one with one. Whether they are as near as they must be:
/// each is off by at most (k + 2) u Σ (|x w| + |b|), u = 2⁻²⁴, and a little.
fn unfused(x: &[f32], w: &[f32], b: &[f32], relu: bool, special: bool, fused: &mut [f32]) -> bool {
    let n = b.len();
    for (j, out) in fused[..n].iter_mut().enumerate() {
        let (mut sum, mut size) = (0.0, b[j].abs());
        for (p, &x) in x.iter().enumerate() {
            let product = x * w[p * n + j];
            (sum, size) = (sum + product, size + product.abs());
        }
        sum += b[j];
        let sum = if relu { reference::relu(sum) } else { sum };
        let bound = (x.len() + 3) as f32 * f32::EPSILON * size; // ε = 2 u: both errors
        let near = (sum - *out).abs() <= bound; // not so of NaN
        if !special && !near {
            return false;
        }
        *out = sum;
    }
    true
}

/// Equal bits, or NaN both.
fn same(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

struct Random(u32);

impl Random {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 8
    }

    /// In [−1, 1); one in four of another kind, if `special`.
    fn number(&mut self, special: bool) -> f32 {
        const KINDS: [u32; 8] =
            [0, 0x8000_0000, 1, 0x807f_ffff, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_1234];
        let bits = self.bits();
        if special && bits & 0xc000 == 0 {
            return f32::from_bits(KINDS[(bits & 7) as usize]);
        }
        bits as f32 / (1 << 23) as f32 - 1.0
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    board::print("panic\n");
    board::exit(false)
}
