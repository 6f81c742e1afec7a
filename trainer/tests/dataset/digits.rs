//! The embedded digits are the published ones.

use std::fmt::Write;

use flate2::Crc;
use trainer::dataset::{Dataset, OpenOptions, digits, open};

use crate::{bytes, refused, with_classes};

/// CRC-32 and length of the original text, written anew from the data.
fn original(data: &Dataset) -> (u32, usize) {
    let mut text = String::new();
    for (row, label) in bytes(data).chunks_exact(64).zip(&data.labels) {
        row.iter().for_each(|pixel| write!(text, "{pixel},").expect("a string takes all"));
        writeln!(text, "{label}").expect("a string takes all");
    }
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    (crc.sum(), text.len())
}

fn histogram(data: &Dataset) -> [usize; 10] {
    let mut counts = [0; 10];
    data.labels.iter().for_each(|&label| counts[label as usize] += 1);
    counts
}

fn sum(data: &Dataset) -> u32 {
    bytes(data).iter().map(|&pixel| u32::from(pixel)).sum()
}

#[test]
fn every_value_is_that_of_the_original_files() {
    let [train, test] = digits().unwrap();
    assert_eq!(original(&train), (0x1c45_03a4, 563_639), "optdigits.tra");
    assert_eq!(original(&test), (0x2ebe_3bb7, 264_712), "optdigits.tes");
}

/// The counts that the original description states.
#[test]
fn counts_and_sums() {
    let [train, test] = digits().unwrap();
    assert_eq!(histogram(&train), [376, 389, 380, 389, 387, 376, 377, 387, 380, 382]);
    assert_eq!(histogram(&test), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    assert_eq!((sum(&train), sum(&test)), (1_204_758, 561_718));
    for data in [train, test] {
        assert_eq!((data.d, data.channels, data.image, data.c()), (64, 1, Some([8, 8, 1]), 10));
        assert_eq!(data.classes[3], "3");
        assert!(bytes(&data).iter().all(|&pixel| pixel <= 16));
    }
}

#[test]
fn the_first_test_image_is_a_zero() {
    let [_, test] = digits().unwrap();
    assert_eq!(bytes(&test)[..16], [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]);
    assert_eq!(test.labels[..4], [0, 1, 2, 3]);
}

#[test]
fn options_hold_for_them_too() {
    let reversed: Vec<String> = (0..10).rev().map(|i| i.to_string()).collect();
    let options = OpenOptions { classes: Some(reversed), test_suffices: true, ..OpenOptions::default() };
    let source = open("digits", &options).unwrap();
    assert!(source.train.is_none());
    assert_eq!(source.test.unwrap().labels[..4], [9, 8, 7, 6]);
    refused(open("digits", &with_classes(&["0", "1"])), &["digits", "record 3", "\"7\"", "out of range"]);
}
