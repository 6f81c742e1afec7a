//! Writes the nets to measure, of invented numbers; hands the link script of `board` to the linker.

use std::path::{Path, PathBuf};

use infer_nostd::{Contents, Contents8, LayerContents8, encode, encode8, encoded_len, encoded_len8};
use kernels::int8::Rescale;

fn main() {
    println!("cargo::rustc-link-arg-bins=-T{}", std::env::var("DEP_BOARD_SCRIPT").expect("board sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    let folder = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it"));
    for (name, [d, h, c]) in [("small", [64, 32, 10]), ("large", [784, 128, 10])] {
        let (mean, scale) = ([100.0], [0.01]);
        let (w1, b1, w2, b2) = (numbers(d * h), numbers(h), numbers(h * c), numbers(c));
        let raw = Contents { d, h, c, w1: &w1, b1: &b1, w2: &w2, b2: &b2, ..Contents::default() };
        write(&folder.join(format!("{name}.tln")), &raw);
        write(&folder.join(format!("{name}-bytes.tln")), &Contents { mean: &mean, scale: &scale, ..raw });
        write8(&folder.join(format!("{name}-int8.tln")), [d, h, c]);
    }
}

fn write(path: &Path, net: &Contents<'_>) {
    let mut file = vec![0; encoded_len(net).expect("a good shape")];
    encode(net, &mut file).expect("a good net");
    std::fs::write(path, file).expect("a file");
}

fn write8(path: &Path, [d, h, c]: [usize; 3]) {
    let bytes = |n| numbers(n).iter().map(|x| (x * 2000.0) as i8).collect::<Vec<_>>();
    let (w1, w2) = (bytes(d * h), bytes(h * c));
    let (bias, rescale) =
        (vec![1000; h.max(c)], vec![Rescale::from_factor(0.001).expect("a factor"); h.max(c)]);
    let layer = |w, n| LayerContents8 { w, bias: &bias[..n], rescale: &rescale[..n], scale: 0.1 };
    let (layer1, layer2) = (layer(&w1, h), layer(&w2, c));
    let net = Contents8 { d, h, c, mean: &[], scale: &[], layer1, layer2, zero: 3, names: &[] };
    let mut file = vec![0; encoded_len8(&net).expect("a good shape")];
    encode8(&net, &mut file).expect("a good net");
    std::fs::write(path, file).expect("a file");
}

fn numbers(n: usize) -> Vec<f32> {
    let mut x = 1u32;
    let mut next = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 8) as f32 / (1 << 27) as f32 - 0.0625
    };
    (0..n).map(|_| next()).collect()
}
