//! Means and scales.

use kernels::{Floats, Isa, Normalization};
use trainer::dataset::normalize::{self, Mode};
use trainer::dataset::{Dataset, Numbers, Values, digits};
use trainer::rows::View;

fn dataset(values: Values, d: usize, channels: usize, image: Option<[usize; 3]>) -> Dataset {
    let rows = values.len() / d;
    Dataset { values, labels: vec![0; rows], d, channels, image, classes: vec!["a".to_owned()] }
}

/// Two rows that count, of two planes of two pixels, and one between them that does not.
fn pixels() -> Dataset {
    let values = vec![0, 2, 10, 10, 255, 255, 255, 255, 4, 6, 20, 40];
    dataset(Values::U8(values), 4, 2, Some([1, 2, 1]))
}

const ROWS: [u32; 2] = [0, 2];

fn learn(data: &Dataset, rows: &[u32], mode: Mode) -> (Vec<f32>, Vec<f32>) {
    normalize::learn(data, Numbers::List(rows), mode)
}

#[test]
fn none_and_unit_do_not_look() {
    assert_eq!(learn(&pixels(), &[], Mode::None), (vec![], vec![]));
    assert_eq!(learn(&pixels(), &[], Mode::Unit), (vec![0.0], vec![1.0 / 255.0]));
}

#[test]
fn the_mean_colour_of_the_rows_named() {
    assert_eq!(learn(&pixels(), &ROWS, Mode::MeanPerChannel), (vec![3.0, 20.0], vec![1.0 / 255.0; 2]));
}

#[test]
fn numbers_lose_the_mean_of_each_input() {
    let data = dataset(Values::F32(vec![1.0, 7.0, 3.0, 9.0]), 2, 1, None);
    assert_eq!(learn(&data, &[0, 1], Mode::MeanPerChannel), (vec![2.0, 8.0], vec![1.0; 2]));
}

/// Planes 0 2 4 6 and 10 10 20 40: variances 5 and 150.
#[test]
fn images_are_standardized_by_plane() {
    let (mean, scale) = learn(&pixels(), &ROWS, Mode::Standard);
    assert_eq!(mean, [3.0, 20.0]);
    assert_eq!(scale, [5f64, 150.0].map(|variance| (1.0 / variance.sqrt()) as f32));
}

#[test]
fn tables_are_standardized_by_input() {
    let (mean, scale) =
        learn(&dataset(Values::U8(vec![0, 5, 2, 5, 4, 5, 6, 5]), 2, 1, None), &[0, 1, 2, 3], Mode::Standard);
    assert_eq!((mean, scale), (vec![3.0, 5.0], vec![(1.0 / 5f64.sqrt()) as f32, 1.0]));
    let data = dataset(Values::F32(vec![-1.0, 100.0, 1.0, 300.0]), 2, 1, None);
    assert_eq!(learn(&data, &[0, 1], Mode::Standard), (vec![0.0, 200.0], vec![1.0, 0.01]));
}

/// The mean of equal numbers is the number, and their scale 1, though the sum of many tenths is rounded.
#[test]
fn an_input_that_never_changes() {
    let rows: Vec<u32> = (0..1000).collect();
    let data = dataset(Values::F32(vec![0.1; 1000]), 1, 1, None);
    assert_eq!(learn(&data, &rows, Mode::Standard), (vec![0.1], vec![1.0]));
    assert_eq!(
        learn(&dataset(Values::U8(vec![7; 1000]), 1, 1, None), &rows, Mode::Standard),
        (vec![7.0], vec![1.0])
    );
}

/// 1/σ of the smallest numbers is beyond f32.
#[test]
fn a_scale_is_always_finite() {
    let data = dataset(Values::F32(vec![0.0, f32::from_bits(1)]), 1, 1, None);
    assert_eq!(learn(&data, &[0, 1], Mode::Standard).1, [1.0]);
    let data = dataset(Values::F32(vec![f32::MIN, f32::MAX]), 1, 1, None);
    let (mean, scale) = learn(&data, &[0, 1], Mode::Standard);
    assert!(mean == [0.0] && scale[0] > 0.0 && scale[0].is_finite(), "{mean:?} {scale:?}");
}

/// A spread far below the mean does not cancel away: the second pass is over x − μ.
#[test]
fn a_small_spread_around_a_large_mean() {
    let data = dataset(Values::F32(vec![16_777_214.0, 16_777_216.0]), 1, 1, None);
    assert_eq!(learn(&data, &[0, 1], Mode::Standard), (vec![16_777_215.0], vec![1.0]));
}

/// On every machine: these are the floats nearest to the exact mean and scale, found with 40 digits.
#[test]
fn the_digits_have_these_bits() {
    let [train, _] = digits().unwrap();
    let rows: Vec<u32> = (0..3823).collect();
    let (mean, scale) = learn(&train, &rows, Mode::Standard);
    let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!((bits(&mean), bits(&scale)), (vec![0x409d_912d], vec![0x3e29_a298]));
}

#[test]
fn standardized_rows_have_mean_0_and_deviation_1() {
    let [train, _] = digits().unwrap();
    let rows: Vec<u32> = (0..1000).collect();
    let (mean, scale) = learn(&train, &rows, Mode::Standard);
    let how = Normalization::new(64, Floats::F32(&mean), Floats::F32(&scale)).unwrap();
    let view = View::new(&train, how).unwrap();
    assert!(view.y(&rows).iter().eq(train.labels[..1000].iter().copied()));
    let x = view.values(Isa::best(), &rows);
    let sum: f64 = x.iter().map(|&x| f64::from(x)).sum();
    let squares: f64 = x.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    // Each x̂ is off by 3 roundings of 2⁻²⁴ at most, |x̂| < 4.
    assert!(
        (sum / 64_000.0).abs() < 12.0 * 6e-8 && (squares / 64_000.0 - 1.0).abs() < 48.0 * 2.0 * 6e-8,
        "{sum} {squares}"
    );
}

#[test]
#[should_panic(expected = "needs one row at least")]
fn a_mean_of_nothing_is_a_mistake() {
    let _ = learn(&pixels(), &[], Mode::Standard);
}
