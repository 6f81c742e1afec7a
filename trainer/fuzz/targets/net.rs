//! The net file of either kind, as it comes and with its checksum put right: an error, or a net that classifies.
#![no_main]

use infer_nostd::{Net, Net8};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    let mut bytes = bytes.to_vec();
    fuzz::seal(&mut bytes);
    read(&bytes);
});

/// Both readers on the same bytes: at most one of them takes them.
fn read(bytes: &[u8]) {
    let _ = (Net::file_len(bytes), Net8::file_len(bytes));
    let (net, net8) = (Net::from_bytes(bytes), Net8::from_bytes(bytes));
    assert!(net.is_err() || net8.is_err(), "a file is of one kind");
    if let Ok(net) = net {
        use_net!(net);
    }
    if let Ok(net) = net8 {
        use_net!(net);
        let (raw, mut scratch) = (vec![200u8; net.d()], vec![0.0; net.scratch_len()]);
        let scores = net.quantized_scores(&raw[..], &mut scratch[..]).expect("D values and room");
        assert_eq!(scores.len(), net.c());
        for layer in [net.layer1(), net.layer2()] {
            let _ = (0..layer.weights().outputs() + 1).map(|j| (layer.bias(j), layer.rescale(j))).count();
        }
    }
}

/// The calls that both kinds have.
macro_rules! use_net {
    ($net:ident) => {
        let mut scratch = vec![f32::NAN; $net.scratch_len()];
        let (raw, floats) = (vec![200u8; $net.d()], vec![-1.5f32; $net.d()]);
        assert!($net.classify(&raw[..], &mut scratch[..]).expect("D values and room") < $net.c());
        assert_eq!($net.probabilities(&floats[..], &mut scratch[..]).expect("D values and room").len(), $net.c());
        let _ = $net.check_names();
        for class in [0, $net.c() - 1, $net.c(), usize::MAX] {
            let _ = $net.class_name(class);
        }
    };
}
use use_net;
