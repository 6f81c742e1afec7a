//! The fused multiply-add, which everything else is made of: `Scalar::mul_add`, exact in f64 arithmetic, and every
//! instruction set's own, against std's (the processor's instruction, or a correctly rounded libm).

mod common;

use common::{Rng, SPECIAL, Values, assert_same_bits, isas, one_in, same};
use kernels::{Epilogue, Mat, MatMut, Scalar, axpy, matmul, matmul_workspace};

/// a, b, c of a·b + c.
type Triple = (f32, f32, f32);

/// Draws one case of a class.
type Draw = fn(&mut Rng) -> Triple;

/// 2ⁿ for any n with a float, subnormals too.
fn power(n: i32) -> f32 {
    2f64.powi(n) as f32
}

/// x moved by `steps` in its last place.
fn nudge(x: f32, steps: i32) -> f32 {
    f32::from_bits(x.to_bits().wrapping_add_signed(steps))
}

fn sign(rng: &mut Rng, x: f32) -> f32 {
    if rng.below(2) == 0 { x } else { -x }
}

/// Between −n and n.
fn around(rng: &mut Rng, n: i32) -> i32 {
    rng.below(2 * n as usize + 1) as i32 - n
}

/// Where a fused multiply-add goes wrong, case by case.
const CLASSES: [(&str, Draw); 8] = [
    ("any bits", |rng| (f32::from_bits(rng.bits()), f32::from_bits(rng.bits()), f32::from_bits(rng.bits()))),
    ("numbers of the size of weights", |rng| (rng.uniform(), rng.uniform(), rng.uniform())),
    // c = −round(a·b) and its neighbours: what is left is the rounding error of the product, exact in one rounding.
    ("cancellation", |rng| {
        let (a, b) = (Values::Wide.draw(rng), Values::Wide.draw(rng));
        (a, b, nudge(-(a * b), around(rng, 2)))
    }),
    // c is a number and a·b half its last place, exactly or a little more or less, which no f64 sum can hold.
    ("near ties", |rng| {
        let c = f32::from_bits(rng.bits() & 0x007f_ffff | (40 + rng.below(170) as u32) << 23);
        let exponent = (c.to_bits() >> 23) as i32 - 127;
        let (a, b) = (nudge(power(exponent - 24), around(rng, 3)), nudge(1.0, around(rng, 3)));
        (sign(rng, a), sign(rng, b), sign(rng, c))
    }),
    // The other way round: the product lies half way between two floats (an odd number of 25 bits), and a tiny c
    // decides, which an f64 sum loses.
    ("ties of the product", |rng| {
        let mut odd = || (1 << 12 | rng.below(1 << 12) | 1) as f32;
        let (a, b) = (odd(), odd());
        let c = power(-(rng.below(100) as i32));
        (sign(rng, a), sign(rng, b), sign(rng, c))
    }),
    ("subnormal results", |rng| {
        let (a, b) = (rng.uniform() * power(-60), rng.uniform() * power(-65 - rng.below(30) as i32));
        let c = f32::from_bits(rng.bits() & 0x80ff_ffff);
        (a, b, if rng.below(4) == 0 { nudge(-(a * b), around(rng, 2)) } else { c })
    }),
    // Around the largest number and half a last place beyond it, where rounding turns to infinity.
    ("overflow", |rng| {
        let (a, b) = (nudge(power(64), around(rng, 3)), nudge(power(63), around(rng, 3)));
        let c = [f32::MAX, power(127), nudge(power(127), -1), power(103), power(102)][rng.below(5)];
        let c = nudge(c, -(rng.below(3) as i32));
        (sign(rng, a), sign(rng, b), sign(rng, c))
    }),
    ("special values", |rng| {
        let mut one = || if rng.below(4) == 0 { rng.uniform() } else { SPECIAL[rng.below(SPECIAL.len())] };
        (one(), one(), one())
    }),
];

/// Cases of each class: 8 million in all.
fn per_class() -> usize {
    1_000_000 / one_in(20)
}

#[test]
fn the_emulation_equals_the_instruction() {
    let mut rng = Rng::new(130);
    for (name, draw) in CLASSES {
        for _ in 0..per_class() {
            let (a, b, c) = draw(&mut rng);
            let (got, want) = (Scalar::mul_add(a, b, c), f32::mul_add(a, b, c));
            assert!(same(got, want), "{name}: {a:e} · {b:e} + {c:e} is {got:e}, want {want:e}");
        }
    }
}

/// The classes must hold what they are there for: cases that a plain product and sum get wrong.
#[test]
fn the_hard_cases_are_hard() {
    let mut rng = Rng::new(131);
    for (name, draw) in &CLASSES[1..7] {
        let plain = |(a, b, c): Triple| !same(a * b + c, f32::mul_add(a, b, c));
        let wrong = (0..10_000).filter(|_| plain(draw(&mut rng))).count();
        assert!(wrong > 100, "{name}: two roundings are wrong in {wrong} of 10000 cases only");
    }
    // Ties must defeat a sum in f64 too, which is what a naive emulation does.
    let naive = |(a, b, c): Triple| (f64::from(a) * f64::from(b) + f64::from(c)) as f32;
    for (name, draw) in CLASSES.iter().filter(|(name, _)| name.contains("ties")) {
        let fails = |t: Triple| !same(naive(t), f32::mul_add(t.0, t.1, t.2));
        let wrong = (0..10_000).filter(|_| fails(draw(&mut rng))).count();
        assert!(wrong > 100, "{name}: a sum in f64 is wrong in {wrong} of 10000 cases only");
    }
}

#[test]
fn every_instruction_set_in_a_product_of_one_element() {
    let mut rng = Rng::new(132);
    let mut workspace = vec![f32::NAN; matmul_workspace(1, 1, 1)];
    let isas = isas();
    for (name, draw) in CLASSES {
        for _ in 0..20_000 / one_in(5) {
            let (a, b, c) = draw(&mut rng);
            let want = f32::mul_add(a, b, c);
            for &isa in &isas {
                let mut got = [c];
                let (a, b) =
                    (Mat::new(std::slice::from_ref(&a), 1, 1), Mat::new(std::slice::from_ref(&b), 1, 1));
                matmul(isa, a, b, MatMut::new(&mut got, 1, 1), Epilogue::Accumulate, &mut workspace);
                assert_same_bits(&got, &[want], format_args!("{isa} {name} {a:?} {b:?} {c:e}"));
            }
        }
    }
}

/// In every lane: the diagonal of a product of one a, b, c a lane, by way of rows of axpy.
#[test]
fn every_instruction_set_in_every_lane() {
    let mut rng = Rng::new(133);
    let isas = isas();
    for (name, draw) in CLASSES {
        for _ in 0..per_class() / 37 {
            let (a, _, _) = draw(&mut rng);
            let (x, y): (Vec<f32>, Vec<f32>) =
                (0..37).map(|_| draw(&mut rng)).map(|(_, b, c)| (b, c)).unzip();
            let want: Vec<f32> = x.iter().zip(&y).map(|(&x, &y)| f32::mul_add(a, x, y)).collect();
            for &isa in &isas {
                let mut got = y.clone();
                axpy(isa, a, &x, &mut got);
                assert_same_bits(&got, &want, format_args!("{isa} {name} {a:e}"));
            }
        }
    }
}

#[test]
fn in_f64_it_rounds_twice() {
    let mut rng = Rng::new(134);
    for _ in 0..10_000 {
        let mut draw = || f64::from(rng.uniform()) / 3.0;
        let (a, b, c) = (draw(), draw(), draw());
        let product = std::hint::black_box(a * b);
        assert_same_bits(&[Scalar::mul_add(a, b, c)], &[product + c], format_args!("{a:e} {b:e} {c:e}"));
    }
}
