//! The trainer as its users meet it: the binary, its files and its exit codes; and what the library promises.

mod broken_data;
mod broken_nets;
mod commands;
mod common;
mod course;
mod determinism;
mod firmware;
mod json;
mod outputs;
mod usage;
mod verify;
