//! Layers of bytes: every instruction set against the plain loops, over all shapes around the tiles, in parts, and at both ends
//! of the bytes.

mod common;

use common::{Rng, isas};
use kernels::int8::{
    BIAS_MAX, INPUTS, Layer, LayerError, MAX_INPUTS, OUTPUTS, Rescale, Weights, argmax, dense_reference,
    pack, packed_len, quantize, results, try_dense,
};

/// A kind of bytes: any, or the ends only, where 16-bit sums overflow.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Any,
    Ends,
    Largest,
}

impl Kind {
    fn weight(self, rng: &mut Rng) -> i8 {
        match self {
            Self::Any => rng.bits() as i8,
            Self::Ends => [-128, 127][rng.below(2)],
            Self::Largest => -128,
        }
    }

    fn input(self, rng: &mut Rng) -> u8 {
        match self {
            Self::Any => rng.bits() as u8,
            Self::Ends => [0, 254, 255][rng.below(3)],
            Self::Largest => 0,
        }
    }
}

/// Weights in tiles, `offset` bytes into a buffer.
fn tiles(w: &[i8], k: usize, n: usize, offset: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; offset + packed_len(k, n).unwrap()];
    pack(w, k, n, &mut bytes[offset..]);
    bytes
}

/// Numbers of n outputs whose results fill their bytes, where sums are about so large.
struct Numbers {
    /// Biases, then multipliers.
    words: Vec<[u8; 4]>,
    shift: Vec<u8>,
}

impl Numbers {
    fn random(n: usize, size: f64, rng: &mut Rng) -> Self {
        let n = n.next_multiple_of(OUTPUTS);
        let rescale: Vec<Rescale> = (0..n)
            .map(|_| {
                Rescale::from_factor(0.49f64.min(f64::from(rng.uniform().abs()) * 200.0 / size)).unwrap()
            })
            .collect();
        let most = (size as i64).min(i64::from(BIAS_MAX)) as usize;
        let bias = (0..n).map(|_| rng.below(2 * most - 1) as i32 - most as i32 + 1);
        let multiplier = rescale.iter().map(|m| m.multiplier());
        Self {
            words: bias.chain(multiplier).map(i32::to_le_bytes).collect(),
            shift: rescale.iter().map(|m| m.shift()).collect(),
        }
    }

    fn layer<'a>(&'a self, w: Weights<'a>, zero: u8) -> Layer<'a> {
        Layer::new(w, &self.words, &self.shift, zero).unwrap()
    }
}

/// How far sums go, about.
fn size(k: usize) -> f64 {
    5000.0 * (k as f64).sqrt()
}

#[track_caller]
fn check(kind: Kind, k: usize, n: usize, rng: &mut Rng) {
    let w: Vec<i8> = (0..k * n).map(|_| kind.weight(rng)).collect();
    let offset = rng.below(5);
    let bytes = tiles(&w, k, n, offset);
    let numbers = Numbers::random(n, size(k), rng);
    let layer = numbers.layer(Weights::new(k, n, &bytes[offset..]).unwrap(), rng.below(256) as u8);
    let x: Vec<u8> = (0..k).map(|_| kind.input(rng)).collect();
    let mut want = vec![0; numbers.shift.len()];
    dense_reference(&x, &layer, &mut want);
    for isa in isas() {
        let mut got = vec![-1; want.len()];
        assert!(try_dense(isa, &x, &layer, 0, &mut got));
        assert_eq!(results(&mut got)[..want.len()], want, "{isa:?} {kind:?} {k} x {n}");
        // In two parts.
        let cut = rng.below(k.div_ceil(INPUTS)) * INPUTS;
        let mut got = vec![-1; want.len()];
        assert!(cut == 0 || try_dense(isa, &x[..cut], &layer, 0, &mut got));
        assert!(try_dense(isa, &x[cut..], &layer, cut, &mut got));
        assert_eq!(results(&mut got)[..want.len()], want, "{isa:?} {kind:?} {k} x {n}, cut at {cut}");
    }
}

#[test]
fn every_instruction_set_equals_the_reference() {
    let mut rng = Rng::new(1);
    for kind in [Kind::Any, Kind::Ends, Kind::Largest] {
        for k in [1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 64, 100, 127, 129, 300] {
            for n in (1..=21).chain([32, 33, 50]) {
                check(kind, k, n, &mut rng);
            }
        }
        check(kind, 784, 128, &mut rng);
        check(kind, 4097, 9, &mut rng);
        check(kind, MAX_INPUTS, 5, &mut rng);
    }
}

/// All 256 · 256 products of one byte each, at each of the sixteen places of a tile's inputs: the sums, before another tile.
#[test]
fn every_product() {
    let numbers = Numbers::random(256, 1.0, &mut Rng::new(2));
    for place in 0..INPUTS {
        let w: Vec<i8> =
            (0..2 * INPUTS * 256).map(|i| if i / 256 == place { (i % 256) as u8 as i8 } else { 0 }).collect();
        let bytes = tiles(&w, 2 * INPUTS, 256, 0);
        let layer = numbers.layer(Weights::new(2 * INPUTS, 256, &bytes).unwrap(), 0);
        for isa in isas() {
            for x in 0..=255 {
                let (mut row, mut sums) = ([99; INPUTS], [9; 256]);
                row[place] = x;
                assert!(try_dense(isa, &row, &layer, 0, &mut sums));
                for (j, sum) in sums.into_iter().enumerate() {
                    let product = i32::from(j as u8 as i8) * (i32::from(x).min(254) - 127);
                    assert_eq!(sum, layer.bias(j).unwrap() + product, "{isa:?} {place}");
                }
            }
        }
    }
}

#[test]
fn the_first_of_the_largest() {
    let mut rng = Rng::new(6);
    for len in 0..40 {
        for values in [1, 2, 5, 256] {
            let u: Vec<u8> = (0..len).map(|_| rng.below(values) as u8).collect();
            let want = u.iter().max().and_then(|largest| u.iter().position(|u| u == largest));
            assert_eq!(argmax(&u), want.unwrap_or(0), "{u:?}");
        }
    }
}

#[test]
fn weights_lie_where_the_docs_say() {
    let w: Vec<i8> = (0..17 * 5).map(|i| i as i8).collect();
    let bytes = tiles(&w, 17, 5, 0);
    assert_eq!(bytes.len(), 4 * 64); // 2 tiles of inputs, 2 of outputs
    let weights = Weights::new(17, 5, &bytes).unwrap();
    assert_eq!((weights.inputs(), weights.outputs()), (17, 8));
    for k in 0..17 {
        for j in 0..8 {
            let want = if j < 5 { w[k * 5 + j] } else { 0 };
            assert_eq!(weights.get(k, j), want, "{k} {j}");
        }
    }
    // Input 5, output 2: group 1, four bytes of output 2, the second: odd, as it is. Input 4 beside it: + 128.
    assert_eq!(bytes[16 + 8 + 1], w[5 * 5 + 2] as u8);
    assert_eq!(bytes[16 + 8], (i16::from(w[4 * 5 + 2]) + 128) as u8);
}

#[test]
fn what_does_not_fit_is_left_alone() {
    let bytes = tiles(&[1; 50 * 5], 50, 5, 0);
    let w = Weights::new(50, 5, &bytes).unwrap();
    let numbers = Numbers::random(5, size(50), &mut Rng::new(3));
    let layer = numbers.layer(w, 0);
    for isa in isas() {
        for (len, first, outputs) in [
            (0, 0, 8),
            (15, 0, 8),
            (49, 0, 8),
            (51, 0, 8),
            (64, 0, 8),
            (16, 1, 8),
            (49, 1, 8),
            (16, 48, 8),
            (3, 48, 8),
            (0, 50, 8),
            (16, usize::MAX - 15, 8),
            (16, 0, 4),
            (16, 0, 7),
            (50, 0, 0),
        ] {
            let (x, mut out) = (vec![1; len], vec![7; outputs]);
            assert!(!try_dense(isa, &x, &layer, first, &mut out), "{len} {first} {outputs}");
            assert!(out.iter().all(|&sum| sum == 7));
        }
        let mut out = [7; 8];
        assert!(
            try_dense(isa, &[1; 48], &layer, 0, &mut out) && try_dense(isa, &[1; 2], &layer, 48, &mut out)
        );
    }
    assert!(Weights::new(50, 5, &bytes[1..]).is_none());
    assert!(Weights::new(50, 9, &bytes).is_none());
    assert!(Weights::new(0, 0, &[]).is_none());
    assert_eq!(packed_len(MAX_INPUTS + 1, 1), None);
    assert_eq!(packed_len(16, usize::MAX), None);
    assert_eq!(packed_len(16, usize::MAX - OUTPUTS), None);
}

#[test]
fn bad_numbers_make_no_layer() {
    let bytes = tiles(&[1; 16 * 5], 16, 5, 0);
    let w = Weights::new(16, 5, &bytes).unwrap();
    let refused = |change: fn(&mut Numbers)| {
        let mut numbers = Numbers::random(5, size(16), &mut Rng::new(4));
        change(&mut numbers);
        Layer::new(w, &numbers.words, &numbers.shift, 0).err()
    };
    assert_eq!(refused(|_| ()), None);
    assert_eq!(refused(|n| n.shift.truncate(5)), Some(LayerError::Length));
    assert_eq!(refused(|n| n.words.truncate(15)), Some(LayerError::Length));
    assert_eq!(refused(|n| n.words[2] = BIAS_MAX.to_le_bytes()), Some(LayerError::Bias(2)));
    assert_eq!(refused(|n| n.words[7] = (-BIAS_MAX).to_le_bytes()), Some(LayerError::Bias(7)));
    assert_eq!(refused(|n| n.words[7] = (1 - BIAS_MAX).to_le_bytes()), None);
    assert_eq!(refused(|n| n.shift[4] = 0), Some(LayerError::Rescale(4)));
    assert_eq!(refused(|n| n.words[8] = 1i32.to_le_bytes()), Some(LayerError::Rescale(0)));
    assert!(LayerError::Length.to_string().contains("not as many as the weights have outputs"));
    let bias = "the bias of output 2: it must be smaller than 536870912 in size";
    assert_eq!(LayerError::Bias(2).to_string(), bias);
    let rescale: &dyn std::error::Error = &LayerError::Rescale(4);
    assert!(rescale.to_string().contains("output 4"));
}

#[test]
fn inputs_become_activations() {
    // Numbers that are whole bytes become what bytes are; ties go up; ends are cut.
    let numbers: Vec<f32> = (0..=255u8).map(f32::from).collect();
    let mut same = [0; 256];
    quantize(&numbers, &mut same);
    assert!(same.iter().enumerate().all(|(i, &u)| i == usize::from(u)));
    for (x, want) in [
        (0.49, 0),
        (0.5, 1),
        (-0.5, 0),
        (99.4999, 99),
        (99.5, 100),
        (253.5, 254),
        (f32::INFINITY, 255),
        (f32::NEG_INFINITY, 0),
        (f32::NAN, 0),
        (-f32::MIN_POSITIVE, 0),
    ] {
        let mut u = [99];
        quantize(&[x], &mut u);
        assert_eq!(u, [want], "{x}");
    }
}

/// Both ends of what a multiplier and a shift may be, and the first value outside.
#[test]
fn a_factor_has_its_range() {
    for (multiplier, shift, good) in [
        (0, 1, true),
        (1 << 30, 1, true),
        ((1 << 30) - 1, 1, false),
        (1, 1, false),
        (-1, 1, false),
        (i32::MAX, 31, true),
        (i32::MAX, 32, false),
        (i32::MAX, 0, false),
    ] {
        assert_eq!(Rescale::new(multiplier, shift).is_ok(), good, "{multiplier} {shift}");
    }
}
