//! From a trained net to the bytes of a net file. The format is `infer-nostd`'s, which also writes it.

use infer_nostd::{Contents, encode, encoded_len};
use kernels::Normalization;
use model::{Params, Shape};

use crate::Error;

/// The net file.
pub fn to_bytes(
    net: &Params<f32>,
    normalization: Normalization<'_>,
    classes: &[String],
) -> Result<Vec<u8>, Error> {
    let Shape { d, h, c, .. } = net.shape();
    let names: Vec<&str> = classes.iter().map(String::as_str).collect();
    let (mean, scale): (Vec<f32>, Vec<f32>) =
        (normalization.mean().iter().collect(), normalization.scale().iter().collect());
    let contents = Contents {
        d,
        h,
        c,
        mean: &mean,
        scale: &scale,
        w1: net.w1_slice(),
        b1: net.b1(),
        w2: net.w2_slice(),
        b2: net.b2(),
        names: &names,
    };
    let refused =
        |e: infer_nostd::Error| Error::data(format!("no net file can hold this {d}-{h}-{c} net: {e}"));
    let mut bytes = vec![0; encoded_len(&contents).map_err(refused)?];
    encode(&contents, &mut bytes).map_err(refused)?;
    Ok(bytes)
}

/// Fails now if no net file could hold such a net later (too large, class names that are no names): before an
/// hour of training, not after.
pub fn check(shape: Shape, normalization: Normalization<'_>, classes: &[String]) -> Result<(), Error> {
    to_bytes(&Params::zeros(shape), normalization, classes).map(|_| ())
}
