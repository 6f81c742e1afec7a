//! Random numbers that are the same for ever: one stream of ChaCha8 for each purpose.
//!
//! The generator is ChaCha with 8 rounds, its key the seed (little-endian, then zeros), its nonce the [`Stream`].
//! What is drawn from it is written out here, and not left to a library that may improve its methods: a seed gives
//! the same split, the same first weights and the same batches in every version and on every machine.

use kernels::Scalar;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// What random numbers are for. Each purpose has a stream of its own, so that more draws for one (a larger net, say)
/// leave the others as they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Which rows are held back to validate.
    Split = 0,
    /// The first weights.
    Weights = 1,
    /// The order of the rows.
    Batches = 2,
    /// The random net and the samples of a gradient check.
    Check = 3,
    /// Which group a row is in, where rows are too many to be shuffled at once.
    Groups = 4,
    /// The order of a grid, and the draws of a search.
    Search = 16,
}

/// A stream of random numbers.
#[derive(Debug)]
pub struct Random {
    source: ChaCha8Rng,
    /// The second of a pair of normal deviates.
    spare: Option<f64>,
}

impl Random {
    /// The stream of this seed for this purpose, from its start.
    #[must_use]
    pub fn new(seed: u64, stream: Stream) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut source = ChaCha8Rng::from_seed(key);
        source.set_stream(stream as u64);
        Self { source, spare: None }
    }

    /// How many words (of 32 bits) have been taken.
    #[must_use]
    pub fn position(&self) -> u128 {
        self.source.get_word_pos()
    }

    /// To where so many words have been taken; a normal deviate that was left over is dropped.
    pub fn go_to(&mut self, words: u128) {
        self.source.set_word_pos(words);
        self.spare = None;
    }

    /// A whole number in 0..n, each equally likely.
    ///
    /// The upper half of a 32 × 32 bit product; a lower half that would favour some numbers is drawn again (Lemire
    /// 2019).
    ///
    /// # Panics
    /// If n is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "no number is below 0");
        loop {
            let product = u64::from(self.source.next_u32()) * u64::from(n);
            if product as u32 >= n.wrapping_neg() % n {
                return (product >> 32) as u32;
            }
        }
    }

    /// 64 draws from 0..2^`bits`, each number equally likely: bit i says whether the i-th is `number`.
    pub fn equal_to(&mut self, number: u64, bits: u32) -> u64 {
        // Bit i of the b-th word is bit b of draw i.
        (0..bits).fold(u64::MAX, |equal, bit| {
            let differs = if number >> bit & 1 == 1 { u64::MAX } else { 0 };
            equal & !(self.source.next_u64() ^ differs)
        })
    }

    /// Puts the rows into random order, each order equally likely (Fisher and Yates, from the last row down).
    ///
    /// # Panics
    /// If there are 2³² rows or more.
    pub fn shuffle(&mut self, rows: &mut [u32]) {
        let len = u32::try_from(rows.len()).expect("rows are counted in 32 bits");
        for last in (1..len).rev() {
            rows.swap(last as usize, self.below(last + 1) as usize);
        }
    }

    /// A draw from N(0, 1) by Marsaglia's polar method, whose only functions are ln and square root: `ln` is that of
    /// the kernels and a square root is rounded correctly everywhere, so the bits are the same everywhere.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (u, v) = (self.signed_unit(), self.signed_unit());
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                let factor = (-2.0 * Scalar::ln(s) / s).sqrt();
                self.spare = Some(v * factor);
                return u * factor;
            }
        }
    }

    /// A multiple of 2⁻⁵³ in [0, 1), each equally likely.
    pub fn unit(&mut self) -> f64 {
        (self.source.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A multiple of 2⁻⁵² in [−1, 1), each equally likely.
    fn signed_unit(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 52) as f64;
        (self.source.next_u64() >> 11) as f64 * STEP - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published first words of ChaCha8 with key and nonce zero: the generator is the one named.
    #[test]
    fn the_generator_is_chacha8() {
        let mut random = Random::new(0, Stream::Split);
        let words = [0x2fef_003e, 0xd640_5f89, 0xe8b8_5b7f, 0xa1a5_091f];
        assert_eq!(words.map(|_| random.source.next_u32()), words);
    }

    #[test]
    fn streams_and_seeds_differ() {
        let first = |seed, stream| Random::new(seed, stream).source.next_u64();
        let draws = [
            first(1, Stream::Split),
            first(1, Stream::Weights),
            first(1, Stream::Batches),
            first(1, Stream::Groups),
            first(2, Stream::Split),
        ];
        for (i, a) in draws.iter().enumerate() {
            assert!(draws[..i].iter().all(|b| a != b), "draw {i} repeats");
        }
    }

    #[test]
    fn a_shuffle_keeps_every_row_once() {
        let mut rows: Vec<u32> = (0..1000).collect();
        Random::new(7, Stream::Batches).shuffle(&mut rows);
        assert_ne!(rows, (0..1000).collect::<Vec<_>>());
        rows.sort_unstable();
        assert_eq!(rows, (0..1000).collect::<Vec<_>>());
    }

    /// 60,000 draws of 6: each count within 5 standard deviations (91) of 10,000.
    #[test]
    fn below_is_even() {
        let mut random = Random::new(3, Stream::Check);
        let mut counts = [0i32; 6];
        for _ in 0..60_000 {
            counts[random.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|c| (c - 10_000).abs() < 5 * 92), "{counts:?}");
        assert_eq!(random.below(1), 0);
    }

    /// From one place of the stream every draw is equal to one number and no other; 64,000 draws of 16: each count within 5
    /// standard deviations (61.2) of 4000.
    #[test]
    fn each_draw_is_equal_to_one_number() {
        let mut random = Random::new(4, Stream::Check);
        let mut counts = [0; 16];
        for _ in 0..1000 {
            let (begun, mut seen) = (random.position(), 0);
            for number in 0..16 {
                random.go_to(begun);
                let equal = random.equal_to(number, 4);
                assert_eq!(seen & equal, 0);
                seen |= equal;
                counts[number as usize] += equal.count_ones();
            }
            assert_eq!(seen, u64::MAX);
        }
        assert!(counts.iter().all(|&count| count.abs_diff(4000) < 5 * 62), "{counts:?}");
    }

    /// 40,000 draws: mean and variance within 5 standard deviations (0.005 and 0.0071) of 0 and 1, and a
    /// share of 0.6827 within one σ.
    #[test]
    fn normal_draws_have_the_moments_of_a_normal() {
        let mut random = Random::new(5, Stream::Weights);
        let draws: Vec<f64> = (0..40_000).map(|_| random.normal()).collect();
        let n = draws.len() as f64;
        let mean = draws.iter().sum::<f64>() / n;
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        let within = draws.iter().filter(|x| x.abs() < 1.0).count() as f64 / n;
        assert!(mean.abs() < 0.025, "{mean}");
        assert!((variance - 1.0).abs() < 0.0355, "{variance}");
        assert!((within - 0.6827).abs() < 0.0117, "{within}");
    }
}
