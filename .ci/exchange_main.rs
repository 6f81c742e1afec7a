//! Rows of D floats on stdin -> rows of C scores on stdout, both as they lie in memory.
#[path = "net.rs"]
mod net;

use std::io::{Read, Write};

fn main() {
    let mut bytes = [0; 4 * net::D];
    while std::io::stdin().read_exact(&mut bytes).is_ok() {
        let x: [f32; net::D] =
            std::array::from_fn(|i| f32::from_le_bytes(bytes[4 * i..][..4].try_into().expect("four bytes")));
        let scores = net::scores(&x);
        assert!(scores.iter().all(|&s| s <= scores[net::classify(&x)]));
        scores.iter().for_each(|s| std::io::stdout().write_all(&s.to_le_bytes()).expect("a pipe"));
    }
    assert_eq!(net::CLASS_NAMES.len(), net::C);
}
