//! A net as source text, C99 or Rust, that needs nothing but its language: the weights, and the order of operations of
//! the kernels. Numbers are written with as many digits as tell them from all others, so the compiler reads the same
//! bits.

use std::fmt::Write;

use super::net::Layers;

/// Numbers a line.
const A_LINE: usize = 8;

/// C99. `fmaf` is the fused multiply-add that every C library has.
#[must_use]
pub fn c(net: &Layers) -> String {
    let (d, h, c, q) = (net.d, net.h, net.c, net.mean.len());
    let mut text = format!(
        "/* A two-layer net, {d}-{h}-{c}, written by `trainer export`. C99; link with -lm.\n\
         \x20  The same bits as the trainer's, unless -ffast-math or the like gives them away. */\n\
         #include <math.h>\n\n\
         enum {{ NET_D = {d}, NET_H = {h}, NET_C = {c} }};\n\n\
         typedef float net_input; /* raw, as the sensor gives it */\n\n"
    );
    let mut array = |name: &str, size: &str, numbers: &[f32]| {
        let _ = write!(text, "static const float {name}[{size}] = {{\n{}}};\n\n", numbers_of(numbers, "f"));
    };
    if q > 0 {
        array("net_mean", &q.to_string(), &net.mean);
        array("net_scale", &q.to_string(), &net.scale);
    }
    array("net_w1", "NET_D * NET_H", &net.w1);
    array("net_b1", "NET_H", &net.b1);
    array("net_w2", "NET_H * NET_C", &net.w2);
    array("net_b2", "NET_C", &net.b2);
    text += &c_names(net.names.iter().map(String::as_str));
    let input = match q {
        0 => "x[k]".to_owned(),
        _ => format!("(x[k] - net_mean[k / {0}]) * net_scale[k / {0}]", d / q),
    };
    let _ = write!(
        text,
        "/* scores = max(0, x W1 + b1) W2 + b2. */\n\
         void net_scores(const net_input x[NET_D], float scores[NET_C]) {{\n\
         \x20   float h[NET_H];\n\
         \x20   for (int j = 0; j < NET_H; j++) h[j] = 0.0f;\n\
         \x20   for (int k = 0; k < NET_D; k++) {{\n\
         \x20       const float xk = {input};\n\
         \x20       for (int j = 0; j < NET_H; j++) h[j] = fmaf(xk, net_w1[k * NET_H + j], h[j]);\n\
         \x20   }}\n\
         \x20   for (int j = 0; j < NET_H; j++) {{\n\
         \x20       const float sum = h[j] + net_b1[j];\n\
         \x20       h[j] = sum <= 0.0f ? 0.0f : sum;\n\
         \x20   }}\n\
         \x20   for (int j = 0; j < NET_C; j++) scores[j] = 0.0f;\n\
         \x20   for (int k = 0; k < NET_H; k++)\n\
         \x20       for (int j = 0; j < NET_C; j++) scores[j] = fmaf(h[k], net_w2[k * NET_C + j], scores[j]);\n\
         \x20   for (int j = 0; j < NET_C; j++) scores[j] += net_b2[j];\n\
         }}\n\n\
         /* The class of a row: the first of the largest scores. */\n\
         int net_classify(const net_input x[NET_D]) {{\n\
         \x20   float scores[NET_C];\n\
         \x20   int best = 0;\n\
         \x20   net_scores(x, scores);\n\
         \x20   for (int j = 1; j < NET_C; j++)\n\
         \x20       if (scores[j] > scores[best]) best = j;\n\
         \x20   return best;\n\
         }}\n"
    );
    text
}

/// Rust with std, for `f32::mul_add`.
#[must_use]
pub fn rust(net: &Layers) -> String {
    let (d, h, c, q) = (net.d, net.h, net.c, net.mean.len());
    let mut text = format!(
        "//! A two-layer net, {d}-{h}-{c}, written by `trainer export`: the same bits as the trainer's.\n\n\
         pub const D: usize = {d};\npub const H: usize = {h};\npub const C: usize = {c};\n\n\
         /// Raw, as the sensor gives it.\npub type Input = f32;\n\n"
    );
    let mut array = |name: &str, size: &str, numbers: &[f32]| {
        let _ = write!(text, "static {name}: [f32; {size}] = [\n{}];\n\n", numbers_of(numbers, ""));
    };
    if q > 0 {
        array("MEAN", &q.to_string(), &net.mean);
        array("SCALE", &q.to_string(), &net.scale);
    }
    array("W1", "D * H", &net.w1);
    array("B1", "H", &net.b1);
    array("W2", "H * C", &net.w2);
    array("B2", "C", &net.b2);
    text += &rust_names(net.names.iter().map(String::as_str));
    let input = match q {
        0 => "x".to_owned(),
        _ => format!("(x - MEAN[k / {0}]) * SCALE[k / {0}]", d / q),
    };
    let each = if q == 0 { "for (&x, w)" } else { "for (k, (&x, w))" };
    let rows = if q == 0 {
        "x.iter().zip(W1.chunks_exact(H))"
    } else {
        "x.iter().zip(W1.chunks_exact(H)).enumerate()"
    };
    let _ = write!(
        text,
        "/// scores = max(0, x W1 + b1) W2 + b2.\n\
         pub fn scores(x: &[Input; D]) -> [f32; C] {{\n\
         \x20   let mut h = [0.0; H];\n\
         \x20   {each} in {rows} {{\n\
         \x20       let x = {input};\n\
         \x20       h.iter_mut().zip(w).for_each(|(h, &w)| *h = x.mul_add(w, *h));\n\
         \x20   }}\n\
         \x20   for (h, b) in h.iter_mut().zip(&B1) {{\n\
         \x20       let sum = *h + b;\n\
         \x20       *h = if sum <= 0.0 {{ 0.0 }} else {{ sum }};\n\
         \x20   }}\n\
         \x20   let mut scores = [0.0; C];\n\
         \x20   for (&h, w) in h.iter().zip(W2.chunks_exact(C)) {{\n\
         \x20       scores.iter_mut().zip(w).for_each(|(s, &w)| *s = h.mul_add(w, *s));\n\
         \x20   }}\n\
         \x20   scores.iter_mut().zip(&B2).for_each(|(s, b)| *s += b);\n\
         \x20   scores\n\
         }}\n\n\
         /// The class of a row: the first of the largest scores.\n\
         pub fn classify(x: &[Input; D]) -> usize {{\n\
         \x20   let scores = scores(x);\n\
         \x20   (1..C).fold(0, |best, j| if scores[j] > scores[best] {{ j }} else {{ best }})\n\
         }}\n"
    );
    text
}

/// The names of the classes, if there are any, in C.
pub(super) fn c_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: String = names.map(|name| format!("    {},\n", c_string(name))).collect();
    match &names[..] {
        "" => names,
        _ => format!("const char *const net_class_name[NET_C] = {{\n{names}}};\n\n"),
    }
}

/// The names of the classes, if there are any, in Rust.
pub(super) fn rust_names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: String = names.map(|name| format!("    {name:?},\n")).collect();
    match &names[..] {
        "" => names,
        _ => format!("pub static CLASS_NAMES: [&str; C] = [\n{names}];\n\n"),
    }
}

/// Numbers with commas, in lines.
pub(super) fn numbers_of<T: std::fmt::Debug>(numbers: &[T], ending: &str) -> String {
    let mut text = String::with_capacity(numbers.len() * 14);
    for line in numbers.chunks(A_LINE) {
        text.push_str("   ");
        line.iter().for_each(|x| {
            let _ = write!(text, " {x:?}{ending},");
        });
        text.push('\n');
    }
    text
}

/// A string of C: bytes that mean something else there as octal numbers.
fn c_string(name: &str) -> String {
    let mut text = String::from("\"");
    for &byte in name.as_bytes() {
        match byte {
            b'"' | b'\\' | b'?' | 0..32 | 127.. => {
                let _ = write!(text, "\\{byte:03o}");
            }
            _ => text.push(char::from(byte)),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_bits() {
        let numbers = [0.1, -0.0, 1e-45, f32::MAX, 16_777_216.0, 1.0 / 3.0, f32::MIN_POSITIVE];
        let text = numbers_of(&numbers, "");
        let read: Vec<u32> =
            text.split(',').filter_map(|n| n.trim().parse::<f32>().ok()).map(f32::to_bits).collect();
        assert_eq!(read, numbers.map(f32::to_bits));
        assert!(text.split(',').filter(|n| !n.trim().is_empty()).all(|n| n.contains(['.', 'e'])), "{text}");
    }

    #[test]
    fn names_cannot_leave_their_string() {
        assert_eq!(c_string("a\"b\\??/ü\n"), "\"a\\042b\\134\\077\\077/\\303\\274\\012\"");
    }
}
