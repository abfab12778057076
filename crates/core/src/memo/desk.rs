//! What the owner can do with the memo: look at it, forget some of it, measure it.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::sweep::{forget_each, listed};
use super::{Budget, Counts};
use crate::ports::{EntryFacts, MemoCatalog, MemoError, MemoKey, MemoKind, MemoStore, Stock};
use crate::task::TaskId;

/// Serves the owner.
#[derive(Clone)]
pub struct Desk {
    /// Holds the results.
    pub store: Arc<dyn MemoStore>,
    /// Knows what there is.
    pub catalog: Arc<dyn MemoCatalog>,
    /// What it may hold.
    pub budget: Budget,
}

/// What is to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every result of a kind.
    Kind(MemoKind),
    /// Every result that was made for a task, also those that others use by now.
    Task(TaskId),
}

/// Results forgotten by one call: what can be removed within a request's time.
pub const MOST_AT_ONCE: usize = 5_000;

/// What became of forgetting many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// How many are gone.
    pub forgotten: u64,
    /// Whether there are more: ask again.
    pub has_more: bool,
}

/// The memo in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CacheView {
    /// One for each kind.
    pub kinds: Vec<KindView>,
    /// What all kinds together may hold before those not used for the longest time go.
    pub budget_bytes: u64,
    /// Down to this share of it.
    pub kept_percent: u64,
}

/// One kind in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindView {
    /// Its name.
    pub kind: &'static str,
    /// Results there are; `None` before they were first counted.
    pub entries: Option<u64>,
    /// What they hold.
    pub size_bytes: Option<u64>,
    /// When they were counted.
    pub counted_at: Option<Timestamp>,
    /// How often they were asked for, and what became of it, over all processes.
    #[serde(flatten)]
    pub counts: Counts,
    /// The share of hits; `None` where nothing was asked for.
    pub hit_rate: Option<f64>,
}

impl Desk {
    /// The memo in numbers.
    ///
    /// # Errors
    /// [`MemoError`] when they cannot be read.
    pub async fn measure(&self) -> Result<CacheView, MemoError> {
        let known = self.catalog.kinds().await?;
        let kinds = MemoKind::ALL.into_iter().map(|kind| {
            let facts = known.get(&kind).copied().unwrap_or_default();
            view(kind, facts.counts, facts.stock)
        });
        let Budget { limit_bytes, kept_percent } = self.budget;
        Ok(CacheView { kinds: kinds.collect(), budget_bytes: limit_bytes, kept_percent })
    }

    /// Facts about one result; `None` when it is not remembered.
    ///
    /// # Errors
    /// [`MemoError`] when they cannot be read.
    pub async fn look(&self, key: MemoKey) -> Result<Option<EntryFacts>, MemoError> {
        let facts = self.catalog.facts(key).await?;
        Ok(facts.filter(|facts| facts.expires_at > Timestamp::now()))
    }

    /// Forgets one result; tells whether there was one. Processes that used it lately may serve it
    /// for another minute ([`super::Limits::trusted_for`]).
    ///
    /// # Errors
    /// [`MemoError`] when it cannot be removed.
    pub async fn forget(&self, key: MemoKey) -> Result<bool, MemoError> {
        self.store.forget(key).await
    }

    /// Forgets many, [`MOST_AT_ONCE`] at most.
    ///
    /// # Errors
    /// [`MemoError`] when it is not known what there is, or some cannot be removed; others are.
    pub async fn forget_all(&self, scope: Scope) -> Result<Forgotten, MemoError> {
        let mut keys = match scope {
            Scope::Task(task) => self.catalog.made_for(task).await?,
            Scope::Kind(kind) => {
                let entries = listed(self.catalog.as_ref(), kind, MOST_AT_ONCE + 1).await?;
                entries.into_iter().map(|facts| facts.key).collect()
            }
        };
        let has_more = keys.len() > MOST_AT_ONCE;
        keys.truncate(MOST_AT_ONCE);
        let mut forgotten = 0;
        for (_, outcome) in forget_each(self.store.as_ref(), keys, |key| *key).await {
            forgotten += u64::from(outcome?);
        }
        Ok(Forgotten { forgotten, has_more })
    }
}

fn view(kind: MemoKind, counts: Counts, stock: Option<Stock>) -> KindView {
    let asked = counts.hits() + counts.misses;
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let hit_rate = (asked > 0).then(|| counts.hits() as f64 / asked as f64);
    KindView {
        kind: kind.as_str(),
        entries: stock.map(|stock| stock.entries),
        size_bytes: stock.map(|stock| stock.size_bytes),
        counted_at: stock.map(|stock| stock.counted_at),
        counts,
        hit_rate,
    }
}
