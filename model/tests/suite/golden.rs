//! Every vector of `tests/golden`, whose README describes them.

use std::path::{Path, PathBuf};

use kernels::{Isa, Scalar, log_sum_exp};
use model::predict;
use serde_json::Value;

use crate::bounds::Bounds;
use crate::support::{Case, Pass, assert_close, assert_within, shape, values, vector};

const NAMES: [&str; 16] = [
    "all_scores_equal",
    "batch_of_one",
    "dead_hidden",
    "heavy_regularisation",
    "kink_exact_zero",
    "large_inputs",
    "no_regularisation",
    "odd_shapes",
    "scores_1e4_right_label",
    "scores_1e4_wrong_label",
    "scores_at_f32_exp_edges",
    "thousand_classes",
    "tiny_inputs",
    "toy",
    "two_best_tied",
    "two_classes",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

pub(crate) fn read(name: &str) -> Value {
    let path = folder().join(name).with_extension("json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// All numbers of an array, nested or not, in order.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

/// An input: exact in f32, as the README of the vectors promises.
pub(crate) fn input(value: &Value) -> Vec<f64> {
    let numbers = numbers(value);
    assert!(numbers.iter().all(|&v| f64::from(v as f32) == v), "an input that f32 cannot hold");
    numbers
}

pub(crate) fn labels(value: &Value) -> Vec<u16> {
    numbers(value).into_iter().map(|y| y as u16).collect()
}

/// W1, b1, W2, b2, one after the other.
pub(crate) fn net(value: &Value) -> Vec<f64> {
    ["W1", "b1", "W2", "b2"].iter().flat_map(|key| numbers(&value[*key])).collect()
}

fn case(golden: &Value) -> Case {
    let size = |key: &str| golden[key].as_u64().unwrap() as usize;
    for key in ["W1", "b1", "W2", "b2"] {
        input(&golden[key]);
    }
    Case {
        shape: shape(size("D"), size("H"), size("C")),
        x: input(&golden["X"]),
        y: labels(&golden["y"]),
        net: net(golden),
        lambda: input(&golden["reg"])[0],
    }
}

/// Runs a check on every vector.
fn each<T: Scalar>(check: impl Fn(&str, &Value, &Case, &Pass<T>)) {
    for name in NAMES {
        let golden = read(name);
        let case = case(&golden);
        check(name, &golden, &case, &case.pass());
    }
}

#[test]
fn no_vector_is_left_out() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|e| e == "json"));
    let mut found: Vec<String> = json.map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    found.sort();
    let mut wanted: Vec<&str> = NAMES.into_iter().chain(["trajectory"]).collect();
    wanted.sort();
    assert_eq!(found, wanted);
}

/// What a pass computed, under the names of the golden files.
fn results<T: Scalar>(pass: &Pass<T>) -> [(&'static str, Vec<f64>); 10] {
    let grads = &pass.grads;
    [
        ("hidden", values(pass.ws.hidden())),
        ("scores", values(pass.ws.scores())),
        ("data_loss", vec![pass.loss.data.to_f64()]),
        ("reg_loss", vec![pass.loss.penalty.to_f64()]),
        ("loss", vec![pass.loss.total().to_f64()]),
        ("dW1", values(grads.w1())),
        ("db1", values(vector(grads.b1()))),
        ("dW2", values(grads.w2())),
        ("db2", values(vector(grads.b2()))),
        ("dX", values(pass.dx())),
    ]
}

#[test]
fn f64_agrees_to_1e_12_of_the_largest() {
    each(|name, golden, _, pass: &Pass<f64>| {
        for (key, got) in results(pass) {
            assert_close(&format!("{name}, {key}"), &got, &numbers(&golden[key]), 1e-12);
        }
        let scores = pass.ws.scores();
        let mut lse = vec![f64::NAN; scores.rows()];
        log_sum_exp(Isa::best(), scores, &mut lse);
        let log_probs: Vec<f64> = values(scores)
            .chunks(scores.cols())
            .zip(lse)
            .flat_map(|(row, lse)| row.iter().map(move |s| s - lse).collect::<Vec<_>>())
            .collect();
        assert_close(&format!("{name}, log_probs"), &log_probs, &numbers(&golden["log_probs"]), 1e-12);
    });
}

#[test]
fn f32_agrees_within_its_roundings() {
    each(|name, golden, case, pass: &Pass<f32>| {
        let bounds = Bounds::of(case, &case.pass(), pass);
        let (d, h, c) = case.shape.sizes();
        let (w1, rest) = bounds.grads.split_at(d * h);
        let (b1, rest) = rest.split_at(h);
        let (w2, b2) = rest.split_at(h * c);
        let (data, penalty) = ([bounds.data_loss], [bounds.penalty]);
        let total = [data[0] + penalty[0] + f64::from(pass.loss.total()) * f64::from(f32::EPSILON) / 2.0];
        let bounds: [&[f64]; 10] =
            [&bounds.hidden, &bounds.scores, &data, &penalty, &total, w1, b1, w2, b2, &bounds.dx];
        for ((key, got), bound) in results(pass).into_iter().zip(bounds) {
            assert_within(&format!("{name}, {key}"), &got, &numbers(&golden[key]), bound);
        }
    });
}

/// A plain figure beside the bounds, which grow where scores are large.
///
/// Three arrays are beyond it, whatever the care: there weights of 10⁴ multiply gradients of scores that are rounded to
/// u = 6·10⁻⁸ of their size, and the products cancel to that size again. An error of some 10⁴ u is what f32 has to
/// offer; the bounds say so, and hold them.
#[test]
fn f32_agrees_to_1e_5_of_the_largest() {
    each(|name, golden, _, pass: &Pass<f32>| {
        let cancels = |key: &str| name == "scores_1e4_right_label" && ["dW1", "db1", "dX"].contains(&key);
        for (key, got) in results(pass).into_iter().filter(|(key, _)| !cancels(key)) {
            assert_close(&format!("{name}, {key}"), &got, &numbers(&golden[key]), 1e-5);
        }
    });
}

#[test]
fn predictions_are_equal() {
    fn check<T: Scalar>(name: &str, golden: &Value, _: &Case, pass: &Pass<T>) {
        let mut classes = vec![u32::MAX; pass.ws.rows()];
        predict(pass.ws.scores(), &mut classes);
        assert_eq!(
            classes,
            labels(&golden["predict"]).into_iter().map(u32::from).collect::<Vec<_>>(),
            "{name}"
        );
    }
    each(check::<f32>);
    each(check::<f64>);
}

#[test]
fn kinks_are_where_they_are_said_to_be() {
    each(|name, golden, case, pass: &Pass<f64>| {
        let (d, h) = (case.shape.d(), case.shape.h());
        let at_zero = (0..case.n() * h).filter(|k| {
            let (i, j) = (k / h, k % h);
            let h0: f64 =
                (0..d).map(|p| case.x[i * d + p] * case.net[p * h + j]).sum::<f64>() + pass.net.b1()[j];
            h0 == 0.0
        });
        assert_eq!(at_zero.count() as u64, golden["kinks"].as_u64().unwrap(), "{name}");
    });
}
