//! IDX folders.

use trainer::dataset::{OpenOptions, open};

use crate::files::{gzip, idx, pair, training};
use crate::{bytes, floats, folder, read, refused, spec, with_classes, write};

#[test]
fn pairs_go_by_prefix_packed_or_not() {
    let folder = folder();
    let (images, labels) = pair(&[0, 2, 1]);
    write(&folder, "train-first3-images-idx3-ubyte.gz", gzip(&images));
    write(&folder, "train-first3-labels-idx1-ubyte", labels);
    let (images, labels) = pair(&[2]);
    write(&folder, "t10k-images-idx3-ubyte", images);
    write(&folder, "t10k-labels.idx1-ubyte.gz", gzip(&labels));
    let source = read(&folder).unwrap();
    let (train, test) = (source.train.unwrap(), source.test.unwrap());
    assert_eq!((train.d, train.channels, train.image), (6, 1, Some([2, 3, 1])));
    assert_eq!(bytes(&train), [[0; 6], [1; 6], [2; 6]].concat());
    assert_eq!((train.labels, test.labels), (vec![0, 2, 1], vec![2]));
    assert_eq!((train.classes.as_slice(), test.classes.len()), (&["0", "1", "2"].map(str::to_owned)[..], 3));
}

#[test]
fn packed_and_unpacked_twins_are_one_file() {
    let (images, labels) = pair(&[0, 1]);
    let folder = training(&images, &labels);
    write(&folder, "train-images-idx3-ubyte.gz", gzip(&images));
    assert_eq!(read(&folder).unwrap().train.unwrap().rows(), 2);
}

#[test]
fn a_folder_may_hold_a_test_part_alone() {
    let folder = folder();
    let (images, labels) = pair(&[7, 0]);
    write(&folder, "test-images-idx3-ubyte", images);
    write(&folder, "test-labels-idx1-ubyte", labels);
    let source = read(&folder).unwrap();
    assert!(source.train.is_none());
    let test = source.into_evaluation().unwrap();
    assert_eq!((test.c(), test.labels), (8, vec![7, 0]));
}

#[test]
fn the_training_part_may_stay_unread() {
    let folder = training(b"broken", b"broken");
    let (images, labels) = pair(&[1]);
    write(&folder, "t10k-images-idx3-ubyte", images);
    write(&folder, "t10k-labels-idx1-ubyte", labels);
    let options = OpenOptions { test_suffices: true, ..OpenOptions::default() };
    assert_eq!(open(spec(folder.path()), &options).unwrap().test.unwrap().rows(), 1);
    refused(read(&folder), &["train-labels-idx1-ubyte", "no IDX file"]);
}

#[test]
fn any_number_of_dimensions_from_two_on() {
    let labels = idx(&[2], &[0, 1]);
    let flat = read(&training(&idx(&[2, 3], &[1, 2, 3, 4, 5, 6]), &labels)).unwrap().train.unwrap();
    assert_eq!((flat.d, flat.image, bytes(&flat)), (3, None, &[1, 2, 3, 4, 5, 6][..]));
    let deep = read(&training(&idx(&[2, 1, 2, 2], &[9; 8]), &labels)).unwrap().train.unwrap();
    assert_eq!((deep.d, deep.image), (4, Some([2, 2, 1])));
}

#[test]
fn labels_may_begin_with_one() {
    let (images, labels) = pair(&[3, 1, 2]);
    let data = read(&training(&images, &labels)).unwrap().train.unwrap();
    assert_eq!(data.labels, [2, 0, 1]);
    assert_eq!(data.classes, ["1", "2", "3"]);
}

#[test]
fn labels_become_those_of_a_net() {
    let (images, labels) = pair(&[0, 1, 0]);
    let folder = training(&images, &labels);
    let data = open(spec(folder.path()), &with_classes(&["2", "1", "0"])).unwrap().train.unwrap();
    assert_eq!((data.labels.as_slice(), data.c()), (&[2, 1, 2][..], 3));
    refused(open(spec(folder.path()), &with_classes(&["0"])), &["record 2", "\"1\"", "out of range"]);
}

#[test]
fn a_label_out_of_range_is_named() {
    let (images, labels) = pair(&[0, 1, 200, 2]);
    refused(
        read(&training(&images, &labels)),
        &["train-labels", "record 3", "label 200", "out of range", "0 to 2"],
    );
    let (images, labels) = pair(&[5, 6]);
    refused(read(&training(&images, &labels)), &["record 1", "label 5", "no row has label 1"]);
    let (images, labels) = pair(&[0, 1]);
    let folder = training(&images, &labels);
    let (images, labels) = pair(&[1, 0, 2]);
    write(&folder, "t10k-images-idx3-ubyte", images);
    write(&folder, "t10k-labels-idx1-ubyte", labels);
    refused(read(&folder), &["t10k-labels", "record 3", "label 2", "training part has 0 to 1"]);
}

/// An IDX file of another type.
fn of_type(code: u8, dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut out = idx(dims, data);
    out[2] = code;
    out
}

#[test]
fn every_element_type() {
    let wanted = [-1.0f32, 2.0, 3.0, 100.0];
    let be = |f: &dyn Fn(f32) -> Vec<u8>| wanted.iter().flat_map(|&x| f(x)).collect::<Vec<u8>>();
    let cases = [
        (0x09, be(&|x| vec![x as i8 as u8])),
        (0x0b, be(&|x| (x as i16).to_be_bytes().to_vec())),
        (0x0c, be(&|x| (x as i32).to_be_bytes().to_vec())),
        (0x0d, be(&|x| x.to_be_bytes().to_vec())),
        (0x0e, be(&|x| f64::from(x).to_be_bytes().to_vec())),
    ];
    for (code, data) in cases {
        let (images, labels) =
            (of_type(code, &[2, 2], &data), of_type(0x0c, &[2], &[0, 0, 0, 1, 0, 0, 0, 0]));
        let folder = folder();
        write(&folder, "train-images-idx2-float.gz", gzip(&images));
        write(&folder, "train-labels-idx1-int", labels);
        let data = read(&folder).unwrap().train.unwrap();
        assert_eq!((floats(&data), data.labels.as_slice()), (&wanted[..], &[1, 0][..]), "{code:x}");
    }
}

#[test]
fn numbers_that_are_none_and_labels_that_are_none() {
    let labels = idx(&[1], &[0]);
    let nan = of_type(0x0d, &[1, 2], &[0, 0, 0, 0, 0x7f, 0xc0, 0, 0]);
    refused(read(&training(&nan, &labels)), &["train-images", "record 1, value 2", "NaN"]);
    let half = of_type(0x0d, &[1], &0.5f32.to_be_bytes());
    refused(read(&training(&idx(&[1, 2], &[0, 0]), &half)), &["train-labels", "record 1", "label 0.5"]);
    let large = of_type(0x0b, &[1], &[1, 0]);
    refused(read(&training(&idx(&[1, 2], &[0, 0]), &large)), &["train-labels", "label 256"]);
}
