//! Training and validation rows.

use trainer::Kind;
use trainer::dataset::RowSet;
use trainer::dataset::split::{Method, Split, split};

use crate::refused_as;

/// `sizes[c]` rows of class c, mixed in a fixed way.
fn labels(sizes: &[usize]) -> Vec<u16> {
    let mut labels: Vec<u16> = (0..).zip(sizes).flat_map(|(c, &size)| vec![c; size]).collect();
    for i in 0..labels.len() {
        let other = i * 7919 % labels.len();
        labels.swap(i, other);
    }
    labels
}

fn counts(rows: &RowSet, labels: &[u16], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    rows.iter().for_each(|row| counts[usize::from(labels[row as usize])] += 1);
    counts
}

#[track_caller]
fn check_partition(parts: &Split, rows: usize) {
    let mut all: Vec<u32> = parts.train.iter().chain(parts.validation.iter()).collect();
    assert_eq!(all.len(), parts.train.len() + parts.validation.len());
    all.sort_unstable();
    assert!(all.into_iter().eq(0..rows as u32), "not every row once");
}

fn stratified(labels: &[u16], classes: usize, fraction: f64, seed: u64) -> Split {
    let parts = split(labels, classes, fraction, Method::Stratified { seed }).unwrap();
    check_partition(&parts, labels.len());
    parts
}

#[test]
fn every_class_gives_its_share() {
    let labels = labels(&[50, 50, 50]);
    let parts = stratified(&labels, 3, 0.2, 1);
    assert_eq!(counts(&parts.validation, &labels, 3), [10, 10, 10]);
    assert_eq!(parts.train.len(), 120);
}

/// 0.2 of 11, 22, 13 and 4 is 2.2, 4.4, 2.6 and 0.8; round(0.2·50) = 10 rows: two of the largest remainders.
#[test]
fn shares_are_rounded_so_that_the_total_comes_out() {
    let labels = labels(&[11, 22, 13, 4]);
    let parts = stratified(&labels, 4, 0.2, 1);
    assert_eq!(counts(&parts.validation, &labels, 4), [2, 4, 3, 1]);
}

#[test]
fn the_total_is_right_for_any_fraction() {
    let labels = labels(&[40, 3, 17, 90, 1]);
    for percent in 0..85 {
        let parts = stratified(&labels, 5, f64::from(percent) / 100.0, 9);
        // Half a row is rounded up.
        assert_eq!(parts.validation.len(), (percent as usize * 151 + 50) / 100, "{percent} %");
    }
}

#[test]
fn one_row_of_every_class_stays_to_train_on() {
    let sizes = [1, 2, 30, 0, 5];
    let labels = labels(&sizes);
    for fraction in [0.5, 0.9, 0.99, 0.999_999] {
        let parts = stratified(&labels, 5, fraction, 3);
        let left = counts(&parts.train, &labels, 5);
        for (class, &size) in sizes.iter().enumerate() {
            assert!(left[class] >= 1.min(size), "class {class} of {size} rows: {left:?}");
        }
    }
    assert_eq!(stratified(&labels, 5, 0.999_999, 3).train.len(), 4);
}

#[test]
fn the_seed_decides() {
    let labels = labels(&[100, 100]);
    let first = stratified(&labels, 2, 0.3, 1);
    assert_eq!(first, stratified(&labels, 2, 0.3, 1));
    assert_ne!(first, stratified(&labels, 2, 0.3, 2));
}

/// For ever: these numbers must never change. An implementation of ChaCha8 and of the draw in another language gave the
/// same.
#[test]
fn the_draw_of_a_seed_is_fixed() {
    let labels: Vec<u16> = (0..20).map(|i| i % 2).collect();
    assert!(stratified(&labels, 2, 0.3, 42).validation.iter().eq([7, 9, 12, 14, 15, 16]));
}

#[test]
fn every_row_has_the_same_chance() {
    let labels = labels(&[10]);
    let mut times = [0i32; 10];
    for seed in 0..2000 {
        stratified(&labels, 1, 0.3, seed).validation.iter().for_each(|row| times[row as usize] += 1);
    }
    // Binomial, 2000 draws of 0.3: 600 ± 5 · 20.5.
    assert!(times.iter().all(|t| (t - 600).abs() < 103), "{times:?}");
}

#[test]
fn the_last_rows() {
    let labels = labels(&[6, 4]);
    for (fraction, first) in [(0.0, 10), (0.04, 10), (0.2, 8), (0.25, 7), (0.99, 1)] {
        let parts = split(&labels, 2, fraction, Method::Last).unwrap();
        check_partition(&parts, 10);
        assert!(parts.validation.iter().eq(first..10), "{fraction}");
    }
}

#[test]
fn nothing_held_back() {
    let labels = labels(&[5, 5]);
    assert!(stratified(&labels, 2, 0.0, 1).validation.is_empty());
    assert!(stratified(&[], 2, 0.5, 1).train.is_empty());
    assert!(split(&[], 2, 0.5, Method::Last).unwrap().train.is_empty());
}

#[test]
fn a_fraction_that_is_none() {
    for fraction in [-0.1, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        for method in [Method::Last, Method::Stratified { seed: 1 }] {
            refused_as(
                Kind::Usage,
                split(&[0, 1], 2, fraction, method),
                &["fraction", "at least 0 and below 1"],
            );
        }
    }
}

#[test]
#[should_panic(expected = "label 2 of row 1 is not below 2 classes")]
fn a_label_beyond_the_classes_is_a_mistake() {
    let _ = split(&[0, 2], 2, 0.5, Method::Stratified { seed: 1 });
}
