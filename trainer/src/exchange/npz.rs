//! NumPy's archive of arrays, under scikit-learn's names.

use super::layers::Tensor;
use super::net::Layers;
use crate::Error;
use crate::numpy::npy::{self, Array};
use crate::numpy::zip;

/// The net as scikit-learn names its parts: `coefs_0` (D × H), `intercepts_0`, `coefs_1` (H × C), `intercepts_1`;
/// besides `mean`, `scale` and `classes` where there are any.
pub fn write(net: &Layers) -> Result<Vec<u8>, Error> {
    let (d, h, c) = (net.d, net.h, net.c);
    let mut files = vec![
        ("coefs_0", npy::write(&[d, h], &net.w1)),
        ("intercepts_0", npy::write(&[h], &net.b1)),
        ("coefs_1", npy::write(&[h, c], &net.w2)),
        ("intercepts_1", npy::write(&[c], &net.b2)),
    ];
    if !net.mean.is_empty() {
        files.push(("mean", npy::write(&[net.mean.len()], &net.mean)));
        files.push(("scale", npy::write(&[net.scale.len()], &net.scale)));
    }
    if !net.names.is_empty() {
        files.push(("classes", npy::write_words(&net.names)));
    }
    let files: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|(name, content)| (format!("{name}.npy"), content)).collect();
    zip::write(&files).ok_or_else(|| Error::data("the net is too large for an npz file of 4 GiB"))
}

/// All arrays; names from `classes` or `classes_`.
pub fn read(bytes: &[u8]) -> Result<(Vec<Tensor>, Vec<String>), Error> {
    let (mut tensors, mut names) = (Vec::new(), Vec::new());
    let broken = |what: String| Error::data(format!("no npz file: {what}; save it again with numpy.savez"));
    for member in zip::members(bytes).map_err(broken)? {
        let name = member.name.strip_suffix(".npy").unwrap_or(&member.name).to_owned();
        let array = Array::parse(&member.read().map_err(broken)?).map_err(|what| {
            Error::data(format!(
                "array {name}: {what}; a list of arrays is saved one by one, as coefs_0, coefs_1"
            ))
        })?;
        match array.numbers() {
            _ if name == "classes" || name == "classes_" => {
                names = (0..array.len()).map(|i| array.text(i)).collect();
            }
            Some(data) => tensors.push(Tensor { name, shape: array.shape, data }),
            None => {}
        }
    }
    Ok((tensors, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::layers::recognise;

    #[test]
    fn what_is_written_is_read_back() {
        let numbers = |n: usize| (0..n).map(|i| i as f32 * 0.1).collect::<Vec<_>>();
        let names = vec!["no".to_owned(), "yes".to_owned()];
        let net = Layers {
            d: 4,
            h: 3,
            c: 2,
            mean: vec![1.0; 2],
            scale: vec![2.0; 2],
            w1: numbers(12),
            b1: numbers(3),
            w2: numbers(6),
            b2: numbers(2),
            names,
        };
        let (tensors, names) = read(&write(&net).unwrap()).unwrap();
        assert_eq!(recognise(tensors, names).unwrap().layers, net);
    }
}
