//! safetensors: the length of a JSON header in 8 bytes, the header (name, type, sizes, place of each array), the
//! arrays. <https://huggingface.co/docs/safetensors>

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::layers::Tensor;
use super::net::{Layers, transposed};
use crate::Error;
use crate::element::Element;
use crate::wording::{agreeing, counted};

/// Longest header that is read; those of two layers take some hundred bytes.
const HEADER_MAX: usize = 1 << 20;

/// The net in the layout of PyTorch's `Linear`: outputs × inputs.
#[must_use]
pub fn write(net: &Layers) -> Vec<u8> {
    let (d, h, c) = (net.d, net.h, net.c);
    let (w1, w2) = (transposed(&net.w1, d, h), transposed(&net.w2, h, c));
    let mut arrays: Vec<(&str, Vec<usize>, &[f32])> = vec![
        ("fc1.weight", vec![h, d], &w1),
        ("fc1.bias", vec![h], &net.b1),
        ("fc2.weight", vec![c, h], &w2),
        ("fc2.bias", vec![c], &net.b2),
    ];
    if !net.mean.is_empty() {
        arrays.push(("mean", vec![net.mean.len()], &net.mean));
        arrays.push(("scale", vec![net.scale.len()], &net.scale));
    }
    let (mut header, mut data) = (Map::new(), Vec::new());
    let about = json!({ "input": "x = (raw - mean) * scale", "classes": net.names.join("\n") });
    header.insert("__metadata__".into(), about);
    for (name, shape, numbers) in arrays {
        let start = data.len();
        data.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        let entry = json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, data.len()] });
        header.insert(name.into(), entry);
    }
    let mut header = Value::Object(header).to_string();
    // So that the arrays lie at a multiple of 8.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// All arrays, and the class names where we wrote them.
pub fn read(bytes: &[u8]) -> Result<(Vec<Tensor>, Vec<String>), Error> {
    let broken = |what: &str| Error::data(format!("no safetensors file: {what}; export it again"));
    let (length, rest) = bytes.split_first_chunk().ok_or_else(|| broken("shorter than 8 bytes"))?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    if length > HEADER_MAX || length > rest.len() {
        return Err(broken(&format!("a header of {} in a file of {}", counted(length, "byte"), bytes.len())));
    }
    let (header, data) = rest.split_at(length);
    let text = str::from_utf8(header).map_err(|e| broken(&format!("its header: {e}")))?;
    let header: Value = serde_json::from_str(text).map_err(|e| broken(&format!("its header: {e}")))?;
    if let Some(name) = twice(text) {
        return Err(broken(&format!("its header has the name {name:?} twice")));
    }
    let header = header.as_object().ok_or_else(|| broken("its header is no object"))?;
    let mut tensors = Vec::new();
    for (name, entry) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        let kind = entry["dtype"].as_str().unwrap_or("none");
        let element = element(kind).ok_or_else(|| {
            Error::data(format!(
                "array {name:?} is of type {kind}; wanted F16, BF16, F32 or F64: save it as one of these, or leave it out"
            ))
        })?;
        let tensor = tensor(name, element, entry, data);
        tensors.push(
            tensor.ok_or_else(|| broken(&format!("array {name:?} has sizes or a place that do not fit")))?,
        );
    }
    check_places(header, data.len()).map_err(|what| broken(&what))?;
    let classes = header.get("__metadata__").and_then(|about| about["classes"].as_str()).unwrap_or_default();
    Ok((tensors, classes.lines().map(str::to_owned).collect()))
}

/// The types that are read.
fn element(kind: &str) -> Option<Element> {
    Some(match kind {
        "F32" => Element::F32,
        "F64" => Element::F64,
        "BF16" => Element::BF16,
        "F16" => Element::F16,
        _ => return None,
    })
}

/// A name that an object of this JSON, which has been read, has twice: a reader takes either.
fn twice(json: &str) -> Option<String> {
    let (bytes, mut at) = (json.as_bytes(), 0);
    let mut open: Vec<HashSet<String>> = Vec::new();
    while at < bytes.len() {
        match bytes[at] {
            b'{' | b'[' => open.push(HashSet::new()),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let start = at;
                at += 1;
                while *bytes.get(at)? != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let (text, rest) = (&json[start..=at], &json[at + 1..]);
                if rest.trim_start().starts_with(':') {
                    let name: String = serde_json::from_str(text).ok()?;
                    if open.last()?.contains(&name) {
                        return Some(name);
                    }
                    open.last_mut()?.insert(name);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Whether the arrays, each of which has been read, follow one another from the first of so many bytes to the last.
fn check_places(header: &Map<String, Value>, bytes: usize) -> Result<(), String> {
    let arrays = header.iter().filter(|(name, _)| *name != "__metadata__");
    let place = |entry: &Value| [0, 1].map(|end| entry["data_offsets"][end].as_u64().unwrap_or(0));
    let mut places: Vec<_> = arrays.map(|(name, entry)| (place(entry), name)).collect();
    places.sort_unstable();
    let (mut end, mut before) = (0, "the header".to_owned());
    let last = if places.is_empty() { "" } else { ", the last," };
    for ([start, its_end], name) in places {
        if start != end {
            return Err(format!(
                "array {name:?} begins at byte {start} of the data; wanted {end}, where {before} ends"
            ));
        }
        (end, before) = (its_end, format!("array {name:?}"));
    }
    match bytes as u64 - end {
        0 => Ok(()),
        more => Err(format!(
            "{} after {before}{last} {} to none",
            counted(more, "byte"),
            agreeing(&more, "belongs", "belong")
        )),
    }
}

/// One array; None if anything about it does not fit.
fn tensor(name: &str, element: Element, entry: &Value, data: &[u8]) -> Option<Tensor> {
    let count = |v: &Value| v.as_u64().and_then(|n| usize::try_from(n).ok());
    let shape = entry["shape"].as_array()?.iter().map(count).collect::<Option<Vec<_>>>()?;
    let bytes = data.get(count(&entry["data_offsets"][0])?..count(&entry["data_offsets"][1])?)?;
    let elements = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size))?;
    let (size, number) = (element.size(), |bytes| element.get(bytes, false) as f32);
    let fits = elements.checked_mul(size) == Some(bytes.len());
    fits.then(|| Tensor { name: name.into(), shape, data: bytes.chunks_exact(size).map(number).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::layers::recognise;

    fn net() -> Layers {
        let numbers = |n: usize, by: f32| (0..n).map(|i| i as f32 * by).collect::<Vec<_>>();
        Layers {
            d: 2,
            h: 3,
            c: 2,
            mean: vec![8.0],
            scale: vec![0.5],
            w1: numbers(6, 0.1),
            b1: numbers(3, -1.0),
            w2: numbers(6, 1.5),
            b2: numbers(2, 7.0),
            names: vec!["no".into(), "yes".into()],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let (tensors, names) = read(&write(&net())).unwrap();
        assert_eq!(recognise(tensors, names).unwrap().layers, net());
    }

    /// Every truncation and every flipped bit: an error or another net, never a panic.
    #[test]
    fn damaged_files_are_told() {
        let bytes = write(&net());
        for cut in 0..bytes.len() {
            assert!(read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
        for bit in 0..8 * bytes.len() {
            let mut hurt = bytes.clone();
            hurt[bit / 8] ^= 1 << (bit % 8);
            if let Ok((tensors, names)) = read(&hurt) {
                let _ = recognise(tensors, names);
            }
        }
    }
}
