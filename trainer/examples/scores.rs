//! The scores of a net file, bit by bit, for programs that compare: `scores NET < rows > scores`. Rows of D inputs (bytes for an
//! int8 net without normalisation, else floats) and of C floats, as they lie in memory, little-endian.

use std::io::{Read, Write};

use kernels::Input;
use trainer::any_net::AnyNet;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a net file")?;
    let file = std::fs::read(path)?;
    let net = AnyNet::from_bytes(&file).map_err(|e| e.to_string())?;
    let bytes = matches!(net, AnyNet::Int8(net) if net.normalization().mean().is_empty());
    let mut rows = Vec::new();
    std::io::stdin().read_to_end(&mut rows)?;
    let floats: Vec<f32> = rows.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect();
    let mut scratch = vec![0.0; net.scratch_len()];
    let inputs: Box<dyn Iterator<Item = Input<'_>>> = match bytes {
        true => Box::new(rows.chunks_exact(net.d()).map(Input::U8)),
        false => Box::new(floats.chunks_exact(net.d()).map(Input::F32)),
    };
    for x in inputs {
        for score in net.scores(x, &mut scratch).map_err(|e| e.to_string())? {
            std::io::stdout().write_all(&score.to_le_bytes())?;
        }
    }
    Ok(())
}
