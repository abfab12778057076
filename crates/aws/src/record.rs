//! A task as it lies in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::batch::BatchId;
use rushes_core::ports::{Claim, StoreError};
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};
use serde::{Deserialize, Serialize};

/// An item as the SDK hands it over.
pub type Item = HashMap<String, AttributeValue>;

const META: &str = "META";

/// Every attribute of a task's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskRecord {
    pk: String,
    sk: String,
    gsi1pk: String,
    gsi1sk: String,
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
            gsi2pk: task.batch_id.map(batch_partition),
            gsi2sk: task.batch_id.map(|_| task.id.to_string()),
            id: task.id,
            status: task.status,
            stage: task.stage,
            progress: task.progress,
            title: task.title.clone(),
            batch_id: task.batch_id,
            attempts: task.attempts,
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
        serde_dynamo::from_item(item).map_err(|error| corrupt(&error))
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
        Claim { task_id: self.id, owner, fence: self.fence, attempt: self.attempts }
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
    let text = |text: String| AttributeValue::S(text);
    HashMap::from([("pk".to_owned(), text(partition(id))), ("sk".to_owned(), text(META.to_owned()))])
}

/// The index's partition of all tasks in one state.
pub fn status_partition(status: Status) -> String {
    format!("STATUS#{}", status.as_str())
}

fn corrupt(error: &serde_dynamo::Error) -> StoreError {
    StoreError::Corrupt { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rushes_core::ports::Credit;
    use rushes_core::script::ScriptReport;
    use rushes_core::spec::{Aspect, Resolution};
    use rushes_core::task::{OutputReport, SegmentCount};

    use super::*;

    fn task() -> Task {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        Task::queued(TaskId::generate(), "Why is the sky blue?".to_owned(), now, Duration::from_secs(86_400))
    }

    #[test]
    fn a_task_comes_back_from_its_item_as_it_was() {
        let mut task = task();
        for status in Status::ALL {
            task.status = status;
            task.stage = Stage::Rendering;
            task.progress = 55;
            task.started_at = Some(task.created_at);
            task.timings.add(Stage::Speaking, Duration::from_millis(250));
            task.result = Some(VideoReport {
                duration_ms: 57_000,
                width: 1920,
                height: 1080,
                fps: 30,
                frames: 1710,
                distinct_frames: 161,
                segments: SegmentCount { total: 6, reused: 2 },
                size_bytes: 5_000_000_000,
                sha256: "ab".repeat(32),
                wall_ms: 2100,
                outputs: vec![OutputReport {
                    aspect: Aspect::Portrait,
                    resolution: Resolution::P1080,
                    width: 1080,
                    height: 1920,
                    frames: 1710,
                    distinct_frames: 161,
                    segments: SegmentCount { total: 6, reused: 2 },
                    size_bytes: 5_000_000_000,
                    sha256: "ab".repeat(32),
                }],
                script: Some(ScriptReport {
                    title: "Sky".to_owned(),
                    description: "Blue.".to_owned(),
                    tags: vec!["sky".to_owned()],
                    keywords: Vec::new(),
                }),
                credits: vec![Credit { author: "A".to_owned(), provider: "B".to_owned(), url: "C".to_owned() }],
                warnings: vec!["one".to_owned()],
            });
            task.error = Some(TaskError { code: "render_failed".to_owned(), message: "no".to_owned() });
            let item = TaskRecord::from(&task).to_item().unwrap();
            let read = TaskRecord::from_item(item).unwrap().live(task.created_at).unwrap();
            assert_eq!(read, task);
        }
    }

    #[test]
    fn a_record_from_an_earlier_release_is_still_read() {
        let mut task = task();
        task.result = Some(VideoReport {
            duration_ms: 1,
            width: 1920,
            height: 1080,
            fps: 30,
            frames: 1,
            distinct_frames: 1,
            segments: SegmentCount { total: 1, reused: 0 },
            size_bytes: 1,
            sha256: String::new(),
            wall_ms: 1,
            outputs: Vec::new(),
            script: None,
            credits: Vec::new(),
            warnings: Vec::new(),
        });
        let mut item = TaskRecord::from(&task).to_item().unwrap();
        let Some(AttributeValue::M(result)) = item.get_mut("result") else { panic!("no result") };
        for later in ["outputs", "script", "credits", "warnings"] {
            result.remove(later).unwrap();
        }
        item.remove("timings").unwrap();
        item.remove("queued_at").unwrap();
        assert_eq!(TaskRecord::from_item(item).unwrap().live(task.created_at), Some(task));
    }

    #[test]
    fn the_keys_and_the_time_to_live_are_what_the_template_declares() {
        let task = task();
        let item = TaskRecord::from(&task).to_item().unwrap();
        let text = |name: &str| item[name].as_s().unwrap().clone();
        assert_eq!(text("pk"), format!("TASK#{}", task.id));
        assert_eq!(text("sk"), "META");
        assert_eq!(text("gsi1pk"), "STATUS#queued");
        assert_eq!(text("gsi1sk"), task.id.to_string());
        assert_eq!(item["expires_at"].as_n().unwrap(), "1790086400");
        assert!(!item.contains_key("lease_until") && !item.contains_key("result"));
    }

    #[test]
    fn an_expired_record_holds_no_task() {
        let task = task();
        assert_eq!(TaskRecord::from(&task).live(task.expires_at), None);
        assert!(TaskRecord::from(&task).has_expired(task.expires_at));
    }

    #[test]
    fn an_item_that_is_no_task_is_named_corrupt() {
        let mut item = TaskRecord::from(&task()).to_item().unwrap();
        item.insert("status".to_owned(), AttributeValue::S("asleep".to_owned()));
        assert!(matches!(TaskRecord::from_item(item), Err(StoreError::Corrupt { .. })));
    }
}
