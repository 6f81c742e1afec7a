//! A checkpoint, its checksum put right: an error, or a state from which the next step can be drawn.
#![no_main]

use libfuzzer_sys::fuzz_target;
use model::Shape;
use trainer::checkpoint;
use trainer::dataset::Numbers;
use trainer::preset::Preset;

/// The rows that the corpus was trained on.
const ROWS: Numbers<'static> = Numbers::List(&[0, 1, 2, 3, 5]);

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = bytes.to_vec();
    fuzz::seal(&mut bytes);
    let mut settings = Preset::Default.choice().settings;
    let shape = Shape::new(2, 2, 2).expect("a small net");
    for momentum in [0.0, 0.9] {
        settings.momentum = momentum;
        let _ = (checkpoint::terms(&bytes), checkpoint::claims_end(&mut &bytes[..]));
        if let Ok(state) = checkpoint::decode(&bytes, &settings, shape, ROWS) {
            let mut again = Vec::new();
            checkpoint::write("", &state, &mut again).expect("memory takes it");
            let mut ended = Vec::new();
            checkpoint::mark_ended("", &mut &again[..], &mut ended).expect("it is whole");
            assert!(checkpoint::terms(&ended).is_ok() && checkpoint::claims_end(&mut &ended[..]) == Ok(true));
            assert!(checkpoint::decode(&again, &settings, shape, ROWS).is_ok(), "what was read can be written and read");
        }
    }
});
