//! The scores of a net file, bit by bit, for programs that compare: `scores NET < rows > scores`. Rows of D and of C
//! floats as they lie in memory, little-endian.

use std::io::{Read, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a net file")?;
    let file = std::fs::read(path)?;
    let net = infer_nostd::Net::from_bytes(&file).map_err(|e| e.to_string())?;
    let mut rows = Vec::new();
    std::io::stdin().read_to_end(&mut rows)?;
    let mut scratch = vec![0.0; net.scratch_len()];
    for row in rows.chunks_exact(4 * net.d()) {
        let row: Vec<f32> =
            row.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let scores = net.scores(&row[..], &mut scratch).map_err(|e| e.to_string())?;
        for score in scores {
            std::io::stdout().write_all(&score.to_le_bytes())?;
        }
    }
    Ok(())
}
