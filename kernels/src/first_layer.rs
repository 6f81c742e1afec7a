//! One raw row through the first layer of a net: h = max(0, x̂ W + b) with x̂ = (x − μ)·s.

#[cfg(cortex_m_fpu)]
use core::mem::offset_of;

#[cfg(cortex_m_fpu)]
use crate::arch::cortex_m4;
use crate::dense::Layer;
#[cfg(not(cortex_m_fpu))]
use crate::dense::{Part, run, try_dense};
use crate::{Floats, Input, Isa, Normalization};

/// Inputs that are normalised at a time, on the stack: 256 bytes.
#[cfg(not(cortex_m_fpu))]
const BLOCK: usize = 64;

/// The first layer of a net, with what its raw inputs are normalised by: Q means, then Q scales, with Q = 0 or a divisor of
/// the inputs, as [`Normalization`] explains. Each is four little-endian bytes, of any alignment.
#[derive(Clone, Copy, Debug)]
#[repr(C)] // the layer comes first: `arch/cortex_m4.rs` takes one for the other
pub struct FirstLayer<'a> {
    // Nobody else writes them, for `arch/cortex_m4.rs` counts on it that they fit each other.
    layer: Layer<'a>,
    moments: &'a [[u8; 4]],
}

/// Where the assembly finds them.
#[cfg(cortex_m_fpu)]
const _: () = assert!(offset_of!(FirstLayer<'_>, layer) == 0);
#[cfg(cortex_m_fpu)]
pub(crate) const MOMENTS: usize = offset_of!(FirstLayer<'_>, moments);

impl<'a> FirstLayer<'a> {
    /// None if the moments are not as many means and scales, or the means more than none and no divisor of the layer's inputs.
    #[inline(always)]
    pub const fn new(layer: Layer<'a>, means: usize, moments: &'a [[u8; 4]]) -> Option<Self> {
        if moments.len() != means.wrapping_mul(2) || (means != 0 && !layer.inputs().is_multiple_of(means)) {
            return None; // also where twice the means would be more than a `usize` holds: inputs are fewer than that
        }
        #[cfg(cortex_m_fpu)]
        let layer = if moments.is_empty() { layer } else { layer.small() }; // as `arch/cortex_m4.rs` counts on
        Some(Self { layer, moments })
    }

    /// Weights and biases.
    pub const fn layer(&self) -> Layer<'a> {
        self.layer
    }

    /// The same, with [`Layer::quick`] for its layer where inputs need no normalisation.
    #[must_use]
    pub const fn quick(self) -> Self {
        if self.moments.is_empty() { Self { layer: self.layer.quick(), ..self } } else { self }
    }

    /// How inputs are normalised.
    pub const fn normalization(&self) -> Normalization<'a> {
        let (mean, scale) = self.moments.split_at(self.moments.len() / 2);
        Normalization::trusted(self.layer.inputs(), Floats::Bytes(mean), Floats::Bytes(scale))
    }
}

/// out ← max(0, x̂ W + b) for a row x of raw inputs; false if a length does not fit, and `out` is left alone. Never panics.
///
/// Inputs are normalised in blocks on the stack, and each chain of the product is taken up again for every block (on a Cortex-M
/// with a float unit each input as it comes): the bits are those of [`Normalization::apply`] and one [`crate::dense()`].
///
/// ```
/// use kernels::{FirstLayer, Isa, Layer, pack_layer, try_first_layer};
/// let mut numbers = [[0; 4]; 6];
/// pack_layer(&[1.0, -2.0, 3.0, -4.0], &[0.5, 0.5], &mut numbers);
/// let moments = [10f32.to_le_bytes(), 2f32.to_le_bytes()]; // x̂ = (x − 10) · 2
/// let layer = FirstLayer::new(Layer::new(2, 2, &numbers).unwrap(), 1, &moments).unwrap();
/// let mut h = [0.0; 2];
/// assert!(try_first_layer(Isa::best(), [11u8, 9].as_slice().into(), &layer, &mut h));
/// assert_eq!(h, [0.0, 4.5]);
/// ```
#[must_use = "false: nothing was computed"]
#[inline(always)]
pub fn try_first_layer(isa: Isa, x: Input<'_>, net: &FirstLayer<'_>, out: &mut [f32]) -> bool {
    #[cfg(cortex_m_fpu)]
    {
        let _ = isa;
        cortex_m4::first_layer(x, net, out)
    }
    #[cfg(not(cortex_m_fpu))]
    match x {
        _ if !net.layer.fits(x.len(), out.len()) => false,
        Input::F32(x) if net.moments.is_empty() => try_dense(isa, x, &net.layer, true, out),
        _ => in_blocks(isa, x, net, out),
    }
}

/// Block by block. A function of its own, so that a call that needs no block has none on its stack. True, as lengths fit.
#[cfg(not(cortex_m_fpu))]
#[inline(never)]
fn in_blocks(isa: Isa, x: Input<'_>, net: &FirstLayer<'_>, out: &mut [f32]) -> bool {
    let (layer, inputs) = (&net.layer, net.layer.inputs());
    let mut block = [0.0; BLOCK];
    let mut first = 0;
    while first < inputs {
        let len = (inputs - first).min(BLOCK);
        let Some(block) = block.get_mut(..len) else { return false };
        if !net.normalization().try_apply(isa, first, x, block) {
            return false;
        }
        let last = first + len == inputs;
        run(isa, Part { x: block, layer, first, last, relu: last }, out);
        first += len;
    }
    true
}
