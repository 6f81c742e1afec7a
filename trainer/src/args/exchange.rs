//! Flags of `export` and `import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What a net is exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum To {
    /// PyTorch's Linear layout, for any reader of safetensors.
    Safetensors,
    /// NumPy arrays.
    Npz,
    /// For onnxruntime and other runtimes.
    Onnx,
    /// C99 source, the same bits.
    C,
    /// Rust source, the same bits.
    Rust,
}

/// `export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// Net file
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// What to write
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub to: To,
    /// File to write [default: the name of NET with the ending of the format, if no other file has it]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// A .safetensors or .npz file with the weights and biases of two layers
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Net file to write [default: the name of FILE with the ending .tln, if no other file has it]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
