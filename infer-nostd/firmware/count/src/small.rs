//! What an inference with this net costs.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Input, Net, Net8, Scratch, include_net, include_net8};

mod measure;
use measure::{count, stack};

program!("small.tln", "small-bytes.tln", "small-int8.tln");
