//! An int8 net as source text, C99 or Rust: the integers of its file and their arithmetic. Where inputs are bytes, no floating
//! point comes before the scores.

use std::fmt::Write;

use infer_nostd::{Layer8, Net8};

use super::source::{c_names, numbers_of, rust_names};

/// The integers of a layer, as text.
struct Integers {
    /// One row an output.
    w: String,
    bias: String,
    multiplier: String,
    shift: String,
}

impl Integers {
    fn of(layer: &Layer8<'_>, inputs: usize, outputs: usize) -> Self {
        let w: Vec<i8> =
            (0..outputs).flat_map(|j| (0..inputs).map(move |k| layer.weights().get(k, j))).collect();
        let bias: Vec<i32> = (0..outputs).filter_map(|j| layer.bias(j)).collect();
        let rescale: Vec<_> = (0..outputs).filter_map(|j| layer.rescale(j)).collect();
        let multiplier: Vec<i32> = rescale.iter().map(|m| m.multiplier()).collect();
        let shift: Vec<u8> = rescale.iter().map(|m| m.shift()).collect();
        Self {
            w: numbers_of(&w, ""),
            bias: numbers_of(&bias, ""),
            multiplier: numbers_of(&multiplier, ""),
            shift: numbers_of(&shift, ""),
        }
    }
}

/// Both layers.
fn both(net: &Net8<'_>) -> [Integers; 2] {
    [Integers::of(&net.layer1(), net.d(), net.h()), Integers::of(&net.layer2(), net.h(), net.c())]
}

/// C99.
#[must_use]
pub fn c(net: &Net8<'_>) -> String {
    let (d, h, c, q) = (net.d(), net.h(), net.c(), net.normalization().mean().len());
    let input = if q == 0 { "uint8_t" } else { "float" };
    let mut text = format!(
        "/* A two-layer net of int8, {d}-{h}-{c}, written by `trainer export`. C99. Integers: the same bits everywhere. */\n\
         #include <stdint.h>\n\n\
         enum {{ NET_D = {d}, NET_H = {h}, NET_C = {c} }};\n\n\
         typedef {input} net_input; /* raw, as the sensor gives it */\n\n"
    );
    c_arrays(net, &mut text);
    text += &c_names((0..c).map_while(|i| net.class_name(i)));
    let bytes = match q {
        0 => "        q[k] = (int8_t)((x[k] < 254 ? x[k] : 254) - 127);\n".to_owned(),
        _ => format!(
            "        volatile const float v = (x[k] - net_mean[k / {0}]) * net_scale[k / {0}]; /* volatile: rounded here */\n\
             \x20       const float u = v + 0.5f;\n\
             \x20       q[k] = (int8_t)((u > 0.0f ? u < 254.0f ? (int)u : 254 : 0) - 127);\n",
            d / q
        ),
    };
    let (zero, scale) = (net.layer2().zero(), net.layer2().scale());
    let _ = write!(
        text,
        "/* The byte of a sum: a m / 2^(31 + e), rounded to nearest twice, + z, within low and 127. */\n\
         static int8_t net_rescale(int32_t a, int32_t m, int e, int z, int low) {{\n\
         \x20   int32_t high = (int32_t)(((int64_t)a * m + (1 << 30)) >> 31), q;\n\
         \x20   high -= high < 0;\n\
         \x20   q = (high >> e) + (high >> (e - 1) & 1) + z;\n\
         \x20   return (int8_t)(q < low ? low : q > 127 ? 127 : q);\n\
         }}\n\n\
         /* The scores as bytes. */\n\
         static void net_bytes(const net_input x[NET_D], int8_t scores[NET_C]) {{\n\
         \x20   int8_t q[NET_D], h[NET_H];\n\
         \x20   for (int k = 0; k < NET_D; k++) {{\n\
         {bytes}\
         \x20   }}\n\
         \x20   for (int j = 0; j < NET_H; j++) {{\n\
         \x20       int32_t a = net_b1[j];\n\
         \x20       for (int k = 0; k < NET_D; k++) a += net_w1[j * NET_D + k] * q[k];\n\
         \x20       h[j] = net_rescale(a, net_m1[j], net_e1[j], -127, -127);\n\
         \x20   }}\n\
         \x20   for (int j = 0; j < NET_C; j++) {{\n\
         \x20       int32_t a = net_b2[j];\n\
         \x20       for (int k = 0; k < NET_H; k++) a += net_w2[j * NET_H + k] * h[k];\n\
         \x20       scores[j] = net_rescale(a, net_m2[j], net_e2[j], {zero}, -128);\n\
         \x20   }}\n\
         }}\n\n\
         void net_scores(const net_input x[NET_D], float scores[NET_C]) {{\n\
         \x20   int8_t q[NET_C];\n\
         \x20   net_bytes(x, q);\n\
         \x20   for (int j = 0; j < NET_C; j++) scores[j] = (float)(q[j] - ({zero})) * {scale:?}f;\n\
         }}\n\n\
         /* The class of a row: the first of the largest scores. */\n\
         int net_classify(const net_input x[NET_D]) {{\n\
         \x20   int8_t scores[NET_C];\n\
         \x20   int best = 0;\n\
         \x20   net_bytes(x, scores);\n\
         \x20   for (int j = 1; j < NET_C; j++)\n\
         \x20       if (scores[j] > scores[best]) best = j;\n\
         \x20   return best;\n\
         }}\n"
    );
    text
}

/// Its numbers.
fn c_arrays(net: &Net8<'_>, text: &mut String) {
    let q = net.normalization().mean().len();
    let mut array = |kind: &str, name: &str, size: &str, numbers: &str| {
        let _ = write!(text, "static const {kind} {name}[{size}] = {{\n{numbers}}};\n\n");
    };
    if q > 0 {
        let floats = |of: kernels::Floats<'_>| numbers_of(&of.iter().collect::<Vec<f32>>(), "f");
        array("float", "net_mean", &q.to_string(), &floats(net.normalization().mean()));
        array("float", "net_scale", &q.to_string(), &floats(net.normalization().scale()));
    }
    for (i, (layer, [inputs, outputs])) in
        both(net).iter().zip([["NET_D", "NET_H"], ["NET_H", "NET_C"]]).enumerate()
    {
        let i = i + 1;
        array("int8_t", &format!("net_w{i}"), &format!("{outputs} * {inputs}"), &layer.w);
        array("int32_t", &format!("net_b{i}"), outputs, &layer.bias);
        array("int32_t", &format!("net_m{i}"), outputs, &layer.multiplier);
        array("uint8_t", &format!("net_e{i}"), outputs, &layer.shift);
    }
}

/// Rust; nothing of it needs std.
#[must_use]
pub fn rust(net: &Net8<'_>) -> String {
    let (d, h, c, q) = (net.d(), net.h(), net.c(), net.normalization().mean().len());
    let input = if q == 0 { "u8" } else { "f32" };
    let mut text = format!(
        "//! A two-layer net of int8, {d}-{h}-{c}, written by `trainer export`. Integers: the same bits everywhere.\n\n\
         pub const D: usize = {d};\npub const H: usize = {h};\npub const C: usize = {c};\n\n\
         /// Raw, as the sensor gives it.\npub type Input = {input};\n\n"
    );
    rust_arrays(net, &mut text);
    text += &rust_names((0..c).map_while(|i| net.class_name(i)));
    let bytes = match q {
        0 => "    let q = x.map(|x| (i16::from(x.min(254)) - 127) as i8);\n".to_owned(),
        _ => format!(
            "    let byte = |k: usize| ((x[k] - MEAN[k / {0}]) * SCALE[k / {0}] + 0.5) as u8; // 0 to 255\n\
             \x20   let q = core::array::from_fn(|k| (i16::from(byte(k).min(254)) - 127) as i8);\n",
            d / q
        ),
    };
    let (zero, scale) = (net.layer2().zero(), net.layer2().scale());
    let _ = write!(
        text,
        "/// A layer: sums of products, and each a m / 2^(31 + e), rounded to nearest twice, + z, within low and 127.\n\
         fn layer<const K: usize, const N: usize>(\n\
         \x20   q: &[i8; K],\n\
         \x20   (w, b, m, e): (&[i8], &[i32; N], &[i32; N], &[u8; N]),\n\
         \x20   (z, low): (i32, i32),\n\
         ) -> [i8; N] {{\n\
         \x20   core::array::from_fn(|j| {{\n\
         \x20       let a = w[j * K..][..K].iter().zip(q).fold(b[j], |a, (&w, &q)| a + i32::from(w) * i32::from(q));\n\
         \x20       let high = ((i64::from(a) * i64::from(m[j]) + (1 << 30)) >> 31) as i32;\n\
         \x20       let high = high - i32::from(high < 0);\n\
         \x20       ((high >> e[j]) + (high >> (e[j] - 1) & 1) + z).clamp(low, 127) as i8\n\
         \x20   }})\n\
         }}\n\n\
         /// The scores as bytes.\n\
         fn bytes(x: &[Input; D]) -> [i8; C] {{\n\
         {bytes}\
         \x20   let h: [i8; H] = layer::<D, H>(&q, (&W1, &B1, &M1, &E1), (-127, -127));\n\
         \x20   layer(&h, (&W2, &B2, &M2, &E2), ({zero}, -128))\n\
         }}\n\n\
         pub fn scores(x: &[Input; D]) -> [f32; C] {{\n\
         \x20   bytes(x).map(|q| (i32::from(q) - ({zero})) as f32 * {scale:?})\n\
         }}\n\n\
         /// The class of a row: the first of the largest scores.\n\
         pub fn classify(x: &[Input; D]) -> usize {{\n\
         \x20   let scores = bytes(x);\n\
         \x20   (1..C).fold(0, |best, j| if scores[j] > scores[best] {{ j }} else {{ best }})\n\
         }}\n"
    );
    text
}

/// Its numbers.
fn rust_arrays(net: &Net8<'_>, text: &mut String) {
    let q = net.normalization().mean().len();
    let mut array = |kind: &str, name: &str, size: &str, numbers: &str| {
        let _ = write!(text, "static {name}: [{kind}; {size}] = [\n{numbers}];\n\n");
    };
    if q > 0 {
        let floats = |of: kernels::Floats<'_>| numbers_of(&of.iter().collect::<Vec<f32>>(), "");
        array("f32", "MEAN", &q.to_string(), &floats(net.normalization().mean()));
        array("f32", "SCALE", &q.to_string(), &floats(net.normalization().scale()));
    }
    for (i, (layer, [inputs, outputs])) in both(net).iter().zip([["D", "H"], ["H", "C"]]).enumerate() {
        let i = i + 1;
        array("i8", &format!("W{i}"), &format!("{outputs} * {inputs}"), &layer.w);
        array("i32", &format!("B{i}"), outputs, &layer.bias);
        array("i32", &format!("M{i}"), outputs, &layer.multiplier);
        array("u8", &format!("E{i}"), outputs, &layer.shift);
    }
}
