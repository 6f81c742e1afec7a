//! What an inference with this net costs where it is the only one, compiled in.
#![no_std]
#![no_main]

use core::hint::black_box;

use infer_nostd::{Input, Net, include_net};

mod measure;
use measure::{count, stack};

alone!("small.tln");
