//! A task as it lies in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::batch::BatchId;
use rushes_core::ports::{Claim, StoreError};
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::index::{state_partition, status_partition};

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

const META: &str = "META";

/// Every attribute of a task's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    pk: String,
    sk: String,
    /// Of the index that earlier releases list tasks by; without them they could not read the item.
    gsi1pk: String,
    gsi1sk: String,
    /// Of the index by which tasks in one state are listed. Not in records from before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi4pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi4sk: Option<String>,
    /// Of the index by which the tasks of a batch are found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi2sk: Option<String>,
    id: TaskId,
    status: Status,
    stage: Stage,
    progress: u8,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch_id: Option<BatchId>,
    /// How often the task was claimed; grows with `fence`.
    attempts: u32,
    /// How many of these attempts ended because the worker's time was up.
    #[serde(default)]
    hand_backs: u32,
    /// Number of the last claim; writes of an older one are refused.
    fence: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Not in records from before tasks could be asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queued_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    completed_at: Option<Timestamp>,
    /// Epoch seconds, as DynamoDB's time to live wants them.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    expires_at: Timestamp,
    #[serde(default)]
    timings: StageTimings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<VideoReport>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<TaskError>,
    /// Who holds the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Which call of `claim` took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim_id: Option<String>,
    /// Until when.
    #[serde(
        default,
        with = "jiff::fmt::serde::timestamp::millisecond::optional",
        skip_serializing_if = "Option::is_none"
    )]
    lease_until: Option<Timestamp>,
}

impl From<&Task> for TaskRecord {
    fn from(task: &Task) -> Self {
        Self {
            pk: partition(task.id),
            sk: META.to_owned(),
            gsi1pk: status_partition(task.status),
            gsi1sk: task.id.to_string(),
            gsi4pk: Some(state_partition(task.status, task.id)),
            gsi4sk: Some(task.id.to_string()),
            gsi2pk: task.batch_id.map(batch_partition),
            gsi2sk: task.batch_id.map(|_| task.id.to_string()),
            id: task.id,
            status: task.status,
            stage: task.stage,
            progress: task.progress,
            title: task.title.clone(),
            batch_id: task.batch_id,
            attempts: task.attempts,
            hand_backs: 0,
            fence: 0,
            created_at: task.created_at,
            updated_at: task.updated_at,
            queued_at: Some(task.queued_at),
            started_at: task.started_at,
            completed_at: task.completed_at,
            expires_at: task.expires_at,
            timings: task.timings,
            result: task.result.clone(),
            error: task.error.clone(),
            owner: None,
            claim_id: None,
            lease_until: None,
        }
    }
}

impl From<TaskRecord> for Task {
    fn from(record: TaskRecord) -> Self {
        Self {
            id: record.id,
            status: record.status,
            stage: record.stage,
            progress: record.progress,
            title: record.title,
            batch_id: record.batch_id,
            attempts: record.attempts,
            created_at: record.created_at,
            updated_at: record.updated_at,
            queued_at: record.queued_at.unwrap_or(record.created_at),
            started_at: record.started_at,
            completed_at: record.completed_at,
            expires_at: record.expires_at,
            timings: record.timings,
            result: record.result,
            error: record.error,
        }
    }
}

impl TaskRecord {
    /// Reads an item.
    pub fn from_item(item: Item) -> Result<Self, StoreError> {
        read(item)
    }

    /// Writes an item.
    pub fn to_item(&self) -> Result<Item, StoreError> {
        serde_dynamo::to_item(self).map_err(|error| corrupt(&error))
    }

    /// Its task; `None` when the record has expired and only waits for its deletion.
    pub fn live(self, now: Timestamp) -> Option<Task> {
        (self.expires_at > now).then(|| self.into())
    }

    /// The state of the task, whether expired or not.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Whether its time has passed.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at <= now
    }

    /// End of the lease; long ago when there is none.
    pub fn lease_until(&self) -> Timestamp {
        self.lease_until.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether the call of that name took the lease.
    pub fn was_claimed_by(&self, claim_id: &str) -> bool {
        self.claim_id.as_deref() == Some(claim_id)
    }

    /// Whether `claim` still is the right to work on the task.
    pub fn is_held_by(&self, claim: &Claim) -> bool {
        self.status == Status::Processing && self.fence == claim.fence && self.owner.as_deref() == Some(&claim.owner)
    }

    /// Whether the worker with `claim` brought the task to this end.
    pub fn was_ended_by(&self, claim: &Claim, status: Status) -> bool {
        self.status == status && self.fence == claim.fence && self.owner.as_deref() == Some(&claim.owner)
    }

    /// The claim that the record speaks of.
    pub fn claim(&self) -> Claim {
        let owner = self.owner.clone().unwrap_or_default();
        Claim { task_id: self.id, owner, fence: self.fence, attempt: self.attempts, hand_backs: self.hand_backs }
    }
}

/// The item's partition key.
pub fn partition(id: TaskId) -> String {
    format!("TASK#{id}")
}

/// The partition key of a batch's item, and of its tasks in the index.
pub fn batch_partition(id: BatchId) -> String {
    format!("BATCH#{id}")
}

/// The primary key of a task's item.
pub fn key(id: TaskId) -> Item {
    primary_key(partition(id), META)
}

/// The primary key of an item.
pub fn primary_key(partition: String, sort: &str) -> Item {
    let text = AttributeValue::S;
    HashMap::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(sort.to_owned()))])
}

/// An item as the record that it holds.
pub fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(|error| corrupt(&error))
}

/// What lies in the table is not what should.
pub fn corrupt(reason: &(impl ToString + ?Sized)) -> StoreError {
    StoreError::Corrupt { reason: reason.to_string() }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
