//! The scales, and the net rounded to them. All of it in f64, rounded once where a number goes into the file.

use infer_nostd::{BIAS_MAX, Contents8, LayerContents8, encode8, encoded_len8};
use kernels::int8::{MAX_INPUTS, Rescale};

use super::calibrate::{Calibration, Range};
use crate::Error;
use crate::exchange::net::Layers;

/// Bytes are taken as they are if no input's scale is more than so many times another's: they go into the weights then.
const SPREAD: f64 = 4.0;
/// Steps of an activation, from −127 to 127.
const STEPS: f64 = 254.0;
/// The lowest activation.
const LOWEST: f64 = -127.0;

/// The file of the int8 net. `bytes` says that the net will be fed with bytes.
///
/// # Errors
/// If the net is too large, or one of its numbers cannot be told in integers.
pub fn quantize(net: &Layers, seen: &Calibration, bytes: bool) -> Result<Vec<u8>, Error> {
    let &Layers { d, h, c, .. } = net;
    if d > MAX_INPUTS || h > MAX_INPUTS {
        return Err(Error::data(format!(
            "a {d}-{h}-{c} net: int8 layers take at most {MAX_INPUTS} inputs, so that sums fit 32 bits"
        )));
    }
    let inputs = Inputs::of(net, seen.inputs, bytes);
    let hidden_scale = |widest: f64| (f64::from(seen.hidden.high) / STEPS).max(2.0001 * widest);
    let first = Weights::of(&net.w1, &net.b1, h, |k| inputs.units[k], |k| inputs.zeros[k]);
    let s_h = to_f32(hidden_scale(first.widest()), "hidden layer")?;
    let second = Weights::of(&net.w2, &net.b2, c, |_| f64::from(s_h), |_| LOWEST);
    let (s_o, zero) = output(seen.scores, second.widest());
    let s_o = to_f32(s_o, "scores")?;
    let (layer1, layer2) = (first.rescaled(s_h)?, second.rescaled(s_o)?);
    let names: Vec<&str> = net.names.iter().map(String::as_str).collect();
    let contents = Contents8 {
        d,
        h,
        c,
        mean: &inputs.mean,
        scale: &inputs.scale,
        layer1: first.contents(&layer1, s_h),
        layer2: second.contents(&layer2, s_o),
        zero,
        names: &names,
    };
    let refused = |e: infer_nostd::Error| Error::data(format!("no int8 net file can hold this net: {e}"));
    let mut file = vec![0; encoded_len8(&contents).map_err(refused)?];
    encode8(&contents, &mut file).map_err(refused)?;
    Ok(file)
}

/// How raw inputs become activations, and what those stand for: x̂_k = unit_k (q_k − zero_k).
struct Inputs {
    mean: Vec<f32>,
    scale: Vec<f32>,
    units: Vec<f64>,
    zeros: Vec<f64>,
}

impl Inputs {
    fn of(net: &Layers, range: Range, bytes: bool) -> Self {
        let spread = |of: &[f32], none: f32| -> Vec<f64> {
            let q = of.len();
            (0..net.d).map(|k| f64::from(if q == 0 { none } else { of[k * q / net.d] })).collect()
        };
        let (means, scales) = (spread(&net.mean, 0.0), spread(&net.scale, 1.0));
        let size = |pick: fn(f64, f64) -> f64, start| scales.iter().fold(start, |a, s| pick(a, s.abs()));
        let (smallest, largest) = (size(f64::min, f64::INFINITY), size(f64::max, 0.0));
        if bytes && smallest > 0.0 && largest <= SPREAD * smallest {
            // x̂ = (x − μ) s with x = q + 127.
            let zeros = means.iter().map(|mean| mean + LOWEST).collect();
            return Self { mean: Vec::new(), scale: Vec::new(), units: scales, zeros };
        }
        // u = q + 127 = (x − μ − low/s) (s / step), so x̂ = low + step u. An input that is switched off is always 0.
        let (low, step) = (f64::from(range.low), (f64::from(range.high) - f64::from(range.low)) / STEPS);
        let step = if step > 0.0 { step } else { 1.0 };
        let entries = |of: &[f32], none: f32| if of.is_empty() { vec![none] } else { of.to_vec() };
        let (mean, scale) = (entries(&net.mean, 0.0), entries(&net.scale, 1.0));
        let lowest = |(mean, scale): (&f32, &f32)| match *scale {
            0.0 => *mean,
            scale => (f64::from(*mean) + low / f64::from(scale)) as f32,
        };
        Self {
            units: scales.iter().map(|&scale| if scale == 0.0 { 0.0 } else { step }).collect(),
            zeros: vec![LOWEST - low / step; net.d],
            mean: mean.iter().zip(&scale).map(lowest).collect(),
            scale: scale.iter().map(|&scale| (f64::from(scale) / step) as f32).collect(),
        }
    }
}

/// A layer in integers: a_j = b_j + Σ_k w_kj q_k stands for s_j a_j.
struct Weights {
    w: Vec<i8>,
    bias: Vec<i32>,
    scales: Vec<f64>,
}

impl Weights {
    /// Weights `w` (inputs × n) and biases `b` of inputs x_k = unit_k (q_k − zero_k).
    fn of(w: &[f32], b: &[f32], n: usize, unit: impl Fn(usize) -> f64, zero: impl Fn(usize) -> f64) -> Self {
        let mut all = Self { w: vec![0; w.len()], bias: Vec::new(), scales: Vec::new() };
        for (j, &b) in b.iter().enumerate() {
            let column = || w.iter().skip(j).step_by(n).enumerate().map(|(k, &w)| f64::from(w) * unit(k));
            let largest = column().fold(0.0, |a: f64, v| a.max(v.abs()));
            // Where the bias dwarfs the weights it sets the scale; half of what it may be leaves room for the zero points.
            let scale = (largest / 127.0).max(f64::from(b).abs() / f64::from(BIAS_MAX / 2));
            let scale = if scale > 0.0 { scale } else { 1.0 };
            let mut folded = f64::from(b) / scale;
            for (k, v) in column().enumerate() {
                let rounded = (v / scale).round();
                all.w[k * n + j] = rounded as i8;
                folded -= rounded * zero(k);
            }
            all.bias.push(folded.round() as i32);
            all.scales.push(scale);
        }
        all
    }

    /// The largest scale: that of the results must be more than twice as large.
    fn widest(&self) -> f64 {
        self.scales.iter().fold(0.0, |a, &s| a.max(s))
    }

    /// s_j / s of each output.
    fn rescaled(&self, scale: f32) -> Result<Vec<Rescale>, Error> {
        let factor =
            |s: &f64| Rescale::from_factor(s / f64::from(scale)).map_err(|e| Error::fault(e.to_string()));
        self.scales.iter().map(factor).collect()
    }

    fn contents<'a>(&'a self, rescale: &'a [Rescale], scale: f32) -> LayerContents8<'a> {
        LayerContents8 { w: &self.w, bias: &self.bias, rescale, scale }
    }
}

/// Scale and zero point of the scores: from −128 to 127, 0 among them.
fn output(range: Range, widest: f64) -> (f64, i32) {
    let (low, high) = (f64::from(range.low).min(0.0), f64::from(range.high).max(0.0));
    let scale = ((high - low) / 255.0).max(2.0001 * widest);
    (scale, (-128.0 - low / scale).round().clamp(-128.0, 127.0) as i32)
}

fn to_f32(scale: f64, what: &str) -> Result<f32, Error> {
    match scale as f32 {
        scale if scale.is_normal() => Ok(scale),
        _ => Err(Error::data(format!(
            "the {what} of this net would have steps of {scale:e}; f32 cannot tell them"
        ))),
    }
}
