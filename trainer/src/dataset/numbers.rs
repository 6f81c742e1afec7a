//! The numbers of some rows: a list, or a set.

use std::borrow::Cow;

use super::row_set::{RowSet, ones};

/// Numbers of rows.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// These, in this order.
    List(&'a [u32]),
    /// Those of a set, ascending.
    Set(&'a RowSet),
}

impl<'a> Numbers<'a> {
    /// How many there are.
    #[must_use]
    pub fn len(self) -> usize {
        match self {
            Self::List(rows) => rows.len(),
            Self::Set(rows) => rows.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// All of them, `size` at a time; the last block may be short.
    #[must_use]
    pub fn blocks(self, size: usize) -> Box<dyn Iterator<Item = Cow<'a, [u32]>> + 'a> {
        match self {
            Self::List(rows) => Box::new(rows.chunks(size).map(Cow::Borrowed)),
            Self::Set(rows) => {
                let mut rows = rows.iter();
                let block = move || -> Vec<u32> { rows.by_ref().take(size).collect() };
                Box::new(std::iter::repeat_with(block).take_while(|block| !block.is_empty()).map(Cow::Owned))
            }
        }
    }

    /// One after the other.
    pub fn iter(self) -> impl Iterator<Item = u32> + 'a {
        self.blocks(256).flat_map(Cow::into_owned)
    }

    /// In a list, which takes the memory that they need and no more.
    #[must_use]
    pub fn to_vec(self) -> Vec<u32> {
        let mut list = Vec::with_capacity(self.len());
        self.blocks(256).for_each(|block| list.extend_from_slice(&block));
        list
    }

    /// As a set.
    #[must_use]
    pub fn to_set(self) -> RowSet {
        match self {
            Self::List(rows) => {
                let mut set = RowSet::none(rows.iter().max().map_or(0, |&row| row as usize + 1));
                rows.iter().for_each(|&row| set.insert(row as usize));
                set
            }
            Self::Set(rows) => rows.clone(),
        }
    }

    /// Appends some of them: of every 64 (of a list as it stands, of a set by their numbers) those whose bit `mask` sets.
    pub fn pick(self, mut mask: impl FnMut() -> u64, to: &mut Vec<u32>) {
        match self {
            Self::List(rows) => {
                for piece in rows.chunks(64) {
                    let all = u64::MAX >> (64 - piece.len());
                    to.extend(ones(mask() & all).map(|i| piece[i as usize]));
                }
            }
            Self::Set(rows) => {
                for (i, word) in rows.words().iter().enumerate() {
                    to.extend(ones(word & mask()).map(|bit| 64 * i as u32 + bit));
                }
            }
        }
    }

    /// So many of them, or all if there are fewer, evenly spread.
    #[must_use]
    pub fn spread(self, most: usize) -> Vec<u32> {
        let (all, count) = (self.len(), self.len().min(most));
        let mut wanted = (0..count).map(|i| i * all / count).peekable();
        self.iter().enumerate().filter(|(i, _)| wanted.next_if_eq(i).is_some()).map(|(_, row)| row).collect()
    }
}
