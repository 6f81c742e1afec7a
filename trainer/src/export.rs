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
    with_contents(net.shape(), normalization, classes, |shared| {
        let contents =
            Contents { w1: net.w1_slice(), b1: net.b1(), w2: net.w2_slice(), b2: net.b2(), ..shared };
        let mut bytes = vec![0; encoded_len(&contents)?];
        encode(&contents, &mut bytes)?;
        Ok(bytes)
    })
}

/// Fails now if no net file could hold such a net later (too large, class names that are no names): before an
/// hour of training, not after. A net of one hidden unit shows all that can be wrong but the length, and takes no memory
/// that the training will want.
pub fn check(shape: Shape, normalization: Normalization<'_>, classes: &[String]) -> Result<(), Error> {
    with_contents(shape, normalization, classes, |shared| encoded_len(&shared))?;
    let narrow = Shape::new(shape.d(), 1, shape.c()).expect("smaller than a shape");
    to_bytes(&Params::zeros(narrow), normalization, classes).map(|_| ())
}

/// What the file holds besides the weights, for `then`.
fn with_contents<R>(
    shape: Shape,
    normalization: Normalization<'_>,
    classes: &[String],
    then: impl FnOnce(Contents<'_>) -> Result<R, infer_nostd::Error>,
) -> Result<R, Error> {
    let (d, h, c) = shape.sizes();
    let names: Vec<&str> = classes.iter().map(String::as_str).collect();
    let (mean, scale): (Vec<f32>, Vec<f32>) =
        (normalization.mean().iter().collect(), normalization.scale().iter().collect());
    then(Contents { d, h, c, mean: &mean, scale: &scale, names: &names, ..Contents::default() })
        .map_err(|e| Error::data(format!("no net file can hold this {d}-{h}-{c} net: {e}")))
}
