//! The indexes by which tasks in one state, and channels, are listed.
//!
//! `by_state` holds keys and what never changes, so that a heartbeat or a step of progress writes nothing to it, and
//! spreads what is in one state over [`SHARDS`] partitions: DynamoDB takes a thousand writes a second in one of them,
//! and a throttled index throttles its table. Stacks from before it have `by_status`, one partition a state and all
//! attributes, which is read for as long as it is there: what an earlier release writes is in no other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::query::QueryError;
use rushes_core::ports::StoreError;
use rushes_core::task::{Status, TaskId};

use crate::table::unavailable;

/// Partitions of each state.
const SHARDS: u128 = 4;

/// An index that lists tasks and channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Index {
    /// What there is.
    ByState,
    /// What there was.
    ByStatus,
}

impl Index {
    pub const fn name(self) -> &'static str {
        match self {
            Self::ByState => "by_state",
            Self::ByStatus => "by_status",
        }
    }

    pub const fn partition_key(self) -> &'static str {
        match self {
            Self::ByState => "gsi4pk",
            Self::ByStatus => "gsi1pk",
        }
    }

    pub const fn sort_key(self) -> &'static str {
        match self {
            Self::ByState => "gsi4sk",
            Self::ByStatus => "gsi1sk",
        }
    }

    /// Where the tasks in one state stand.
    pub fn partitions(self, status: Status) -> Vec<String> {
        match self {
            Self::ByState => (0..SHARDS).map(|shard| format!("{}#{shard}", status_partition(status))).collect(),
            Self::ByStatus => vec![status_partition(status)],
        }
    }
}

/// The partition of `by_state` in which the task stands while it is in that state.
pub fn state_partition(status: Status, id: TaskId) -> String {
    // The low bits of an id are random.
    format!("{}#{}", status_partition(status), id.number() % SHARDS)
}

/// The partition of `by_status` of all tasks in one state.
pub fn status_partition(status: Status) -> String {
    format!("STATUS#{}", status.as_str())
}

/// Why an index was not read.
#[derive(Debug)]
pub enum IndexError {
    /// The table has no such index.
    Missing,
    /// The table did not do it.
    Store(StoreError),
}

impl From<StoreError> for IndexError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SdkError<QueryError>> for IndexError {
    fn from(error: SdkError<QueryError>) -> Self {
        let is_missing = error.code() == Some("ValidationException")
            && error.message().is_some_and(|message| message.contains("specified index"));
        if is_missing { Self::Missing } else { Self::Store(unavailable(error)) }
    }
}

/// Knows which index the table has.
#[derive(Clone, Debug, Default)]
pub struct Indexes {
    only_by_state: Arc<AtomicBool>,
}

impl Indexes {
    /// Reads from the index that there is.
    ///
    /// # Errors
    /// What `read` returns.
    pub async fn read<T, F>(&self, read: impl Fn(Index) -> F + Send) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, IndexError>> + Send,
    {
        if !self.only_by_state.load(Ordering::Relaxed) {
            match read(Index::ByStatus).await {
                Ok(found) => return Ok(found),
                Err(IndexError::Store(error)) => return Err(error),
                Err(IndexError::Missing) => self.only_by_state.store(true, Ordering::Relaxed),
            }
        }
        read(Index::ByState).await.map_err(|error| match error {
            IndexError::Missing => unavailable(std::io::Error::other("the table has no index by_state")),
            IndexError::Store(error) => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_stands_in_one_of_the_partitions_that_are_read() {
        let mut used = std::collections::HashSet::new();
        for _ in 0..200 {
            used.insert(state_partition(Status::Queued, TaskId::generate()));
        }
        let mut used: Vec<String> = used.into_iter().collect();
        used.sort();
        assert_eq!(used, Index::ByState.partitions(Status::Queued));
        assert_eq!(used[0], "STATUS#queued#0");
    }
}
