//! Scores, probabilities and classes: the bits of the reference loops, for every kind of input and scratch.

mod common;

use common::{Parts, Random, bits};
use infer_nostd::{Error, Input, Net, Scratch};
use kernels::{Epilogue, Isa, Mat, MatMut, argmax, matmul, matmul_workspace, reference};

/// One input and one unit; below, at and above a vector, a block of 64 inputs, a strip of 64 units; real nets.
const SHAPES: [(usize, usize, usize); 12] = [
    (1, 1, 1),
    (2, 3, 2),
    (4, 50, 3),
    (15, 16, 17),
    (63, 64, 10),
    (64, 32, 10),
    (65, 65, 2),
    (128, 33, 1),
    (192, 17, 33),
    (784, 128, 10),
    (999, 7, 100),
    (3072, 50, 10),
];

/// None; one for the net; three planes where they fit; one a feature.
fn normalisations(d: usize) -> impl Iterator<Item = usize> {
    [0, 1, 3, d].into_iter().filter(move |&q| q == 0 || d.is_multiple_of(q))
}

#[test]
fn bits_of_the_reference() {
    for (d, h, c) in SHAPES {
        for q in normalisations(d) {
            let parts = Parts::random(d, h, c, q, (d * h + q) as u64);
            let file = parts.file();
            let net = Net::from_bytes(&file).unwrap();
            let mut random = Random(q as u64);
            let mut scratch = vec![f32::NAN; net.scratch_len()];
            for _ in 0..3 {
                let (bytes, floats) = (random.bytes(d), random.floats(d));
                for x in [Input::U8(&bytes), Input::F32(&floats)] {
                    let expected = parts.scores(x);
                    let class = argmax(&expected);
                    let what = format!("{d}-{h}-{c}, Q = {q}");
                    assert_eq!(bits(net.scores(x, &mut scratch).unwrap()), bits(&expected), "{what}");
                    assert_eq!(net.classify(x, &mut scratch), Ok(class), "{what}");
                    let mut softmax = expected;
                    reference::softmax(MatMut::new(&mut softmax, 1, c));
                    assert_eq!(bits(net.probabilities(x, &mut scratch).unwrap()), bits(&softmax), "{what}");
                    let (best, probabilities) = net.predict(x, &mut scratch).unwrap();
                    assert_eq!((best, bits(probabilities)), (class, bits(&softmax)), "{what}");
                    assert_eq!(
                        bits(net.quick().scores(x, &mut scratch).unwrap()),
                        bits(&parts.scores(x)),
                        "{what}"
                    );
                }
            }
        }
    }
}

/// The trainer's way: whole batches through `kernels::matmul`, on every instruction set there is.
#[test]
fn bits_of_a_batch() {
    let (n, d, h, c) = (9, 130, 37, 10);
    let parts = Parts::random(d, h, c, 0, 1);
    let file = parts.file();
    let net = Net::from_bytes(&file).unwrap();
    let x = Random(2).floats(n * d);
    for isa in Isa::available() {
        let (mut hidden, mut scores) = (vec![f32::NAN; n * h], vec![f32::NAN; n * c]);
        let mut workspace = vec![0.0; matmul_workspace(n, h, d).max(matmul_workspace(n, c, h))];
        let (w1, w2) = (Mat::new(&parts.w1, d, h), Mat::new(&parts.w2, h, c));
        let out = MatMut::new(&mut hidden, n, h);
        matmul(isa, Mat::new(&x, n, d), w1, out, Epilogue::BiasRelu(&parts.b1), &mut workspace);
        let out = MatMut::new(&mut scores, n, c);
        matmul(isa, Mat::new(&hidden, n, h), w2, out, Epilogue::Bias(&parts.b2), &mut workspace);
        for (x, expected) in x.chunks(d).zip(scores.chunks(c)) {
            let mut scratch = vec![f32::NAN; net.scratch_len()];
            assert_eq!(bits(net.scores(x, &mut scratch).unwrap()), bits(expected), "{isa}");
        }
    }
}

#[test]
fn any_alignment() {
    for q in [0, 1, 77] {
        let parts = Parts::random(77, 21, 5, q, 3);
        let file = parts.file();
        let x = Random(4).bytes(77);
        let expected = bits(&parts.scores(Input::U8(&x)));
        for offset in 0..16 {
            let mut buffer = vec![0xEE; offset + file.len()];
            buffer[offset..].copy_from_slice(&file);
            let net = Net::from_bytes(&buffer[offset..]).unwrap();
            assert_eq!(bits(net.scores(&x[..], &mut [f32::NAN; 26]).unwrap()), expected, "offset {offset}");
        }
    }
}

/// Every kind of scratch, exact or longer; what lies behind H + C is left alone.
#[test]
fn any_scratch() {
    let parts = Parts::random(10, 6, 4, 1, 5);
    let file = parts.file();
    let net = Net::from_bytes(&file).unwrap();
    let x = Random(6).bytes(10);
    let expected = bits(&parts.scores(Input::U8(&x)));
    assert_eq!(bits(net.scores(&x[..], &mut [f32::NAN; 10]).unwrap()), expected);
    assert_eq!(bits(net.scores(&x[..], &mut vec![f32::NAN; 10]).unwrap()), expected);
    assert_eq!(bits(net.scores(&x[..], &mut Scratch::<10>::new()).unwrap()), expected);
    assert_eq!(bits(net.scores(&x[..], &mut Scratch::<999>::default()).unwrap()), expected);
    let mut longer = [f32::INFINITY; 13];
    assert_eq!(bits(net.scores(&x[..], &mut longer[..]).unwrap()), expected);
    assert_eq!(longer[10..], [f32::INFINITY; 3]);
}

#[test]
fn wrong_lengths_are_errors_with_both_numbers() {
    let file = Parts::random(10, 6, 4, 1, 5).file();
    let net = Net::from_bytes(&file).unwrap();
    for got in (0..=30).filter(|&got| got != 10) {
        let error = Err(Error::Input { needed: 10, got });
        assert_eq!(net.classify(&vec![0u8; got][..], &mut [0.0; 10]), error);
        assert_eq!(net.scores(&vec![0.0f32; got][..], &mut [0.0; 10]).err(), error.err());
    }
    for got in 0..10 {
        let error = Error::Scratch { needed: 10, got };
        assert_eq!(net.classify(&[0u8; 10][..], &mut vec![0.0; got]), Err(error));
        assert_eq!(net.scores(&[0u8; 10][..], &mut vec![0.0; got]).err(), Some(error));
        assert_eq!(net.probabilities(&[0u8; 10][..], &mut vec![0.0; got]).err(), Some(error));
        assert_eq!(net.predict(&[0u8; 10][..], &mut vec![0.0; got]).err(), Some(error));
    }
}

/// A NaN input reaches every score, through a zero weight too; infinities and huge numbers go through the same
/// arithmetic as the reference.
#[test]
fn special_inputs() {
    for q in [0, 1, 66] {
        let mut parts = Parts::random(66, 9, 5, q, 8);
        parts.w1[..9].fill(0.0);
        let file = parts.file();
        let net = Net::from_bytes(&file).unwrap();
        for (place, value) in [(0, f32::NAN), (65, f32::NAN), (3, f32::INFINITY), (64, f32::MIN), (2, -0.0)] {
            let mut x = Random(9).floats(66);
            x[place] = value;
            let mut scratch = [0.0; 14];
            let expected = parts.scores(Input::F32(&x));
            assert_eq!(bits(net.scores(&x[..], &mut scratch).unwrap()), bits(&expected));
            assert_eq!(net.classify(&x[..], &mut scratch), Ok(argmax(&expected)));
            if value.is_nan() {
                assert!(expected.iter().all(|s| s.is_nan()));
                assert_eq!(net.classify(&x[..], &mut scratch), Ok(0));
                assert!(net.probabilities(&x[..], &mut scratch).unwrap().iter().all(|p| p.is_nan()));
            }
        }
    }
}

/// Equal scores: the first class.
#[test]
fn ties_go_to_the_first() {
    let mut parts = Parts::random(3, 2, 4, 0, 10);
    parts.w2.fill(0.0);
    parts.b2 = vec![1.0, 2.0, 2.0, -1.0];
    let file = parts.file();
    assert_eq!(Net::from_bytes(&file).unwrap().classify(&[1.0f32, 2.0, 3.0][..], &mut [0.0; 6]), Ok(1));
}
