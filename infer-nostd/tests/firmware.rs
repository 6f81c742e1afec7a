//! What the bare-metal programs in `firmware/` are held to: checksums over a hundred digits, by the reference loops.
//!
//! `cargo test -p infer-nostd --test firmware -- --ignored` writes `digits.sums` anew (after `digits.tln` and
//! `digits.rows`, which the trainer's suite writes).

mod common;

use std::path::{Path, PathBuf};

use common::{Parts, crc32};
use infer_nostd::{Input, Net, Scratch, include_net};
use kernels::{Floats, MatMut, argmax, reference};

const NET: Net<'static> = include_net!("data/digits.tln");
static ROWS: &[u8] = include_bytes!("data/digits.rows");

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/digits.sums")
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
        w1: all(NET.w1()),
        b1: all(NET.b1()),
        w2: all(NET.w2()),
        b2: all(NET.b2()),
        names: vec![],
    };
    sums(|row| {
        let scores = parts.scores(Input::U8(row));
        let mut probabilities = scores.clone();
        reference::softmax(MatMut::new(&mut probabilities, 1, NET.c()));
        let class = argmax(&scores);
        (scores, probabilities, class)
    })
}

#[test]
fn sums_are_the_reference_and_this_machine() {
    let written = std::fs::read(path()).unwrap();
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
#[ignore = "writes tests/data/digits.sums anew"]
fn write_sums() {
    std::fs::write(path(), by_reference()).unwrap();
}
