//! Flags of `quantize`.

use std::path::PathBuf;

use clap::Args;

use super::DataOfNet;
use crate::quantize::Method;

/// `quantize`.
#[derive(Args, Clone, Debug)]
pub struct QuantizeArgs {
    /// Net file of f32
    #[arg(value_name = "NET")]
    pub net: PathBuf,
    /// Data set that it was trained on, and output. Training rows set the scales, test rows (else all) judge.
    #[command(flatten)]
    pub common: DataOfNet,
    /// Net file to write [default: the name of NET with the ending .int8.tln]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Points of accuracy that it may lose; a net that loses more is not written
    #[arg(long, value_name = "POINTS", value_parser = super::non_negative, default_value = "1", allow_hyphen_values = true)]
    pub max_loss: f64,
    /// What counts as the largest input and hidden value: the largest, or all but a thousandth
    #[arg(long, value_enum, value_name = "METHOD", default_value = "min-max")]
    pub calibration: Method,
}
