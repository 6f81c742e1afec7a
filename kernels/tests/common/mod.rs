//! What the tests share: numbers to feed, instruction sets to run, and a comparison that lets nothing through.
#![allow(dead_code)] // every test file uses a part of it

pub(crate) mod exact;
pub(crate) mod matrix;
mod panics;
pub(crate) mod product;
pub(crate) mod scores;
pub(crate) mod tail;

use std::fmt::{Arguments, Debug};
use std::sync::Once;

use kernels::Isa;
pub(crate) use panics::panic_of;

/// Deterministic numbers: splitmix64 (Steele, Lea, Flood 2014), which is good enough and ten lines long.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ≤ result < n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Thirty-two random bits.
    pub(crate) fn bits(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }

    /// −1 ≤ result < 1.
    pub(crate) fn uniform(&mut self) -> f32 {
        (self.bits() >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// The kinds of numbers the kernels are fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Values {
    /// −4 ..= 4: products and sums are exact, so any order gives the same bits.
    Integers,
    /// Uniform in −1 .. 1: every sum is rounded, so another order shows.
    Uniform,
    /// Exponents −63 ..= 62, whose products fill the exponent range and hardly overflow.
    Wide,
    /// Any bits but NaN; zeros of both signs, subnormals and infinities oftener than chance has them.
    Bits,
    /// Uniform, one element in eight special (NaN too).
    Special,
}

/// The values that kernels get wrong.
pub(crate) const SPECIAL: [f32; 14] = [
    0.0,
    -0.0,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::NAN,
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    -f32::MIN_POSITIVE,
    f32::from_bits(1),
    f32::from_bits(0x8000_0001),
    f32::from_bits(0x007f_ffff), // the largest subnormal
    1.0,
    -1.0,
];

impl Values {
    pub(crate) const ALL: [Self; 5] = [Self::Integers, Self::Uniform, Self::Wide, Self::Bits, Self::Special];

    pub(crate) fn draw(self, rng: &mut Rng) -> f32 {
        match self {
            Self::Integers => rng.below(9) as f32 - 4.0,
            Self::Uniform => rng.uniform(),
            Self::Wide => {
                let (bits, exponent) = (rng.bits(), 64 + rng.below(126) as u32);
                f32::from_bits(bits & 0x807f_ffff | exponent << 23)
            }
            Self::Bits => {
                let (bits, kind) = (rng.bits(), rng.below(64));
                match kind {
                    0 | 1 => f32::from_bits(bits & 0x8000_0000),
                    2 | 3 => f32::from_bits(bits & 0x807f_ffff),
                    4 => f32::from_bits(bits & 0x8000_0000 | 0x7f80_0000),
                    _ if f32::from_bits(bits).is_nan() => f32::from_bits(bits & 0xbfff_ffff),
                    _ => f32::from_bits(bits),
                }
            }
            Self::Special if rng.below(8) == 0 => SPECIAL[rng.below(SPECIAL.len())],
            Self::Special => rng.uniform(),
        }
    }

    pub(crate) fn vec(self, rng: &mut Rng, len: usize) -> Vec<f32> {
        (0..len).map(|_| self.draw(rng)).collect()
    }
}

/// Every length up to two strips of four vectors and a few long ones: all remainders, with and without full vectors.
pub(crate) fn lengths() -> impl Iterator<Item = usize> {
    (0..=70).chain([127, 128, 129, 255, 256, 257, 1000, 4099])
}

/// Take one case in how many: 1, but `often` on aarch64, which usually means an emulator that is fifty times slower.
/// `KERNELS_TESTS=all` takes every case there too.
pub(crate) fn one_in(often: usize) -> usize {
    let all = std::env::var_os("KERNELS_TESTS").is_some_and(|v| v == "all");
    if cfg!(target_arch = "aarch64") && !all { often } else { 1 }
}

/// The instruction sets to test: all that this machine has, or those that `KERNELS_ISA` names (`avx2,avx512`).
///
/// One that was asked for and is missing fails the test: what is skipped has not passed.
pub(crate) fn isas() -> Vec<Isa> {
    let isas = match std::env::var("KERNELS_ISA") {
        Ok(list) => requested(&list).unwrap_or_else(|e| panic!("{e}")),
        Err(_) => Isa::available().collect(),
    };
    static PRINTED: Once = Once::new();
    PRINTED.call_once(|| eprintln!("instruction sets tested: {}", names(isas.iter().copied())));
    isas
}

/// The instruction sets of a comma-separated list.
pub(crate) fn requested(list: &str) -> Result<Vec<Isa>, String> {
    let one = |name: &str| {
        Isa::named(name.trim()).ok_or_else(|| {
            format!("KERNELS_ISA asks for '{}', this machine has {}", name.trim(), names(Isa::available()))
        })
    };
    list.split(',').map(one).collect()
}

fn names(isas: impl Iterator<Item = Isa>) -> String {
    isas.map(Isa::name).collect::<Vec<_>>().join(", ")
}

/// A float, to compare by its bits.
pub(crate) trait Float: Copy + Debug {
    const NAN: Self;
    fn bits(self) -> u64;
    fn nan(self) -> bool;
    fn from_f32(x: f32) -> Self;
}

impl Float for f32 {
    const NAN: Self = f32::NAN;
    fn bits(self) -> u64 {
        self.to_bits().into()
    }
    fn nan(self) -> bool {
        self.is_nan()
    }
    fn from_f32(x: f32) -> Self {
        x
    }
}

impl Float for f64 {
    const NAN: Self = f64::NAN;
    fn bits(self) -> u64 {
        self.to_bits()
    }
    fn nan(self) -> bool {
        self.is_nan()
    }
    fn from_f32(x: f32) -> Self {
        x.into()
    }
}

/// Equal bits, or both NaN: payloads are free, nothing else is.
pub(crate) fn same<T: Float>(got: T, want: T) -> bool {
    got.bits() == want.bits() || (got.nan() && want.nan())
}

/// Fails where `got` and `want` are not the [`same`], and says where, which bits, and `context` (ISA, shape).
#[track_caller]
pub(crate) fn assert_same_bits<T: Float>(got: &[T], want: &[T], context: Arguments<'_>) {
    assert!(got.len() == want.len(), "{context}: {} elements, want {}", got.len(), want.len());
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        assert!(
            same(g, w),
            "{context}: element {i} of {} is {g:?} ({:#x}), want {w:?} ({:#x})",
            got.len(),
            g.bits(),
            w.bits()
        );
    }
}

/// Fails unless `f` panics with a message that contains `part`, the numbers that tell what was wrong, and names a line of the
/// tests as its place, where the call is: not one inside the crate.
#[track_caller]
pub(crate) fn assert_panics(part: &str, f: impl FnOnce()) {
    let (message, place) = panic_of(f);
    assert!(message.contains(part), "the panic says '{message}', want '{part}'");
    assert!(place.contains("tests"), "the panic '{part}' names {place}, want the line of the call");
}
