//! What a panic says, and where it says that it happened. The tests of `model` read this file too.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// The file that this thread's last panic named.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The message that `f` panics with, and the file that it names as its place. It is printed all the same.
#[track_caller]
pub(crate) fn panic_of<R>(f: impl FnOnce() -> R) -> (String, String) {
    static KEPT: Once = Once::new();
    KEPT.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            PLACE.set(panic.location().map_or(String::new(), |place| place.file().to_owned()));
            print(panic);
        }));
    });
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else {
        panic!("it must panic, it returned");
    };
    let message = match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("panics carry text").to_string(),
    };
    (message, PLACE.take())
}
