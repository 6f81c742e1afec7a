//! One row through one layer, with weights as numbers and as bytes: the bits of a row of the product.

mod common;

use common::{Rng, Values, assert_panics, assert_same_bits, isas, one_in};
use kernels::{Dense, Epilogue, Floats, Mat, MatMut, dense, reference};

/// The four little-endian bytes of each number, `offset` bytes into a buffer: every alignment.
struct Bytes(Vec<u8>, usize);

impl Bytes {
    fn new(x: &[f32], offset: usize) -> Self {
        // 0xff: a weight read from the wrong place has its sign and high bits set.
        let mut bytes = vec![0xff; offset];
        bytes.extend(x.iter().flat_map(|x| x.to_le_bytes()));
        Self(bytes, offset)
    }

    fn floats(&self) -> Floats<'_> {
        let (chunks, rest) = self.0[self.1..].as_chunks();
        assert!(rest.is_empty());
        Floats::Bytes(chunks)
    }
}

/// A row x, a matrix W and a bias, with the finished and unfinished results of the reference.
struct Layer {
    x: Vec<f32>,
    w: Vec<f32>,
    b: Vec<f32>,
    old: Vec<f32>,
}

impl Layer {
    fn new(values: Values, k: usize, n: usize, rng: &mut Rng) -> Self {
        Self {
            x: values.vec(rng, k),
            w: values.vec(rng, k * n),
            b: values.vec(rng, n),
            old: values.vec(rng, n),
        }
    }

    /// A row of the reference product with everything that [`Dense`] can ask for.
    fn want(&self, resume: bool, bias: bool, relu: bool) -> Vec<f32> {
        let (k, n) = (self.x.len(), self.b.len());
        let mut c = if resume { self.old.clone() } else { vec![0.0; n] };
        let (x, w) = (Mat::new(&self.x, 1, k), Mat::new(&self.w, k, n));
        reference::matmul(x, w, MatMut::new(&mut c, 1, n), Epilogue::Accumulate);
        if bias {
            c.iter_mut().zip(&self.b).for_each(|(c, b)| *c += b);
        }
        if relu {
            c.iter_mut().for_each(|c| *c = reference::relu(*c));
        }
        c
    }

    /// Every instruction set with weights and biases in the places given (none: as numbers).
    #[track_caller]
    fn check(&self, w_at: Option<usize>, b_at: Option<usize>, resume: bool, bias: bool, relu: bool) {
        let n = self.b.len();
        let want = self.want(resume, bias, relu);
        let (w, b) = (Bytes::new(&self.w, w_at.unwrap_or(0)), Bytes::new(&self.b, b_at.unwrap_or(0)));
        let w = if w_at.is_some() { w.floats() } else { Floats::F32(&self.w) };
        let b = if b_at.is_some() { b.floats() } else { Floats::F32(&self.b) };
        for isa in isas() {
            // Two elements of room on either side that must stay as they are.
            let mut out = vec![f32::INFINITY; n + 4];
            out[2..][..n].copy_from_slice(&if resume { self.old.clone() } else { vec![f32::NAN; n] });
            let with = Dense { resume, bias: bias.then_some(b), relu };
            dense(isa, &self.x, w, with, &mut out[2..][..n]);
            let context = format!("{isa} {} x {n} {w_at:?} {b_at:?} {resume} {bias} {relu}", self.x.len());
            assert_same_bits(&out[2..][..n], &want, format_args!("{context}"));
            let [a, b, .., c, d] = out[..] else { unreachable!("four at least") };
            assert!([a, b, c, d] == [f32::INFINITY; 4], "{context}: written outside");
        }
    }
}

/// The cross product of all sizes, up to two strips of eight vectors; what else there is takes turns.
#[test]
fn every_size() {
    let (mut rng, often) = (Rng::new(80), one_in(59));
    let mut case = 0;
    for n in 0..=260 {
        for k in 0..=70 {
            case += 1;
            if case % often == 0 {
                let layer = Layer::new(Values::ALL[rng.below(5)], k, n, &mut rng);
                let bits = rng.below(8);
                let at = |turn: usize| turn.checked_sub(8); // half the time as numbers
                let (w_at, b_at) = (at(rng.below(16)), at(rng.below(16)));
                layer.check(w_at, b_at, bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            }
        }
    }
}

/// Every alignment of the bytes, with every option, at sizes with and without remainders.
#[test]
fn every_alignment_and_option() {
    let mut rng = Rng::new(81);
    let places = [None, Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7)];
    for (k, n) in [(1, 1), (5, 15), (3, 16), (7, 17), (4, 128), (3, 83), (2, 150)] {
        let layer = Layer::new(Values::Uniform, k, n, &mut rng);
        for w_at in places {
            for b_at in places {
                for bits in 0..8 {
                    layer.check(w_at, b_at, bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
                }
            }
        }
    }
}

#[test]
fn every_kind_of_values() {
    let mut rng = Rng::new(82);
    for values in Values::ALL {
        for (k, n) in [(9, 33), (40, 70), (300, 10)] {
            let layer = Layer::new(values, k, n, &mut rng);
            for bits in 0..8 {
                layer.check(Some(1), None, bits & 1 != 0, bits & 2 != 0, bits & 4 != 0);
            }
        }
    }
}

/// x in blocks of every size, resumed: the bits of x in one piece.
#[test]
fn blocks_of_every_size_resume() {
    let mut rng = Rng::new(83);
    let (k, n) = (37, 85);
    let layer = Layer::new(Values::Uniform, k, n, &mut rng);
    let want = layer.want(false, true, true);
    for isa in isas() {
        for size in 1..=k + 1 {
            let mut out = vec![f32::NAN; n];
            for (block, x) in layer.x.chunks(size).enumerate() {
                let (first, last) = (block * size, block * size + x.len() == k);
                let w = Floats::F32(&layer.w[first * n..][..x.len() * n]);
                let bias = last.then_some(Floats::F32(&layer.b));
                dense(isa, x, w, Dense { resume: block > 0, bias, relu: last }, &mut out);
            }
            assert_same_bits(&out, &want, format_args!("{isa} in blocks of {size}"));
        }
    }
}

#[test]
fn shapes_that_do_not_fit_panic_with_their_numbers() {
    let zeros = [0.0; 12];
    for isa in isas() {
        let call = |k: usize, w: usize, bias: Option<usize>, n: usize| {
            let with = Dense { bias: bias.map(|b| Floats::F32(&zeros[..b])), ..Dense::default() };
            dense(isa, &zeros[..k], Floats::F32(&zeros[..w]), with, &mut vec![0.0; n]);
        };
        call(3, 12, Some(4), 4);
        call(3, 0, Some(0), 0);
        call(0, 0, None, 4);
        assert_panics("W has 11 elements, x has 3 and out 4: it needs 3 x 4", || call(3, 11, None, 4));
        assert_panics("W has 12 elements, x has 3 and out 3: it needs 3 x 3", || call(3, 12, None, 3));
        assert_panics("W has 1 elements, x has 0 and out 4: it needs 0 x 4", || call(0, 1, None, 4));
        assert_panics("the bias has 3 elements, out has 4", || call(3, 12, Some(3), 4));
        assert_panics("the bias has 5 elements, out has 4", || call(3, 12, Some(5), 4));
        assert_panics("the bias has 1 elements, out has 0", || call(3, 0, Some(1), 0));
    }
}

/// Both kinds of floats read the same numbers, bit for bit (payloads too: nothing is computed).
#[test]
fn floats_are_the_same_as_numbers_and_as_bytes() {
    let mut rng = Rng::new(84);
    let x: Vec<f32> = (0..50).map(|_| f32::from_bits(rng.bits())).chain(common::SPECIAL).collect();
    for offset in 0..8 {
        let bytes = Bytes::new(&x, offset);
        for floats in [bytes.floats(), Floats::F32(&x)] {
            assert_eq!((floats.len(), floats.is_empty(), floats.iter().len()), (x.len(), false, x.len()));
            assert!(floats.iter().zip(&x).all(|(got, want)| got.to_bits() == want.to_bits()));
            assert!((0..x.len()).all(|i| floats.get(i).to_bits() == x[i].to_bits()));
            assert_panics("the len is 64 but the index is 64", || _ = floats.get(x.len()));
        }
    }
    assert!(Floats::F32(&[]).is_empty() && Floats::Bytes(&[]).is_empty());
}
