//! The level in memory: bounded by bytes, each entry for a time of its own.

use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::Timestamp;
use moka::Expiry;
use moka::sync::Cache;

use crate::ports::{Entry, MemoKey, MemoKind};

/// What an entry takes beside its value, about.
const ENTRY_BYTES: usize = 200;
/// No value takes more than this share of the whole: one segment would push out all scripts.
const LARGEST_SHARE: u64 = 16;

/// Results that were lately used in this process.
#[derive(Debug)]
pub struct Near {
    cache: Cache<MemoKey, Kept>,
    limit_bytes: u64,
    trusted_for: Duration,
}

#[derive(Clone, Debug)]
struct Kept {
    value: Bytes,
    /// Until when it is served.
    lasting: Duration,
}

struct EachForItself;

impl Expiry<MemoKey, Kept> for EachForItself {
    fn expire_after_create(&self, _key: &MemoKey, kept: &Kept, _created_at: Instant) -> Option<Duration> {
        Some(kept.lasting)
    }

    fn expire_after_update(&self, _: &MemoKey, kept: &Kept, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(kept.lasting)
    }
}

impl Near {
    /// Up to `limit_bytes`, each entry for `trusted_for` at most: for so long one that another
    /// process forgot may still be served here.
    pub fn new(limit_bytes: u64, trusted_for: Duration) -> Self {
        let weight = |_: &MemoKey, kept: &Kept| u32::try_from(kept.value.len() + ENTRY_BYTES).unwrap_or(u32::MAX);
        let cache = Cache::builder().max_capacity(limit_bytes).weigher(weight).expire_after(EachForItself).build();
        Self { cache, limit_bytes, trusted_for }
    }

    pub fn get(&self, key: &MemoKey) -> Option<Bytes> {
        self.cache.get(key).map(|kept| kept.value)
    }

    pub fn put(&self, key: MemoKey, entry: &Entry) {
        let left = Duration::try_from(entry.expires_at.duration_since(Timestamp::now())).unwrap_or_default();
        let lasting = left.min(self.trusted_for);
        // Media are read once, by a later attempt if at all.
        let is_wanted = key.kind != MemoKind::Media;
        if is_wanted && !lasting.is_zero() && (entry.value.len() as u64) < self.limit_bytes / LARGEST_SHARE {
            self.cache.insert(key, Kept { value: entry.value.clone(), lasting });
        }
    }

    pub fn forget(&self, key: &MemoKey) {
        self.cache.invalidate(key);
    }

    /// What it holds.
    #[cfg(test)]
    fn size_bytes(&self) -> u64 {
        self.cache.run_pending_tasks();
        self.cache.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::ports::MemoKind;

    fn key(number: u64) -> MemoKey {
        MemoKey::of_fields(MemoKind::Script, ["near"]).part(number)
    }

    fn entry(size: usize, lasting: SignedDuration) -> Entry {
        Entry { value: Bytes::from(vec![0; size]), expires_at: Timestamp::now() + lasting }
    }

    #[test]
    fn memory_stays_bounded_and_no_value_takes_all_of_it() {
        let near = Near::new(64_000, Duration::from_secs(60));
        (0..1_000).for_each(|number| near.put(key(number), &entry(1_000, SignedDuration::from_secs(60))));
        assert!((30_000..=64_000).contains(&near.size_bytes()), "{}", near.size_bytes());
        near.put(key(5_000), &entry(4_000, SignedDuration::from_secs(60)));
        assert_eq!(near.get(&key(5_000)), None);
    }

    #[test]
    fn what_has_expired_or_was_forgotten_is_not_served() {
        let near = Near::new(64_000, Duration::from_secs(60));
        near.put(key(1), &entry(10, SignedDuration::from_secs(-1)));
        near.put(key(2), &entry(10, SignedDuration::from_secs(60)));
        assert_eq!((near.get(&key(1)), near.get(&key(2)).map(|value| value.len())), (None, Some(10)));
        near.forget(&key(2));
        assert_eq!(near.get(&key(2)), None);
        let brief = Near::new(64_000, Duration::from_millis(1));
        brief.put(key(3), &entry(10, SignedDuration::from_secs(60)));
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(brief.get(&key(3)), None);
    }
}
