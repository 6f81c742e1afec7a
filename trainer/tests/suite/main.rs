//! The trainer as its users meet it: the binary, its files and its exit codes; and what the library promises.

mod broken_data;
mod broken_nets;
mod commands;
mod common;
mod config;
mod course;
mod data_of;
mod determinism;
mod doctor;
mod exchange;
mod firmware;
mod json;
mod label_of_net;
mod options;
mod outputs;
mod quantize;
mod report;
mod resume;
mod search;
mod usage;
mod verify;
