//! The functions of one kind of net, and how pointers become slices.

use core::slice;

use infer_nostd::Error;

use crate::Status;

/// The functions for a net type: a handle of so many words, how a file is read, the names, and the three calls for each type of inputs.
macro_rules! functions {
    (
        $net:ident, $words:literal words, $read:expr, $load:ident, $file_len:ident, $inputs:ident, $hidden:ident, $classes:ident,
        $scratch_len:ident, $class_name:ident,
        $($input:ident($type:ty): $scores:ident, $probabilities:ident, $classify:ident,)*
    ) => {
        use core::ffi::c_char;

        use infer_nostd::Input;

        use crate::Status;
        use crate::boundary::{elements, put, room};

        /// Room for a net, which C cannot look into.
        #[repr(C)]
        pub struct Handle([usize; $words]);

        const _: () =
            assert!(size_of::<$net<'_>>() <= size_of::<Handle>() && align_of::<$net<'_>>() <= align_of::<Handle>());

        /// The net in a handle; None for a null pointer.
        ///
        /// # Safety
        /// The header's terms: the loading function has filled it.
        unsafe fn net<'a>(handle: *const Handle) -> Option<&'a $net<'a>> {
            // SAFETY: null gives None; else the loading function has put a net there, whose file is unchanged by the header's terms.
            unsafe { handle.cast::<$net<'a>>().as_ref() }
        }

        /// Reads and checks a net file.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $load(handle: *mut Handle, file: *const u8, len: usize) -> Status {
            // SAFETY: the header's terms for `file`.
            let Some(file) = (unsafe { elements(file, len) }) else { return Status::Null };
            if handle.is_null() {
                return Status::Null;
            }
            match $read(file) {
                Ok(net) => {
                    // SAFETY: not null; a `Handle` to write to by the header's terms, which is large and aligned enough for a net.
                    unsafe { handle.cast::<$net<'_>>().write(net) };
                    Status::Ok
                }
                Err(error) => Status::of(&error),
            }
        }

        /// How long the file is that starts at `bytes`, by its header.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $file_len(bytes: *const u8, len: usize, file_len: *mut usize) -> Status {
            // SAFETY: the header's terms for `bytes`.
            let Some(bytes) = (unsafe { elements(bytes, len) }) else { return Status::Null };
            // SAFETY: the header's terms for `file_len`.
            unsafe { put($net::file_len(bytes), file_len) }
        }

        /// D; 0 for a null pointer, as in the three functions below.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $inputs(handle: *const Handle) -> usize {
            // SAFETY: the header's terms for `handle`.
            unsafe { net(handle) }.map_or(0, $net::d)
        }

        /// H.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $hidden(handle: *const Handle) -> usize {
            // SAFETY: the header's terms for `handle`.
            unsafe { net(handle) }.map_or(0, $net::h)
        }

        /// C.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $classes(handle: *const Handle) -> usize {
            // SAFETY: the header's terms for `handle`.
            unsafe { net(handle) }.map_or(0, $net::c)
        }

        /// H + C.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $scratch_len(handle: *const Handle) -> usize {
            // SAFETY: the header's terms for `handle`.
            unsafe { net(handle) }.map_or(0, $net::scratch_len)
        }

        /// The name of a class, not ended by a zero; null if there is none.
        ///
        /// # Safety
        /// The header's terms.
        // SAFETY: the prefix is this library's, and the name is used once.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $class_name(
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

        $(
            /// Scores.
            ///
            /// # Safety
            /// The header's terms.
            // SAFETY: the prefix is this library's, and the name is used once.
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
            // SAFETY: the prefix is this library's, and the name is used once.
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
            // SAFETY: the prefix is this library's, and the name is used once.
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
        )*
    };
}

pub(crate) use functions;

/// `len` elements from C; None for a null pointer.
///
/// # Safety
/// The header's terms for `data` and `len`.
pub(crate) unsafe fn elements<'a, T>(data: *const T, len: usize) -> Option<&'a [T]> {
    // SAFETY: not null, and by the header's terms `len` aligned elements that stay as they are.
    (!data.is_null()).then(|| unsafe { slice::from_raw_parts(data, len) })
}

/// A scratch from C; None for a null pointer. It need not have been written to: every byte that C hands over has some value,
/// and every four are a float.
///
/// # Safety
/// The header's terms for a scratch.
pub(crate) unsafe fn room<'a>(scratch: *mut f32, len: usize) -> Option<&'a mut [f32]> {
    // SAFETY: not null, and by the header's terms `len` aligned floats which nobody else touches during the call.
    (!scratch.is_null()).then(|| unsafe { slice::from_raw_parts_mut(scratch, len) })
}

/// A result to where C wants it, and how it went.
///
/// # Safety
/// `to` is null or may be written to.
pub(crate) unsafe fn put<T>(result: Result<T, Error>, to: *mut T) -> Status {
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
