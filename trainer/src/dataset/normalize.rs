//! Mean and scale of the inputs, x̂ = (x − μ)·s, learnt from the training rows and from no other.

use kernels::Input;

use super::numbers::Numbers;
use super::rows::{Dataset, Values};

/// What is learnt. Q is the number of means and scales: entry q stands for D/Q neighbouring inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// Inputs stay as they are; Q = 0.
    None,
    /// x / 255; Q = 1.
    Unit,
    /// The course's way for bytes: (x − mean of its colour plane) / 255; Q = planes. Numbers are no pixels: they lose
    /// the mean of every input (Q = D) and keep their scale.
    #[value(name = "mean")]
    MeanPerChannel,
    /// (x − mean) / standard deviation, of a colour plane where the rows are images (Q = planes), else of every
    /// input (Q = D). Where all values are equal the scale is 1.
    Standard,
}

/// The pair (μ, s) for these rows of the data, in the units of the file.
///
/// Sums of bytes are exact; sums of numbers are chains in f64 over the rows in the order given, the deviation by a
/// second pass over x − μ. Only + − × ÷ and the square root, so the result has the same bits everywhere. The deviation
/// is that of the rows themselves (divided by their number).
///
/// ```
/// use trainer::dataset::normalize::{Mode, learn};
/// use trainer::dataset::{Dataset, Numbers, Values};
/// let values = Values::F32(vec![1.0, 7.0, 3.0, 7.0]);
/// let classes = vec!["a".to_owned(), "b".to_owned()];
/// let data = Dataset { values, labels: vec![0, 1], d: 2, channels: 1, image: None, classes };
/// assert_eq!(learn(&data, Numbers::List(&[0, 1]), Mode::Standard), (vec![2.0, 7.0], vec![1.0, 1.0]));
/// ```
///
/// # Panics
/// If a row does not exist, or if there is none and the mode looks at them.
#[must_use]
pub fn learn(data: &Dataset, rows: Numbers<'_>, mode: Mode) -> (Vec<f32>, Vec<f32>) {
    const UNIT: f32 = 1.0 / 255.0;
    match mode {
        Mode::None => (Vec::new(), Vec::new()),
        Mode::Unit => (vec![0.0], vec![UNIT]),
        Mode::MeanPerChannel => {
            let (q, scale) = match data.values {
                Values::U8(_) => (data.channels, UNIT),
                Values::F32(_) => (data.d, 1.0),
            };
            (sums(data, rows, q).iter().map(|sum| sum.mean() as f32).collect(), vec![scale; q])
        }
        Mode::Standard => {
            let q = if data.image.is_some() { data.channels } else { data.d };
            let mut sums = sums(data, rows, q);
            deviations(data, rows, &mut sums);
            (sums.iter().map(|sum| sum.mean() as f32).collect(), sums.iter().map(Sum::scale).collect())
        }
    }
}

/// What is gathered of the values of one entry.
#[derive(Clone)]
struct Sum {
    count: u64,
    /// Σx of bytes, and Σx²: exact, 2⁴⁸ bytes of data would fit.
    bytes: u64,
    squares: u64,
    /// Σx of numbers.
    numbers: f64,
    /// Σ(x − μ)² of numbers.
    deviation: f64,
    least: f32,
    largest: f32,
}

impl Sum {
    const EMPTY: Self = Self {
        count: 0,
        bytes: 0,
        squares: 0,
        numbers: 0.0,
        deviation: 0.0,
        least: f32::INFINITY,
        largest: f32::NEG_INFINITY,
    };

    /// Takes up a part of a row.
    fn add(&mut self, x: Input<'_>) {
        self.count += x.len() as u64;
        match x {
            Input::U8(x) => {
                self.bytes += x.iter().map(|&x| u64::from(x)).sum::<u64>();
                self.squares += x.iter().map(|&x| u64::from(x) * u64::from(x)).sum::<u64>();
            }
            Input::F32(x) => {
                for &x in x {
                    self.numbers += f64::from(x);
                    self.least = self.least.min(x);
                    self.largest = self.largest.max(x);
                }
            }
        }
    }

    /// μ. One of the two sums is zero.
    fn mean(&self) -> f64 {
        if self.least == self.largest {
            return self.least.into(); // the chain may have rounded
        }
        (self.bytes as f64 + self.numbers) / self.count as f64
    }

    /// 1/σ; 1 where all values are equal, or so close that 1/σ is no finite f32.
    fn scale(&self) -> f32 {
        // n Σx² − (Σx)² = n² σ² without a rounding; zero for numbers.
        let (n, sum) = (u128::from(self.count), u128::from(self.bytes));
        let exact = (n * u128::from(self.squares) - sum * sum) as f64;
        let n = self.count as f64;
        let variance = exact / (n * n) + self.deviation / n;
        let scale = (1.0 / variance.sqrt()) as f32;
        if self.least == self.largest || !scale.is_finite() { 1.0 } else { scale }
    }
}

/// The sums of all entries over the rows, in the order given.
fn sums(data: &Dataset, rows: Numbers<'_>, q: usize) -> Vec<Sum> {
    assert!(!rows.is_empty(), "a mean needs one row at least");
    let mut sums = vec![Sum::EMPTY; q];
    let width = data.d / q;
    for row in rows.iter() {
        let x = data.row(row as usize);
        sums.iter_mut().enumerate().for_each(|(i, sum)| sum.add(x.part(i * width, width)));
    }
    sums
}

/// The second pass, for numbers.
fn deviations(data: &Dataset, rows: Numbers<'_>, sums: &mut [Sum]) {
    let width = data.d / sums.len();
    let means: Vec<f64> = sums.iter().map(Sum::mean).collect();
    for row in rows.iter() {
        let Input::F32(x) = data.row(row as usize) else { return };
        for ((x, sum), mean) in x.chunks_exact(width).zip(&mut *sums).zip(&means) {
            for &x in x {
                let away = f64::from(x) - mean;
                sum.deviation += away * away;
            }
        }
    }
}
