//! x̂ = (x − μ) s for every part of a row, and which means and scales make a normalisation.

mod common;

use common::{Rng, SPECIAL, Values, assert_panics, assert_same_bits, isas, one_in};
use kernels::{Floats, Input, Isa, Normalization, NormalizationError, reference};

/// The divisors of D, and 0: all the numbers of means that D inputs may have.
fn counts(d: usize) -> impl Iterator<Item = usize> {
    (0..=d).filter(move |&q| q == 0 || d.is_multiple_of(q))
}

/// Element j of a row, with the mean and scale of q = ⌊j Q / D⌋.
fn want(x: f32, j: usize, d: usize, mean: &[f32], scale: &[f32]) -> f32 {
    if mean.is_empty() {
        return x;
    }
    let q = j * mean.len() / d;
    (x - mean[q]) * scale[q]
}

/// Every part `first .. first + len` of a row of d inputs.
fn check(d: usize, q: usize, values: Values, rng: &mut Rng) {
    let numbers = values.vec(rng, d);
    let bytes: Vec<u8> = (0..d).map(|_| rng.below(256) as u8).collect();
    let (mean, scale) = (values.vec(rng, q), values.vec(rng, q));
    let le = |x: &[f32]| x.iter().map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let (mean_bytes, scale_bytes) = (le(&mean), le(&scale));
    let kinds = [
        (Floats::F32(&mean), Floats::F32(&scale)),
        (Floats::Bytes(&mean_bytes), Floats::Bytes(&scale_bytes)),
        (Floats::F32(&mean), Floats::Bytes(&scale_bytes)),
    ];
    let whole = |x: fn(&[f32], &[u8], usize) -> f32| -> Vec<f32> {
        (0..d).map(|j| want(x(&numbers, &bytes, j), j, d, &mean, &scale)).collect()
    };
    let (want_numbers, want_bytes) = (whole(|x, _, j| x[j]), whole(|_, x, j| f32::from(x[j])));
    let mut out = vec![0.0; d];
    for (turn, (mean, scale)) in kinds.into_iter().enumerate() {
        let normalization = Normalization::new(d, mean, scale).unwrap();
        for first in 0..=d {
            for len in 0..=d - first {
                let context = format!("{d} inputs {q} means {values:?} {first} + {len} kind {turn}");
                for (input, want) in [(Input::F32(&numbers), &want_numbers), (Input::U8(&bytes), &want_bytes)]
                {
                    for isa in isas() {
                        out.fill(7.0);
                        normalization.apply(isa, first, input.part(first, len), &mut out[..len]);
                        assert_same_bits(&out[..len], &want[first..][..len], format_args!("{isa} {context}"));
                        assert!(out[len..].iter().all(|&x| x == 7.0), "{context}: written outside");
                    }
                }
            }
        }
    }
}

#[test]
fn every_part_of_every_short_row() {
    let mut rng = Rng::new(120);
    for d in (0..=26).step_by(one_in(5)) {
        for q in counts(d) {
            check(d, q, Values::ALL[rng.below(5)], &mut rng);
        }
    }
}

/// Nothing, one for the net, one a colour plane, one a feature; lengths around a vector.
#[test]
fn the_usual_counts_with_every_kind_of_values() {
    let mut rng = Rng::new(121);
    for d in [30, 33, 48] {
        for q in [0, 1, 3, d] {
            for values in Values::ALL {
                check(d, q, values, &mut rng);
            }
        }
    }
}

#[test]
fn every_byte_is_the_float_of_its_value() {
    let bytes: Vec<u8> = (0..=255).collect();
    let normalization = Normalization::new(256, Floats::F32(&[100.5]), Floats::F32(&[1.0 / 255.0])).unwrap();
    let mut out = [0.0; 256];
    normalization.apply(Isa::best(), 0, Input::from(&bytes[..]), &mut out);
    let want: Vec<f32> = (0..256).map(|x| (x as f32 - 100.5) * (1.0 / 255.0)).collect();
    assert_same_bits(&out, &want, format_args!("all bytes"));
}

/// Two roundings; a fused multiply-add of x s − μ s would give others.
#[test]
fn the_reference_rounds_twice() {
    let mut rng = Rng::new(122);
    let mut differ = 0;
    for _ in 0..1000 {
        let (x, mean, scale) = (rng.uniform(), rng.uniform(), rng.uniform());
        let difference: f32 = x - mean;
        let twice: f32 = difference * scale;
        assert_eq!(reference::normalize(x, mean, scale).to_bits(), twice.to_bits());
        differ += usize::from(x.mul_add(scale, -mean * scale) != twice);
    }
    assert!(differ > 100, "the test is blind: only {differ} of 1000 differ");
    for x in SPECIAL {
        let got = reference::normalize(x, 0.0, 1.0);
        assert_same_bits(&[got], &[x - 0.0], format_args!("{x:?}"));
    }
}

#[test]
fn counts_that_do_not_divide_the_inputs_are_refused() {
    let zeros = [0.0; 8];
    let new = |inputs, means: usize, scales: usize| {
        Normalization::new(inputs, Floats::F32(&zeros[..means]), Floats::F32(&zeros[..scales]))
    };
    for (inputs, means, scales) in
        [(6, 4, 4), (6, 2, 3), (6, 0, 1), (6, 1, 0), (6, 7, 7), (1, 2, 2), (0, 0, 1)]
    {
        let error = new(inputs, means, scales).unwrap_err();
        assert_eq!(error, NormalizationError { inputs, means, scales });
        let text =
            format!("{means} means and {scales} scales for {inputs} inputs: both must be 0 or the same");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
    for (inputs, means) in [(6, 0), (6, 1), (6, 2), (6, 3), (6, 6), (0, 0), (0, 1), (0, 5)] {
        let normalization = new(inputs, means, means).unwrap();
        assert_eq!(normalization.inputs(), inputs);
        assert_eq!((normalization.mean().len(), normalization.scale().len()), (means, means));
        normalization.apply(Isa::best(), inputs, Input::F32(&[]), &mut []);
    }
}

#[test]
fn parts_that_do_not_fit_panic_with_their_numbers() {
    let zeros = [0.0; 8];
    for q in [0, 1, 3, 6] {
        let normalization =
            Normalization::new(6, Floats::F32(&zeros[..q]), Floats::F32(&zeros[..q])).unwrap();
        let apply = |first, x: usize, out: usize| {
            normalization.apply(Isa::best(), first, Input::F32(&zeros[..x]), &mut vec![0.0; out]);
        };
        assert_panics("x has 2 elements, out has 3", || apply(0, 2, 3));
        assert_panics("inputs 0.. (7 of them) reach past the last of 6", || apply(0, 7, 7));
        assert_panics("inputs 5.. (2 of them) reach past the last of 6", || apply(5, 2, 2));
        assert_panics("inputs 7.. (0 of them) reach past the last of 6", || apply(7, 0, 0));
        // A sum of the two would overflow.
        assert_panics("(1 of them) reach past the last of 6", || apply(usize::MAX, 1, 1));
        for (first, x, out) in [(0, 2, 3), (0, 7, 7), (5, 2, 2), (7, 0, 0), (usize::MAX, 1, 1)] {
            let mut kept = vec![7.0; out];
            assert!(!normalization.try_apply(Isa::best(), first, Input::F32(&zeros[..x]), &mut kept));
            assert!(kept.iter().all(|&x| x == 7.0), "{first} + {out} with {q} means: written");
        }
    }
}

#[test]
fn inputs_tell_their_length_and_their_parts() {
    let (bytes, numbers) = ([1u8, 2, 3], [1.0f32, 2.0, 3.0]);
    let from_arrays = [Input::from(&bytes), Input::from(&numbers)];
    for input in [Input::from(&bytes[..]), Input::from(&numbers[..])].into_iter().chain(from_arrays) {
        assert_eq!((input.len(), input.is_empty()), (3, false));
        assert_eq!((input.part(1, 2).len(), input.part(3, 0).is_empty()), (2, true));
        assert_panics("range end index 3 out of range for slice of length 2", || _ = input.part(1, 3));
        assert_panics("out of range", || _ = input.part(4, 0));
        let len = |first, len| input.get(first, len).map(|x| x.len());
        assert_eq!([len(0, 3), len(1, 2), len(2, 1), len(3, 0)], [Some(3), Some(2), Some(1), Some(0)]);
        assert_eq!([len(0, 4), len(1, 3), len(4, 0), len(1, usize::MAX), len(usize::MAX, 1)], [None; 5]);
    }
    assert!(matches!(Input::from(&bytes[..]).part(1, 1), Input::U8([2])));
}
