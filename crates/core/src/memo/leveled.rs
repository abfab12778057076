//! Two levels: near, in this process, and far, shared by all.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::join_all;
use jiff::Timestamp;

use super::counts::{Level, Tallies};
use super::flights::{Flights, Join};
use super::maker;
use super::near::Near;
use super::ticket::{Ticket, Waiting};
use crate::ports::{Begin, Entry, Memo, MemoClaim, MemoError, MemoKey, MemoStore};

/// How the levels are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What the near level may hold.
    pub memory_bytes: u64,
    /// How long the near level serves what another process may have forgotten meanwhile.
    pub trusted_for: Duration,
    /// How soon others may compute what someone began who died.
    pub lease: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory_bytes: 64 << 20, trusted_for: Duration::from_secs(60), lease: Duration::from_secs(30) }
    }
}

/// Remembers in this process and for all of them. Of many who ask for the same, in this process
/// or in others, one computes.
pub struct LeveledMemo {
    near: Near,
    far: Arc<dyn MemoStore>,
    flights: Flights,
    tallies: Tallies,
    lease: Duration,
}

impl LeveledMemo {
    /// Over what all processes share.
    #[must_use]
    pub fn new(far: Arc<dyn MemoStore>, limits: Limits) -> Self {
        let near = Near::new(limits.memory_bytes, limits.trusted_for);
        Self { near, far, flights: Flights::default(), tallies: Tallies::default(), lease: limits.lease }
    }

    /// Adds what was counted here to what is counted over all processes. What cannot be added is
    /// counted with the next.
    pub async fn hand_in_counts(&self) {
        let hand_in = |(kind, counts)| async move {
            if let Err(error) = self.far.add_counts(kind, &counts).await {
                tracing::warn!(kind = kind.as_str(), error = %error.0, "counts could not be recorded; they are kept");
                self.tallies.add(kind, counts);
            }
        };
        join_all(self.tallies.take().into_iter().map(hand_in)).await;
    }

    fn near_hit(&self, key: MemoKey) -> Option<Bytes> {
        let value = self.near.get(&key)?;
        self.tallies.hit(key.kind, Level::Memory);
        Some(value)
    }

    fn far_hit(&self, key: MemoKey, found: crate::ports::Found) -> Bytes {
        self.tallies.hit(key.kind, found.level);
        self.near.put(key, &found.entry);
        found.entry.value
    }

    /// The first who asks in this process asks the others.
    async fn begin_far(&self, key: MemoKey, flight: tokio::sync::watch::Sender<()>) -> Result<Begin, MemoError> {
        if let Some(found) = self.far.get(key).await? {
            return Ok(Begin::Remembered(self.far_hit(key, found)));
        }
        let token = ulid::Ulid::generate().to_string();
        Ok(match self.far.claim(key, &token, self.lease).await? {
            MemoClaim::Ready(found) => Begin::Remembered(self.far_hit(key, found)),
            MemoClaim::Yours => {
                self.tallies.miss(key.kind);
                Begin::Yours(Ticket::shared(key, token, self.lease, Arc::clone(&self.far), flight))
            }
            MemoClaim::Held { until } => {
                self.tallies.wait(key.kind);
                Begin::Held(Waiting::Elsewhere(until))
            }
        })
    }
}

#[async_trait]
impl Memo for LeveledMemo {
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError> {
        if let Some(value) = self.near_hit(key) {
            return Ok(Some(value));
        }
        let found = self.far.get(key).await?;
        Ok(found.map(|found| self.far_hit(key, found)))
    }

    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError> {
        let entry = lasting(value, key.kind.time_to_live());
        self.far.put(key, &entry, maker::current()).await?;
        self.tallies.store(key.kind, entry.value.len());
        self.near.put(key, &entry);
        Ok(())
    }

    async fn begin(&self, key: MemoKey) -> Result<Begin, MemoError> {
        if let Some(value) = self.near_hit(key) {
            return Ok(Begin::Remembered(value));
        }
        match self.flights.join(key) {
            Join::First(flight) => self.begin_far(key, flight).await,
            Join::Later(landing) => {
                self.tallies.wait(key.kind);
                Ok(Begin::Held(Waiting::Here(landing)))
            }
        }
    }

    async fn keep(&self, ticket: &Ticket) -> Result<(), MemoError> {
        let Some(token) = ticket.token() else { return Ok(()) };
        self.far.extend(ticket.key(), token, self.lease).await
    }

    async fn finish(&self, ticket: Ticket, value: Bytes, time_to_live: Duration) -> Result<(), MemoError> {
        let (key, entry) = (ticket.key(), lasting(value, time_to_live));
        let is_stored = match ticket.token() {
            Some(token) => self.far.finish(key, token, &entry, maker::current()).await?,
            None => self.far.put(key, &entry, maker::current()).await.map(|()| true)?,
        };
        if is_stored {
            self.tallies.store(key.kind, entry.value.len());
            self.near.put(key, &entry);
        } else {
            tracing::info!(%key, "somebody else took over computing a result; this one is not remembered");
        }
        ticket.settle();
        Ok(())
    }

    async fn abandon(&self, ticket: Ticket) {
        let Some(token) = ticket.token() else { return };
        if let Err(error) = self.far.release(ticket.key(), token).await {
            tracing::warn!(key = %ticket.key(), error = %error.0, "the right to compute a result runs out by itself");
        }
        ticket.settle();
    }

    async fn forget(&self, key: MemoKey) -> Result<(), MemoError> {
        self.near.forget(&key);
        self.far.forget(key).await?;
        Ok(())
    }
}

fn lasting(value: Bytes, time_to_live: Duration) -> Entry {
    let lasting = jiff::SignedDuration::try_from(time_to_live).unwrap_or(jiff::SignedDuration::MAX);
    Entry { value, expires_at: Timestamp::now().saturating_add(lasting).unwrap_or(Timestamp::MAX) }
}
