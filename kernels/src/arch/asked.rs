//! What a processor has, asked once, without std.

use core::sync::atomic::{AtomicU8, Ordering};

/// An answer of seven bits that is asked for once and kept.
pub(super) struct Asked(AtomicU8);

/// The bit that says that it is there.
const ASKED: u8 = 128;

impl Asked {
    /// Not asked yet.
    pub(super) const fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// What `ask` says. Two threads that ask at the same time both find the same.
    #[inline]
    pub(super) fn or_ask(&self, ask: fn() -> u8) -> u8 {
        let found = self.0.load(Ordering::Relaxed);
        if found & ASKED != 0 {
            return found;
        }
        let found = ask() | ASKED;
        self.0.store(found, Ordering::Relaxed);
        found
    }

    /// From now on says the opposite of one bit.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(super) fn flip(&self, bit: u8) {
        self.0.fetch_xor(bit, Ordering::Relaxed);
    }
}
