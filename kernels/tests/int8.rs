//! Sums of products of bytes: every instruction set against the plain loops, over all shapes around the tiles, in parts, and
//! at both ends of the bytes.

mod common;

use common::{Rng, isas};
use kernels::int8::{
    INPUTS, MAX_INPUTS, OUTPUTS, Rescale, Weights, accumulate, accumulate_reference, pack, packed_len,
    quantize_bytes, quantize_numbers,
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

    fn activation(self, rng: &mut Rng) -> i8 {
        match self {
            Self::Any => (rng.below(255) as i32 - 127) as i8,
            Self::Ends => [-127, 127][rng.below(2)],
            Self::Largest => -127,
        }
    }
}

/// Weights in tiles, `offset` bytes into a buffer.
fn tiles(w: &[i8], k: usize, n: usize, offset: usize) -> Vec<u8> {
    let mut bytes = vec![0xff; offset + packed_len(k, n).unwrap()];
    pack(w, k, n, &mut bytes[offset..]);
    bytes
}

#[track_caller]
fn check(kind: Kind, k: usize, n: usize, rng: &mut Rng) {
    let w: Vec<i8> = (0..k * n).map(|_| kind.weight(rng)).collect();
    let offset = rng.below(5);
    let bytes = tiles(&w, k, n, offset);
    let w = Weights::new(k, n, &bytes[offset..]).unwrap();
    let x: Vec<i8> = (0..w.inputs()).map(|_| kind.activation(rng)).collect();
    let start: Vec<i32> = (0..w.outputs()).map(|_| rng.bits() as i32).collect();
    let mut want = start.clone();
    accumulate_reference(&x, w, 0, &mut want);
    for isa in isas() {
        let mut got = start.clone();
        assert!(accumulate(isa, &x, w, 0, &mut got));
        assert_eq!(got, want, "{isa:?} {kind:?} {k} x {n}");
        // In two parts.
        let cut = rng.below(w.inputs() / INPUTS + 1) * INPUTS;
        let mut got = start.clone();
        assert!(accumulate(isa, &x[..cut], w, 0, &mut got));
        assert!(accumulate(isa, &x[cut..], w, cut, &mut got));
        assert_eq!(got, want, "{isa:?} {kind:?} {k} x {n}, cut at {cut}");
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
        check(kind, MAX_INPUTS, 5, &mut rng);
    }
}

/// All 256 · 255 products of one byte each, at each of the sixteen places of a tile's inputs.
#[test]
fn every_product() {
    for place in 0..INPUTS {
        let w: Vec<i8> =
            (0..INPUTS * 256).map(|i| if i / 256 == place { (i % 256) as u8 as i8 } else { 0 }).collect();
        let bytes = tiles(&w, INPUTS, 256, 0);
        let w = Weights::new(INPUTS, 256, &bytes).unwrap();
        for isa in isas() {
            for x in -127..=127 {
                let (mut row, mut sums) = ([99; INPUTS], [0; 256]);
                row[place] = x;
                assert!(accumulate(isa, &row, w, 0, &mut sums));
                for (j, sum) in sums.into_iter().enumerate() {
                    assert_eq!(sum, i32::from(j as u8 as i8) * i32::from(x), "{isa:?} {place}");
                }
            }
        }
    }
}

#[test]
fn weights_lie_where_the_docs_say() {
    let w: Vec<i8> = (0..17 * 5).map(|i| i as i8).collect();
    let bytes = tiles(&w, 17, 5, 0);
    assert_eq!(bytes.len(), 4 * 64); // 2 tiles of inputs, 2 of outputs
    let weights = Weights::new(17, 5, &bytes).unwrap();
    assert_eq!((weights.inputs(), weights.outputs()), (32, 8));
    for k in 0..32 {
        for j in 0..8 {
            let want = if k < 17 && j < 5 { w[k * 5 + j] } else { 0 };
            assert_eq!(weights.get(k, j), want, "{k} {j}");
        }
    }
    // Input 5, output 2: group 1, four bytes of output 2, the second: odd, as it is. Input 4 beside it: + 128.
    assert_eq!(bytes[16 + 8 + 1], w[5 * 5 + 2] as u8);
    assert_eq!(bytes[16 + 8], (i16::from(w[4 * 5 + 2]) + 128) as u8);
}

#[test]
fn what_does_not_fit_is_left_alone() {
    let bytes = tiles(&[1; 48 * 5], 48, 5, 0);
    let w = Weights::new(48, 5, &bytes).unwrap();
    for isa in isas() {
        for (len, first, outputs) in [
            (15, 0, 8),
            (16, 1, 8),
            (16, 48, 8),
            (64, 0, 8),
            (32, 32, 8),
            (16, usize::MAX - 15, 8),
            (16, 0, 4),
            (16, 0, 7),
        ] {
            let (x, mut sums) = (vec![1; len], vec![7; outputs]);
            assert!(!accumulate(isa, &x, w, first, &mut sums), "{len} {first} {outputs}");
            assert!(sums.iter().all(|&sum| sum == 7));
        }
        let mut sums = [7; 8];
        assert!(accumulate(isa, &[], w, 48, &mut sums));
        assert_eq!(sums, [7; 8]);
    }
    assert!(Weights::new(48, 5, &bytes[1..]).is_none());
    assert!(Weights::new(48, 9, &bytes).is_none());
    assert!(Weights::new(0, 0, &[]).is_none());
    assert_eq!(packed_len(MAX_INPUTS + 1, 1), None);
    assert_eq!(packed_len(16, usize::MAX), None);
    assert_eq!(packed_len(16, usize::MAX - OUTPUTS), None);
}

#[test]
fn inputs_become_activations() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut q = [0; 256];
    quantize_bytes(&bytes, &mut q);
    for (x, q) in q.into_iter().enumerate() {
        assert_eq!(i32::from(q), (x as i32).min(254) - 127);
    }
    // Numbers that are whole bytes become what bytes become; ties go up; ends are cut.
    let numbers: Vec<f32> = bytes.iter().map(|&x| f32::from(x)).collect();
    let mut same = [0; 256];
    quantize_numbers(&numbers, &mut same);
    assert_eq!(same, q);
    for (x, want) in [
        (0.49, -127),
        (0.5, -126),
        (-0.5, -127),
        (99.4999, -28),
        (99.5, -27),
        (253.5, 127),
        (f32::INFINITY, 127),
        (f32::NEG_INFINITY, -127),
        (f32::NAN, -127),
        (-f32::MIN_POSITIVE, -127),
    ] {
        let mut q = [0];
        quantize_numbers(&[x], &mut q);
        assert_eq!(q, [want], "{x}");
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
