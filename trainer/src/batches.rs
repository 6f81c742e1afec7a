//! Which rows make the next step.

use std::borrow::Cow;

use crate::dataset::Numbers;
use crate::random::{Random, Stream};
use crate::wording::{agreeing, counted};

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

    /// What the accuracy of a record beside that of validation is of, as told: the training part, or the last batch.
    #[must_use]
    pub fn recorded(self) -> &'static str {
        match self {
            Self::Shuffled => "training",
            Self::Replacement => "batch",
        }
    }
}

/// Up to so many rows are shuffled as one list; of more, the order of an epoch is held a group at a time.
const WHOLE: usize = 1 << 20;
/// Bits of a group's number: 32 groups.
const GROUP_BITS: u32 = 5;

/// An endless supply of batches.
///
/// Of ten million rows the order of an epoch as a list would take 40 MB. So where rows are many (above 2²⁰), every row gets
/// one of 32 groups, each equally likely; the groups come one after the other, each in random order. All orders are
/// equally likely that way too (Rao 1961, Sandelius 1962), and only one group is in memory. Which rows are in it is drawn
/// anew for each group, from a stream that can be gone back to ([`Stream::Groups`]).
#[derive(Debug)]
pub struct Batches {
    order: Order,
    seed: u64,
    random: Random,
    /// Shuffled: rows in the order of this epoch, up to the end of the group under way. Replacement: all rows.
    rows: Vec<u32>,
    /// Shuffled: how many of `rows` have been drawn.
    used: usize,
    /// Groups begun, in all epochs.
    groups: u64,
    /// Replacement: the rows drawn last.
    batch: Vec<u32>,
    size: usize,
    /// [`WHOLE`].
    whole: usize,
}

/// Where a supply of batches is: what a checkpoint keeps of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position<'a> {
    /// The rows in the order of this epoch, up to the end of the group under way; none before the first batch.
    pub rows: Cow<'a, [u32]>,
    /// How many of them have been drawn.
    pub used: usize,
    /// Groups begun, in all epochs.
    pub groups: u64,
    /// Words that the generator has given.
    pub words: u128,
}

impl Batches {
    /// Batches of `size` rows, drawn by this seed.
    ///
    /// # Panics
    /// If the size is 0.
    #[must_use]
    pub fn new(size: usize, order: Order, seed: u64) -> Self {
        assert!(size > 0, "batches of no rows");
        let random = Random::new(seed, Stream::Batches);
        Self {
            order,
            seed,
            random,
            rows: Vec::new(),
            used: 0,
            groups: 0,
            batch: Vec::new(),
            size,
            whole: WHOLE,
        }
    }

    /// Where it is.
    #[must_use]
    pub fn position(&self) -> Position<'_> {
        let Self { rows, used, groups, random, .. } = self;
        Position { rows: Cow::Borrowed(rows), used: *used, groups: *groups, words: random.position() }
    }

    /// This supply, before its first batch, moved to where one of the same size, order and seed is after so many batches out of
    /// `all`. The error says why it cannot be there.
    pub fn at(mut self, position: Position<'_>, drawn: usize, all: Numbers<'_>) -> Result<Self, String> {
        let Position { rows, used, groups, words } = position;
        let mut left = all.to_set();
        if let Some(row) = rows.iter().find(|&&row| !left.remove(row as usize)) {
            return Err(format!(
                "it names row {row}, which is none of the training part's or is there twice"
            ));
        }
        if !self.may_be_at(rows.len(), used, groups, drawn, all.len()) {
            return Err(format!(
                "it has drawn {used} of {}, the last of group {groups}: {} of {} out of {} {} elsewhere",
                counted(rows.len(), "row"),
                counted(drawn, "batch"),
                self.size,
                counted(all.len(), "row"),
                agreeing(&drawn, "ends", "end")
            ));
        }
        self.random.go_to(words);
        Ok(Self { rows: rows.into_owned(), used, groups, ..self })
    }

    /// Whether after so many batches out of `n` rows it has used so many of the rows listed and begun so many groups.
    fn may_be_at(&self, listed: usize, used: usize, groups: u64, drawn: usize, n: usize) -> bool {
        if drawn == 0 {
            return (listed, used, groups) == (0, 0, 0);
        }
        if self.order == Order::Replacement {
            return (listed, used, groups) == (n, 0, 1);
        }
        let (per_epoch, groups_of) = (self.order.per_epoch(n, self.size), self.groups(n));
        let (epoch, batch) = ((drawn - 1) / per_epoch, (drawn - 1) % per_epoch);
        let begun = epoch as u64 * groups_of + 1..=(epoch as u64 + 1) * groups_of;
        // Of one group the place follows; how many rows each of many has, chance has decided.
        let place = (n, n.min((batch + 1).saturating_mul(self.size)));
        begun.contains(&groups) && used <= listed && (groups_of > 1 || (listed, used) == place)
    }

    /// Groups of an epoch of `n` rows.
    fn groups(&self, n: usize) -> u64 {
        if n > self.whole { 1 << GROUP_BITS } else { 1 }
    }

    /// With replacement: the rows of the batch drawn last.
    #[must_use]
    pub fn last(&self) -> &[u32] {
        &self.batch
    }

    /// The rows of the next batch out of `all`, which are the same in each call.
    ///
    /// # Panics
    /// If there are no rows, or 2³² or more.
    pub fn draw(&mut self, all: Numbers<'_>) -> &[u32] {
        assert!(!all.is_empty(), "batches of {} out of no rows", self.size);
        match self.order {
            Order::Shuffled => self.next_of_epoch(all),
            Order::Replacement => self.any(all),
        }
    }

    fn any(&mut self, all: Numbers<'_>) -> &[u32] {
        if self.rows.is_empty() {
            (self.rows, self.groups) = (all.to_vec(), 1);
        }
        let rows = u32::try_from(self.rows.len()).expect("rows are counted in 32 bits");
        self.batch.clear();
        self.batch.extend((0..self.size).map(|_| self.rows[self.random.below(rows) as usize]));
        &self.batch
    }

    fn next_of_epoch(&mut self, all: Numbers<'_>) -> &[u32] {
        let groups = self.groups(all.len());
        let epoch_goes_on = |begun: u64| !begun.is_multiple_of(groups);
        while self.used == self.rows.len()
            || self.rows.len() - self.used < self.size && epoch_goes_on(self.groups)
        {
            if groups == 1 {
                self.shuffle_all(all);
            } else {
                self.append_group(all, self.groups / groups, self.groups % groups);
            }
            self.groups += 1;
        }
        let start = self.used;
        self.used = self.rows.len().min(start.saturating_add(self.size));
        &self.rows[start..self.used]
    }

    /// The order of the next epoch, from that of the last.
    fn shuffle_all(&mut self, all: Numbers<'_>) {
        if self.rows.is_empty() {
            self.rows = all.to_vec();
        }
        self.random.shuffle(&mut self.rows);
        self.used = 0;
    }

    /// Puts a group behind the rows that are left of the one before.
    fn append_group(&mut self, all: Numbers<'_>, epoch: u64, group: u64) {
        self.rows.drain(..self.used);
        self.used = 0;
        let left = self.rows.len();
        // Its share, and more than chance will add to it.
        let about = all.len() >> GROUP_BITS;
        self.rows.reserve_exact(about + about / 64);
        let mut random = Random::new(self.seed, Stream::Groups);
        random.go_to(u128::from(epoch) << 32); // an epoch takes 2³⁰ words at most
        all.pick(|| random.equal_to(group, GROUP_BITS), &mut self.rows);
        self.random.shuffle(&mut self.rows[left..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::RowSet;

    const TEN: Numbers<'static> = Numbers::List(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

    #[test]
    fn an_epoch_has_every_row_once_and_ends_with_the_short_batch() {
        let mut batches = Batches::new(4, Order::Shuffled, 1);
        assert_eq!(Order::Shuffled.per_epoch(10, 4), 3);
        let mut orders = Vec::new();
        for _ in 0..2 {
            let epoch: Vec<Vec<u32>> = (0..3).map(|_| batches.draw(TEN).to_vec()).collect();
            assert_eq!(epoch.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
            let mut rows = epoch.concat();
            orders.push(rows.clone());
            rows.sort_unstable();
            assert_eq!(rows, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(orders[0], orders[1]);
    }

    /// In groups too: an epoch has every row once, batches are full across the ends of groups, epochs differ, and each place is
    /// as likely for each row: of 2,000 epochs of 100 rows the mean place of a row is within 5 standard deviations
    /// (28.9 / √2000 each) of the middle.
    #[test]
    fn an_epoch_in_groups_is_a_shuffle() {
        let set = RowSet::of(300, |row| row % 3 == 1);
        let mut batches = Batches { whole: 50, ..Batches::new(7, Order::Shuffled, 1) };
        let (mut places, mut before) = ([0; 300], Vec::new());
        for _ in 0..2000 {
            let epoch: Vec<Vec<u32>> = (0..15).map(|_| batches.draw(Numbers::Set(&set)).to_vec()).collect();
            assert!(epoch.iter().take(14).all(|batch| batch.len() == 7), "{epoch:?}");
            let mut rows = epoch.concat();
            rows.iter().enumerate().for_each(|(place, &row)| places[row as usize] += place);
            assert_ne!(rows, before);
            before.clone_from(&rows);
            rows.sort_unstable();
            assert_eq!(rows, set.iter().collect::<Vec<_>>());
        }
        assert!(batches.rows.len() < 50, "{} of 100 rows are in memory", batches.rows.len());
        for row in set.iter() {
            let mean = places[row as usize] as f64 / 2000.0;
            assert!(
                (mean - 49.5).abs() < 5.0 * 28.9 / 2000f64.sqrt(),
                "row {row} comes at {mean} in the mean"
            );
        }
    }

    /// From any position the same batches follow, over the ends of groups and epochs too.
    #[test]
    fn a_supply_goes_on_from_its_position() {
        for (order, whole) in [(Order::Shuffled, WHOLE), (Order::Shuffled, 5), (Order::Replacement, WHOLE)] {
            let new = || Batches { whole, ..Batches::new(4, order, 1) };
            let mut first = new();
            for drawn in 0..20 {
                let copy = || new().at(first.position(), drawn, TEN).unwrap();
                let (mut second, mut third) = (copy(), copy());
                for _ in 0..7 {
                    assert_eq!(second.draw(TEN), third.draw(TEN));
                }
                third = copy();
                assert_eq!(first.draw(TEN), third.draw(TEN));
                assert_eq!(first.position(), third.position());
            }
        }
    }

    /// Ten rows in batches of four are three an epoch: after five batches eight rows of the second order are used.
    #[test]
    fn a_position_that_no_batches_lead_to_is_refused() {
        use Order::{Replacement, Shuffled};
        let all = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
        let at = |(order, whole), rows: &[u32], used, groups, drawn| {
            let supply = Batches { whole, ..Batches::new(4, order, 1) };
            supply.at(Position { rows: rows.into(), used, groups, words: 0 }, drawn, TEN).err()
        };
        let (one, many, any) = ((Shuffled, WHOLE), (Shuffled, 5), (Replacement, WHOLE));
        for (kind, rows, used, groups, drawn) in [
            (one, &all[..0], 0, 0, 0),
            (one, &all, 4, 1, 1),
            (one, &all, 8, 2, 5),
            (one, &all, 10, 2, 6),
            (many, &all[2..8], 6, 33, 5),
            (many, &all[2..8], 0, 64, 5),
            (any, &all, 0, 1, 5),
        ] {
            assert_eq!(at(kind, rows, used, groups, drawn), None, "{kind:?} {used} {groups} {drawn}");
        }
        for (kind, rows, used, groups, drawn) in [
            (one, &all[..], 0, 0, 0),  // listed before the first batch
            (one, &all, 4, 1, 0),      // used before it
            (one, &all, 7, 2, 5),      // a row short
            (one, &all, 8, 1, 5),      // of the epoch before
            (one, &all, 8, 2, 2),      // of the one after
            (one, &all[1..], 8, 2, 5), // a row is missing
            (one, &all, 11, 2, 6),     // more than there are
            (many, &all[2..8], 7, 33, 5),
            (many, &all[2..8], 6, 32, 5),
            (many, &all[2..8], 6, 65, 5),
            (any, &all, 1, 1, 5),
            (any, &all, 0, 2, 5),
            (any, &all[1..], 0, 1, 5),
        ] {
            let error = at(kind, rows, used, groups, drawn).expect("no such position");
            assert!(error.contains("batches of 4 out of 10 rows"), "{error}");
        }
        for row in [1, 10, 64, u32::MAX] {
            let error = at(one, &[&all[..9], &[row]].concat(), 8, 2, 5).expect("no such row, or twice");
            assert!(error.starts_with(&format!("it names row {row}, ")), "{error}");
        }
    }

    #[test]
    fn replacement_may_repeat_rows_and_exceed_them() {
        let mut batches = Batches::new(25, Order::Replacement, 1);
        assert_eq!(Order::Replacement.per_epoch(10, 25), 1);
        assert_eq!(Order::Replacement.per_epoch(10, 4), 2);
        let batch = batches.draw(TEN);
        assert_eq!(batch.len(), 25);
        assert!(batch.iter().all(|&row| row < 10));
    }
}
