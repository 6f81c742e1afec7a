//! The net file, as it comes and with its checksum put right: an error, or a net that classifies.
#![no_main]

use infer_nostd::Net;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Net::file_len(bytes);
    let _ = Net::from_bytes(bytes);
    let mut bytes = bytes.to_vec();
    fuzz::seal(&mut bytes);
    let Ok(net) = Net::from_bytes(&bytes) else { return };
    let mut scratch = vec![0.0; net.scratch_len()];
    let (raw, floats) = (vec![200u8; net.d()], vec![-1.5f32; net.d()]);
    assert!(net.classify(&raw[..], &mut scratch[..]).expect("D values and room") < net.c());
    assert_eq!(net.probabilities(&floats[..], &mut scratch[..]).expect("D values and room").len(), net.c());
    for class in [0, net.c() - 1, net.c(), usize::MAX] {
        let _ = net.class_name(class);
    }
});
