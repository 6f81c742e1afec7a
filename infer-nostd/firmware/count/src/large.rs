//! What an inference with this net costs.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Input, Net, Scratch, include_net};

mod measure;

program!("large.tln", "large-bytes.tln");
