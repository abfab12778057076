//! How often results were asked for, and what became of it.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::ports::MemoKind;

/// Where a result lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// In the memory of this process.
    Memory,
    /// In the table, with its facts.
    Table,
    /// In the bucket.
    Bucket,
}

/// Numbers of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Results found in the memory of the process that asked.
    pub memory_hits: u64,
    /// Results found in the table.
    pub table_hits: u64,
    /// Results found in the bucket.
    pub bucket_hits: u64,
    /// Results found nowhere.
    pub misses: u64,
    /// Times that somebody waited for another who was computing.
    pub waits: u64,
    /// Results stored.
    pub stored: u64,
    /// What they hold together.
    pub stored_bytes: u64,
}

impl Counts {
    /// Results found, wherever.
    #[must_use]
    pub const fn hits(&self) -> u64 {
        self.memory_hits + self.table_hits + self.bucket_hits
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.memory_hits += other.memory_hits;
        self.table_hits += other.table_hits;
        self.bucket_hits += other.bucket_hits;
        self.misses += other.misses;
        self.waits += other.waits;
        self.stored += other.stored;
        self.stored_bytes += other.stored_bytes;
    }
}

/// Counts of every kind since they were last taken.
#[derive(Debug, Default)]
pub struct Tallies(Mutex<BTreeMap<MemoKind, Counts>>);

impl Tallies {
    pub fn hit(&self, kind: MemoKind, level: Level) {
        let one = Counts::default();
        let one = match level {
            Level::Memory => Counts { memory_hits: 1, ..one },
            Level::Table => Counts { table_hits: 1, ..one },
            Level::Bucket => Counts { bucket_hits: 1, ..one },
        };
        self.add(kind, one);
    }

    pub fn miss(&self, kind: MemoKind) {
        self.add(kind, Counts { misses: 1, ..Counts::default() });
    }

    pub fn wait(&self, kind: MemoKind) {
        self.add(kind, Counts { waits: 1, ..Counts::default() });
    }

    pub fn store(&self, kind: MemoKind, size_bytes: usize) {
        self.add(kind, Counts { stored: 1, stored_bytes: size_bytes as u64, ..Counts::default() });
    }

    /// Adds to what was counted of a kind.
    pub fn add(&self, kind: MemoKind, counts: Counts) {
        *self.lock().entry(kind).or_default() += counts;
    }

    /// What was counted, of kinds of which anything was; counting begins anew.
    pub fn take(&self) -> BTreeMap<MemoKind, Counts> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<MemoKind, Counts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_tally_of_its_own() {
        let tallies = Tallies::default();
        for (number, kind) in MemoKind::ALL.into_iter().enumerate() {
            (0..=number).for_each(|_| tallies.miss(kind));
        }
        let misses: Vec<u64> = tallies.take().values().map(|counts| counts.misses).collect();
        assert_eq!(misses, (1..=MemoKind::ALL.len() as u64).collect::<Vec<_>>());
        assert_eq!(tallies.take(), BTreeMap::new());
    }

    #[test]
    fn what_could_not_be_handed_on_is_counted_again() {
        let tallies = Tallies::default();
        tallies.hit(MemoKind::Script, Level::Memory);
        tallies.hit(MemoKind::Script, Level::Table);
        tallies.hit(MemoKind::Script, Level::Bucket);
        tallies.wait(MemoKind::Script);
        tallies.store(MemoKind::Script, 7);
        let counts = tallies.take();
        assert_eq!((counts[&MemoKind::Script].hits(), counts[&MemoKind::Script].stored_bytes), (3, 7));
        counts.iter().for_each(|(kind, counts)| tallies.add(*kind, *counts));
        assert_eq!(tallies.take(), counts);
    }
}
