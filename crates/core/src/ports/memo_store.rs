//! Where results lie that all workers share, and what their owner can do with them.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use super::{MemoError, MemoKey, MemoKind};
use crate::memo::{Counts, Level};
use crate::task::TaskId;

/// A remembered result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The result.
    pub value: Bytes,
    /// From then on it is never served.
    pub expires_at: Timestamp,
}

/// An entry and where it lay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The entry.
    pub entry: Entry,
    /// Where.
    pub level: Level,
}

/// What became of an attempt to take the right to compute a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoClaim {
    /// It is there meanwhile.
    Ready(Found),
    /// It is the caller's, until the lease has passed.
    Yours,
    /// Somebody else has it until then.
    Held {
        /// End of the other's lease, if it does not extend it.
        until: Timestamp,
    },
}

/// Keeps results for all processes.
#[async_trait]
pub trait MemoStore: Send + Sync {
    /// The entry, unless there is none or it has expired.
    async fn get(&self, key: MemoKey) -> Result<Option<Found>, MemoError>;

    /// Stores an entry, whoever computes it right now. It is found among what was made for `task`.
    async fn put(&self, key: MemoKey, entry: &Entry, task: Option<TaskId>) -> Result<(), MemoError>;

    /// Takes the right to compute the result: one conditional write that succeeds when there is
    /// no entry, or it has expired, or the lease on it has passed. `token` names the claim.
    async fn claim(&self, key: MemoKey, token: &str, lease: Duration) -> Result<MemoClaim, MemoError>;

    /// Keeps the right for another `lease` from now. Of a right that was lost nothing is kept.
    async fn extend(&self, key: MemoKey, token: &str, lease: Duration) -> Result<(), MemoError>;

    /// Stores what was computed, if the right is still the caller's. Tells whether it was.
    async fn finish(&self, key: MemoKey, token: &str, entry: &Entry, task: Option<TaskId>) -> Result<bool, MemoError>;

    /// Gives the right back.
    async fn release(&self, key: MemoKey, token: &str) -> Result<(), MemoError>;

    /// Removes the entry, or the right to make it; tells whether there was one.
    async fn forget(&self, key: MemoKey) -> Result<bool, MemoError>;

    /// Adds to the counts of a kind.
    async fn add_counts(&self, kind: MemoKind, counts: &Counts) -> Result<(), MemoError>;
}

/// Facts about an entry; its value is not read for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFacts {
    /// What it is found by.
    pub key: MemoKey,
    /// Size of the value.
    pub size_bytes: u64,
    /// When it was used last, to the hour.
    pub used_at: Timestamp,
    /// From then on it is never served.
    pub expires_at: Timestamp,
}

/// Some entries and where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryPage {
    /// Those not used for the longest time first.
    pub entries: Vec<EntryFacts>,
    /// Opaque; `None` at the end.
    pub next: Option<String>,
}

/// What a kind's entries amounted to when they were last counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    /// How many.
    pub entries: u64,
    /// What they hold together.
    pub size_bytes: u64,
    /// When they were counted.
    pub counted_at: Timestamp,
}

/// What is known of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindFacts {
    /// How often its results were asked for, over all processes and all time.
    pub counts: Counts,
    /// What there is; `None` before the first count.
    pub stock: Option<Stock>,
}

/// What there is, for its owner.
#[async_trait]
pub trait MemoCatalog: Send + Sync {
    /// Facts about one entry.
    async fn facts(&self, key: MemoKey) -> Result<Option<EntryFacts>, MemoError>;

    /// Entries of a kind, those that have expired included; `after` is an [`EntryPage::next`].
    async fn list(&self, kind: MemoKind, after: Option<String>) -> Result<EntryPage, MemoError>;

    /// Keys of all that was made for a task.
    async fn made_for(&self, task: TaskId) -> Result<Vec<MemoKey>, MemoError>;

    /// Facts about every kind of which anything is known.
    async fn kinds(&self) -> Result<BTreeMap<MemoKind, KindFacts>, MemoError>;

    /// Records what there is of a kind.
    async fn set_stock(&self, kind: MemoKind, stock: Stock) -> Result<(), MemoError>;
}
