//! Numbers that begin on a line of the cache: where a row is a number of vectors, none of them lies on two.

use core::fmt;
use core::ops::{Deref, DerefMut};

use kernels::Scalar;

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// A slice of its own, which begins on a line. That is so of a copy, too.
pub(crate) struct Aligned<T> {
    /// Up to the last one.
    data: Vec<T>,
    first: usize,
}

impl<T: Scalar> Aligned<T> {
    /// Zeros, as the system gives them: what no pass ever writes, as dS and dH0 where a net is only evaluated, takes no memory.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut data = vec![T::ZERO; len.saturating_add(spare::<T>(len))];
        let first = first(data.as_ptr(), len);
        data.truncate(first + len);
        Self { data, first }
    }
}

impl<T: Clone> Aligned<T> {
    /// A copy of these numbers.
    pub(crate) fn copy_of(numbers: &[T]) -> Self {
        let len = numbers.len();
        let mut data = Vec::with_capacity(len + spare::<T>(len));
        let first = first(data.as_ptr(), len);
        data.extend(numbers.iter().cycle().take(first).cloned()); // anything
        data.extend_from_slice(numbers);
        Self { data, first }
    }
}

/// Room to begin on a line.
fn spare<T>(len: usize) -> usize {
    if len > 0 { LINE / size_of::<T>() } else { 0 }
}

/// The first element on a line.
fn first<T>(data: *const T, len: usize) -> usize {
    data.align_offset(LINE).min(spare::<T>(len))
}

impl<T> Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.data[self.first..]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[self.first..]
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        Self::copy_of(self)
    }
}

impl<T: fmt::Debug> fmt::Debug for Aligned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Aligned<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Scalar>(of: fn(usize) -> T) {
        for len in [0, 1, 7, 16, 1000, 100_000] {
            let numbers: Vec<T> = (0..len).map(of).collect();
            let aligned = Aligned::copy_of(&numbers);
            let mut zeros = Aligned::<T>::zeros(len);
            for all in [&aligned, &aligned.clone(), &zeros] {
                assert!(all.len() == len && (len == 0 || all.as_ptr().addr().is_multiple_of(LINE)), "{len}");
            }
            assert!(*aligned == numbers[..] && aligned.clone() == aligned);
            assert_eq!(format!("{aligned:?}"), format!("{numbers:?}"));
            zeros.copy_from_slice(&numbers);
            assert!(zeros == aligned);
        }
    }

    #[test]
    fn what_is_made_or_copied_begins_on_a_line() {
        check(|i| i as f32);
        check(|i| i as f64);
    }
}
