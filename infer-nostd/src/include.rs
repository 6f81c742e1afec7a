//! A net compiled into the program.

/// Bytes at an address that is a multiple of 16: so W1 is too, and every number lies at a multiple of four.
#[doc(hidden)]
#[derive(Debug)]
#[repr(C, align(16))]
pub struct Aligned<const LEN: usize>(pub [u8; LEN]);

/// The [`Net`](crate::Net) of a file, compiled in: `const NET: Net<'static> = include_net!("net.tln");`
///
/// The path is relative to the source file, as for `include_bytes!`. The net is checked **while compiling**: a
/// file that [`Net::from_bytes`](crate::Net::from_bytes) would refuse does not build, and the compiler prints why. So
/// nothing is left to check or to unwrap at run time. Its bytes are stored once, in a static aligned to 16 bytes.
///
/// The check takes the compiler a second for every 300 KB or so. A net too large for that is included with
/// `include_bytes!` and read with [`Net::from_bytes`](crate::Net::from_bytes) at run time.
///
/// ```
/// use infer_nostd::{Net, include_net};
/// const NET: Net<'static> = include_net!("../tests/data/net-64-32-10.tln");
/// assert_eq!((NET.d(), NET.h(), NET.c()), (64, 32, 10));
/// ```
///
/// One bit of this file is flipped; it does not build (error E0080, "the net file is damaged: its checksum does
/// not match"):
///
/// ```compile_fail,E0080
/// use infer_nostd::{Net, include_net};
/// const NET: Net<'static> = include_net!("../tests/data/damaged.tln");
/// assert_eq!((NET.d(), NET.h(), NET.c()), (64, 32, 10));
/// ```
#[macro_export]
macro_rules! include_net {
    ($path:expr $(,)?) => {
        $crate::include_any!(Net, $path, .quick())
    };
}

/// The [`Net8`](crate::Net8) of a file, compiled in: `const NET: Net8<'static> = include_net8!("net.int8.tln");`
///
/// As [`include_net!`](crate::include_net), for an int8 net. The file of an f32 net does not build, nor does that of an
/// int8 net with `include_net!`:
///
/// ```compile_fail,E0080
/// use infer_nostd::{Net8, include_net8};
/// const NET: Net8<'static> = include_net8!("../tests/data/net-64-32-10.tln");
/// assert_eq!(NET.d(), 64);
/// ```
#[macro_export]
macro_rules! include_net8 {
    ($path:expr $(,)?) => {
        $crate::include_any!(Net8, $path)
    };
}

/// A net of one type or the other.
#[doc(hidden)]
#[macro_export]
macro_rules! include_any {
    ($net:ident, $path:expr $(, .$last:ident())?) => {{
        static BYTES: $crate::Aligned<{ ::core::include_bytes!($path).len() }> =
            $crate::Aligned(*::core::include_bytes!($path));
        #[allow(long_running_const_eval)]
        const NET: $crate::$net<'static> = match $crate::$net::compiled_in(&BYTES.0) {
            ::core::result::Result::Ok(net) => match net.check_names() {
                ::core::result::Result::Ok(()) => net$(.$last())?,
                ::core::result::Result::Err(error) => ::core::panic!("{}", error.cause()),
            },
            ::core::result::Result::Err($crate::Error::Kind { .. }) => ::core::panic!(
                "the net file is of a kind that this macro does not take: f32 is for include_net!, int8 for include_net8!; \
                 a net of an older version has to be trained again"
            ),
            ::core::result::Result::Err(error) => ::core::panic!("{}", error.cause()),
        };
        NET
    }};
}
