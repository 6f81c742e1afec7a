//! `.npy` and `.npz` files.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use tempfile::TempDir;
use trainer::Error;
use trainer::dataset::{OpenOptions, Source, Values, open, open_rows};

use crate::{bytes, floats, folder, refused, spec, write};

/// A `.npy` file as NumPy writes it: version 1, the header padded to 64 bytes.
pub(crate) fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let len = u16::try_from(header.len()).expect("a short header").to_le_bytes();
    [b"\x93NUMPY\x01\x00", &len[..], header.as_bytes(), data].concat()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn i64s(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// A `.npz` file; as NumPy does, the local headers have an extra field that the directory has not.
fn npz(members: &[(&str, Vec<u8>)], deflate: bool) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let mut packed = data.clone();
        if deflate {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(data).unwrap();
            packed = encoder.finish().unwrap();
        }
        let name = format!("{name}.npy");
        let method: u16 = if deflate { 8 } else { 0 };
        let mut common = Vec::new();
        [20u16, 0, method, 0, 0].iter().for_each(|n| common.extend(n.to_le_bytes()));
        [crc.sum(), packed.len() as u32, data.len() as u32]
            .iter()
            .for_each(|n| common.extend(n.to_le_bytes()));
        common.extend((name.len() as u16).to_le_bytes());
        let local = file.len() as u32;
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(20u16.to_le_bytes());
        file.extend(name.bytes());
        file.extend([0; 20]);
        file.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 12]);
        directory.extend(local.to_le_bytes());
        directory.extend(name.bytes());
    }
    let (start, len, count) = (file.len() as u32, directory.len() as u32, members.len() as u16);
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    [count, count].iter().for_each(|n| file.extend(n.to_le_bytes()));
    [len, start].iter().for_each(|n| file.extend(n.to_le_bytes()));
    file.extend([0, 0]);
    file
}

fn read(name: &str, file: &[u8]) -> Result<Source, Error> {
    let folder = folder();
    write(&folder, name, file);
    open(spec(&folder.path().join(name)), &OpenOptions::default())
}

fn npz_of_two(deflate: bool) -> Vec<u8> {
    let x = npy("<f4", false, "(3, 2)", &f32s(&[1.0, 2.5, -3.0, 4.0, 5.0, 6.0]));
    npz(&[("x", x), ("y", npy("<i8", false, "(3,)", &i64s(&[7, -1, 7])))], deflate)
}

#[test]
fn stored_and_deflated_archives() {
    for deflate in [false, true] {
        let data = read("a.npz", &npz_of_two(deflate)).unwrap().train.unwrap();
        assert_eq!((data.d, data.labels.as_slice(), data.image), (2, &[1, 0, 1][..], None));
        assert_eq!(data.classes, ["-1", "7"]);
        assert_eq!(floats(&data), [1.0, 2.5, -3.0, 4.0, 5.0, 6.0]);
    }
}

#[test]
fn training_and_test_parts_of_images() {
    let x = |n: usize| npy("|u1", false, &format!("({n}, 2, 3)"), &(0..n as u8 * 6).collect::<Vec<_>>());
    let y = |labels: &[u8]| npy("|u1", false, &format!("({},)", labels.len()), labels);
    let members = [("x_train", x(3)), ("y_train", y(&[4, 2, 9])), ("x_test", x(2)), ("y_test", y(&[9, 2]))];
    let source = read("mnist.npz", &npz(&members, true)).unwrap();
    let (train, test) = (source.train.unwrap(), source.test.unwrap());
    assert_eq!((train.image, train.channels, train.d), (Some([2, 3, 1]), 1, 6));
    assert_eq!((train.labels.as_slice(), test.labels.as_slice()), (&[1, 0, 2][..], &[2, 0][..]));
    assert_eq!(bytes(&test), (0..12).collect::<Vec<u8>>());
    // A label that the training part has not.
    let members = [("x_train", x(2)), ("y_train", y(&[0, 1])), ("x_test", x(1)), ("y_test", y(&[2]))];
    refused(read("a.npz", &npz(&members, false)), &["a.npz", "record 1", "\"2\"", "out of range"]);
}

#[test]
fn an_array_with_labels_in_its_last_column() {
    let data = read("a.npy", &npy("<f4", false, "(2, 3)", &f32s(&[0.5, 1.0, 1.0, 2.0, 3.0, 0.0]))).unwrap();
    let data = data.train.unwrap();
    assert_eq!((floats(&data), data.labels.as_slice()), (&[0.5, 1.0, 2.0, 3.0][..], &[1, 0][..]));
    let folder = folder_with("rows.npy", &npy("<f4", false, "(2, 2)", &f32s(&[0.5, 1.0, 2.0, 3.0])));
    let rows = |d| open_rows(spec(&folder.path().join("rows.npy")), d, &OpenOptions::default());
    assert_eq!(rows(2).unwrap().0.values, Values::F32(vec![0.5, 1.0, 2.0, 3.0]));
    assert_eq!(rows(1).unwrap().0.values, Values::F32(vec![0.5, 2.0]), "a column more is the label");
    refused(rows(3), &["rows.npy", "[2, 2]", "3 inputs"]);
}

fn folder_with(name: &str, file: &[u8]) -> TempDir {
    let folder = folder();
    write(&folder, name, file);
    folder
}

#[test]
fn any_order_and_any_type() {
    // 2 × 3 with the first index fastest: 1 2 3 / 4 5 0.
    let by_columns = npy("<f4", true, "(2, 3)", &f32s(&[1.0, 4.0, 2.0, 5.0, 3.0, 0.0]));
    let data = read("a.npy", &by_columns).unwrap().train.unwrap();
    assert_eq!(
        (floats(&data), data.classes.as_slice()),
        (&[1.0, 2.0, 4.0, 5.0][..], &["0", "3"].map(String::from)[..])
    );
    let cases: [(&str, Vec<u8>); 9] = [
        ("|i1", vec![0xff, 1, 2, 0]),
        ("<i2", vec![0xff, 0xff, 1, 0, 2, 0, 0, 0]),
        (">i2", vec![0xff, 0xff, 0, 1, 0, 2, 0, 0]),
        ("<i4", [-1i32, 1, 2, 0].iter().flat_map(|x| x.to_le_bytes()).collect()),
        (">i4", [-1i32, 1, 2, 0].iter().flat_map(|x| x.to_be_bytes()).collect()),
        ("<i8", i64s(&[-1, 1, 2, 0])),
        (">f4", [-1f32, 1.0, 2.0, 0.0].iter().flat_map(|x| x.to_be_bytes()).collect()),
        ("<f8", [-1f64, 1.0, 2.0, 0.0].iter().flat_map(|x| x.to_le_bytes()).collect()),
        (">f8", [-1f64, 1.0, 2.0, 0.0].iter().flat_map(|x| x.to_be_bytes()).collect()),
    ];
    for (descr, data) in cases {
        let data = read("a.npy", &npy(descr, false, "(2, 2)", &data)).unwrap().train.unwrap();
        assert_eq!((floats(&data), data.labels.as_slice()), (&[-1.0, 2.0][..], &[1, 0][..]), "{descr}");
    }
}

#[test]
fn broken_files_are_refused_and_nothing_panics() {
    let good = npz_of_two(true);
    for len in 0..good.len() {
        refused(read("a.npz", &good[..len]), &["a.npz"]);
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        let _ = read("a.npz", &bad); // some bytes mean nothing; none may panic
    }
    let good = npy("<f4", false, "(2, 2)", &f32s(&[1.0, 0.0, 2.0, 1.0]));
    for len in 0..good.len() {
        refused(read("a.npy", &good[..len]), &["a.npy"]);
    }
    let inf = npy("<f8", false, "(2, 2)", &[1e300f64, 0.0, 2.0, 1.0].map(f64::to_le_bytes).concat());
    refused(read("a.npy", &inf), &["a.npy", "record 1, value 1: 1e300 is no finite"]);
    refused(read("a.npy", &npy("<U7", false, "(1, 2)", &[65u8, 0, 0, 0].repeat(14))), &["a.npy", "words"]);
    refused(read("a.npy", &npy("|O", false, "(1, 2)", &[0; 16])), &["a.npy", "|O"]);
    refused(read("a.npy", &npy("<f4", false, "(4,)", &[0; 16])), &["a.npy", "last column"]);
    let huge = npy("<f4", false, "(18446744073709551615, 9)", &[]);
    refused(read("a.npy", &huge), &["a.npy", "promises"]);
    let alone = npz(&[("x", npy("<f4", false, "(1, 1)", &[0; 4]))], false);
    refused(read("a.npz", &alone), &["a.npz", "none of labels"]);
    let other = npz(&[("weights", npy("<f4", false, "(1, 1)", &[0; 4]))], false);
    refused(read("a.npz", &other), &["weights.npy", "x_train"]);
}

/// Zero rows, so no data are missing, of more bytes than can be counted.
#[test]
fn rows_that_are_too_long_to_be_there() {
    for (shape, words) in [
        ("(0, 2305843009213693952)", ["[0, 2305843009213693952] elements of 8 bytes", "a row longer"]),
        ("(0, 8589934592, 8589934592)", ["[0, 8589934592, 8589934592]", "a row longer"]),
        ("(0, 3)", ["[0, 2]", "wanted rows"]),
        ("(5, 0)", ["[5, 0]", "wanted rows"]),
    ] {
        let file = npy("<f8", false, shape, &[]);
        refused(read("a.npy", &file), &words);
        let folder = folder_with("rows.npy", &file);
        refused(open_rows(spec(&folder.path().join("rows.npy")), 2, &OpenOptions::default()), &["rows.npy"]);
    }
}

/// No --label chooses among arrays.
#[test]
fn labels_that_are_no_classes_are_told_where_they_are() {
    let advised = |result: Result<Source, Error>, words: &[&str]| {
        let Err(error) = result else { panic!("accepted; wanted {words:?}") };
        assert!(!error.to_string().contains("--label"), "{error}");
        refused(Err::<(), _>(error), words);
    };
    let f8 = |values: &[f64]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let fraction = npy("<f4", false, "(1, 2)", &f32s(&[1.0, 0.1]));
    advised(read("a.npy", &fraction), &["record 1: label 0.1 is no whole number", "into the last column"]);
    let of = |n: usize, labels: Vec<u8>, descr: &str| {
        let x = npy("|u1", false, &format!("({n}, 1)"), &vec![0; n]);
        npz(&[("x", x), ("y", npy(descr, false, &format!("({n},)"), &labels))], false)
    };
    let place = "into the array of labels";
    advised(read("a.npz", &of(1, f8(&[0.5]), "<f8")), &["label 0.5 is no whole number", place]);
    advised(read("a.npz", &of(1, f8(&[1e300]), "<f8")), &["label 1e300 is too large a number", place]);
    advised(read("a.npz", &of(60, (0..60).collect(), "|u1")), &["60 different labels in 60 rows", place]);
    let words = ["kind", "0", "1"].map(|w| format!("{w:\0<4}")).concat();
    advised(read("a.npz", &of(3, words.into_bytes(), "|S4")), &["\"kind\" stands among whole numbers"]);
}

#[test]
fn labels_that_no_f64_tells_apart() {
    let x = npy("|u1", false, "(2, 1)", &[0, 0]);
    let y = npy("<i8", false, "(2,)", &i64s(&[(1 << 53) + 1, 1 << 53]));
    let data = read("a.npz", &npz(&[("x", x), ("y", y)], false)).unwrap().train.unwrap();
    assert_eq!(data.classes, ["9007199254740992", "9007199254740993"]);
}

#[test]
fn labels_can_be_words_and_colours_can_lie_together() {
    let x = npy("|u1", false, "(2, 2, 1, 3)", &(0..12).collect::<Vec<_>>());
    let words: Vec<u8> =
        ["dog", "cat"].iter().flat_map(|w| w.chars().flat_map(|c| u32::from(c).to_le_bytes())).collect();
    let data = read("a.npz", &npz(&[("x", x), ("y", npy("<U3", false, "(2,)", &words))], false)).unwrap();
    let data = data.train.unwrap();
    assert_eq!(
        (data.classes.as_slice(), data.labels.as_slice()),
        (&["cat", "dog"].map(String::from)[..], &[1, 0][..])
    );
    assert_eq!((data.d, data.channels, data.image), (6, 1, Some([2, 1, 3])));
}
