//! IDX files for the tests.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::{folder, write};

/// An IDX file of bytes with these dimensions.
pub(crate) fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut out = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|dim| out.extend(dim.to_be_bytes()));
    out.extend(data);
    out
}

/// The same bytes packed.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// Images of 2×3 pixels, those of row i all i, and the labels.
pub(crate) fn pair(labels: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let rows = labels.len() as u32;
    let pixels: Vec<u8> = (0..labels.len()).flat_map(|i| [i as u8; 6]).collect();
    (idx(&[rows, 2, 3], &pixels), idx(&[rows], labels))
}

/// A folder with a training pair of these bytes.
pub(crate) fn training(images: &[u8], labels: &[u8]) -> TempDir {
    let folder = folder();
    write(&folder, "train-images-idx3-ubyte", images);
    write(&folder, "train-labels-idx1-ubyte", labels);
    folder
}
