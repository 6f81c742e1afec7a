//! What Linux says of an AArch64 processor, asked once, without std and without libc.
//!
//! The register that tells (ID_AA64ISAR0_EL1) belongs to the system; older kernels fault a program that reads it. The *auxiliary
//! vector*, pairs of a key and a value that the kernel hands a program at its start, tells too. libc's `getauxval` looks there, but
//! this crate may be part of a program without libc: so it is read from /proc. On processors of unlike cores
//! the kernel names what all of them have.

use core::arch::asm;
use core::ffi::CStr;

use super::asked::Asked;

/// Sums of four products of bytes: SDOT and UDOT.
pub(super) const DOT_PRODUCT: u8 = 1;

/// The features found. Asking takes three calls of the system, so the answer is kept.
pub(super) fn features() -> u8 {
    static FOUND: Asked = Asked::new();
    FOUND.or_ask(ask)
}

/// A system that does not let the file be read (no /proc, a sandbox) counts as one whose processor has nothing of it.
#[cold]
fn ask() -> u8 {
    let mut vector = [[0; 2]; 64]; // about twenty pairs on Linux 6
    let read = read(c"/proc/self/auxv", &mut vector);
    let dot_product = 1 << 20; // HWCAP_ASIMDDP of the kernel's arch/arm64/include/uapi/asm/hwcap.h
    if hardware(vector.get(..read).unwrap_or(&[])) & dot_product != 0 { DOT_PRODUCT } else { 0 }
}

/// The value of AT_HWCAP (16), 0 if it is not before the end, AT_NULL (0).
fn hardware(vector: &[[usize; 2]]) -> usize {
    vector.iter().take_while(|[key, _]| *key != 0).find(|[key, _]| *key == 16).map_or(0, |[_, value]| *value)
}

/// The first pairs of a file: how many were read whole, none if it cannot be.
fn read(path: &CStr, pairs: &mut [[usize; 2]]) -> usize {
    let (openat, close, read) = (56, 57, 63); // the kernel's include/uapi/asm-generic/unistd.h
    let (here, read_only_close_on_exec) = (-100isize as usize, 0o2_000_000);
    // SAFETY: `path` ends with a zero and is only read.
    let file = unsafe { system_call(openat, here, path.as_ptr().cast_mut().cast(), read_only_close_on_exec) };
    let Ok(file) = usize::try_from(file) else { return 0 };
    // SAFETY: the kernel writes `pairs` and nothing behind, and any bytes are numbers.
    let bytes = unsafe { system_call(read, file, pairs.as_mut_ptr().cast(), size_of_val(pairs)) };
    // SAFETY: the file was opened above, and nobody else knows it.
    unsafe { system_call(close, file, core::ptr::null_mut(), 0) };
    usize::try_from(bytes).unwrap_or(0) / size_of::<[usize; 2]>()
}

/// A call of the kernel: what it returns, negative if it failed.
///
/// # Safety
/// The caller answers for what this call does to the memory and to files.
unsafe fn system_call(number: usize, first: usize, memory: *mut u8, last: usize) -> isize {
    let result;
    // SAFETY: this is how Linux is called: the number in x8, the arguments from x0 on, SVC. It changes x0, memory that the
    // caller answers for, and of vectors longer than NEON's no more than a C function may.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number, inlateout("x0") first => result, in("x1") memory, in("x2") last,
            clobber_abi("C"), options(nostack),
        );
    }
    result
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn the_standard_library_finds_the_same() {
        let found = features();
        assert_eq!(found & DOT_PRODUCT != 0, std::arch::is_aarch64_feature_detected!("dotprod"));
        assert_eq!(features(), found);
    }

    #[test]
    fn a_vector_without_the_word_has_nothing() {
        assert_eq!(hardware(&[[33, 7], [16, 5], [0, 0]]), 5);
        assert_eq!(hardware(&[[16, 5]]), 5); // cut behind it
        assert_eq!(hardware(&[[33, 16], [3, 9]]), 0); // cut before it
        assert_eq!(hardware(&[[33, 7], [0, 0], [16, 5]]), 0); // behind the end
        assert_eq!(hardware(&[[16, 5], [16, 8]]), 5);
        assert_eq!(hardware(&[]), 0);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_empty() {
        let mut pairs = [[9; 2]; 4];
        assert_eq!(read(c"/proc/self/no such file", &mut pairs), 0);
        assert_eq!(read(c"/proc", &mut pairs), 0); // a directory
        assert_eq!(read(c"/dev/null", &mut pairs), 0);
        assert_eq!(pairs, [[9; 2]; 4]);
        assert_eq!(read(c"/dev/zero", &mut pairs), 4);
        assert_eq!(pairs, [[0; 2]; 4]);
    }
}
