//! Rows of D inputs on stdin -> rows of C scores on stdout, both as they lie in memory.
#[path = "net.rs"]
mod net;

use std::io::{Read, Write};

fn main() {
    const SIZE: usize = size_of::<net::Input>();
    let mut bytes = [0; SIZE * net::D];
    while std::io::stdin().read_exact(&mut bytes).is_ok() {
        let x = std::array::from_fn(|i| net::Input::from_le_bytes(bytes[SIZE * i..][..SIZE].try_into().expect("its bytes")));
        let scores = net::scores(&x);
        assert!(scores.iter().all(|&s| s <= scores[net::classify(&x)]));
        scores.iter().for_each(|s| std::io::stdout().write_all(&s.to_le_bytes()).expect("a pipe"));
    }
    assert_eq!(net::CLASS_NAMES.len(), net::C);
}
