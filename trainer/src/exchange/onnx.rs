//! ONNX: a graph of named operations as a protocol buffer, for onnxruntime and others. <https://onnx.ai>
//!
//! `input` (rows × D, raw) → Sub mean → Mul scale → Gemm → Relu → Gemm → `scores`; beside it Softmax → `probabilities`
//! and ArgMax → `class`. Operator set 13.

use super::net::Layers;

/// Types of elements.
const FLOAT: u64 = 1;
const INT64: u64 = 7;

/// The model.
#[must_use]
pub fn write(net: &Layers) -> Vec<u8> {
    let (d, h, c) = (net.d, net.h, net.c);
    let mut graph = Message::default();
    let mut x = "input";
    if net.normalization_of_inputs().is_some() {
        graph.message(1, node("Sub", &[x, "mean"], "centred", &[]));
        graph.message(1, node("Mul", &["centred", "scale"], "normalised", &[]));
        x = "normalised";
    }
    graph.message(1, node("Gemm", &[x, "W1", "b1"], "hidden0", &[]));
    graph.message(1, node("Relu", &["hidden0"], "hidden", &[]));
    graph.message(1, node("Gemm", &["hidden", "W2", "b2"], "scores", &[]));
    graph.message(1, node("Softmax", &["scores"], "probabilities", &[("axis", 1)]));
    graph.message(1, node("ArgMax", &["scores"], "class", &[("axis", 1), ("keepdims", 0)]));
    graph.text(2, "two_layer_net");
    if let Some((mean, scale)) = net.normalization_of_inputs() {
        graph.message(5, tensor("mean", &[d], &mean));
        graph.message(5, tensor("scale", &[d], &scale));
    }
    let weights: [(&str, &[usize], &[f32]); 4] =
        [("W1", &[d, h], &net.w1), ("b1", &[h], &net.b1), ("W2", &[h, c], &net.w2), ("b2", &[c], &net.b2)];
    for (name, shape, numbers) in weights {
        graph.message(5, tensor(name, shape, numbers));
    }
    graph.message(11, value("input", FLOAT, Some(d)));
    graph.message(12, value("scores", FLOAT, Some(c)));
    graph.message(12, value("probabilities", FLOAT, Some(c)));
    graph.message(12, value("class", INT64, None));

    let mut operators = Message::default();
    operators.text(1, "");
    operators.number(2, 13);
    let mut model = Message::default();
    model.number(1, 8); // version of the format
    model.text(2, "trainer");
    model.message(7, graph);
    model.message(8, operators);
    if !net.names.is_empty() {
        let mut entry = Message::default();
        entry.text(1, "classes");
        entry.text(2, &net.names.join("\n"));
        model.message(14, entry);
    }
    model.0
}

/// Operation, inputs, output, attributes that are whole numbers.
fn node(operation: &str, inputs: &[&str], output: &str, attributes: &[(&str, u64)]) -> Message {
    let mut node = Message::default();
    inputs.iter().for_each(|input| node.text(1, input));
    node.text(2, output);
    node.text(3, output);
    node.text(4, operation);
    for &(name, number) in attributes {
        let mut attribute = Message::default();
        attribute.text(1, name);
        attribute.number(3, number);
        attribute.number(20, 2); // a whole number
        node.message(5, attribute);
    }
    node
}

fn tensor(name: &str, shape: &[usize], numbers: &[f32]) -> Message {
    let mut tensor = Message::default();
    shape.iter().for_each(|&size| tensor.number(1, size as u64));
    tensor.number(2, FLOAT);
    tensor.text(8, name);
    tensor.bytes(9, &numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>());
    tensor
}

/// Name and type of what goes in or comes out: any number of rows, of so many columns.
fn value(name: &str, element: u64, columns: Option<usize>) -> Message {
    let mut shape = Message::default();
    let mut rows = Message::default();
    rows.text(2, "rows");
    shape.message(1, rows);
    if let Some(columns) = columns {
        let mut size = Message::default();
        size.number(1, columns as u64);
        shape.message(1, size);
    }
    let (mut array, mut kind, mut value) = (Message::default(), Message::default(), Message::default());
    array.number(1, element);
    array.message(2, shape);
    kind.message(1, array);
    value.text(1, name);
    value.message(2, kind);
    value
}

/// A protocol buffer under way: fields of a number, each a varint or bytes with their length.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut n: u64) {
        while n >= 128 {
            self.0.push(n as u8 | 128);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(&mut self, field: u64, n: u64) {
        self.varint(field << 3);
        self.varint(n);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: Self) {
        self.bytes(field, &message.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the protocol buffers' own documentation.
    #[test]
    fn fields_are_encoded_as_published() {
        let mut message = Message::default();
        message.number(1, 150);
        message.text(2, "testing");
        assert_eq!(message.0, b"\x08\x96\x01\x12\x07testing");
    }
}
