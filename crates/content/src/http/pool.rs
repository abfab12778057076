//! Connections: how many there are, and how many are kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, ClientBuilder};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HttpConfig;

/// Connections beyond those that are kept serve a burst, and end soon after it.
const BURST_IDLE_TIME: Duration = Duration::from_secs(1);
/// How often other tasks get their turn before a slot is given back.
const TURNS: usize = 16;

/// The way to one kind of hosts, over connections that are kept or that end soon.
#[derive(Debug)]
pub struct Pool {
    kept: Client,
    burst: Client,
}

impl Pool {
    /// A pool of clients that `builder` makes.
    ///
    /// # Errors
    /// As reqwest has them, when TLS cannot be set up.
    pub fn new(config: &HttpConfig, builder: impl Fn() -> ClientBuilder) -> Result<Self, reqwest::Error> {
        let burst = config.connections.saturating_sub(config.idle_connections);
        // Who keeps none keeps none after a burst either.
        let burst = if config.idle_connections == 0 { 0 } else { burst };
        Ok(Self {
            kept: builder()
                .pool_max_idle_per_host(config.idle_connections)
                .pool_idle_timeout(config.idle_time)
                .build()?,
            burst: builder()
                .pool_max_idle_per_host(burst)
                .pool_idle_timeout(config.idle_time.min(BURST_IDLE_TIME))
                .build()?,
        })
    }

    /// The client whose connections the holder of `slot` may use.
    pub const fn client(&self, slot: &Slot) -> &Client {
        if slot.is_kept { &self.kept } else { &self.burst }
    }
}

/// As many slots as there may be connections in use.
#[derive(Debug)]
pub struct Slots {
    free: Arc<Semaphore>,
    /// Connections that are kept and in use now.
    kept_in_use: Arc<AtomicUsize>,
    kept: usize,
}

impl Slots {
    /// So many `connections`, of which `kept` are kept open while nobody uses them.
    pub fn new(connections: usize, kept: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(connections.max(1))), kept_in_use: Arc::default(), kept }
    }

    /// Waits for a free one.
    pub async fn take(&self) -> Slot {
        // It is never closed; if it were, there would be no limit to keep.
        self.slot(Arc::clone(&self.free).acquire_owned().await.ok())
    }

    /// One that is free right now.
    pub fn take_free(&self) -> Option<Slot> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(|permit| self.slot(Some(permit)))
    }

    fn slot(&self, permit: Option<OwnedSemaphorePermit>) -> Slot {
        let below = |in_use: usize| (in_use < self.kept).then_some(in_use + 1);
        let is_kept = self.kept_in_use.fetch_update(Ordering::SeqCst, Ordering::SeqCst, below).is_ok();
        Slot { held: Some(Held { permit, kept_in_use: Arc::clone(&self.kept_in_use), is_kept }), is_kept }
    }
}

/// The right to use a connection.
#[derive(Debug)]
pub struct Slot {
    held: Option<Held>,
    is_kept: bool,
}

#[derive(Debug)]
struct Held {
    permit: Option<OwnedSemaphorePermit>,
    kept_in_use: Arc<AtomicUsize>,
    is_kept: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.is_kept {
            self.kept_in_use.fetch_sub(1, Ordering::SeqCst);
        }
        drop(self.permit.take());
    }
}

impl Drop for Slot {
    /// The connection goes back to its pool in a task of its own, which runs after the end of the
    /// answer is seen here. Whoever had the slot before that would find the pool empty and open
    /// another connection. So others get their turn first.
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            drop(held);
        });
    }
}
