//! Nets from elsewhere: safetensors and npz. What is recognised can be written as a net file or is refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::exchange::layers::recognise;
use trainer::exchange::{npz, safetensors};

fuzz_target!(|bytes: &[u8]| {
    let read = if bytes.starts_with(b"PK") { npz::read(bytes) } else { safetensors::read(bytes) };
    if let Ok((tensors, names)) = read
        && let Ok(found) = recognise(tensors, names)
        && let Ok(file) = found.layers.to_bytes()
    {
        assert!(infer_nostd::Net::from_bytes(&file).is_ok());
    }
});
