//! `trainer import`: a net file from weights of elsewhere.

use std::io::ErrorKind;
use std::path::Path;

use super::{beside_inputs, parse_net};
use crate::Error;
use crate::args::ImportArgs;
use crate::exchange::layers::recognise;
use crate::exchange::{npz, safetensors};
use crate::report::{Report, talk};

/// Reads, recognises, writes.
pub(super) fn run(args: &ImportArgs) -> Result<(), Error> {
    let file = args.file.display();
    let bytes = std::fs::read(&args.file).map_err(|e| Error::read("read", &args.file, &e))?;
    // A ZIP archive begins with PK, safetensors with 8 bytes and a JSON object.
    let read = match bytes {
        _ if bytes.starts_with(b"PK") => npz::read(&bytes),
        _ if bytes.get(8) == Some(&b'{') => safetensors::read(&bytes),
        _ if parse_net(&args.file, &bytes).is_ok() => Err(Error::data("this is a net file already")),
        _ => Err(Error::data("neither npz nor safetensors; save the weights as one of these")),
    };
    let (tensors, names) = read.map_err(|e| e.context(&file))?;
    let arrays = tensors.iter().map(|tensor| ("array", &tensor.name));
    for (what, name) in arrays.chain(names.iter().map(|name| ("class", name))) {
        if name.contains(char::is_control) {
            return Err(Error::data(format!(
                "{file}: {what} \"{name}\" has a line break or another control character in its name; rename it"
            )));
        }
    }
    let found = recognise(tensors, names).map_err(|e| e.context(&file))?;
    let net = found.layers.to_bytes().map_err(|e| e.context(&file))?;
    let path = args.out.clone().unwrap_or_else(|| args.file.with_extension("tln"));
    let target = beside_inputs(&path, &[&args.file])?;
    if args.out.is_none() {
        spare(&path, &net)?;
    }
    target.write(&net)?;
    found.notes.iter().for_each(talk);
    if found.layers.mean.is_empty() {
        talk("no mean and scale in the file: the net takes inputs as they are");
    }
    let mut report = Report::new(false);
    let (d, h, c) = (found.layers.d, found.layers.h, found.layers.c);
    report.line(format_args!("{}: a {d}-{h}-{c} net ({} bytes)", path.display(), net.len()));
    report.finish()
}

/// A name that nobody gave: a net there, which may have been trained for hours, is left alone if it is another.
fn spare(path: &Path, net: &[u8]) -> Result<(), Error> {
    match std::fs::read(path) {
        Ok(there) if there != net => Err(Error::usage(format!(
            "{}: another file is there already; name one with --out, or this one to replace it",
            path.display()
        ))),
        Ok(_) => Ok(()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::read("read", path, &e)),
    }
}
