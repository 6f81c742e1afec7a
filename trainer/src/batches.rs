//! Which rows make the next step.

use std::borrow::Cow;

use crate::random::Random;

/// How rows are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    /// Every row once an epoch, in a new random order each epoch; the last batch of an epoch may be short.
    Shuffled,
    /// Every row of every batch anew from all rows, as the course has it.
    Replacement,
}

impl Order {
    /// Batches in an epoch: ⌈N/B⌉ where every row comes once, max(⌊N/B⌋, 1) where they are drawn with replacement.
    #[must_use]
    pub fn per_epoch(self, rows: usize, size: usize) -> usize {
        match self {
            Self::Shuffled => rows.div_ceil(size),
            Self::Replacement => (rows / size).max(1),
        }
    }
}

/// An endless supply of batches.
#[derive(Debug)]
pub struct Batches {
    order: Order,
    random: Random,
    rows: Vec<u32>,
    /// Shuffled: how many of `rows` this epoch has used.
    used: usize,
    /// Replacement: the rows drawn last.
    batch: Vec<u32>,
    size: usize,
}

/// Where a supply of batches is: what a checkpoint keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    /// The rows in the order of this epoch.
    pub rows: Cow<'a, [u32]>,
    /// How many of them it has used.
    pub used: usize,
    /// Words that the generator has given.
    pub words: u128,
}

impl Batches {
    /// Batches of `size` of these rows.
    ///
    /// # Panics
    /// If there are no rows, or 2³² or more, or if the size is 0.
    #[must_use]
    pub fn new(rows: Vec<u32>, size: usize, order: Order, random: Random) -> Self {
        assert!(!rows.is_empty() && size > 0, "batches of {size} out of {} rows", rows.len());
        Self { order, random, used: rows.len(), rows, batch: Vec::new(), size }
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position<'_> {
        Position { rows: Cow::Borrowed(&self.rows), used: self.used, words: self.random.position() }
    }

    /// The supply of the same rows, size, order and seed, at this position.
    ///
    /// # Panics
    /// As [`Batches::new`], and if more rows are used than there are.
    #[must_use]
    pub fn at(position: Position<'_>, size: usize, order: Order, mut random: Random) -> Self {
        let Position { rows, used, words } = position;
        assert!(used <= rows.len(), "{used} of {} rows are used", rows.len());
        random.go_to(words);
        Self { used, ..Self::new(rows.into_owned(), size, order, random) }
    }

    /// The rows of the batch drawn last.
    #[must_use]
    pub fn last(&self) -> &[u32] {
        match self.order {
            Order::Shuffled => &self.rows[self.used.saturating_sub(1) / self.size * self.size..self.used],
            Order::Replacement => &self.batch,
        }
    }

    /// The rows of the next batch.
    pub fn draw(&mut self) -> &[u32] {
        match self.order {
            Order::Shuffled => self.next_of_epoch(),
            Order::Replacement => {
                let rows = u32::try_from(self.rows.len()).expect("rows are counted in 32 bits");
                self.batch.clear();
                self.batch.extend((0..self.size).map(|_| self.rows[self.random.below(rows) as usize]));
                &self.batch
            }
        }
    }

    fn next_of_epoch(&mut self) -> &[u32] {
        if self.used == self.rows.len() {
            self.random.shuffle(&mut self.rows);
            self.used = 0;
        }
        let start = self.used;
        self.used = self.rows.len().min(start.saturating_add(self.size));
        &self.rows[start..self.used]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn batches(rows: u32, size: usize, order: Order) -> Batches {
        Batches::new((0..rows).collect(), size, order, Random::new(1, Stream::Batches))
    }

    #[test]
    fn an_epoch_has_every_row_once_and_ends_with_the_short_batch() {
        let mut batches = batches(10, 4, Order::Shuffled);
        assert_eq!(Order::Shuffled.per_epoch(10, 4), 3);
        let mut orders = Vec::new();
        for _ in 0..2 {
            let epoch: Vec<Vec<u32>> = (0..3).map(|_| batches.draw().to_vec()).collect();
            assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
            let mut rows = epoch.concat();
            orders.push(rows.clone());
            rows.sort_unstable();
            assert_eq!(rows, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(orders[0], orders[1]);
    }

    /// From any position the same batches follow, over the ends of epochs too.
    #[test]
    fn a_supply_goes_on_from_its_position() {
        for order in [Order::Shuffled, Order::Replacement] {
            let mut first = batches(10, 4, order);
            for _ in 0..8 {
                let random = Random::new(1, Stream::Batches);
                let mut second = Batches::at(first.position(), 4, order, random);
                let mut copy = Batches::at(first.position(), 4, order, Random::new(1, Stream::Batches));
                for _ in 0..7 {
                    assert_eq!(second.draw(), copy.draw());
                }
                let mut third = Batches::at(first.position(), 4, order, Random::new(1, Stream::Batches));
                assert_eq!(first.draw(), third.draw());
                assert_eq!(first.position(), third.position());
            }
        }
    }

    #[test]
    fn replacement_may_repeat_rows_and_exceed_them() {
        let mut batches = batches(10, 25, Order::Replacement);
        assert_eq!(Order::Replacement.per_epoch(10, 25), 1);
        assert_eq!(Order::Replacement.per_epoch(10, 4), 2);
        let batch = batches.draw();
        assert_eq!(batch.len(), 25);
        assert!(batch.iter().all(|&row| row < 10));
    }
}
