//! ReLU, its backward, axpy and the step: every length, any values, bit for bit, and nothing written outside.

mod common;

use common::{Rng, SPECIAL, Values, assert_panics, assert_same_bits, isas, lengths};
use kernels::{Isa, Momentum, axpy, momentum_step, reference, relu, relu_backward, sgd_step};

/// Runs `call` on a copy of `old` that lies `shift` elements into a larger buffer; fails where the result is not
/// `want` or an element outside is changed.
#[track_caller]
fn check(call: impl Fn(Isa, &mut [f32]), old: &[f32], want: &[f32], shift: usize, context: &str) {
    for isa in isas() {
        let mut buffer = vec![f32::INFINITY; shift + old.len() + 17];
        buffer[shift..][..old.len()].copy_from_slice(old);
        call(isa, &mut buffer[shift..][..old.len()]);
        let context = format!("{isa} {context}, {} elements", old.len());
        let (before, rest) = buffer.split_at(shift);
        let (got, after) = rest.split_at(old.len());
        assert_same_bits(got, want, format_args!("{context}"));
        let untouched = before.iter().chain(after).all(|&x| x == f32::INFINITY);
        assert!(untouched, "{context}: written outside");
    }
}

#[test]
fn relu_of_every_length() {
    let mut rng = Rng::new(90);
    for len in lengths() {
        for values in Values::ALL {
            let x = values.vec(&mut rng, len);
            let want: Vec<f32> = x.iter().map(|&x| reference::relu(x)).collect();
            check(relu, &x, &want, rng.below(16), "relu");
        }
    }
}

#[test]
fn relu_of_special_values() {
    let cases = [
        (-0.0, 0.0),
        (0.0, 0.0),
        (f32::NAN, f32::NAN),
        (-f32::NAN, f32::NAN),
        (f32::INFINITY, f32::INFINITY),
        (f32::NEG_INFINITY, 0.0),
        (f32::from_bits(1), f32::from_bits(1)), // subnormals are not flushed
        (f32::from_bits(0x8000_0001), 0.0),
        (f32::MAX, f32::MAX),
        (f32::MIN, 0.0),
    ];
    for (x, want) in cases {
        for len in [1, 7, 16, 33] {
            check(relu, &vec![x; len], &vec![want; len], 0, "relu");
        }
        assert_same_bits(&[reference::relu(x)], &[want], format_args!("reference, relu({x:?})"));
        let mut wide = [f64::from(x)];
        relu(Isa::PORTABLE, &mut wide);
        assert_same_bits(&wide, &[f64::from(want)], format_args!("f64, relu({x:?})"));
    }
}

#[test]
fn relu_backward_of_every_length() {
    let mut rng = Rng::new(91);
    for len in lengths() {
        for values in Values::ALL {
            let (h, d) = (Values::Special.vec(&mut rng, len), values.vec(&mut rng, len));
            let want: Vec<f32> = h.iter().zip(&d).map(|(&h, &d)| reference::mask(h, d)).collect();
            check(|isa, d| relu_backward(isa, &h, d), &d, &want, rng.below(16), "relu_backward");
        }
    }
}

/// The slope is 0 at both zeros, below, and where h is NaN; d passes untouched (NaN and −0 too) elsewhere.
#[test]
fn relu_backward_of_special_values() {
    for h in SPECIAL {
        let open =
            [f32::INFINITY, f32::MAX, f32::MIN_POSITIVE, 1.0].contains(&h) || h.is_subnormal() && h > 0.0;
        for d in SPECIAL {
            let want = if open { d } else { 0.0 };
            for len in [1, 16, 19] {
                let h = vec![h; len];
                check(|isa, d| relu_backward(isa, &h, d), &vec![d; len], &vec![want; len], 0, "slope");
            }
            let mut wide = [f64::from(d)];
            relu_backward(Isa::PORTABLE, &[f64::from(h)], &mut wide);
            assert_same_bits(&wide, &[f64::from(want)], format_args!("f64 h {h:?} d {d:?}"));
        }
    }
}

/// fma(a, x, y) by std, not by the reference: one rounding.
#[test]
fn axpy_of_every_length() {
    let mut rng = Rng::new(92);
    for len in lengths() {
        for values in Values::ALL {
            let (x, y) = (values.vec(&mut rng, len), values.vec(&mut rng, len));
            for a in [values.draw(&mut rng), 0.0, -0.0, 1.0, f32::NAN, f32::INFINITY] {
                let want: Vec<f32> = x.iter().zip(&y).map(|(&x, &y)| a.mul_add(x, y)).collect();
                let mut by_reference = y.clone();
                reference::axpy(a, &x, &mut by_reference);
                assert_same_bits(&by_reference, &want, format_args!("reference, axpy by {a}"));
                check(|isa, y| axpy(isa, a, &x, y), &y, &want, rng.below(16), "axpy");
            }
        }
    }
}

/// fma(−η, g, f·w) by std: two roundings.
#[test]
fn sgd_step_of_every_length() {
    let mut rng = Rng::new(93);
    for len in lengths() {
        for values in Values::ALL {
            let (w, g) = (values.vec(&mut rng, len), values.vec(&mut rng, len));
            for (f, eta) in [(1.0, 0.1), (0.9999, 0.01), (0.0, -0.0), (-1.0, f32::MAX), (f32::NAN, 1.0)] {
                let want: Vec<f32> = w.iter().zip(&g).map(|(&w, &g)| (-eta).mul_add(g, f * w)).collect();
                let mut by_reference = w.clone();
                reference::sgd_step(&mut by_reference, &g, f, eta);
                assert_same_bits(&by_reference, &want, format_args!("reference, step f {f} eta {eta}"));
                check(|isa, w| sgd_step(isa, w, &g, f, eta), &w, &want, rng.below(16), "sgd_step");
            }
        }
    }
}

/// A step with f = 1 is the step of a bias: b − η g in one rounding, as axpy with −η.
#[test]
fn a_step_without_penalty_is_an_axpy() {
    let mut rng = Rng::new(94);
    for values in Values::ALL {
        let (b, g) = (values.vec(&mut rng, 50), values.vec(&mut rng, 50));
        for isa in isas() {
            let (mut step, mut sum) = (b.clone(), b.clone());
            sgd_step(isa, &mut step, &g, 1.0, 0.3);
            axpy(isa, -0.3, &g, &mut sum);
            assert_same_bits(&step, &sum, format_args!("{isa} {values:?}"));
        }
    }
}

/// The rule by std's fused multiply-add: v and then w.
fn by_std(w: f32, v: f32, g: f32, rule: Momentum<f32>) -> (f32, f32) {
    let t = -rule.eta * rule.pull.mul_add(w, g);
    let v = rule.mu.mul_add(v, t);
    (w + if rule.nesterov { rule.mu.mul_add(v, t) } else { v }, v)
}

#[test]
fn momentum_step_of_every_length() {
    let mut rng = Rng::new(96);
    for len in lengths() {
        for values in Values::ALL {
            let (w, v, g) = (values.vec(&mut rng, len), values.vec(&mut rng, len), values.vec(&mut rng, len));
            let rules = [(0.1, 0.0, 0.9), (0.01, 1e-3, 0.5), (f32::MAX, -1.0, f32::NAN), (-0.0, 2.0, 0.0)];
            for ((eta, pull, mu), nesterov) in rules.into_iter().flat_map(|r| [(r, false), (r, true)]) {
                let rule = Momentum { eta, pull, mu, nesterov };
                let (new_w, new_v): (Vec<f32>, Vec<f32>) =
                    w.iter().zip(&v).zip(&g).map(|((&w, &v), &g)| by_std(w, v, g, rule)).unzip();
                let (mut ref_w, mut ref_v) = (w.clone(), v.clone());
                reference::momentum_step(&mut ref_w, &mut ref_v, &g, rule);
                assert_same_bits(&ref_w, &new_w, format_args!("reference w, {rule:?}"));
                assert_same_bits(&ref_v, &new_v, format_args!("reference v, {rule:?}"));
                let shift = rng.below(16);
                check(|isa, w| momentum_step(isa, w, &mut v.clone(), &g, rule), &w, &new_w, shift, "w");
                check(|isa, v| momentum_step(isa, &mut w.clone(), v, &g, rule), &v, &new_v, shift, "v");
            }
        }
    }
}

/// Three steps down L = w²/2 (g = w) by hand, in numbers that are exact: η = ½, μ = ½.
#[test]
fn momentum_and_nesterov_by_hand() {
    for (nesterov, want) in [(false, [4.0f32, 0.0, -2.0]), (true, [2.0, -0.5, -0.875])] {
        let (mut w, mut v) = ([8.0f32], [0.0]);
        let rule = Momentum { eta: 0.5, pull: 0.0, mu: 0.5, nesterov };
        for want in want {
            let g = w;
            momentum_step(Isa::best(), &mut w, &mut v, &g, rule);
            assert_eq!(w, [want], "nesterov {nesterov}");
        }
    }
}

/// With μ = 0 and exact numbers it is the plain step, f = 1 − 2λη.
#[test]
fn no_momentum_is_the_plain_step() {
    let (w, g) = ([8.0f32, -4.0, 0.5], [1.0f32, 2.0, -4.0]);
    let (mut plain, mut moved, mut v) = (w, w, [3.0; 3]);
    sgd_step(Isa::best(), &mut plain, &g, 1.0 - 0.25 * 0.5, 0.5);
    let rule = Momentum { eta: 0.5, pull: 0.25, mu: 0.0, nesterov: false };
    momentum_step(Isa::best(), &mut moved, &mut v, &g, rule);
    assert_eq!(plain, moved);
}

/// f64: a product and a sum, each rounded.
#[test]
fn updates_in_f64_round_twice() {
    let mut rng = Rng::new(95);
    let mut draw = || -> Vec<f64> { (0..40).map(|_| f64::from(rng.uniform()) / 3.0).collect() };
    let (x, y) = (draw(), draw());
    let (a, f) = (1.0 / 3.0, 0.999);
    for isa in isas() {
        let mut got = y.clone();
        axpy(isa, a, &x, &mut got);
        let want: Vec<f64> = x.iter().zip(&y).map(|(x, y)| a * x + y).collect();
        assert_same_bits(&got, &want, format_args!("{isa} f64 axpy"));
        let mut got = y.clone();
        sgd_step(isa, &mut got, &x, f, a);
        let want: Vec<f64> = x.iter().zip(&y).map(|(g, w)| -a * g + f * w).collect();
        assert_same_bits(&got, &want, format_args!("{isa} f64 step"));
    }
}

#[test]
fn lengths_that_differ_panic_with_both() {
    let (three, mut four) = ([0.0f32; 3], [0.0f32; 4]);
    for isa in isas() {
        assert_panics("h has 3 elements, d has 4", || relu_backward(isa, &three, &mut four));
        assert_panics("x has 3 elements, y has 4", || axpy(isa, 1.0, &three, &mut four));
        assert_panics("w has 4 elements, g has 3", || sgd_step(isa, &mut four, &three, 1.0, 1.0));
        let rule = Momentum { eta: 1.0, pull: 0.0, mu: 0.0, nesterov: false };
        let mut w = [0.0f32; 3];
        assert_panics("w has 4 elements, g has 3", || {
            momentum_step(isa, &mut four, &mut [0.0; 4], &three, rule)
        });
        assert_panics("w has 3 elements, v has 4", || {
            momentum_step(isa, &mut w, &mut [0.0; 4], &three, rule)
        });
        assert_panics("x has 1 elements, y has 0", || axpy(isa, 1.0, &[1.0f64], &mut []));
    }
    // The reference, in either direction.
    let (x, rule) = ([0.0f32; 4], Momentum { eta: 1.0, pull: 0.0, mu: 0.0, nesterov: false });
    for (a, b) in [(3, 4), (4, 3)] {
        let (mut y, mut v) = (x, x);
        let of = |a_name: &str, b_name: &str| format!("{a_name} has {a} elements, {b_name} has {b}");
        assert_panics(&of("x", "y"), || reference::axpy(1.0, &x[..a], &mut y[..b]));
        assert_panics(&of("w", "g"), || reference::sgd_step(&mut y[..a], &x[..b], 1.0, 1.0));
        assert_panics(&of("w", "g"), || reference::momentum_step(&mut y[..a], &mut v[..a], &x[..b], rule));
        assert_panics(&of("w", "v"), || reference::momentum_step(&mut y[..a], &mut v[..b], &x[..a], rule));
    }
}
