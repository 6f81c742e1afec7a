//! A checkpoint, its checksum put right: an error, or a state from which the next step can be drawn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainer::checkpoint;
use trainer::preset::Preset;

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    fuzz::seal(&mut bytes);
    let mut settings = Preset::Default.choice().settings;
    for momentum in [0.0, 0.9] {
        settings.momentum = momentum;
        let _ = checkpoint::terms(&bytes);
        if let Ok(state) = checkpoint::decode(&bytes, &settings, 3) {
            let mut again = Vec::new();
            checkpoint::write("", &state, &mut again).expect("memory takes it");
            assert!(checkpoint::decode(&again, &settings, 3).is_ok(), "what was read can be written and read");
        }
    }
});
