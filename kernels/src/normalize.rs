//! Input normalisation: x̂ = (x − μ)·s.

use core::fmt;

use crate::arch::{SMALL, compact, kept};
use crate::floats::Floats;
use crate::simd::{Kernel, LANES, Simd};
use crate::{Isa, reference};

/// Raw inputs: a row, a part of one, or all rows of a data set.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// Bytes, such as pixels.
    U8(&'a [u8]),
    /// Numbers.
    F32(&'a [f32]),
}

impl Input<'_> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::U8(x) => x.len(),
            Self::F32(x) => x.len(),
        }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements `first .. first + len`; None if they reach past the end.
    #[must_use]
    #[inline(always)]
    pub fn get(self, first: usize, len: usize) -> Option<Self> {
        if first > self.len() || len > self.len() - first {
            return None;
        }
        match self {
            Self::U8(x) => x.get(first..)?.get(..len).map(Self::U8),
            Self::F32(x) => x.get(first..)?.get(..len).map(Self::F32),
        }
    }

    /// Element i, a byte as the float of its value.
    ///
    /// # Panics
    /// If i is out of range.
    #[track_caller]
    pub(crate) fn at(self, i: usize) -> f32 {
        match self {
            Self::U8(x) => x[i].into(),
            Self::F32(x) => x[i],
        }
    }

    /// The elements `first .. first + len`.
    ///
    /// # Panics
    /// If they reach past the end.
    #[must_use]
    #[track_caller]
    pub fn part(self, first: usize, len: usize) -> Self {
        match self {
            Self::U8(x) => Self::U8(&x[first..][..len]),
            Self::F32(x) => Self::F32(&x[first..][..len]),
        }
    }
}

impl<'a> From<&'a [u8]> for Input<'a> {
    fn from(x: &'a [u8]) -> Self {
        Self::U8(x)
    }
}

impl<'a> From<&'a [f32]> for Input<'a> {
    fn from(x: &'a [f32]) -> Self {
        Self::F32(x)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Input<'a> {
    fn from(x: &'a [u8; N]) -> Self {
        Self::U8(x)
    }
}

impl<'a, const N: usize> From<&'a [f32; N]> for Input<'a> {
    fn from(x: &'a [f32; N]) -> Self {
        Self::F32(x)
    }
}

/// Why means and scales do not make a normalisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NormalizationError {
    /// Inputs of the net.
    pub inputs: usize,
    /// How many means there are.
    pub means: usize,
    /// How many scales there are.
    pub scales: usize,
}

impl fmt::Display for NormalizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inputs, means, scales } = self;
        write!(
            f,
            "{means} means and {scales} scales for {inputs} inputs: both must be 0 or the same divisor of {inputs}"
        )
    }
}

impl core::error::Error for NormalizationError {}

/// x̂_j = (x_j − μ_q)·s_q with q = ⌊j·Q/D⌋, for a row of D inputs and Q means and scales.
///
/// Q = 1 is one mean for the net, Q = 3 one a colour plane, Q = D one a feature; Q = 0 leaves x as it is. Two
/// roundings an element, the same everywhere; a byte becomes the float of its value first.
///
/// ```
/// use kernels::{Floats, Input, Isa, Normalization};
/// let n = Normalization::new(4, Floats::F32(&[10.0, 20.0]), Floats::F32(&[0.5, 2.0])).unwrap();
/// let mut out = [0.0; 4];
/// n.apply(Isa::best(), 0, Input::U8(&[10, 12, 20, 21]), &mut out);
/// assert_eq!(out, [0.0, 1.0, 0.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Normalization<'a> {
    inputs: usize,
    mean: Floats<'a>,
    scale: Floats<'a>,
}

impl<'a> Normalization<'a> {
    /// For rows of `inputs` elements.
    pub const fn new(inputs: usize, mean: Floats<'a>, scale: Floats<'a>) -> Result<Self, NormalizationError> {
        let (means, scales) = (mean.len(), scale.len());
        if means != scales || (means != 0 && !inputs.is_multiple_of(means)) {
            return Err(NormalizationError { inputs, means, scales });
        }
        Ok(Self { inputs, mean, scale })
    }

    /// [`Normalization::new`] for means and scales that have been looked at already, without looking again. Where they do not
    /// fit the inputs, results mean nothing, and all but [`Normalization::try_apply`] may panic.
    pub const fn trusted(inputs: usize, mean: Floats<'a>, scale: Floats<'a>) -> Self {
        Self { inputs, mean, scale }
    }

    /// Inputs D.
    pub const fn inputs(&self) -> usize {
        self.inputs
    }

    /// μ: Q of them.
    pub const fn mean(&self) -> Floats<'a> {
        self.mean
    }

    /// s: Q of them.
    pub const fn scale(&self) -> Floats<'a> {
        self.scale
    }

    /// out ← x̂ for a part of a row that starts at input `first`.
    ///
    /// # Panics
    /// If `x` and `out` differ in length, or if the part reaches past the last input.
    #[track_caller]
    pub fn apply(&self, isa: Isa, first: usize, x: Input<'_>, out: &mut [f32]) {
        assert!(
            x.len() == out.len(),
            "x has {} elements, out has {}: they must be equal",
            x.len(),
            out.len()
        );
        let fits = self.holds(first, out.len());
        assert!(fits, "inputs {first}.. ({} of them) reach past the last of {}", out.len(), self.inputs);
        if SMALL {
            self.one_by_one(first, x, 0, out);
        } else {
            self.vectors(isa, first, x, out);
        }
    }

    /// [`Normalization::apply`] for a part of the whole row, as long as `out`; false if there is no such part, and `out` is left
    /// alone. Never panics, whatever was trusted.
    #[must_use = "false: nothing was written"]
    #[inline(always)]
    pub fn try_apply(&self, isa: Isa, first: usize, row: Input<'_>, out: &mut [f32]) -> bool {
        self.try_way::<SMALL>(isa, first, row, out)
    }

    /// [`Normalization::try_apply`], one number at a time if ALONE, else by vectors.
    #[inline(always)]
    fn try_way<const ALONE: bool>(&self, isa: Isa, first: usize, row: Input<'_>, out: &mut [f32]) -> bool {
        let fits = row.len() == self.inputs && self.holds(first, out.len());
        if fits && ALONE {
            self.one_by_one(first, row, first, out);
        } else if fits && let Some(x) = row.get(first, out.len()) {
            self.vectors(isa, first, x, out);
        }
        fits
    }

    /// Whether `len` inputs from number `first` on are there.
    #[inline(always)]
    const fn holds(&self, first: usize, len: usize) -> bool {
        first <= self.inputs && len <= self.inputs - first
    }

    /// x̂_j of x = x_j.
    pub(crate) fn one(&self, j: usize, x: f32) -> f32 {
        let (mean, scale) = self.mean_and_scale(j / self.width());
        reference::normalize(x, mean, scale)
    }

    /// Mean and scale, if all inputs share them.
    pub(crate) fn shared(&self) -> Option<(f32, f32)> {
        (self.mean.len() < 2).then(|| self.mean_and_scale(0))
    }

    /// μ_q and s_q. Without means, (x − 0)·1 is x, whatever x is.
    ///
    /// # Panics
    /// If they are not there.
    #[inline(always)]
    fn mean_and_scale(&self, q: usize) -> (f32, f32) {
        self.moments(q).expect("means and scales fit the inputs")
    }

    /// [`Normalization::mean_and_scale`]; None where means and scales that were trusted do not fit the inputs.
    #[inline(always)]
    fn moments(&self, q: usize) -> Option<(f32, f32)> {
        if self.mean.is_empty() { Some((0.0, 1.0)) } else { self.mean.at(q).zip(self.scale.at(q)) }
    }

    /// The way of processors with vectors.
    fn vectors(&self, isa: Isa, first: usize, x: Input<'_>, out: &mut [f32]) {
        match x {
            Input::U8(x) => isa.run(Apply { by: *self, first, x, out }),
            Input::F32(x) => isa.run(Apply { by: *self, first, x, out }),
        }
    }

    /// The way of processors without: one loop for whatever comes, each number by itself. Those of `out` are x from `skip` on, as
    /// many as it has.
    #[inline(always)]
    fn one_by_one(&self, first: usize, x: Input<'_>, skip: usize, out: &mut [f32]) {
        // Without means, (x − 0)·1 is x, whatever x is.
        let (mean, scale) = match self.mean.is_empty() {
            true => (Floats::Bytes(&[[0; 4]]), Floats::Bytes(&[1f32.to_le_bytes()])),
            false => (self.mean, self.scale),
        };
        let width = kept(self.inputs.checked_div(mean.len()).unwrap_or(0));
        let (bytes, numbers): (&[u8], &[f32]) = match x {
            Input::U8(x) => (x, &[]),
            Input::F32(x) => (&[], x),
        };
        for (j, out) in out.iter_mut().enumerate() {
            let x = match bytes.get(skip + j) {
                Some(&x) => x.into(),
                None => match numbers.get(skip + j) {
                    Some(&x) => x,
                    None => return,
                },
            };
            let Some(q) = (first + j).checked_div(width) else { return };
            let (Some(mean), Some(scale)) = (mean.at(q), scale.at(q)) else { return };
            *out = (x - mean) * scale;
            compact();
        }
    }

    /// Inputs that share a mean: D/Q, or all of them where there is none.
    fn width(&self) -> usize {
        self.inputs.checked_div(self.mean.len()).unwrap_or(self.inputs)
    }
}

/// What raw inputs may be.
pub(crate) trait Raw: Copy + Into<f32> {
    /// Sixteen of them as floats, exactly.
    fn load<S: Simd>(s: S, x: &[Self; LANES]) -> S::V;
}

impl Raw for f32 {
    #[inline(always)]
    fn load<S: Simd>(s: S, x: &[f32; LANES]) -> S::V {
        s.load(x)
    }
}

impl Raw for u8 {
    #[inline(always)]
    fn load<S: Simd>(s: S, x: &[u8; LANES]) -> S::V {
        s.load_bytes(x)
    }
}

/// A part of a row, as a kernel.
pub(crate) struct Apply<'a, X> {
    pub(crate) by: Normalization<'a>,
    pub(crate) first: usize,
    pub(crate) x: &'a [X],
    pub(crate) out: &'a mut [f32],
}

impl<X: Raw> Kernel for Apply<'_, X> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (width, first) = (self.by.width(), self.first);
        if width == 1 && !self.by.mean.is_empty() {
            return one_each(s, self);
        }
        let mut done = 0;
        while done < self.x.len() {
            let Some(q) = (first + done).checked_div(width) else { return };
            let end = self.x.len().min((q + 1) * width - first);
            let Some(moments) = self.by.moments(q) else { return };
            one_for_all(s, &self.x[done..end], moments, &mut self.out[done..end]);
            done = end;
        }
    }
}

/// out ← (x − μ)·s.
#[inline(always)]
pub(crate) fn one_for_all<S: Simd, X: Raw>(s: S, x: &[X], (mean, scale): (f32, f32), out: &mut [f32]) {
    let (means, scales) = (s.splat(mean), s.splat(scale));
    let (x, x_rest) = x.as_chunks::<LANES>();
    let (out, out_rest) = out.as_chunks_mut::<LANES>();
    for (x, out) in x.iter().zip(out) {
        s.store(s.mul(s.sub(X::load(s, x), means), scales), out);
    }
    for (&x, out) in x_rest.iter().zip(out_rest) {
        *out = (x.into() - mean) * scale;
    }
}

/// The same with a mean and a scale for every input.
#[inline(always)]
fn one_each<S: Simd, X: Raw>(s: S, part: Apply<'_, X>) {
    let (Normalization { mean, scale, .. }, first) = (part.by, part.first);
    let whole = part.x.len() - part.x.len() % LANES;
    let (x, x_rest) = part.x.as_chunks::<LANES>();
    let (out, out_rest) = part.out.as_chunks_mut::<LANES>();
    for (i, (x, out)) in x.iter().zip(out).enumerate() {
        let j = first + i * LANES;
        s.store(s.mul(s.sub(X::load(s, x), mean.load_at(s, j)), scale.load_at(s, j)), out);
    }
    for (j, (&x, out)) in x_rest.iter().zip(out_rest).enumerate() {
        let j = first + whole + j;
        let (Some(mean), Some(scale)) = (mean.at(j), scale.at(j)) else { return };
        *out = (x.into() - mean) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::{Floats, Input, Normalization};
    use crate::Isa;

    /// The way of small processors, against the way of this one (which the other tests hold to the reference).
    #[test]
    fn one_by_one_gives_the_same_bits() {
        let numbers: [f32; 60] = core::array::from_fn(|i| ((i * 7919 % 997) as f32 - 498.0) / 257.0);
        let bytes: [u8; 24] = core::array::from_fn(|i| (i * 101 % 256) as u8);
        for q in [0, 1, 2, 3, 8, 24] {
            let (mean, scale) = (Floats::F32(&numbers[..q]), Floats::F32(&numbers[24..][..q]));
            let normalization = Normalization::new(24, mean, scale).unwrap();
            for first in 0..=24 {
                for len in 0..=24 - first {
                    for x in [Input::U8(&bytes), Input::F32(&numbers)].map(|x| x.part(first, len)) {
                        let (mut want, mut got) = ([7.0; 24], [7.0; 24]);
                        normalization.apply(Isa::best(), first, x, &mut want[..len]);
                        normalization.one_by_one(first, x, 0, &mut got[..len]);
                        assert_eq!(
                            got.map(f32::to_bits),
                            want.map(f32::to_bits),
                            "{q} means, {first} + {len}"
                        );
                    }
                }
            }
        }
    }

    /// Means and scales that fit no inputs: no matter which way, nothing panics.
    #[test]
    fn whatever_was_trusted_does_not_panic() {
        let zeros = [0.0; 40];
        let counts = [0, 1, 2, 3, 5, 19, 20, 21, 40];
        for (means, scales) in counts.into_iter().flat_map(|q| counts.map(|scales| (q, scales))) {
            for inputs in [0, 1, 2, 5, 19, 20, 21, 40] {
                let (mean, scale) = (Floats::F32(&zeros[..means]), Floats::F32(&zeros[..scales]));
                let normalization = Normalization::trusted(inputs, mean, scale);
                for first in 0..inputs {
                    let (row, out) = (Input::F32(&zeros[..inputs]), &mut [0.0; 40][first..inputs]);
                    for isa in Isa::available() {
                        assert!(normalization.try_way::<false>(isa, first, row, out));
                    }
                    assert!(normalization.try_way::<true>(Isa::PORTABLE, first, row, out));
                }
            }
        }
    }

    /// Both ways refuse the same parts and rows, and write nothing then.
    #[test]
    fn what_does_not_fit_is_refused_before_anything_is_written() {
        let zeros = [0.0; 8];
        for q in [0, 1, 3, 6] {
            let of = Floats::F32(&zeros[..q]);
            let normalization = Normalization::new(6, of, of).unwrap();
            let both = |first, row: Input<'_>, len: usize| {
                let (mut a, mut b) = ([7.0; 8], [7.0; 8]);
                let isa = Isa::best();
                let good = normalization.try_way::<false>(isa, first, row, &mut a[..len]);
                assert_eq!(normalization.try_way::<true>(isa, first, row, &mut b[..len]), good);
                assert_eq!(a, b);
                assert!(good || a == [7.0; 8], "{q} means: {first} + {len} of {}: written", row.len());
                good
            };
            for first in (0..=8).chain([usize::MAX]) {
                for len in 0..=8 {
                    for there in 0..=8 {
                        let want = there == 6 && first <= 6 && len <= 6 - first;
                        assert_eq!(both(first, Input::U8(&[0; 8][..there]), len), want);
                        assert_eq!(both(first, Input::F32(&zeros[..there]), len), want);
                    }
                }
            }
        }
    }
}
