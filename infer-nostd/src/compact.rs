//! Small code on small processors.

/// Keeps a loop that it stands in from being unrolled on bare metal, where flash is dearer than time: `black_box` of nothing
/// is no instruction, but one that the compiler does not copy.
#[inline(always)]
pub(crate) const fn compact() {
    if cfg!(target_os = "none") {
        core::hint::black_box(());
    }
}

/// `n`, of which the compiler knows nothing on bare metal. So it keeps a loop that goes up to it.
#[inline(always)]
pub(crate) fn kept(n: usize) -> usize {
    if cfg!(target_os = "none") { core::hint::black_box(n) } else { n }
}
