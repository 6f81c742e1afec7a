//! What an x86-64 processor and its operating system offer, asked once, without std.

use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};

use super::asked::Asked;

/// AVX2 and FMA, with the upper halves of the registers saved by the operating system.
pub(super) const AVX2_FMA: u8 = 1;
/// AVX-512F, with its registers and masks saved by the operating system.
pub(super) const AVX512F: u8 = 2;
/// AVX-512 VNNI, with [`AVX512F`]: sums of products of bytes.
pub(super) const AVX512_VNNI: u8 = 4;
/// AVX-512 is double-pumped, as on Zen 4: its registers go through pipes of 256 bits, half by half. One multiply-add of a whole vector a cycle,
/// not two.
pub(super) const DOUBLE_PUMPED: u8 = 8;

/// The features found. CPUID leaves a virtual machine (about 10 µs), so the answer is kept.
pub(super) fn features() -> u8 {
    FOUND.or_ask(ask)
}

static FOUND: Asked = Asked::new();

/// From now on AVX-512 is what it is not on this processor: double-pumped, or whole. For a test of what is chosen by it.
#[cfg(test)]
pub(crate) fn flip_double_pumped() {
    features();
    FOUND.flip(DOUBLE_PUMPED);
}

/// Intel's Software Developer's Manual, volume 1, 14.3, 14.5.3 and 15.2: the order of the questions.
fn ask() -> u8 {
    if __cpuid(0).eax < 7 {
        return 0;
    }
    let leaf1 = __cpuid(1).ecx;
    let (fma, xsave, osxsave, avx) = (1 << 12, 1 << 26, 1 << 27, 1 << 28);
    if leaf1 & (xsave | osxsave | avx) != xsave | osxsave | avx {
        return 0;
    }
    // SAFETY: XGETBV needs XSAVE and OSXSAVE, both seen in the line above.
    let saved = unsafe { xcr0() };
    let leaf7 = __cpuid_count(7, 0);
    let (avx2, avx512f, avx512_vnni) = (1 << 5, 1 << 16, 1 << 11);
    let (ymm, zmm) = (0b110, 0b1110_0110);
    let mut found = 0;
    if saved & ymm == ymm && leaf7.ebx & avx2 != 0 && leaf1 & fma != 0 {
        found |= AVX2_FMA;
        // AVX-512 without AVX2 and FMA does not exist; asking for all three keeps the tokens nested.
        if saved & zmm == zmm && leaf7.ebx & avx512f != 0 {
            found |= AVX512F;
            if leaf7.ecx & avx512_vnni != 0 {
                found |= AVX512_VNNI;
            }
        }
        if (found & AVX512F != 0 || cfg!(many_registers)) && is_double_pumped() {
            found |= DOUBLE_PUMPED;
        }
    }
    found
}

/// AMD's Processor Programming References, Fn8000_001A: bit 2 for pipes of 256 bits, bit 3 for pipes of 512. Intel has no such leaf.
fn is_double_pumped() -> bool {
    let (leaf, wide_256, wide_512) = (0x8000_001a, 1 << 2, 1 << 3);
    __cpuid(0x8000_0000).eax >= leaf && __cpuid(leaf).eax & (wide_256 | wide_512) == wide_256
}

/// The register sets that the operating system saves.
#[target_feature(enable = "xsave")]
fn xcr0() -> u64 {
    // SAFETY: register 0 exists wherever XGETBV does, which the caller has seen.
    unsafe { _xgetbv(0) }
}

#[cfg(test)]
mod tests {
    use super::super::{avx2::Avx2, avx512::Avx512};

    /// As [`Avx512::avx2`] counts on.
    #[test]
    fn tokens_are_nested() {
        assert!(Avx512::detect().is_none() || Avx2::detect().is_some());
    }
}
