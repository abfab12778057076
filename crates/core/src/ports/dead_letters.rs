//! Messages that were laid aside: nobody shall try them again before someone has looked.

use async_trait::async_trait;
use jiff::Timestamp;

use super::QueueError;
use crate::task::TaskId;

/// A message laid aside, taken to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its own name.
    pub message_id: String,
    /// The task that it names, if it names one.
    pub task_id: Option<TaskId>,
    /// When it was sent first.
    pub sent_at: Timestamp,
    /// How often it was received, here and where it came from.
    pub receive_count: u32,
    /// Names this taking; what it is lies with the queue.
    pub receipt: String,
}

/// Holds messages that were laid aside.
#[async_trait]
pub trait DeadLetterQueue: Send + Sync {
    /// Takes messages, `limit` at most and all if there are fewer. Nobody else sees
    /// them for half a minute, or until they are put back.
    async fn take(&self, limit: usize) -> Result<Vec<DeadLetter>, QueueError>;

    /// Lets others see a message again.
    async fn put_back(&self, letter: &DeadLetter) -> Result<(), QueueError>;

    /// Removes a message for good.
    async fn remove(&self, letter: &DeadLetter) -> Result<(), QueueError>;
}
