//! Nets compiled in with `include_net!`: checked by the compiler, aligned, the same as the file.

mod common;

use common::{Parts, bits, digits, digits_row};
use infer_nostd::{Error, Input, Net, Scratch, include_net};
use kernels::argmax;

const NET: Net<'static> = include_net!("data/net-64-32-10.tln");
/// A static works as well.
static EXAMPLE: Net<'static> = include_net!("data/example.tln");
/// So do bytes and a call, where alignment does not matter.
const FROM_BYTES: Result<Net<'static>, Error> = Net::from_bytes(include_bytes!("data/example.tln"));
/// Any error of a file is there at compile time.
const DAMAGED: Result<Net<'static>, Error> = Net::from_bytes(include_bytes!("data/damaged.tln"));

#[test]
fn same_scores_as_the_reference() {
    let row = digits_row();
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    let expected = digits().scores(Input::U8(&row));
    assert_eq!(bits(NET.scores(&row[..], &mut scratch).unwrap()), bits(&expected));
    assert_eq!(NET.classify(&row[..], &mut scratch), Ok(argmax(&expected)));
    assert_eq!(NET.class_name(9), Some("nine"));
    assert_eq!(NET.class_name(10), None);
}

/// The first layer as a vector wants it, the others as a number does.
#[test]
fn sections_are_aligned() {
    for net in [NET, EXAMPLE] {
        for (layer, to) in [(net.layer1(), 16), (net.layer2(), 4)] {
            assert!(layer.numbers().as_ptr().addr().is_multiple_of(to));
        }
    }
}

#[test]
fn accessors_give_the_parts() {
    let parts = Parts::example();
    for net in [EXAMPLE, FROM_BYTES.unwrap()] {
        assert_eq!((net.d(), net.h(), net.c(), net.scratch_len()), (2, 3, 2, 5));
        for (layer, w, b) in [(net.layer1(), &parts.w1, &parts.b1), (net.layer2(), &parts.w2, &parts.b2)] {
            assert_eq!(layer.weights().collect::<Vec<_>>(), *w);
            assert_eq!(layer.bias().collect::<Vec<_>>(), *b);
        }
        assert_eq!(net.normalization().mean().iter().collect::<Vec<_>>(), parts.mean);
        assert_eq!(net.normalization().scale().iter().collect::<Vec<_>>(), parts.scale);
        assert_eq!(
            (net.class_name(0), net.class_name(1), net.class_name(2)),
            (Some("no"), Some("yes"), None)
        );
        assert_eq!(format!("{net:?}"), "Net(2-3-2)");
    }
}

/// The compile_fail example of `include_net!` fails for this reason: its twin beside it, which builds, differs in
/// the file alone.
#[test]
fn the_damaged_file_is_refused_for_its_checksum() {
    assert!(matches!(DAMAGED, Err(Error::Checksum { .. })));
}

/// A scratch that lives in a static, in the cell that the program uses for such things.
#[test]
fn scratch_in_a_static() {
    static SCRATCH: std::sync::Mutex<Scratch<{ NET.scratch_len() }>> = std::sync::Mutex::new(Scratch::new());
    let mut scratch = SCRATCH.lock().unwrap();
    assert_eq!(
        NET.classify(&[0u8; 64][..], &mut *scratch),
        Ok(argmax(&digits().scores(Input::U8(&[0; 64]))))
    );
}

/// The firmware finds the fast instruction set without std: the same one that std sees.
#[cfg(target_arch = "x86_64")]
#[test]
fn instruction_set_is_what_std_detects() {
    let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    let expected = match (avx2, is_x86_feature_detected!("avx512f")) {
        (true, true) => "avx512",
        (true, false) => "avx2",
        _ => "portable",
    };
    assert_eq!(kernels::Isa::best().name(), expected);
}
