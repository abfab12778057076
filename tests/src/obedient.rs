//! A worker that does what messages say, to see how messages of all kinds fare side by side.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rushes_aws::Message;
use rushes_core::shift::Shift;
use rushes_core::work::Disposition;
use rushes_runtime::messages::Handler;

/// Reads the first word of a message: `good`, `malformed`, `panic`, `slow` (five seconds), `long` (until
/// the shift is over) or `stuck` (for ever). Notes what it saw, and how many at once.
#[derive(Debug, Default)]
pub struct Obedient {
    seen: Mutex<BTreeMap<String, usize>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Obedient {
    /// How often the message was worked on.
    #[must_use]
    pub fn seen(&self, body: &str) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(body).copied().unwrap_or_default()
    }

    /// How many messages were worked on at once, at most.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Handler for Obedient {
    async fn handle(&self, message: Message, shift: Shift) -> Disposition {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner).entry(message.body.clone()).or_default() += 1;
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let kind = message.body.split(' ').next().unwrap_or_default();
        match kind {
            "slow" => tokio::time::sleep(Duration::from_secs(5)).await,
            "long" => shift.over().await,
            "stuck" => std::future::pending().await,
            _ => {}
        }
        self.now.fetch_sub(1, Ordering::SeqCst);
        match kind {
            #[expect(clippy::panic, reason = "what a worker's panic does is to be seen")]
            "panic" => panic!("as the message says"),
            "malformed" | "long" => Disposition::Retry,
            _ => Disposition::Done,
        }
    }
}
