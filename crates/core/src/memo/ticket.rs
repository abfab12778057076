//! The right to compute a result, and waiting for whoever has it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::ports::{MemoKey, MemoStore};

/// How long is waited at first before it is asked again for what another process computes, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// The right to compute a result. Dropped, it is given back as soon as that can be done.
pub struct Ticket {
    key: MemoKey,
    shared: Option<Shared>,
}

/// A right that others know of.
struct Shared {
    token: String,
    lease: Duration,
    far: Arc<dyn MemoStore>,
    /// Goes with the ticket; who waits in this process notices.
    _flight: watch::Sender<()>,
}

impl Ticket {
    /// A right that nobody knows of: others may compute the same.
    #[must_use]
    pub const fn of_nobody(key: MemoKey) -> Self {
        Self { key, shared: None }
    }

    /// A right that `far` gave under this token, until `lease` has passed.
    pub(super) fn shared(
        key: MemoKey,
        token: String,
        lease: Duration,
        far: Arc<dyn MemoStore>,
        flight: watch::Sender<()>,
    ) -> Self {
        Self { key, shared: Some(Shared { token, lease, far, _flight: flight }) }
    }

    /// What may be computed.
    #[must_use]
    pub const fn key(&self) -> MemoKey {
        self.key
    }

    /// Name of the claim; `None` of a right that nobody knows of.
    pub(super) fn token(&self) -> Option<&str> {
        self.shared.as_ref().map(|shared| shared.token.as_str())
    }

    /// How long the right lasts unless it is kept up; `None` of one that nobody knows of.
    pub(super) fn lease(&self) -> Option<Duration> {
        self.shared.as_ref().map(|shared| shared.lease)
    }

    /// Says that the right was given back. The ticket goes, and with it whoever waits goes on.
    pub(super) fn settle(mut self) {
        self.shared = None;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        // Without a runtime the process is ending: the lease will run out.
        let (Some(shared), Ok(runtime)) = (self.shared.take(), Handle::try_current()) else { return };
        let key = self.key;
        runtime.spawn(async move {
            if let Err(error) = shared.far.release(key, &shared.token).await {
                tracing::warn!(%key, error = %error.0, "the right to compute a result could not be given back; its lease will run out");
            }
        });
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ticket").field("key", &self.key).field("token", &self.token()).finish_non_exhaustive()
    }
}

/// Somebody computes the result.
#[derive(Clone, Debug)]
pub enum Waiting {
    /// In this process.
    Here(watch::Receiver<()>),
    /// In another one, whose lease ends then if it does not extend it.
    Elsewhere(Timestamp),
}

impl Waiting {
    /// Waits until it may be worth asking again; longer each time that was asked already.
    pub async fn pause(self, asked: u32) {
        match self {
            // Nothing is ever sent: the other end goes.
            Self::Here(mut flight) => while flight.changed().await.is_ok() {},
            Self::Elsewhere(until) => {
                let left = Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default();
                let pause = PAUSES.0.saturating_mul(2_u32.saturating_pow(asked)).min(PAUSES.1);
                tokio::time::sleep(pause.min(left.max(PAUSES.0))).await;
            }
        }
    }
}
