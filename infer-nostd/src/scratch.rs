//! Memory for one inference, owned by the caller.

/// Room for one inference: the hidden layer and the scores, `LEN` = H + C numbers.
///
/// The capacity is part of the type, so it can be a local, a field or a static (in whatever cell the firmware
/// uses for statics it writes to); the length in use is the net's. Longer than needed is fine. A plain slice,
/// array or vector of f32 serves as well: everything that borrows as `[f32]`.
///
/// ```
/// use infer_nostd::{Net, Scratch, include_net};
/// const NET: Net<'static> = include_net!("../tests/data/net-64-32-10.tln");
/// let mut scratch = Scratch::<{ NET.scratch_len() }>::new(); // 42 numbers: 168 bytes
/// assert_eq!(NET.classify(&[0u8; 64][..], &mut scratch), Ok(5));
/// ```
#[derive(Clone, Debug)]
pub struct Scratch<const LEN: usize>([f32; LEN]);

impl<const LEN: usize> Scratch<LEN> {
    /// Zeros, in a static too: nothing of it lies in flash.
    pub const fn new() -> Self {
        Self([0.0; LEN])
    }
}

impl<const LEN: usize> Default for Scratch<LEN> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const LEN: usize> AsMut<[f32]> for Scratch<LEN> {
    fn as_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}
