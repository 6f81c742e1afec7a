//! Which rows of a data set: a bit a row.

/// Some rows of a data set, by number. A bit a row: of ten million rows a list of numbers would take 40 MB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSet {
    /// Row i is bit i mod 64 of word i / 64.
    words: Vec<u64>,
    len: usize,
}

impl RowSet {
    /// None of `rows` rows.
    #[must_use]
    pub fn none(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)], len: 0 }
    }

    /// Those of `rows` rows that `is_in` says; it is asked for each, ascending.
    #[must_use]
    pub fn of(rows: usize, mut is_in: impl FnMut(usize) -> bool) -> Self {
        let mut set = Self::none(rows);
        (0..rows).filter(|&row| is_in(row)).for_each(|row| set.insert(row));
        set
    }

    /// Takes up a row.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn insert(&mut self, row: usize) {
        self.len += usize::from(!self.contains(row));
        self.words[row / 64] |= 1 << (row % 64);
    }

    /// Takes a row away: whether it was there.
    pub fn remove(&mut self, row: usize) -> bool {
        let bit = 1 << (row % 64);
        let Some(word) = self.words.get_mut(row / 64).filter(|word| **word & bit != 0) else { return false };
        *word &= !bit;
        self.len -= 1;
        true
    }

    /// Whether it has the row.
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn contains(&self, row: usize) -> bool {
        self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let numbered = self.words.iter().enumerate();
        numbered.flat_map(|(i, &word)| ones(word).map(move |bit| 64 * i as u32 + bit))
    }

    /// Row i is bit i mod 64 of word i / 64.
    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// The places of the bits of a word that are 1, ascending.
pub(super) fn ones(word: u64) -> impl Iterator<Item = u32> {
    // w & (w − 1) is w without its lowest bit.
    let rest = |w: &u64| w.checked_sub(1).map(|below| w & below);
    std::iter::successors(Some(word), rest).take_while(|&w| w != 0).map(u64::trailing_zeros)
}
