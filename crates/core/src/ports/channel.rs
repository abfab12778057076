//! The table's records of channels.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::channel::{Channel, ChannelName, Revision};

/// Keeps channels.
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// The channel, or `None` when there is none of that name.
    async fn get(&self, name: &ChannelName) -> Result<Option<Channel>, StoreError>;

    /// Names of all channels, in order, and when each was changed last.
    async fn list(&self) -> Result<Vec<(ChannelName, Timestamp)>, StoreError>;

    /// Stores a channel if `condition` holds.
    async fn put(&self, channel: &Channel, condition: &Condition) -> Result<Written, StoreError>;

    /// Removes a channel if there is one and `condition` holds; tells whether it did.
    async fn delete(&self, name: &ChannelName, condition: &Condition) -> Result<bool, StoreError>;
}

/// In which state a channel has to be for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// In any, or not there.
    Any,
    /// There.
    Present,
    /// Not there.
    Absent,
    /// There, and not changed since.
    Is(Revision),
}

/// What became of storing a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// There was none.
    Created,
    /// There was one.
    Replaced,
    /// The condition did not hold; nothing was changed.
    Refused,
}
