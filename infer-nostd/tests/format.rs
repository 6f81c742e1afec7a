//! The bytes of a net file: FORMAT.md's example first, then what is written back, then everything that is refused.

mod common;

use common::{Parts, bits, crc32, documented, seal};
use infer_nostd::{Contents, Error, Net, Section, encode, encoded_len};

#[test]
fn example_of_the_docs_byte_for_byte() {
    let documented = documented("# An example");
    assert_eq!(documented.len(), 119);
    assert_eq!(Parts::example().file(), documented);
    let parts = Parts::example();
    let net = Net::from_bytes(&documented).unwrap();
    assert_eq!((net.d(), net.h(), net.c()), (parts.d, parts.h, parts.c));
    assert_eq!(net.layer1().weights().collect::<Vec<_>>(), parts.w1);
    assert_eq!(net.layer2().bias().collect::<Vec<_>>(), parts.b2);
    assert_eq!(net.class_name(1), Some("yes"));
    // x̂ = (1, −1): H = max(0, (1.5, −2.75, −0.5)), S = (1.5 + 0.125, −1.5 − 0.125), all exact
    assert_eq!(net.scores(&[192u8, 64][..], &mut [0.0; 5]), Ok(&[1.625, -1.625][..]));
}

/// A file put together by hand, without a name and without a normalisation.
#[test]
fn smallest_file_byte_for_byte() {
    #[rustfmt::skip]
    let mut expected = vec![
        b'T', b'L', b'N', 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, // version 2, f32, D = 1, H = 1
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 52, 0, 0, 0, // C = 1, Q = 0, no names, 52 bytes
        0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64, 0, 0, 128, 64, // W1 = 1, b1 = 2, W2 = 3, b2 = 4
    ];
    expected.extend(crc32(&expected).to_le_bytes());
    let net =
        Contents { d: 1, h: 1, c: 1, w1: &[1.0], b1: &[2.0], w2: &[3.0], b2: &[4.0], ..Contents::default() };
    assert_eq!(encoded_len(&net), Ok(52));
    let mut file = [0x55; 52];
    encode(&net, &mut file).unwrap();
    assert_eq!(file[..], expected);
    assert_eq!(Net::from_bytes(&file).unwrap().scores(&[5.0f32][..], &mut [0.0; 2]), Ok(&[25.0][..]));
}

#[test]
fn round_trip() {
    for (d, h, c) in [(1, 1, 1), (2, 3, 2), (12, 5, 7), (64, 32, 10), (9, 37, 20)] {
        for q in [0, 1, d] {
            let names: Vec<String> = (0..c).map(|i| format!("класс {i}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            for parts in [Parts::random(d, h, c, q, 1), Parts::random(d, h, c, q, 2).named(&names)] {
                let file = parts.file();
                assert_eq!(Net::file_len(&file[..32]), Ok(file.len()));
                let net = Net::from_bytes(&file).unwrap();
                let back = |section: kernels::Floats<'_>| bits(&section.iter().collect::<Vec<_>>());
                assert_eq!((net.d(), net.h(), net.c()), (d, h, c));
                assert_eq!(back(net.normalization().mean()), bits(&parts.mean));
                assert_eq!(back(net.normalization().scale()), bits(&parts.scale));
                for (layer, w, b) in
                    [(net.layer1(), &parts.w1, &parts.b1), (net.layer2(), &parts.w2, &parts.b2)]
                {
                    assert_eq!(bits(&layer.weights().collect::<Vec<_>>()), bits(w));
                    assert_eq!(bits(&layer.bias().collect::<Vec<_>>()), bits(b));
                }
                let names = (0..=c).map_while(|i| net.class_name(i));
                assert_eq!(names.collect::<Vec<_>>(), parts.names);
            }
        }
    }
}

/// What the reader says to a file whose bytes were changed and whose checksum was put right again.
fn refusal(parts: &Parts, change: impl FnOnce(&mut Vec<u8>)) -> Error {
    let mut file = parts.file();
    change(&mut file);
    seal(&mut file);
    Net::from_bytes(&file).expect_err("the change must be refused")
}

fn put(file: &mut [u8], at: usize, value: u32) {
    file[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn wrong_header_fields() {
    let net = Parts::example();
    assert_eq!(refusal(&net, |f| f[2] = b'X'), Error::Magic { got: *b"TLX\0" });
    assert_eq!(refusal(&net, |f| f[3] = 1), Error::Magic { got: *b"TLN\x01" });
    let kind = |version, element_type, reserved| Error::Kind { version, element_type, reserved };
    assert_eq!(refusal(&net, |f| f[4] = 1), kind(1, 0, 0));
    assert_eq!(refusal(&net, |f| f[5] = 2), kind(0x202, 0, 0));
    assert_eq!(refusal(&net, |f| f[6] = 1), kind(2, 1, 0));
    assert_eq!(refusal(&net, |f| f[7] = 128), kind(2, 0, 128));
    assert_eq!(refusal(&net, |f| put(f, 8, 0)), Error::ZeroSize { d: 0, h: 3, c: 2 });
    assert_eq!(refusal(&net, |f| put(f, 12, 0)), Error::ZeroSize { d: 2, h: 0, c: 2 });
    assert_eq!(refusal(&net, |f| put(f, 16, 0)), Error::ZeroSize { d: 2, h: 3, c: 0 });
    assert_eq!(refusal(&net, |f| put(f, 20, 3)), Error::Normalization { inputs: 2, entries: 3 });
    assert_eq!(refusal(&net, |f| put(f, 20, 4)), Error::Normalization { inputs: 2, entries: 4 });
    let length = |stated, computed| Error::FileLength { stated, computed };
    assert_eq!(refusal(&net, |f| put(f, 24, 65_536)), length(119, 65_536 + 112));
    assert_eq!(refusal(&net, |f| put(f, 28, 192)), length(192, 119));
    // another shape, or more of the file taken for names
    assert_eq!(refusal(&net, |f| put(f, 8, 1)), length(119, 107));
    assert_eq!(refusal(&net, |f| put(f, 24, 8)), length(119, 120));
    // sizes that agree with each other, but not with the bytes
    let more = |f: &mut Vec<u8>| {
        put(f, 24, 20);
        put(f, 28, 132);
    };
    assert_eq!(refusal(&net, more), Error::Length { needed: 132, got: 119 });
}

#[test]
fn sizes_that_overflow() {
    let max = u32::MAX as usize;
    for (d, h, c) in
        [(max, max, 1), (1, max, max), (max, 1, 1), (1, max, 1), (1, 1, max), (65_536, 65_536, 2)]
    {
        let change = |f: &mut Vec<u8>| {
            put(f, 8, d as u32);
            put(f, 12, h as u32);
            put(f, 16, c as u32);
            put(f, 20, 0);
        };
        let error = refusal(&Parts::example(), change);
        assert!(matches!(error, Error::FileLength { stated: 119, computed } if computed > u32::MAX as usize));
        let contents = Contents { d, h, c, ..Contents::default() };
        assert_eq!(encoded_len(&contents), Err(Error::TooLarge { d, h, c }));
    }
    for size in [usize::MAX, usize::MAX / 2, 1 << 32] {
        let contents = Contents { d: size, h: size, c: size, ..Contents::default() };
        assert!(matches!(encoded_len(&contents), Err(Error::TooLarge { .. })));
    }
    // the largest W1 that does not overflow, in a file that does not hold it
    let large = |f: &mut Vec<u8>| {
        put(f, 8, 1 << 20);
        put(f, 12, 1000);
        put(f, 28, 0);
    };
    assert!(matches!(refusal(&Parts::example(), large), Error::FileLength { stated: 0, .. }));
}

#[test]
fn numbers_must_be_finite() {
    for offset in (32..32 + 4 * 19).step_by(4) {
        for bad in [f32::NAN, -f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::from_bits(0x7F80_0001)] {
            let change = |f: &mut Vec<u8>| put(f, offset, bad.to_bits());
            assert_eq!(refusal(&Parts::example(), change), Error::NotFinite { offset });
        }
    }
    let mut parts = Parts::example();
    parts.w2[3] = f32::NAN;
    let error = parts.with(|contents| encode(contents, &mut [0; 119]).err());
    assert_eq!(error, Some(Error::NotFinite { offset: 32 + 4 * (6 + 3 + 3) }));
    // the largest and the smallest numbers, zeros and negative scales are numbers
    let mut parts = Parts::example();
    parts.w1 = vec![f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, -0.0, 0.0];
    parts.scale = vec![-0.0];
    assert!(Net::from_bytes(&parts.file()).is_ok());
}

#[test]
fn names_must_be_names() {
    let net = Parts::example(); // "no\nyes\n" from byte 108 on
    let names = |bytes: &'static [u8; 7]| move |f: &mut Vec<u8>| f[108..115].copy_from_slice(bytes);
    // Inference does without names: such a file is a net, which says about them what is wrong.
    let refusal = |parts: &Parts, change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = parts.file();
        change(&mut file);
        seal(&mut file);
        Net::from_bytes(&file).unwrap().check_names().expect_err("the change must be refused")
    };
    assert_eq!(refusal(&net, &names(b"no\nyes.")), Error::NameUnterminated { class: 1 });
    assert_eq!(refusal(&net, &names(b"no.yes\n")), Error::NameCount { names: 1, classes: 2 });
    assert_eq!(refusal(&net, &names(b"no\nye\n\n")), Error::NameEmpty { class: 2 });
    assert_eq!(refusal(&net, &names(b"\nno.ye\n")), Error::NameEmpty { class: 0 });
    assert_eq!(refusal(&net, &names(b"n\no\ny.\n")), Error::NameCount { names: 3, classes: 2 });
    assert_eq!(refusal(&net, &names(b"no\n\xFFes\n")), Error::NamesNotUtf8 { offset: 3 });
    assert_eq!(refusal(&net, &names(b"no\nye\xC3\n")), Error::NamesNotUtf8 { offset: 5 });
    let twins = Parts::example().named(&["abc", "abd"]);
    assert_eq!(refusal(&twins, &|f| f[114] = b'c'), Error::NameTwice { first: 0, second: 1 });
    let error = |names: &[&str]| {
        Parts::random(1, 1, names.len().max(2), 0, 1).named(names).with(|contents| {
            let mut file = vec![0; encoded_len(contents)?];
            encode(contents, &mut file).map(|_| ())
        })
    };
    assert_eq!(error(&["a", "b", "ab", "abc", "b"]), Err(Error::NameTwice { first: 1, second: 4 }));
    assert_eq!(error(&["ab", "a", "b", "ba"]), Ok(()));
    assert_eq!(error(&["a", ""]), Err(Error::NameEmpty { class: 1 }));
    assert_eq!(error(&["a\nc", "b"]), Err(Error::NameCount { names: 3, classes: 2 }));
    assert_eq!(error(&["a"]), Err(Error::NameCount { names: 1, classes: 2 }));
    let long = "x".repeat(65_532);
    assert_eq!(error(&[&long, "y"]), Ok(()));
    assert_eq!(error(&[&long, "yy"]), Err(Error::NamesTooLong { got: 65_536 }));
}

#[test]
fn contents_must_fit_their_shape() {
    let error = |change: fn(&mut Parts)| {
        let mut parts = Parts::example();
        change(&mut parts);
        parts.with(|contents| encode(contents, &mut [0; 119]).unwrap_err())
    };
    let wrong = |section, needed, got| Error::Contents { section, needed, got };
    assert_eq!(error(|p| p.scale = vec![]), wrong(Section::Scale, 1, 0));
    assert_eq!(error(|p| p.mean = vec![]), wrong(Section::Scale, 0, 1));
    assert_eq!(error(|p| p.mean = vec![1.0; 3]), Error::Normalization { inputs: 2, entries: 3 });
    assert_eq!(error(|p| p.w1 = vec![1.0; 5]), wrong(Section::W1, 6, 5));
    assert_eq!(error(|p| p.b1 = vec![1.0; 4]), wrong(Section::B1, 3, 4));
    assert_eq!(error(|p| p.w2 = vec![1.0; 7]), wrong(Section::W2, 6, 7));
    assert_eq!(error(|p| p.b2 = vec![]), wrong(Section::B2, 2, 0));
    assert_eq!(error(|p| p.h = 0), Error::ZeroSize { d: 2, h: 0, c: 2 });
    assert_eq!(
        encoded_len(&Contents { d: 2, h: 3, c: 2, ..Contents::default() }),
        Ok(104),
        "by the shape alone"
    );
    for got in [0, 118, 120] {
        let error = Parts::example().with(|contents| encode(contents, &mut vec![0; got]).err());
        assert_eq!(error, Some(Error::Length { needed: 119, got }));
    }
}

/// One line each, with cause and numbers; the cause alone is its beginning.
#[test]
fn errors_speak() {
    let error = Error::Length { needed: 4128, got: 4096 };
    assert_eq!(
        error.to_string(),
        "the net is cut short, or other bytes follow it: it needs 4128 bytes, got 4096"
    );
    assert!(error.to_string().starts_with(error.cause()));
    let error = Error::Magic { got: *b"PK\x03\x04" };
    assert_eq!(
        error.to_string(),
        "this is not a net file: it starts with \"PK\\x03\\x04\", a net with \"TLN\\0\""
    );
    let error = Error::NotFinite { offset: 40 };
    assert_eq!(error.to_string(), "the net holds an infinite number or a NaN: bytes 40 to 43");
    let error = Error::Kind { version: 3, element_type: 0, reserved: 0 };
    assert_eq!(
        error.to_string(),
        "the net file is of a kind that this reader does not know: version 3, element type 0, byte 7 0; \
         it knows version 2 (train an older net again) with byte 7 0; type 0 (f32) is read by Net, 1 (int8) by Net8"
    );
}
