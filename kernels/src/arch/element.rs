//! What vectors are loaded from.

/// What memory may hold: an f32, or its four little-endian bytes, of any alignment.
///
/// # Safety
/// It is four bytes, all of them initialised: there is no padding. Loads take them as the bits of a float, and any bits are one.
pub(crate) unsafe trait Element: Copy {
    /// The value.
    fn get(self) -> f32;
}

// SAFETY: an f32 is four bytes without padding.
unsafe impl Element for f32 {
    #[inline(always)]
    fn get(self) -> f32 {
        self
    }
}

// SAFETY: it is four bytes, and they lie one after the other.
unsafe impl Element for [u8; 4] {
    #[inline(always)]
    fn get(self) -> f32 {
        f32::from_le_bytes(self)
    }
}
