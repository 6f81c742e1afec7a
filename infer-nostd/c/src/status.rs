//! What went wrong, as C has it.

use core::ffi::{CStr, c_char};

use infer_nostd::Error;

/// The numbers of the header, and what each means in words.
macro_rules! statuses {
    ($($name:ident = $number:literal, $text:literal;)*) => {
        /// `tln_status`.
        #[repr(i32)]
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)] // the text beside each says it
        pub enum Status {
            $($name = $number,)*
        }

        impl Status {
            fn text(number: i32) -> &'static CStr {
                match number {
                    $($number => $text,)*
                    _ => c"no status of this library",
                }
            }
        }
    };
}

statuses! {
    Ok = 0, c"ok";
    Null = 1, c"a pointer is null";
    Length = 2, c"the net is cut short, or other bytes follow it";
    Magic = 3, c"this is not a net file";
    Kind = 4, c"the net file is of a kind that this reader does not know";
    Sizes = 5, c"the sizes in the net file do not fit each other";
    Checksum = 6, c"the net file is damaged: its checksum does not match";
    NotFinite = 7, c"the net holds an infinite number or a NaN";
    Input = 8, c"the input row does not fit the net";
    Scratch = 9, c"the scratch is too short for the net";
    Range = 10, c"a number of the int8 net is outside its range";
}

impl Status {
    pub(crate) fn of(error: &Error) -> Self {
        match error {
            Error::Length { .. } => Self::Length,
            Error::Magic { .. } => Self::Magic,
            Error::Kind { .. } => Self::Kind,
            Error::Checksum { .. } => Self::Checksum,
            Error::NotFinite { .. } => Self::NotFinite,
            Error::OutOfRange { .. } => Self::Range,
            Error::Input { .. } => Self::Input,
            Error::Scratch { .. } => Self::Scratch,
            _ => Self::Sizes, // the others that reading and inference can meet
        }
    }
}

/// A status in words.
// SAFETY: the prefix is this library's, and the name is used once.
#[unsafe(no_mangle)]
pub extern "C" fn tln_status_text(status: i32) -> *const c_char {
    Status::text(status).as_ptr()
}
