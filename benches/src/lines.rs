//! Numbers that begin on a cache line.

use core::ops::{Deref, DerefMut};

/// Bytes of a cache line.
const LINE: usize = 64;

/// Numbers on cache lines: where an allocator puts them changes from one start of a program to the next, and a vector in two lines takes
/// longer. And for copies that are timed with what they prepare: where the destination lies 1 to 31 bytes further than the
/// source, modulo 4096, glibc's `memcpy` of more than 2 KB takes a Zen 3 thirty times as long (16 KB in 5.3 µs, not 0.18) and hides the
/// rest; whole lines are never so far apart.
pub struct OnLines<T> {
    /// The numbers, and room around them. Never grown, so they stay where they are.
    room: Vec<T>,
    first: usize,
    len: usize,
}

impl<T: Copy> OnLines<T> {
    /// `len` times `x`.
    ///
    /// # Panics
    /// If a cache line is no whole number of T.
    pub fn new(x: T, len: usize) -> Self {
        let size = size_of::<T>();
        assert!(LINE.is_multiple_of(size), "{size} bytes a number: a cache line is no whole number of them");
        let room = vec![x; len + LINE / size - 1];
        let first = room.as_ptr().addr().wrapping_neg() % LINE / size;
        Self { room, first, len }
    }

    /// A copy.
    pub fn of(numbers: &[T]) -> Self
    where
        T: Default,
    {
        let mut all = Self::new(T::default(), numbers.len());
        all.copy_from_slice(numbers);
        all
    }
}

impl<T> Deref for OnLines<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.room[self.first..][..self.len]
    }
}

impl<T> DerefMut for OnLines<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.room[self.first..][..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::OnLines;

    #[test]
    fn as_many_numbers_as_were_asked_for_from_a_line_on() {
        // All at a time, so that the allocator has to put them elsewhere each time.
        let all: Vec<_> =
            (0..40).map(|len| (len, OnLines::new(1.5f32, len), OnLines::new([7u8; 4], len))).collect();
        for (len, floats, bytes) in all {
            assert!(floats.as_ptr().addr().is_multiple_of(64) && bytes.as_ptr().addr().is_multiple_of(64));
            assert_eq!((&floats[..], &bytes[..]), (&vec![1.5; len][..], &vec![[7; 4]; len][..]));
        }
    }
}
