//! The proof at the end: `infer-nostd` reads the file that was written, and its scores equal those of the trainer's
//! forward pass, bit for bit, row by row.

use infer_nostd::Net;
use model::{Engine, Params, Workspace, forward};

use crate::Error;
use crate::rows::Part;

/// Rows that go through the trainer's forward pass at a time.
const BLOCK: usize = 256;

/// Compares every score of every row of `part`; `file` are the bytes of the net file, read back. Returns how many
/// rows were compared, all of them equal.
pub fn verify(engine: Engine<'_>, net: &Params<f32>, part: Part<'_>, file: &[u8]) -> Result<usize, Error> {
    let read =
        Net::from_bytes(file).map_err(|e| Error::fault(format!("the net file cannot be read back: {e}")))?;
    let mut workspace = Workspace::new(net.shape(), BLOCK, engine.pool.width());
    let mut scratch = vec![0.0; read.scratch_len()];
    for rows in part.rows.blocks(BLOCK) {
        forward(engine, net, part.view.x(&rows), &mut workspace);
        for (i, &row) in rows.iter().enumerate() {
            let ours = workspace.scores().row(i).expect("scores are stored row by row");
            let input = part.view.data().row(row as usize);
            let theirs = read.scores(input, &mut scratch).map_err(|e| mismatch(row, &e.to_string()))?;
            compare(ours, theirs).map_err(|what| mismatch(row, &what))?;
        }
    }
    Ok(part.rows.len())
}

/// Equal in number and in every bit.
fn compare(ours: &[f32], theirs: &[f32]) -> Result<(), String> {
    if ours.len() != theirs.len() {
        return Err(format!("{} scores, the trainer has {}", theirs.len(), ours.len()));
    }
    match ours.iter().zip(theirs).position(|(a, b)| a.to_bits() != b.to_bits()) {
        Some(c) => Err(format!(
            "score {c} is {} ({:08x}), the trainer has {} ({:08x})",
            theirs[c],
            theirs[c].to_bits(),
            ours[c],
            ours[c].to_bits()
        )),
        None => Ok(()),
    }
}

fn mismatch(row: u32, what: &str) -> Error {
    Error::fault(format!(
        "verification failed at row {row}: from the net file, {what}; they must be the same bits: do not use this net"
    ))
}
