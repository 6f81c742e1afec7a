//! The C boundary of `infer-nostd`: `include/tln.h` says what each function does for its caller; here is why it may.
//!
//! Every function checks its pointers against null and hands lengths on to `infer-nostd`, which checks them. What a pointer
//! cannot show, the header asks of the caller, and the safety comments here refer to it as *the header's terms*:
//! a pointer with a length points to that many elements, aligned for their type, which nobody changes during the call;
//! the scratch overlaps nothing else; a `tln_net` was filled by `tln_load` (a `tln8_net` by `tln8_load`), and its file
//! lies unchanged where it was.
//!
//! An int8 net has functions of its own, `tln8_…`: a program with one kind of net links that kind alone.
//!
//! There is no panic in the functions (`check` looks into the library for Cortex-M), so the handler below is in no program.
#![no_std]

mod boundary;
mod status;

pub use status::Status;

/// The net of f32.
mod float {
    use infer_nostd::{Error, Net};

    /// Quick, for C has no nets that the compiler knows: one in an array comes this way too.
    fn read(file: &[u8]) -> Result<Net<'_>, Error> {
        Net::from_bytes(file).map(Net::quick)
    }

    crate::boundary::functions! {
        Net, 24 words, read, tln_load, tln_file_len, tln_inputs, tln_hidden, tln_classes, tln_scratch_len, tln_class_name,
        F32(f32): tln_scores_f32, tln_probabilities_f32, tln_classify_f32,
        U8(u8): tln_scores_u8, tln_probabilities_u8, tln_classify_u8,
    }
}

/// The net of int8.
mod int8 {
    use infer_nostd::Net8;

    crate::boundary::functions! {
        Net8, 36 words, Net8::from_bytes, tln8_load, tln8_file_len, tln8_inputs, tln8_hidden, tln8_classes, tln8_scratch_len, tln8_class_name,
        F32(f32): tln8_scores_f32, tln8_probabilities_f32, tln8_classify_f32,
        U8(u8): tln8_scores_u8, tln8_probabilities_u8, tln8_classify_u8,
    }
}

/// Not part of any program: see the top.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
