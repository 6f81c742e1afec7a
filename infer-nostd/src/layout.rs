//! Where the parts of a net file lie: one rule, for writer and reader.

use crate::compact::compact;
use crate::format::{ALIGN, HEADER_LEN, NAMES_MAX};
use crate::{Error, Section};

/// Bytes of the CRC-32, the last of the file.
pub(crate) const CRC_LEN: usize = 4;

/// The sections in the order of the file.
pub(crate) const SECTIONS: [Section; 7] =
    [Section::Mean, Section::Scale, Section::W1, Section::B1, Section::W2, Section::B2, Section::Names];

// Sizes are u32 in the file and usize in memory: nothing may be lost on the way.
const _: () = assert!(usize::BITS >= 32);

/// The numbers in the header that say how long everything is.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) d: usize,
    pub(crate) h: usize,
    pub(crate) c: usize,
    /// Means, and as many scales.
    pub(crate) q: usize,
    /// Bytes of all names.
    pub(crate) names: usize,
}

/// Where each of [`SECTIONS`] lies, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    pub(crate) start: [usize; SECTIONS.len()],
    pub(crate) len: [usize; SECTIONS.len()],
    pub(crate) total: usize,
}

impl Sizes {
    /// The layout of a file of these sizes, or what is wrong with them: the rule for reader and writer.
    pub(crate) const fn layout(&self) -> Result<Layout, Error> {
        let &Self { d, h, c, q, names } = self;
        if d == 0 || h == 0 || c == 0 {
            return Err(Error::ZeroSize { d, h, c });
        }
        if q != 0 && !d.is_multiple_of(q) {
            return Err(Error::Normalization { inputs: d, entries: q });
        }
        if names > NAMES_MAX {
            return Err(Error::NamesTooLong { got: names });
        }
        match self.sections() {
            Some(layout) if layout.total as u64 <= u32::MAX as u64 => Ok(layout),
            _ => Err(Error::TooLarge { d, h, c }),
        }
    }

    /// One section after the other; None if an offset overflows.
    const fn sections(&self) -> Option<Layout> {
        let mut layout = Layout { start: [0; SECTIONS.len()], len: [0; SECTIONS.len()], total: 0 };
        let mut at = HEADER_LEN;
        let mut i = 0;
        while i < SECTIONS.len() {
            compact();
            let Some(len) = self.bytes(SECTIONS[i]) else { return None };
            let Some(end) = at.checked_add(len) else { return None };
            layout.start[i] = at;
            layout.len[i] = len;
            // The checksum takes the last bytes of the last section's padding.
            let end = if i + 1 == SECTIONS.len() { end.checked_add(CRC_LEN) } else { Some(end) };
            let Some(end) = end else { return None };
            let Some(next) = end.checked_next_multiple_of(ALIGN) else { return None };
            at = next;
            i += 1;
        }
        layout.total = at;
        Some(layout)
    }

    /// Bytes of a section, without padding.
    const fn bytes(&self, section: Section) -> Option<usize> {
        let elements = match section {
            Section::Mean | Section::Scale => Some(self.q),
            Section::W1 => self.d.checked_mul(self.h),
            Section::B1 => Some(self.h),
            Section::W2 => self.h.checked_mul(self.c),
            Section::B2 => Some(self.c),
            Section::Names => return Some(self.names),
        };
        match elements {
            Some(elements) => elements.checked_mul(size_of::<f32>()),
            None => None,
        }
    }
}
