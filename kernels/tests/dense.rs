//! One row through one layer, with its numbers at any alignment: the bits of a row of the product.

mod common;

use common::{Rng, Values, assert_panics, assert_same_bits, isas, one_in};
use kernels::{Epilogue, Floats, Layer, Mat, MatMut, STRIP, dense, pack_layer, reference, try_dense};

/// A row x, a matrix W and a bias, with the numbers of the layer some bytes into a buffer.
struct Case {
    x: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
    bytes: Vec<u8>,
    offset: usize,
}

impl Case {
    fn new(values: Values, k: usize, n: usize, rng: &mut Rng) -> Self {
        let (x, w, b) = (values.vec(rng, k), values.vec(rng, k * n), values.vec(rng, n));
        Self { x, w, b, bytes: vec![], offset: 0 }.at(0)
    }

    /// Puts the numbers `offset` bytes into the buffer.
    fn at(mut self, offset: usize) -> Self {
        // 0xff: a weight read from the wrong place has its sign and high bits set.
        self.bytes = vec![0xff; offset + 4 * (self.w.len() + self.b.len())];
        pack_layer(&self.w, &self.b, self.bytes[offset..].as_chunks_mut().0);
        self.offset = offset;
        self
    }

    fn layer(&self) -> Layer<'_> {
        let (numbers, rest) = self.bytes[self.offset..].as_chunks();
        assert!(rest.is_empty());
        Layer::new(self.x.len(), self.b.len(), numbers).unwrap()
    }

    /// The row of the reference product.
    fn want(&self, relu: bool) -> Vec<f32> {
        let (k, n) = (self.x.len(), self.b.len());
        let mut c = vec![0.0; n];
        let (x, w) = (Mat::new(&self.x, 1, k), Mat::new(&self.w, k, n));
        let epilogue = if relu { Epilogue::BiasRelu(&self.b) } else { Epilogue::Bias(&self.b) };
        reference::matmul(x, w, MatMut::new(&mut c, 1, n), epilogue);
        c
    }

    /// Every instruction set.
    #[track_caller]
    fn check(&self, relu: bool) {
        let (k, n, want) = (self.x.len(), self.b.len(), self.want(relu));
        for isa in isas() {
            // Two elements of room on either side that must stay as they are.
            let mut out = vec![f32::INFINITY; n + 4];
            out[2..][..n].fill(f32::NAN);
            dense(isa, &self.x, &self.layer(), relu, &mut out[2..][..n]);
            let context = format!("{isa} {k} x {n} at {} {relu}", self.offset);
            assert_same_bits(&out[2..][..n], &want, format_args!("{context}"));
            let [a, b, .., c, d] = out[..] else { unreachable!("four at least") };
            assert!([a, b, c, d] == [f32::INFINITY; 4], "{context}: written outside");
        }
    }
}

/// The cross product of all sizes, up to seventeen strips, which are three groups or more; what else there is takes turns.
#[test]
fn every_size() {
    let (mut rng, often) = (Rng::new(80), one_in(59));
    let mut case = 0;
    for n in 1..=260 {
        for k in 1..=70 {
            case += 1;
            if case % often == 0 {
                let case = Case::new(Values::ALL[rng.below(5)], k, n, &mut rng).at(rng.below(8));
                case.check(rng.below(2) == 0);
            }
        }
    }
}

/// Every width of a strip, alone and behind one to four whole ones, at every alignment.
#[test]
fn every_width_and_alignment() {
    let mut rng = Rng::new(81);
    for n in 1..=5 * STRIP {
        let mut case = Case::new(Values::Uniform, 7, n, &mut rng);
        for offset in 0..8 {
            case = case.at(offset);
            for relu in [false, true] {
                case.check(relu);
            }
        }
    }
}

#[test]
fn every_kind_of_values() {
    let mut rng = Rng::new(82);
    for values in Values::ALL {
        for (k, n) in [(9, 33), (40, 70), (300, 10)] {
            let case = Case::new(values, k, n, &mut rng).at(1);
            for relu in [false, true] {
                case.check(relu);
            }
        }
    }
}

/// What is laid in strips comes back in rows.
#[test]
fn layers_tell_what_they_hold() {
    let mut rng = Rng::new(84);
    for (k, n) in [(1, 1), (3, 15), (2, 16), (5, 17), (4, 32), (7, 50)] {
        let case = Case::new(Values::Uniform, k, n, &mut rng).at(3);
        let layer = case.layer();
        assert_eq!((layer.inputs(), layer.outputs()), (k, n));
        assert!(layer.weights().eq(case.w.iter().copied()) && layer.bias().eq(case.b.iter().copied()));
        // Column j of [W; b] in its strip.
        for j in 0..n {
            let (strip, width) = (j / STRIP, STRIP.min(n - j / STRIP * STRIP));
            let at = |p: usize| {
                f32::from_le_bytes(layer.numbers()[strip * STRIP * (k + 1) + p * width + j % STRIP])
            };
            assert!((0..k).all(|p| at(p) == case.w[p * n + j]) && at(k) == case.b[j]);
        }
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let numbers = [[0; 4]; 16];
    for (k, n, len) in [(3, 4, 15), (3, 4, 12), (0, 4, 4), (3, 0, 0), (usize::MAX, 2, 0), (1 << 62, 8, 8)] {
        assert!(Layer::new(k, n, &numbers[..len]).is_none(), "{k} x {n}");
    }
    let layer = Layer::new(3, 4, &numbers).unwrap();
    let x = [0.0; 5];
    for isa in isas() {
        let call = |len: usize, n: usize| dense(isa, &x[..len], &layer, false, &mut vec![0.0; n]);
        call(3, 4);
        assert_panics("x has 4 elements, the layer 3 inputs", || call(4, 4));
        assert_panics("x has 0 elements, the layer 3 inputs", || call(0, 4));
        assert_panics("out has 3, the layer 4 outputs", || call(3, 3));
        let refused = |len: usize, n: usize, run: &dyn Fn(&[f32], &mut [f32]) -> bool| {
            let mut kept = vec![7.0; n];
            assert!(!run(&x[..len], &mut kept) && kept.iter().all(|&x| x == 7.0), "{isa}: {len} in, {n} out");
        };
        for (len, n) in [(0, 4), (2, 4), (4, 4), (3, 3), (3, 5)] {
            refused(len, n, &|x, out| try_dense(isa, x, &layer, false, out));
        }
    }
    let pack = |w: usize, b: usize, out: usize| pack_layer(&x[..w], &x[..b], &mut { numbers }[..out]);
    pack(4, 2, 6);
    assert_panics("W has 4 elements, b 2, out 5", || pack(4, 2, 5));
    assert_panics("W has 5 elements, b 2, out 7", || pack(5, 2, 7));
    assert_panics("W has 2 elements, b 0, out 3", || pack(2, 0, 3));
    assert_panics("W has 2 elements, b 0, out 2", || pack(2, 0, 2));
    pack(0, 0, 0);
}

/// Both kinds of floats read the same numbers, bit for bit (payloads too: nothing is computed).
#[test]
fn floats_are_the_same_as_numbers_and_as_bytes() {
    let mut rng = Rng::new(84);
    let x: Vec<f32> = (0..50).map(|_| f32::from_bits(rng.bits())).chain(common::SPECIAL).collect();
    for offset in 0..8 {
        let mut bytes = vec![0xff; offset];
        bytes.extend(x.iter().flat_map(|x| x.to_le_bytes()));
        for floats in [Floats::Bytes(bytes[offset..].as_chunks().0), Floats::F32(&x)] {
            assert_eq!((floats.len(), floats.is_empty(), floats.iter().len()), (x.len(), false, x.len()));
            assert!(floats.iter().zip(&x).all(|(got, want)| got.to_bits() == want.to_bits()));
            assert!((0..x.len()).all(|i| floats.get(i).to_bits() == x[i].to_bits()));
            assert_panics("the len is 64 but the index is 64", || _ = floats.get(x.len()));
        }
    }
    assert!(Floats::F32(&[]).is_empty() && Floats::Bytes(&[]).is_empty());
}
