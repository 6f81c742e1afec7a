//! `trainer export`: a net for other programs.

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
        None => unnamed(args.net.with_extension(ending), &text)?,
    };
    beside_inputs(&path, &[&args.net])?.write(&text)?;
    let mut report = Report::new(false);
    report.line(format_args!("{} ({} bytes): {what}", path.display(), text.len()));
    report.finish()
}

/// A name that nobody gave: what begins like the text there, as an earlier export does, may be replaced; a program that somebody wrote,
/// main.c beside main.tln, may not.
fn unnamed(path: PathBuf, text: &[u8]) -> Result<PathBuf, Error> {
    const ALIKE: usize = 16; // "/* A two-layer n", "//! A two-layer "
    let is_source = text.starts_with(b"/*") || text.starts_with(b"//!");
    match std::fs::read(&path) {
        Ok(there) if is_source && !there.starts_with(&text[..ALIKE]) => Err(Error::usage(format!(
            "{}: it is there already and no export; name another file with --out, or this one",
            path.display()
        ))),
        _ => Ok(path),
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
