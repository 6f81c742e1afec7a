//! `trainer export`: a net for other programs.

use super::{parse_net, read_net};
use crate::Error;
use crate::args::{ExportArgs, To};
use crate::exchange::net::Layers;
use crate::exchange::{npz, onnx, safetensors, source};
use crate::files::Target;
use crate::report::Report;

/// Reads, converts, writes.
pub(super) fn run(args: &ExportArgs) -> Result<(), Error> {
    let bytes = read_net(&args.net)?;
    let net = Layers::of(&parse_net(&args.net, &bytes)?);
    let (ending, bytes, what) = match args.to {
        To::Safetensors => ("safetensors", safetensors::write(&net), "fc1, fc2 as PyTorch's Linear has them"),
        To::Npz => ("npz", npz::write(&net)?, "coefs_0, intercepts_0, coefs_1, intercepts_1"),
        To::Onnx => ("onnx", onnx::write(&net), "input (raw) -> scores, probabilities, class"),
        To::C => ("c", source::c(&net).into_bytes(), "net_scores and net_classify, C99"),
        To::Rust => ("rs", source::rust(&net).into_bytes(), "scores and classify"),
    };
    let path = args.out.clone().unwrap_or_else(|| args.net.with_extension(ending));
    let target = Target::find(&path)?;
    if std::fs::canonicalize(&args.net).is_ok_and(|net| target.path() == net) {
        return Err(Error::usage(format!("{} would replace the net; name another --out", path.display())));
    }
    target.write(&bytes)?;
    let mut report = Report::new(false);
    report.line(format_args!("{} ({} bytes): {what}", path.display(), bytes.len()));
    if !net.mean.is_empty() && matches!(args.to, To::Safetensors | To::Npz) {
        report.line(format_args!(
            "the layers take (raw - mean) * scale; {} of each are in the file, one for {} inputs",
            net.mean.len(),
            net.d / net.mean.len()
        ));
    }
    report.finish()
}
