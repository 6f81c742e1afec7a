//! The instruction sets: one list, found at run time without std.
//!
//! An [`Isa`] can only be had from this file, which hands out none that the processor lacks. So holding one *is*
//! the proof that its instructions exist, and every call that takes one is safe.

use core::fmt;

use crate::arch;
#[cfg(not(armv7e_m))]
use crate::int8::{Accumulate, Product};
use crate::simd::Kernel;

/// An instruction set that this processor has. Results are the same bits whichever is used; only time differs.
///
/// ```
/// use kernels::Isa;
/// let fastest = Isa::best();
/// assert!(Isa::available().any(|isa| isa == fastest));
/// assert_eq!(Isa::named("portable"), Some(Isa::PORTABLE));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Isa(Token);

/// The list. To add an instruction set: its files in `arch/` and `arch/int8/`, and one line in the invocation below.
macro_rules! instruction_sets {
    ($($(#[$cfg:meta])* $name:ident = $text:literal, $token:ty;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        enum Token {
            $($(#[$cfg])* $name($token),)*
        }

        impl Isa {
            /// Those this processor has, slowest first.
            pub fn available() -> impl Iterator<Item = Self> {
                [$($(#[$cfg])* <$token>::detect().map(|t| Self(Token::$name(t))),)*].into_iter().flatten()
            }

            /// As in `--isa`: `portable`, `avx2`, `avx512`, `neon`.
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($(#[$cfg])* Token::$name(_) => $text,)*
                }
            }

            /// Runs a kernel with this instruction set. The generic body of the kernel is compiled once for each.
            #[inline]
            pub(crate) fn run<K: Kernel>(self, kernel: K) -> K::Output {
                match self.0 {
                    $($(#[$cfg])* Token::$name(t) => t.enter(kernel),)*
                }
            }

            /// Sums of products of bytes with this instruction set.
            #[cfg(not(armv7e_m))]
            #[inline]
            pub(crate) fn accumulate(self, product: Product<'_>) {
                match self.0 {
                    $($(#[$cfg])* Token::$name(t) => t.accumulate(product),)*
                }
            }
        }
    };
}

instruction_sets! {
    Portable = "portable", arch::portable::Portable;
    #[cfg(target_arch = "x86_64")] Avx2 = "avx2", arch::avx2::Avx2;
    #[cfg(target_arch = "x86_64")] Avx512 = "avx512", arch::avx512::Avx512;
    #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))] Neon = "neon", arch::neon::Neon;
}

impl Isa {
    /// Plain Rust, on every processor. Where the target has no fused multiply-add it is computed exactly in f64: products at a third
    /// of the speed of plain loops on baseline x86-64, slower where f64 is emulated.
    pub const PORTABLE: Self = Self(Token::Portable(arch::portable::Portable));

    /// The fastest one this processor has. On x86-64 the first call asks the processor (10 µs in a virtual machine) and later
    /// ones read one atomic; elsewhere the target says it.
    #[inline]
    pub fn best() -> Self {
        if arch::SMALL {
            return Self::PORTABLE;
        }
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// The one of this name, if this processor has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::available().find(|isa| isa.name() == name)
    }
}

impl Default for Isa {
    fn default() -> Self {
        Self::best()
    }
}

impl fmt::Debug for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Isa({})", self.name())
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
