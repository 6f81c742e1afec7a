//! From named arrays to a net: which is which, and which way each lies.

use super::net::{Layers, transposed};
use crate::Error;
use crate::wording::counted;

/// How many arrays a message lists at most.
const LISTED: usize = 10;

/// An array out of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// As the file calls it.
    pub name: String,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Its numbers, the last index fastest.
    pub data: Vec<f32>,
}

/// A net, and what was done to get it: sentences for the person.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The net.
    pub layers: Layers,
    /// What was found and changed.
    pub notes: Vec<String>,
}

/// How the weights of a layer lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    /// outputs × inputs, as PyTorch's `Linear` has it.
    OutIn,
    /// inputs × outputs, as here and in scikit-learn.
    InOut,
}

/// Finds two weights and two biases, `mean` and `scale` if they are there.
pub fn recognise(mut tensors: Vec<Tensor>, names: Vec<String>) -> Result<Recognised, Error> {
    tensors.iter().try_for_each(check)?;
    let mut named = |name: &str| {
        let at = tensors.iter().position(|t| t.name == name && t.shape.len() == 1)?;
        Some(tensors.swap_remove(at).data)
    };
    let (mean, scale) = (named("mean").unwrap_or_default(), named("scale").unwrap_or_default());
    tensors.sort_by_key(|t| natural(&t.name));
    let of = |dims: usize| tensors.iter().filter(|t| t.shape.len() == dims).collect::<Vec<_>>();
    let (&[wa, wb], &[ba, bb]) = (&of(2)[..], &of(1)[..]) else { return Err(not_two_layers(&tensors)) };
    let mut notes = Vec::new();
    let (w1, d, h) = layer(wa, ba, &mut notes)?;
    let (w2, inner, mut c) = layer(wb, bb, &mut notes)?;
    if inner != h {
        return Err(Error::data(format!(
            "{} has {}, {} takes {}; the second layer must take what the first gives",
            wa.name,
            counted(h, "output"),
            wb.name,
            counted(inner, "input")
        )));
    }
    let (mut w2, mut b2) = (w2, bb.data.clone());
    if c == 1 {
        // One score s, class 1 where it is above 0: the scores 0 and s say the same.
        (w2, b2, c) = (w2.into_iter().flat_map(|w| [0.0, w]).collect(), vec![0.0, b2[0]], 2);
        notes.push("one output (logistic): made two classes of scores 0 and s".into());
    }
    if !names.is_empty() && names.len() != c {
        let (names, classes) = (counted(names.len(), "class name"), counted(c, "class"));
        return Err(Error::data(format!("{names}, but {classes}; they must be as many")));
    }
    let layers = Layers { d, h, c, mean, scale, w1, b1: ba.data.clone(), w2, b2, names };
    Ok(Recognised { layers, notes })
}

/// Numbers that no net file holds are told by the array they are in.
fn check(Tensor { name, data, .. }: &Tensor) -> Result<(), Error> {
    match data.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(Error::data(format!(
            "array {name}, number {} of {}: {} is no finite number of f32; train that net again, or save it before it diverged",
            at + 1,
            data.len(),
            data[at]
        ))),
        None => Ok(()),
    }
}

/// A layer's weights as inputs × outputs, and both sizes.
fn layer(w: &Tensor, b: &Tensor, notes: &mut Vec<String>) -> Result<(Vec<f32>, usize, usize), Error> {
    let [rows, columns] = [w.shape[0], w.shape[1]];
    let outputs = b.data.len();
    if rows == 0 || columns == 0 {
        let name = &w.name;
        return Err(Error::data(format!(
            "{name} is {rows} x {columns}; wanted 1 x 1 or more: save the weights again"
        )));
    }
    let by_name = if w.name.ends_with("weight") { Lies::OutIn } else { Lies::InOut };
    let lies = match (rows == outputs, columns == outputs) {
        (true, true) => by_name,
        (true, false) => Lies::OutIn,
        (false, true) => Lies::InOut,
        (false, false) => {
            return Err(Error::data(format!(
                "{} is {rows} x {columns} and its bias {} has {}; one side must be {outputs}",
                w.name,
                b.name,
                counted(outputs, "number")
            )));
        }
    };
    Ok(match lies {
        Lies::OutIn => {
            notes.push(format!("{}: {rows} x {columns}, outputs x inputs: transposed", w.name));
            (transposed(&w.data, rows, columns), columns, rows)
        }
        Lies::InOut => {
            notes.push(format!("{}: {rows} x {columns}, inputs x outputs: taken as it is", w.name));
            (w.data.clone(), rows, columns)
        }
    })
}

fn not_two_layers(tensors: &[Tensor]) -> Error {
    let mut found: Vec<String> =
        tensors.iter().take(LISTED).map(|t| format!("{} {:?}", t.name, t.shape)).collect();
    if tensors.len() > LISTED {
        found.push(format!("and {} more", tensors.len() - LISTED));
    }
    Error::data(format!(
        "wanted two layers: two matrices and two biases; found {}",
        if found.is_empty() { "nothing".into() } else { found.join(", ") }
    ))
}

/// Numbers in names count as numbers: layer 10 comes after layer 2. Each part is a text and the number behind it.
fn natural(name: &str) -> Vec<(String, Option<u64>)> {
    let mut parts = vec![(String::new(), None)];
    for c in name.chars() {
        let last = parts.len() - 1;
        let (text, number) = &mut parts[last];
        match (c.to_digit(10), number) {
            (Some(digit), number) => {
                *number = Some(number.unwrap_or(0u64).saturating_mul(10).saturating_add(digit.into()));
            }
            (None, None) => text.push(c),
            (None, Some(_)) => parts.push((c.to_string(), None)),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(name: &str, shape: &[usize]) -> Tensor {
        let n: usize = shape.iter().product();
        Tensor { name: name.into(), shape: shape.into(), data: (0..n).map(|i| i as f32).collect() }
    }

    #[test]
    fn both_layouts_give_the_same_net() {
        let rows = vec![
            tensor("coefs_0", &[3, 2]),
            tensor("intercepts_0", &[2]),
            tensor("coefs_1", &[2, 4]),
            tensor("intercepts_1", &[4]),
        ];
        let ours = recognise(rows.clone(), Vec::new()).unwrap();
        let transposed = |t: &Tensor, name: &str| {
            let data =
                if t.shape.len() == 2 { transposed(&t.data, t.shape[0], t.shape[1]) } else { t.data.clone() };
            Tensor { name: name.into(), shape: t.shape.iter().rev().copied().collect(), data }
        };
        let names = ["net.2.bias", "net.0.weight", "net.0.bias", "net.2.weight"];
        let linear = vec![
            transposed(&rows[3], names[0]),
            transposed(&rows[0], names[1]),
            transposed(&rows[1], names[2]),
            transposed(&rows[2], names[3]),
        ];
        let theirs = recognise(linear, Vec::new()).unwrap();
        assert_eq!(ours.layers, theirs.layers);
        assert_eq!((ours.layers.d, ours.layers.h, ours.layers.c), (3, 2, 4));
        assert!(theirs.notes.iter().all(|note| note.ends_with("transposed")) && theirs.notes.len() == 2);
    }

    #[test]
    fn a_square_layer_is_told_by_its_name() {
        let square = |w: &str, b: &str| {
            vec![tensor(w, &[2, 2]), tensor(b, &[2]), tensor("z2", &[2, 3]), tensor("zb", &[3])]
        };
        let linear = recognise(square("a.weight", "a.bias"), Vec::new()).unwrap().layers;
        let plain = recognise(square("W1", "b1"), Vec::new()).unwrap().layers;
        assert_eq!((linear.w1, plain.w1), (vec![0.0, 2.0, 1.0, 3.0], vec![0.0, 1.0, 2.0, 3.0]));
    }

    #[test]
    fn layers_are_ordered_by_their_numbers() {
        assert!(natural("l2.weight") < natural("l10.weight"));
        assert!(natural("coefs_0") < natural("coefs_1"));
        assert!(natural("0.weight") < natural("2.weight"));
    }

    #[test]
    fn what_is_no_two_layer_net_is_told_with_its_shapes() {
        let three = vec![tensor("a", &[2, 2]), tensor("b", &[2]), tensor("c", &[2, 2])];
        let error = recognise(three, Vec::new()).unwrap_err();
        assert!(error.exit_code() == 3 && error.message().contains("a [2, 2]"), "{error}");
        let list = |n: usize| {
            let error =
                recognise((0..n).map(|i| tensor(&format!("a{i}"), &[1])).collect(), Vec::new()).unwrap_err();
            error.message().split_once("found ").expect("a list").1.to_owned()
        };
        assert!(list(10).ends_with(", a8 [1], a9 [1]"), "{}", list(10));
        assert!(list(4000).ends_with(", a8 [1], a9 [1], and 3990 more"), "{}", list(4000));
        let odd = vec![tensor("a", &[2, 3]), tensor("ab", &[5]), tensor("b", &[3, 2]), tensor("bb", &[2])];
        assert!(recognise(odd, Vec::new()).unwrap_err().message().contains("5 numbers"));
        let apart = vec![tensor("a", &[2, 3]), tensor("ab", &[3]), tensor("b", &[4, 2]), tensor("bb", &[2])];
        assert!(recognise(apart, Vec::new()).unwrap_err().message().contains("takes 4"));
        let none = Tensor { name: "a".into(), shape: vec![0, 1 << 58], data: Vec::new() };
        let none = vec![none, tensor("ab", &[0]), tensor("b", &[2, 2]), tensor("bb", &[2])];
        assert!(recognise(none, Vec::new()).unwrap_err().message().contains("wanted 1 x 1 or more"));
    }
}
