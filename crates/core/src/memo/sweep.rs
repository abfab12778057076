//! Keeping the memo within its budget: what has expired goes, then what was not used for the longest time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use crate::ports::{EntryFacts, EntryPage, MemoCatalog, MemoError, MemoKey, MemoKind, MemoStore, Stock};

const AT_ONCE: usize = 16;

/// What may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Where all results together are larger, some go.
    pub limit_bytes: u64,
    /// Down to this share of the limit, so that not every sweep has to remove some.
    pub kept_percent: u64,
}

impl Budget {
    /// How much of so much has to go.
    fn excess(self, size_bytes: u64) -> u64 {
        let goal_bytes = u128::from(self.limit_bytes) * u128::from(self.kept_percent) / 100;
        let goal_bytes = u64::try_from(goal_bytes).unwrap_or(u64::MAX);
        if size_bytes > self.limit_bytes { size_bytes.saturating_sub(goal_bytes) } else { 0 }
    }
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
    /// What there is is read twice at most, a page at a time, and never held.
    ///
    /// # Errors
    /// [`MemoError`] when it is not known what there is, or what is left cannot be recorded.
    pub async fn sweep(&self) -> Result<Sweep, MemoError> {
        let now = Timestamp::now();
        let mut sweep = Sweep::default();
        let mut stocks = BTreeMap::new();
        for kind in MemoKind::ALL {
            stocks.insert(kind, self.count(kind, now, &mut sweep).await?);
        }
        let size_bytes = stocks.values().map(|stock| stock.size_bytes).sum();
        self.evict(self.budget.excess(size_bytes), now, &mut stocks, &mut sweep).await?;
        for (kind, stock) in stocks {
            sweep.entries += stock.entries;
            sweep.size_bytes += stock.size_bytes;
            self.catalog.set_stock(kind, stock).await?;
        }
        Ok(sweep)
    }

    /// Removes what has expired of a kind, and counts the rest.
    async fn count(&self, kind: MemoKind, now: Timestamp, sweep: &mut Sweep) -> Result<Stock, MemoError> {
        let mut stock = Stock { entries: 0, size_bytes: 0, counted_at: now };
        let mut after = None;
        loop {
            let page = self.catalog.list(kind, after).await?;
            let (expired, live): (Vec<_>, Vec<_>) = page.entries.into_iter().partition(|facts| facts.expires_at <= now);
            let (removed, left) = self.remove(expired).await;
            sweep.expired += removed.len() as u64;
            sweep.failed += left.len() as u64;
            // What could not be removed still takes room.
            for facts in live.iter().chain(&left) {
                stock.entries += 1;
                stock.size_bytes += facts.size_bytes;
            }
            after = page.next;
            if after.is_none() {
                return Ok(stock);
            }
        }
    }

    /// Removes so many bytes of what was not used for the longest time, of whichever kind.
    async fn evict(
        &self,
        mut excess_bytes: u64,
        now: Timestamp,
        stocks: &mut BTreeMap<MemoKind, Stock>,
        sweep: &mut Sweep,
    ) -> Result<(), MemoError> {
        let mut oldest = OldestFirst::default();
        while excess_bytes > 0 {
            let mut going = Vec::with_capacity(AT_ONCE);
            while excess_bytes > 0 && going.len() < AT_ONCE {
                while let Some((kind, after)) = oldest.wanted() {
                    oldest.add(kind, self.catalog.list(kind, after).await?);
                }
                // There may be less than was counted: others forget, too.
                let Some(facts) = oldest.next() else { break };
                // What expired and could not be removed is not tried again.
                if facts.expires_at > now {
                    excess_bytes = excess_bytes.saturating_sub(facts.size_bytes);
                    going.push(facts);
                }
            }
            if going.is_empty() {
                return Ok(());
            }
            let (removed, left) = self.remove(going).await;
            sweep.evicted += removed.len() as u64;
            sweep.failed += left.len() as u64;
            for facts in removed {
                let stock =
                    stocks.entry(facts.key.kind).or_insert(Stock { entries: 0, size_bytes: 0, counted_at: now });
                stock.entries = stock.entries.saturating_sub(1);
                stock.size_bytes = stock.size_bytes.saturating_sub(facts.size_bytes);
            }
        }
        Ok(())
    }

    /// Removes entries; tells which are gone, and which are still there.
    async fn remove(&self, entries: Vec<EntryFacts>) -> (Vec<EntryFacts>, Vec<EntryFacts>) {
        let (mut removed, mut left) = (Vec::new(), Vec::new());
        for (facts, outcome) in forget_each(self.store.as_ref(), entries, |facts| facts.key).await {
            match outcome {
                Ok(_) => removed.push(facts),
                Err(error) => {
                    tracing::warn!(key = %facts.key, error = %error.0, "a remembered result could not be removed");
                    left.push(facts);
                }
            }
        }
        (removed, left)
    }
}

/// Entries of all kinds in the order of their last use, from pages that have those of one kind in that order.
#[derive(Debug, Default)]
struct OldestFirst(BTreeMap<MemoKind, Run>);

/// What was read of a kind and not yet taken, and where to go on.
#[derive(Debug)]
struct Run {
    entries: VecDeque<EntryFacts>,
    next: Option<String>,
}

impl OldestFirst {
    /// A kind of which a page is to be read first, and after what.
    fn wanted(&self) -> Option<(MemoKind, Option<String>)> {
        MemoKind::ALL.into_iter().find_map(|kind| match self.0.get(&kind) {
            None => Some((kind, None)),
            Some(run) if run.entries.is_empty() && run.next.is_some() => Some((kind, run.next.clone())),
            Some(_) => None,
        })
    }

    /// The page that was wanted.
    fn add(&mut self, kind: MemoKind, page: EntryPage) {
        self.0.insert(kind, Run { entries: page.entries.into(), next: page.next });
    }

    /// The one not used for the longest time.
    fn next(&mut self) -> Option<EntryFacts> {
        let first = |run: &&mut Run| run.entries.front().map(|facts| (facts.used_at, facts.key));
        let oldest = self.0.values_mut().filter(|run| !run.entries.is_empty()).min_by_key(first);
        oldest.and_then(|run| run.entries.pop_front())
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entries(kind: MemoKind, used: &[i64]) -> Vec<EntryFacts> {
        let mut used = used.to_vec();
        used.sort_unstable();
        let entry = |(number, used)| EntryFacts {
            key: MemoKey::of_fields(kind, ["swept"]).part(number),
            size_bytes: 1,
            used_at: Timestamp::from_second(used).unwrap(),
            expires_at: Timestamp::MAX,
        };
        (0..).zip(used).map(entry).collect()
    }

    proptest! {
        #[test]
        fn what_goes_brings_all_to_the_share_that_is_kept_and_only_what_is_over_the_limit(
            size_bytes in 0..u64::MAX, limit_bytes in 0..u64::MAX, kept_percent in 0..=100_u64,
        ) {
            let excess = Budget { limit_bytes, kept_percent }.excess(size_bytes);
            let goal = (u128::from(limit_bytes) * u128::from(kept_percent) / 100) as u64;
            prop_assert_eq!(size_bytes - excess, if size_bytes > limit_bytes { goal } else { size_bytes });
        }

        #[test]
        fn pages_of_all_kinds_become_one_run_in_the_order_of_use(
            used in proptest::collection::vec(proptest::collection::vec(0..50_i64, 0..20), MemoKind::ALL.len()), page in 1..7_usize,
        ) {
            let kinds: BTreeMap<MemoKind, Vec<EntryFacts>> =
                MemoKind::ALL.into_iter().zip(&used).map(|(kind, used)| (kind, entries(kind, used))).collect();
            let (mut oldest, mut run) = (OldestFirst::default(), Vec::new());
            loop {
                while let Some((kind, after)) = oldest.wanted() {
                    let start: usize = after.map_or(0, |after| after.parse().unwrap());
                    let rest = &kinds[&kind][start..];
                    let entries = rest[..page.min(rest.len())].to_vec();
                    let next = (rest.len() > page).then(|| (start + page).to_string());
                    oldest.add(kind, EntryPage { entries, next });
                }
                let Some(facts) = oldest.next() else { break };
                run.push(facts);
            }
            prop_assert_eq!(run.len(), used.iter().map(Vec::len).sum::<usize>());
            prop_assert!(run.is_sorted_by_key(|facts| facts.used_at));
        }
    }
}
