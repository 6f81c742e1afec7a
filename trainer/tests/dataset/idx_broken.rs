//! Broken IDX files.

use crate::files::{gzip, idx, pair, training};
use crate::{folder, read, refused, write};

const IMAGES: &str = "train-images-idx3-ubyte";

#[test]
fn an_empty_file() {
    let (images, labels) = pair(&[0, 1]);
    refused(read(&training(b"", &labels)), &[IMAGES, "empty"]);
    refused(read(&training(&images, b"")), &["train-labels-idx1-ubyte", "empty"]);
}

#[test]
fn a_file_cut_off_anywhere() {
    let (images, labels) = pair(&[0, 1, 0]);
    for len in 1..images.len() {
        let cut = &images[..len];
        let words: [&str; 2] = match len {
            0..4 => ["magic number", "needs 4 bytes"],
            4..16 => ["cut off", "dimension"],
            16..22 => ["cut off", "record 1"],
            22..28 => ["cut off", "record 2"],
            _ => ["cut off", "record 3"],
        };
        refused(read(&training(cut, &labels)), &words);
        // Packed whole and then cut: the unpacker finds out. The checksum stands at the very end.
        refused(read(&training(&gzip(cut), &labels)), &[IMAGES, "cut off"]);
    }
    let packed = gzip(&images);
    for len in 1..packed.len() {
        refused(read(&training(&packed[..len], &labels)), &[IMAGES]);
    }
}

#[test]
fn the_record_that_is_cut_off_has_its_numbers() {
    let (images, labels) = pair(&[0, 1, 0]);
    let cut = &images[..16 + 6 + 2];
    let unpacked = ["record 2", "cut off", "3 records of 6 bytes", "room for 8 bytes"];
    refused(read(&training(cut, &labels)), &unpacked);
    let packed = ["record 2", "cut off", "needs 6 bytes", "got 2", "promises 3 records"];
    refused(read(&training(&gzip(cut), &labels)), &packed);
}

#[test]
fn a_flipped_bit_in_a_packed_file() {
    let (images, labels) = pair(&[0, 1, 0]);
    let packed = gzip(&images);
    // From byte 10 on: before it stands what gzip itself does not check, such as a time.
    for at in 10..packed.len() {
        let mut broken = packed.clone();
        broken[at] ^= 1;
        refused(read(&training(&broken, &labels)), &[IMAGES]);
    }
}

#[test]
fn bytes_after_the_end() {
    let (mut images, labels) = pair(&[0, 1]);
    images.push(0);
    for images in [images.clone(), gzip(&images)] {
        refused(read(&training(&images, &labels)), &[IMAGES, "bytes follow the 12"]);
    }
}

#[test]
fn another_magic_number() {
    let (images, labels) = pair(&[0, 1]);
    for (at, byte) in [(0, 1), (1, 1), (2, 7), (3, 0)] {
        let mut broken = images.clone();
        broken[at] = byte;
        refused(read(&training(&broken, &labels)), &[IMAGES, "no IDX file", "begins with"]);
    }
}

#[test]
fn a_wider_element_type_needs_more_bytes() {
    let (images, labels) = pair(&[0, 1]);
    for code in [0x0b, 0x0c, 0x0d, 0x0e] {
        let mut other = images.clone();
        other[2] = code;
        refused(read(&training(&other, &labels)), &[IMAGES, "cut off", "2 records"]);
    }
    let mut other = images;
    other[2] = 0x0a;
    refused(read(&training(&other, &labels)), &[IMAGES, "no IDX file"]);
}

#[test]
fn shapes_that_do_not_fit() {
    let (images, labels) = pair(&[0, 1]);
    refused(read(&training(&images, &images)), &["train-labels", "3 dimensions", "labels have 1"]);
    refused(read(&training(&labels, &labels)), &[IMAGES, "1 dimension", "2 or more"]);
    let three = idx(&[3], &[0, 1, 0]);
    refused(read(&training(&images, &three)), &[IMAGES, "2 images", "3 labels"]);
    let none = (idx(&[0, 2, 3], &[]), idx(&[0], &[]));
    refused(read(&training(&none.0, &none.1)), &[IMAGES, "[0, 2, 3]", "no values"]);
    refused(read(&training(&idx(&[2, 0, 3], &[]), &labels)), &[IMAGES, "[2, 0, 3]"]);
}

/// No memory is taken for what the file cannot hold.
#[test]
fn a_header_that_promises_the_world() {
    let huge = idx(&[u32::MAX, u32::MAX, u32::MAX], &[0; 100]);
    let labels = idx(&[u32::MAX], &[0; 100]);
    for images in [huge.clone(), gzip(&huge)] {
        refused(read(&training(&images, &idx(&[1], &[0]))), &[IMAGES, "cut off", "4294967295 records"]);
    }
    refused(read(&training(&huge, &labels)), &["train-labels", "record 101", "cut off"]);
}

/// What is packed beyond the promise is not unpacked: this file would be 64 MiB.
#[test]
fn a_packed_file_that_holds_more_than_it_promises() {
    let mut images = idx(&[2, 2, 3], &[0; 12]);
    images.resize(64 << 20, 0);
    let (_, labels) = pair(&[0, 1]);
    refused(read(&training(&gzip(&images), &labels)), &["bytes follow the 12"]);
}

#[test]
fn both_parts_must_have_the_same_inputs() {
    let (images, labels) = pair(&[0, 1]);
    let folder = training(&images, &labels);
    write(&folder, "t10k-images-idx3-ubyte", idx(&[1, 5], &[0; 5]));
    write(&folder, "t10k-labels-idx1-ubyte", idx(&[1], &[0]));
    refused(read(&folder), &["training rows have 6 values", "test rows 5"]);
}

#[test]
fn pairs_that_are_none() {
    let (images, labels) = pair(&[0, 1]);
    let one = folder();
    write(&one, IMAGES, &images);
    refused(read(&one), &[IMAGES, "labels", "missing"]);
    let other = folder();
    write(&other, "t10k-labels-idx1-ubyte", &labels);
    refused(read(&other), &["t10k-labels-idx1-ubyte", "images", "missing"]);

    let three = training(&images, &labels);
    write(&three, "train-more-images-idx3-ubyte", &images);
    refused(read(&three), &["two files of images", "train part", "train-more-images-idx3-ubyte"]);

    let unknown = training(&images, &labels);
    write(&unknown, "emnist-images-idx3-ubyte", &images);
    refused(read(&unknown), &["emnist-images-idx3-ubyte", "no part of a pair"]);
}
