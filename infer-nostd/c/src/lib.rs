//! The C boundary of `infer-nostd`: `include/tln.h` says what each function does for its caller; here is why it may.
//!
//! Every function checks its pointers against null and hands lengths on to `infer-nostd`, which checks them. What a pointer
//! cannot show, the header asks of the caller, and the safety comments here refer to it as *the header's terms*:
//! a pointer with a length points to that many elements, aligned for their type, which nobody changes during the call;
//! the scratch overlaps nothing else; a `tln_net` was filled by `tln_load`, and its file lies unchanged where it was.
//!
//! There is no panic in the functions (`check` looks into the library for Cortex-M), so the handler below is in no program.
#![no_std]

use core::ffi::c_char;
use core::slice;

use infer_nostd::{Error, Input, Net};

mod status;

pub use status::Status;

/// `tln_net`: room for a [`Net`], which C cannot look into.
#[repr(C)]
pub struct Handle([usize; 8]);

const _: () =
    assert!(size_of::<Net<'_>>() <= size_of::<Handle>() && align_of::<Net<'_>>() <= align_of::<Handle>());

/// `len` elements from C; None for a null pointer.
///
/// # Safety
/// The header's terms for `data` and `len`.
unsafe fn elements<'a, T>(data: *const T, len: usize) -> Option<&'a [T]> {
    // SAFETY: not null, and by the header's terms `len` aligned elements that stay as they are.
    (!data.is_null()).then(|| unsafe { slice::from_raw_parts(data, len) })
}

/// The net in a handle; None for a null pointer.
///
/// # Safety
/// The header's terms: `tln_load` has filled it.
unsafe fn net<'a>(handle: *const Handle) -> Option<&'a Net<'a>> {
    // SAFETY: null gives None; else `tln_load` has put a `Net` there, whose file is unchanged by the header's terms.
    unsafe { handle.cast::<Net<'a>>().as_ref() }
}

/// Reads and checks a net file.
///
/// # Safety
/// The header's terms.
// SAFETY: the prefix is this library's, and the name is used once; so for all below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_load(handle: *mut Handle, file: *const u8, len: usize) -> Status {
    // SAFETY: the header's terms for `file`.
    let Some(file) = (unsafe { elements(file, len) }) else { return Status::Null };
    if handle.is_null() {
        return Status::Null;
    }
    match Net::from_bytes(file) {
        Ok(net) => {
            // SAFETY: not null; a `Handle` to write to by the header's terms, which is large and aligned enough for a `Net`.
            unsafe { handle.cast::<Net<'_>>().write(net) };
            Status::Ok
        }
        Err(error) => Status::of(&error),
    }
}

/// How long the file is that starts at `bytes`, by its header.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_file_len(bytes: *const u8, len: usize, file_len: *mut usize) -> Status {
    // SAFETY: the header's terms for `bytes`.
    let Some(bytes) = (unsafe { elements(bytes, len) }) else { return Status::Null };
    // SAFETY: the header's terms for `file_len`.
    unsafe { put(Net::file_len(bytes), file_len) }
}

/// D; 0 for a null pointer, as in the three functions below.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_inputs(handle: *const Handle) -> usize {
    // SAFETY: the header's terms for `handle`.
    unsafe { net(handle) }.map_or(0, Net::d)
}

/// H.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_hidden(handle: *const Handle) -> usize {
    // SAFETY: the header's terms for `handle`.
    unsafe { net(handle) }.map_or(0, Net::h)
}

/// C.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_classes(handle: *const Handle) -> usize {
    // SAFETY: the header's terms for `handle`.
    unsafe { net(handle) }.map_or(0, Net::c)
}

/// H + C.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_scratch_len(handle: *const Handle) -> usize {
    // SAFETY: the header's terms for `handle`.
    unsafe { net(handle) }.map_or(0, Net::scratch_len)
}

/// The name of a class, not ended by a zero; null if there is none.
///
/// # Safety
/// The header's terms.
// SAFETY: see `tln_load`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tln_class_name(
    handle: *const Handle,
    class: usize,
    len: *mut usize,
) -> *const c_char {
    // SAFETY: the header's terms for `handle`.
    let name = unsafe { net(handle) }.and_then(|net| net.class_name(class));
    let Some(name) = name.filter(|_| !len.is_null()) else { return core::ptr::null() };
    // SAFETY: not null; a size to write to by the header's terms.
    unsafe { len.write(name.len()) };
    name.as_ptr().cast()
}

/// The three calls for one type of inputs.
macro_rules! inference {
    ($input:ident, $type:ty, $scores:ident, $probabilities:ident, $classify:ident) => {
        /// Scores.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: see `tln_load`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $scores(
            handle: *const Handle,
            x: *const $type,
            x_len: usize,
            scratch: *mut f32,
            scratch_len: usize,
            scores: *mut *const f32,
        ) -> Status {
            // SAFETY: the header's terms for each.
            let (net, x) = unsafe { (net(handle), elements(x, x_len)) };
            // SAFETY: the header's terms for `scratch`.
            let scratch = unsafe { room(scratch, scratch_len) };
            let (Some(net), Some(x), Some(scratch)) = (net, x, scratch) else { return Status::Null };
            let result = net.scores(Input::$input(x), scratch).map(|scores| scores.as_ptr());
            // SAFETY: the header's terms for `scores`.
            unsafe { put(result, scores) }
        }

        /// Probabilities.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: see `tln_load`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $probabilities(
            handle: *const Handle,
            x: *const $type,
            x_len: usize,
            scratch: *mut f32,
            scratch_len: usize,
            probabilities: *mut *const f32,
        ) -> Status {
            // SAFETY: the header's terms for each.
            let (net, x) = unsafe { (net(handle), elements(x, x_len)) };
            // SAFETY: the header's terms for `scratch`.
            let scratch = unsafe { room(scratch, scratch_len) };
            let (Some(net), Some(x), Some(scratch)) = (net, x, scratch) else { return Status::Null };
            let result = net.probabilities(Input::$input(x), scratch).map(|p| p.as_ptr());
            // SAFETY: the header's terms for `probabilities`.
            unsafe { put(result, probabilities) }
        }

        /// The class.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: see `tln_load`.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $classify(
            handle: *const Handle,
            x: *const $type,
            x_len: usize,
            scratch: *mut f32,
            scratch_len: usize,
            class: *mut usize,
        ) -> Status {
            // SAFETY: the header's terms for each.
            let (net, x) = unsafe { (net(handle), elements(x, x_len)) };
            // SAFETY: the header's terms for `scratch`.
            let scratch = unsafe { room(scratch, scratch_len) };
            let (Some(net), Some(x), Some(scratch)) = (net, x, scratch) else { return Status::Null };
            // SAFETY: the header's terms for `class`.
            unsafe { put(net.classify(Input::$input(x), scratch), class) }
        }
    };
}

inference!(F32, f32, tln_scores_f32, tln_probabilities_f32, tln_classify_f32);
inference!(U8, u8, tln_scores_u8, tln_probabilities_u8, tln_classify_u8);

/// A scratch from C; None for a null pointer. It need not have been written to: every byte that C hands over has some value,
/// and every four are a float.
///
/// # Safety
/// The header's terms for a scratch.
unsafe fn room<'a>(scratch: *mut f32, len: usize) -> Option<&'a mut [f32]> {
    // SAFETY: not null, and by the header's terms `len` aligned floats which nobody else touches during the call.
    (!scratch.is_null()).then(|| unsafe { slice::from_raw_parts_mut(scratch, len) })
}

/// A result to where C wants it, and how it went.
///
/// # Safety
/// `to` is null or may be written to.
unsafe fn put<T>(result: Result<T, Error>, to: *mut T) -> Status {
    match result {
        Ok(_) if to.is_null() => Status::Null,
        Ok(value) => {
            // SAFETY: not null; a place for one value by this function's terms.
            unsafe { to.write(value) };
            Status::Ok
        }
        Err(error) => Status::of(&error),
    }
}

/// Not part of any program: see the top.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
