//! A net with everything that belongs to it, out of any file.

use infer_nostd::Net;
use kernels::{Floats, Normalization};
use model::{Params, Shape};

use crate::wording::counted;
use crate::{Error, export};

/// Weights in the layout of the derivation, normalisation, names.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// Inputs D.
    pub d: usize,
    /// Hidden units H.
    pub h: usize,
    /// Classes C.
    pub c: usize,
    /// μ, Q of them.
    pub mean: Vec<f32>,
    /// s, Q of them.
    pub scale: Vec<f32>,
    /// D × H, row-major.
    pub w1: Vec<f32>,
    /// H.
    pub b1: Vec<f32>,
    /// H × C, row-major.
    pub w2: Vec<f32>,
    /// C.
    pub b2: Vec<f32>,
    /// C names, or none.
    pub names: Vec<String>,
}

impl Layers {
    /// Those of a net file.
    #[must_use]
    pub fn of(net: &Net<'_>) -> Self {
        let all = |floats: Floats<'_>| floats.iter().collect::<Vec<f32>>();
        Self {
            d: net.d(),
            h: net.h(),
            c: net.c(),
            mean: all(net.normalization().mean()),
            scale: all(net.normalization().scale()),
            w1: net.layer1().weights().collect(),
            b1: net.layer1().bias().collect(),
            w2: net.layer2().weights().collect(),
            b2: net.layer2().bias().collect(),
            names: (0..net.c()).map_while(|i| net.class_name(i).map(str::to_owned)).collect(),
        }
    }

    /// The weights as the trainer holds them.
    pub fn params(&self) -> Result<Params<f32>, Error> {
        let wrong = |e: model::ShapeError| Error::data(e.to_string());
        let shape = Shape::new(self.d, self.h, self.c).map_err(wrong)?;
        let all = [&self.w1[..], &self.b1, &self.w2, &self.b2].concat();
        Params::from_vec(shape, all).map_err(wrong)
    }

    /// The net file.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let normalization = Normalization::new(self.d, Floats::F32(&self.mean), Floats::F32(&self.scale));
        let normalization = normalization.map_err(|_| {
            let (q, s, d) = (self.mean.len(), self.scale.len(), self.d);
            Error::data(format!(
                "{} and {} for {}; wanted as many of both, 0 or a divisor of {d}",
                counted(q, "mean"),
                counted(s, "scale"),
                counted(d, "input")
            ))
        })?;
        export::to_bytes(&self.params()?, normalization, &self.names)
    }

    /// μ and s of every input, whatever Q is.
    #[must_use]
    pub fn normalization_of_inputs(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        let q = self.mean.len();
        let spread = |of: &[f32]| (0..self.d).map(|j| of[j * q / self.d]).collect();
        (q > 0).then(|| (spread(&self.mean), spread(&self.scale)))
    }
}

/// Rows to columns: an m × n matrix, row-major, the other way round.
#[must_use]
pub fn transposed(matrix: &[f32], m: usize, n: usize) -> Vec<f32> {
    (0..n).flat_map(|j| (0..m).map(move |i| matrix[i * n + j])).collect()
}
