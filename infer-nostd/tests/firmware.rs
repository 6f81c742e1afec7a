//! What the bare-metal programs in `firmware/` are held to: checksums over a hundred digits, by the reference loops.
//!
//! `cargo test -p infer-nostd --test firmware -- --ignored` writes `digits.sums` and `digits8.sums` anew (after the nets and
//! `digits.rows`, which the trainer and its suite write).

mod common;

use std::path::{Path, PathBuf};

use common::{Parts, crc32};
use infer_nostd::{Input, Layer8, Net, Net8, Scratch, include_net, include_net8};
use kernels::int8::OUTPUTS;
use kernels::{Floats, MatMut, argmax, reference};

const NET: Net<'static> = include_net!("data/digits.tln");
const NET8: Net8<'static> = include_net8!("data/digits8.tln");
static ROWS: &[u8] = include_bytes!("data/digits.rows");

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// CRC-32 of all scores, of all probabilities, and of all classes (a byte each); little-endian.
fn sums(mut infer: impl FnMut(&[u8]) -> (Vec<f32>, Vec<f32>, usize)) -> Vec<u8> {
    let (mut scores, mut probabilities, mut classes) = (vec![], vec![], vec![]);
    for row in ROWS.chunks_exact(NET.d()) {
        let (s, p, class) = infer(row);
        scores.extend(s.iter().flat_map(|x| x.to_le_bytes()));
        probabilities.extend(p.iter().flat_map(|x| x.to_le_bytes()));
        classes.push(class as u8);
    }
    assert_eq!(classes.len(), 100);
    [scores, probabilities, classes].iter().flat_map(|bytes| crc32(bytes).to_le_bytes()).collect()
}

fn by_reference() -> Vec<u8> {
    let all = |x: Floats<'_>| x.iter().collect::<Vec<_>>();
    let normalization = NET.normalization();
    let parts = Parts {
        d: NET.d(),
        h: NET.h(),
        c: NET.c(),
        mean: all(normalization.mean()),
        scale: all(normalization.scale()),
        w1: NET.layer1().weights().collect(),
        b1: NET.layer1().bias().collect(),
        w2: NET.layer2().weights().collect(),
        b2: NET.layer2().bias().collect(),
        names: vec![],
    };
    sums(|row| by_scores(parts.scores(Input::U8(row))))
}

/// What follows from scores.
fn by_scores(scores: Vec<f32>) -> (Vec<f32>, Vec<f32>, usize) {
    let mut probabilities = scores.clone();
    reference::softmax(MatMut::new(&mut probabilities, 1, scores.len()));
    let class = argmax(&scores);
    (scores, probabilities, class)
}

fn by_reference8() -> Vec<u8> {
    sums(|row| {
        let layer = |layer: &Layer8<'_>, q: &[i32], n: usize, low: i32| -> Vec<i32> {
            let w = layer.weights();
            assert_eq!(w.outputs(), n.next_multiple_of(OUTPUTS));
            let output = |j: usize| {
                let products = q.iter().enumerate().map(|(k, q)| i32::from(w.get(k, j)) * q);
                let a = layer.bias(j).unwrap() + products.sum::<i32>();
                (layer.rescale(j).unwrap().apply(a) + layer.zero()).clamp(low, 127)
            };
            (0..n).map(output).collect()
        };
        let q: Vec<i32> = row.iter().map(|&x| i32::from(x.min(254)) - 127).collect();
        let (first, last) = (NET8.layer1(), NET8.layer2());
        let q = layer(&last, &layer(&first, &q, NET8.h(), -127), NET8.c(), -128);
        by_scores(q.iter().map(|&q| (q - last.zero()) as f32 * last.scale()).collect())
    })
}

#[test]
fn sums_are_the_reference_and_this_machine() {
    let written = std::fs::read(path("digits.sums")).unwrap();
    assert_eq!(by_reference(), written);
    let mut scratch = Scratch::<{ NET.scratch_len() }>::new();
    let inferred = sums(|row| {
        let scores = NET.scores(row, &mut scratch).unwrap().to_vec();
        let probabilities = NET.probabilities(row, &mut scratch).unwrap().to_vec();
        (scores, probabilities, NET.classify(row, &mut scratch).unwrap())
    });
    assert_eq!(inferred, written);
}

#[test]
fn sums_of_int8_are_the_reference_and_this_machine() {
    let written = std::fs::read(path("digits8.sums")).unwrap();
    assert_eq!(by_reference8(), written);
    let mut scratch = Scratch::<{ NET8.scratch_len() }>::new();
    let inferred = sums(|row| {
        let scores = NET8.scores(row, &mut scratch).unwrap().to_vec();
        let probabilities = NET8.probabilities(row, &mut scratch).unwrap().to_vec();
        (scores, probabilities, NET8.classify(row, &mut scratch).unwrap())
    });
    assert_eq!(inferred, written);
}

#[test]
#[ignore = "writes tests/data/digits.sums and digits8.sums anew"]
fn write_sums() {
    std::fs::write(path("digits.sums"), by_reference()).unwrap();
    std::fs::write(path("digits8.sums"), by_reference8()).unwrap();
}
