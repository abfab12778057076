//! How often results were asked for, and what became of it.

use std::collections::BTreeMap;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering};

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

/// Counts of one kind that many may add to at once.
#[derive(Debug, Default)]
struct Tally {
    memory_hits: AtomicU64,
    table_hits: AtomicU64,
    bucket_hits: AtomicU64,
    misses: AtomicU64,
    waits: AtomicU64,
    stored: AtomicU64,
    stored_bytes: AtomicU64,
}

/// Counts of every kind since they were last taken.
#[derive(Debug, Default)]
pub struct Tallies([Tally; MemoKind::ALL.len()]);

impl Tallies {
    pub fn hit(&self, kind: MemoKind, level: Level) {
        let tally = self.of(kind);
        let counter = match level {
            Level::Memory => &tally.memory_hits,
            Level::Table => &tally.table_hits,
            Level::Bucket => &tally.bucket_hits,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub fn miss(&self, kind: MemoKind) {
        self.of(kind).misses.fetch_add(1, Ordering::Relaxed);
    }

    pub fn wait(&self, kind: MemoKind) {
        self.of(kind).waits.fetch_add(1, Ordering::Relaxed);
    }

    pub fn store(&self, kind: MemoKind, size_bytes: usize) {
        self.of(kind).stored.fetch_add(1, Ordering::Relaxed);
        self.of(kind).stored_bytes.fetch_add(size_bytes as u64, Ordering::Relaxed);
    }

    /// What was counted, of kinds of which anything was; counting begins anew.
    pub fn take(&self) -> BTreeMap<MemoKind, Counts> {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let kinds = MemoKind::ALL.into_iter().map(|kind| {
            let tally = self.of(kind);
            let counts = Counts {
                memory_hits: take(&tally.memory_hits),
                table_hits: take(&tally.table_hits),
                bucket_hits: take(&tally.bucket_hits),
                misses: take(&tally.misses),
                waits: take(&tally.waits),
                stored: take(&tally.stored),
                stored_bytes: take(&tally.stored_bytes),
            };
            (kind, counts)
        });
        kinds.filter(|(_, counts)| *counts != Counts::default()).collect()
    }

    /// Adds what could not be handed on.
    pub fn give_back(&self, counts: &BTreeMap<MemoKind, Counts>) {
        for (kind, counts) in counts {
            let tally = self.of(*kind);
            let fields = [
                (&tally.memory_hits, counts.memory_hits),
                (&tally.table_hits, counts.table_hits),
                (&tally.bucket_hits, counts.bucket_hits),
                (&tally.misses, counts.misses),
                (&tally.waits, counts.waits),
                (&tally.stored, counts.stored),
                (&tally.stored_bytes, counts.stored_bytes),
            ];
            for (counter, count) in fields {
                counter.fetch_add(count, Ordering::Relaxed);
            }
        }
    }

    fn of(&self, kind: MemoKind) -> &Tally {
        // The variants are numbered from zero, in the order of `ALL`.
        &self.0[kind as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_tally_of_its_own() {
        let tallies = Tallies::default();
        for (number, kind) in MemoKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            (0..=number).for_each(|_| tallies.miss(kind));
        }
        let misses: Vec<u64> = tallies.take().values().map(|counts| counts.misses).collect();
        assert_eq!(misses, [1, 2, 3, 4, 5, 6]);
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
        tallies.give_back(&counts);
        assert_eq!(tallies.take(), counts);
    }
}
