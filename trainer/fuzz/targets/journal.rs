//! The journal of a search, the checksum of each line put right: an error, or results of candidates that exist.
#![no_main]

use flate2::Crc;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use trainer::search::journal;

fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').flat_map(sealed);
    let path = fuzz::file("journal", "search.jsonl", &lines.collect::<Vec<_>>());
    if let Ok(Some(journal)) = journal::read(&path, "") {
        assert!(journal.outcomes.iter().all(|outcome| outcome.candidate < journal.header.candidates));
    }
});

/// The line with the checksum that its fields ask for; as it is where it is no object.
fn sealed(line: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(line) else { return line.to_vec() };
    fields.remove("crc");
    let mut crc = Crc::new();
    crc.update(Value::Object(fields.clone()).to_string().as_bytes());
    fields.insert("crc".into(), format!("{:08x}", crc.sum()).into());
    (Value::Object(fields).to_string() + "\n").into_bytes()
}
