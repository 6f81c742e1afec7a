//! Small code on small processors.

/// Keeps a loop that it stands in from being unrolled on bare metal, where flash is dearer than time: `black_box` of nothing
/// is no instruction, but one that the compiler does not copy.
#[inline(always)]
pub(crate) const fn compact() {
    if cfg!(target_os = "none") {
        core::hint::black_box(());
    }
}
