//! `trainer export`: a net for other programs.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use super::{beside_inputs, parse_any, read_net};
use crate::Error;
use crate::any_net::AnyNet;
use crate::args::{ExportArgs, To};
use crate::exchange::net::Layers;
use crate::exchange::{npz, onnx, safetensors, source, source8};
use crate::report::Report;

/// Reads, converts, writes.
pub(super) fn run(args: &ExportArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let (ending, text, what) = match parse_any(&args.net, &bytes)? {
        AnyNet::F32(net) => convert(&Layers::of(&net), args.to)?,
        AnyNet::Int8(net) => match args.to {
            To::C => ("c", source8::c(&net).into_bytes(), C.to_owned()),
            To::Rust => ("rs", source8::rust(&net).into_bytes(), RUST.to_owned()),
            _ => {
                return Err(Error::data(format!(
                    "{}: an int8 net is exported to c and rust; for other formats give the f32 net that it was made of",
                    args.net.display()
                )));
            }
        },
    };
    let path = match &args.out {
        Some(path) => path.clone(),
        None => unnamed(args.net.with_extension(ending), args.to)?,
    };
    beside_inputs(&path, &[&args.net])?.write(&text)?;
    let mut report = Report::new(false);
    report.line(format_args!("{} ({} bytes): {what}", path.display(), text.len()));
    report.finish()
}

/// A name that nobody gave: an earlier export there may be replaced; a program that somebody wrote, main.c beside main.tln, or a data set,
/// may not.
fn unnamed(path: PathBuf, to: To) -> Result<PathBuf, Error> {
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(path),
        Err(e) => return Err(Error::read("read", &path, &e)),
    };
    let (mut start, mark) = (Vec::new(), mark(to));
    file.take(64).read_to_end(&mut start).map_err(|e| Error::read("read", &path, &e))?;
    if start.windows(mark.len()).any(|bytes| bytes == mark) {
        return Ok(path);
    }
    Err(Error::usage(format!(
        "{}: a file that no export wrote is there already; name another with --out, or this one to replace it",
        path.display()
    )))
}

/// What stands among the first 64 bytes of every export in this format.
fn mark(to: To) -> &'static [u8] {
    match to {
        To::Safetensors => br#"{"__metadata__":{"classes":"#,
        To::Npz => b"coefs_0.npy\x93NUMPY", // numpy itself puts an extra field between them
        To::Onnx => b"\x12\x07trainer",
        To::C | To::Rust => b" A two-layer net",
    }
}

const C: &str = "net_scores and net_classify, C99";
const RUST: &str = "scores and classify";

/// An f32 net: the ending of its name, its bytes, what is in them.
fn convert(net: &Layers, to: To) -> Result<(&'static str, Vec<u8>, String), Error> {
    // The formats of plain layers leave the normalisation to their reader.
    let with = |what: &str| match net.mean.len() {
        0 => what.to_owned(),
        q => {
            let each = if q == net.d { "an input".to_owned() } else { format!("for {} inputs", net.d / q) };
            format!("{what}\nthe layers take (raw - mean) * scale; {q} of each are in the file, one {each}")
        }
    };
    Ok(match to {
        To::Safetensors => {
            ("safetensors", safetensors::write(net), with("fc1, fc2 as PyTorch's Linear has them"))
        }
        To::Npz => ("npz", npz::write(net)?, with("coefs_0, intercepts_0, coefs_1, intercepts_1")),
        To::Onnx => ("onnx", onnx::write(net), "input (raw) -> scores, probabilities, class".to_owned()),
        To::C => ("c", source::c(net).into_bytes(), C.to_owned()),
        To::Rust => ("rs", source::rust(net).into_bytes(), RUST.to_owned()),
    })
}
