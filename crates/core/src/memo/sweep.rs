//! Keeping the memo within its budget: what has expired goes, then what was not used for the longest time.

use std::sync::Arc;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use crate::ports::{EntryFacts, MemoCatalog, MemoError, MemoKey, MemoKind, MemoStore, Stock};

const AT_ONCE: usize = 16;

/// What may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Where all results together are larger, some go.
    pub limit_bytes: u64,
    /// Down to this share of the limit, so that not every sweep has to remove some.
    pub kept_percent: u64,
}

impl Default for Budget {
    /// Ten gigabytes, which cost a quarter of a dollar a month.
    fn default() -> Self {
        Self { limit_bytes: 10_000_000_000, kept_percent: 80 }
    }
}

/// Counts what there is and removes what is too much.
#[derive(Clone)]
pub struct Sweeper {
    /// Holds the results.
    pub store: Arc<dyn MemoStore>,
    /// Knows what there is.
    pub catalog: Arc<dyn MemoCatalog>,
    /// What may be kept.
    pub budget: Budget,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Results that had expired and were removed.
    pub expired: u64,
    /// Results that were removed because all together were too large.
    pub evicted: u64,
    /// Results that could not be removed; the next sweep tries again.
    pub failed: u64,
    /// Results that are left.
    pub entries: u64,
    /// What they hold.
    pub size_bytes: u64,
}

impl Sweeper {
    /// Removes what has expired and what is too much; records what is left of each kind.
    ///
    /// # Errors
    /// [`MemoError`] when it is not known what there is, or what is left cannot be recorded.
    pub async fn sweep(&self) -> Result<Sweep, MemoError> {
        let now = Timestamp::now();
        let (expired, live): (Vec<EntryFacts>, Vec<EntryFacts>) =
            self.all().await?.into_iter().partition(|facts| facts.expires_at <= now);
        let (evicted, mut kept) = within(self.budget, live);
        let (expired, expired_left) = self.remove(expired).await;
        let (evicted, evicted_left) = self.remove(evicted).await;
        let failed = (expired_left.len() + evicted_left.len()) as u64;
        let mut sweep = Sweep { expired, evicted, failed, ..Sweep::default() };
        // What could not be removed still takes room.
        kept.extend(expired_left.into_iter().chain(evicted_left));
        for kind in MemoKind::ALL {
            let of_kind = || kept.iter().filter(|facts| facts.key.kind == kind);
            let size_bytes = of_kind().map(|facts| facts.size_bytes).sum();
            let entries = of_kind().count() as u64;
            sweep.entries += entries;
            sweep.size_bytes += size_bytes;
            self.catalog.set_stock(kind, Stock { entries, size_bytes, counted_at: now }).await?;
        }
        Ok(sweep)
    }

    /// About a hundred bytes an entry: a million of them are held.
    async fn all(&self) -> Result<Vec<EntryFacts>, MemoError> {
        let mut all = Vec::new();
        for kind in MemoKind::ALL {
            all.extend(listed(self.catalog.as_ref(), kind, usize::MAX).await?);
        }
        Ok(all)
    }

    /// Removes entries; tells how many, and which are still there.
    async fn remove(&self, entries: Vec<EntryFacts>) -> (u64, Vec<EntryFacts>) {
        let outcomes = forget_each(self.store.as_ref(), entries, |facts| facts.key).await;
        let (mut removed, mut left) = (0, Vec::new());
        for (facts, outcome) in outcomes {
            match outcome {
                Ok(was_there) => removed += u64::from(was_there),
                Err(error) => {
                    tracing::warn!(key = %facts.key, error = %error.0, "a remembered result could not be removed");
                    left.push(facts);
                }
            }
        }
        (removed, left)
    }
}

/// Entries of a kind, those not used for the longest time first.
pub(super) async fn listed(
    catalog: &dyn MemoCatalog,
    kind: MemoKind,
    at_most: usize,
) -> Result<Vec<EntryFacts>, MemoError> {
    let (mut entries, mut after) = (Vec::new(), None);
    loop {
        let page = catalog.list(kind, after).await?;
        entries.extend(page.entries);
        after = page.next;
        if after.is_none() || entries.len() >= at_most {
            entries.truncate(at_most);
            return Ok(entries);
        }
    }
}

/// Forgets each; tells what became of it, in any order.
pub(super) async fn forget_each<T>(
    store: &dyn MemoStore,
    entries: Vec<T>,
    key: impl Fn(&T) -> MemoKey,
) -> Vec<(T, Result<bool, MemoError>)> {
    let removals: Vec<_> = entries
        .into_iter()
        .map(|entry| {
            let key = key(&entry);
            async move { (entry, store.forget(key).await) }
        })
        .collect();
    stream::iter(removals).buffer_unordered(AT_ONCE).collect().await
}

/// What has to go, those first that were not used for the longest time, and what stays.
fn within(budget: Budget, mut entries: Vec<EntryFacts>) -> (Vec<EntryFacts>, Vec<EntryFacts>) {
    let mut size_bytes: u64 = entries.iter().map(|facts| facts.size_bytes).sum();
    if size_bytes <= budget.limit_bytes {
        return (Vec::new(), entries);
    }
    let goal_bytes = u128::from(budget.limit_bytes) * u128::from(budget.kept_percent) / 100;
    entries.sort_by_key(|facts| (facts.used_at, facts.key));
    let going = entries.iter().take_while(|facts| {
        let goes = u128::from(size_bytes) > goal_bytes;
        size_bytes -= facts.size_bytes;
        goes
    });
    let count = going.count();
    let stays = entries.split_off(count);
    (entries, stays)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(facts: &[(u64, i64)]) -> Vec<EntryFacts> {
        let entry = |(number, (size_bytes, used))| EntryFacts {
            key: MemoKey::of_fields(MemoKind::Voice, ["swept"]).part(number),
            size_bytes,
            used_at: Timestamp::from_second(used).unwrap(),
            expires_at: Timestamp::MAX,
        };
        (0..).zip(facts.iter().copied()).map(entry).collect()
    }

    proptest! {
        #[test]
        fn what_stays_fits_and_was_used_later_than_what_goes(
            facts in proptest::collection::vec((1..1_000_u64, 0..50_i64), 0..60), limit_bytes in 0..20_000_u64, kept_percent in 0..=100_u64,
        ) {
            let all = entries(&facts);
            let total: u64 = all.iter().map(|facts| facts.size_bytes).sum();
            let (goes, stays) = within(Budget { limit_bytes, kept_percent }, all.clone());
            prop_assert_eq!(goes.len() + stays.len(), all.len());
            let left: u64 = stays.iter().map(|facts| facts.size_bytes).sum();
            if total <= limit_bytes {
                prop_assert!(goes.is_empty());
            } else {
                let goal = limit_bytes * kept_percent / 100;
                prop_assert!(left <= goal);
                // No more goes than has to.
                let last = goes.last().map_or(0, |facts| facts.size_bytes);
                prop_assert!(left + last > goal);
            }
            if let (Some(latest), Some(earliest)) = (goes.last(), stays.iter().map(|facts| facts.used_at).min()) {
                prop_assert!(latest.used_at <= earliest);
            }
        }
    }
}
