//! A raw row through the first layer: the bits of normalising all of it and then one row of the product.

mod common;

use common::{Rng, Values, assert_same_bits, isas};
use kernels::{Epilogue, FirstLayer, Input, Layer, Mat, MatMut, pack_layer, reference, try_first_layer};

/// A row of D numbers or bytes, moments, W and b, with the numbers of the layer some bytes into a buffer.
struct Case {
    numbers: Vec<f32>,
    bytes: Vec<u8>,
    moments: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
    offset: usize,
}

impl Case {
    fn new(values: Values, (d, h, q): (usize, usize, usize), offset: usize, rng: &mut Rng) -> Self {
        Self {
            numbers: values.vec(rng, d),
            bytes: (0..d).map(|_| rng.below(256) as u8).collect(),
            moments: values.vec(rng, 2 * q),
            w: values.vec(rng, d * h),
            b: values.vec(rng, h),
            offset,
        }
    }

    /// max(0, x̂ W + b) in plain loops.
    fn want(&self, x: &[f32]) -> Vec<f32> {
        let (d, h) = (x.len(), self.b.len());
        let (mean, scale) = self.moments.split_at(self.moments.len() / 2);
        let normalised: Vec<f32> = match d.checked_div(mean.len()) {
            Some(width) => (0..d).map(|j| (x[j] - mean[j / width]) * scale[j / width]).collect(),
            None => x.to_vec(),
        };
        let mut out = vec![0.0; h];
        let (x, w) = (Mat::new(&normalised, 1, d), Mat::new(&self.w, d, h));
        reference::matmul(x, w, MatMut::new(&mut out, 1, h), Epilogue::BiasRelu(&self.b));
        out
    }

    /// Bytes and numbers, on every instruction set.
    fn check(&self) {
        let (d, h) = (self.numbers.len(), self.b.len());
        let from = |len: usize| vec![0xff; self.offset + 4 * len];
        let (mut layer, mut moments) = (from((d + 1) * h), from(self.moments.len()));
        pack_layer(&self.w, &self.b, layer[self.offset..].as_chunks_mut().0);
        for (x, out) in self.moments.iter().zip(moments[self.offset..].as_chunks_mut().0) {
            *out = x.to_le_bytes();
        }
        let layer = Layer::new(d, h, layer[self.offset..].as_chunks().0).unwrap();
        let moments = moments[self.offset..].as_chunks().0;
        let first = FirstLayer::new(layer, moments.len() / 2, moments).unwrap();
        let floats: Vec<f32> = self.bytes.iter().map(|&x| x.into()).collect();
        for (x, want) in [
            (Input::U8(&self.bytes), self.want(&floats)),
            (Input::F32(&self.numbers), self.want(&self.numbers)),
        ] {
            for isa in isas() {
                let mut out = vec![f32::NAN; h];
                assert!(try_first_layer(isa, x, &first, &mut out));
                let q = moments.len() / 2;
                assert_same_bits(&out, &want, format_args!("{isa} {d} x {h}, {q} means, at {}", self.offset));
            }
        }
    }
}

/// Inputs that fill no block, one, and several; every divisor as the number of means; every alignment.
#[test]
fn bits_of_one_step_after_the_other() {
    let mut rng = Rng::new(90);
    for d in [1, 2, 12, 63, 64, 65, 128, 150, 192] {
        for q in (0..=d).filter(|&q| q == 0 || d % q == 0) {
            for h in [1, 10, 16, 29, 32] {
                let values = Values::ALL[rng.below(5)];
                Case::new(values, (d, h, q), rng.below(4), &mut rng).check();
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let (numbers, moments) = ([[0; 4]; 28], [[0; 4]; 12]);
    let layer = Layer::new(6, 4, &numbers).unwrap();
    for (q, len) in [(1, 0), (0, 2), (1, 1), (2, 2), (4, 8), (5, 10), ((1 << (usize::BITS - 1)) + 1, 2)] {
        assert!(FirstLayer::new(layer, q, &moments[..len]).is_none(), "{q} means, {len} moments");
    }
    for q in [0, 1, 2, 3, 6] {
        let first = FirstLayer::new(layer, q, &moments[..2 * q]).unwrap();
        assert_eq!((first.layer().inputs(), first.normalization().mean().len()), (6, q));
        for isa in isas() {
            for (d, h) in [(5, 4), (7, 4), (0, 4), (6, 3), (6, 5)] {
                let mut kept = vec![7.0; h];
                let bytes = vec![0; d];
                assert!(!try_first_layer(isa, Input::U8(&bytes), &first, &mut kept));
                assert!(!try_first_layer(isa, Input::F32(&vec![0.0; d]), &first, &mut kept));
                assert!(kept.iter().all(|&x| x == 7.0), "{isa}: {d} in, {h} out");
            }
        }
    }
}
