//! From rows to tasks: read and check each, record what can be made, enqueue what was recorded.

use std::borrow::Cow;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::BatchId;
use crate::channel::{self, Filled};
use crate::keys::ObjectKey;
use crate::media_faults::{LookLimits, MediaFaults};
use crate::ports::StoreError;
use crate::spec::{SpecError, VideoSpec, Violation};
use crate::submit::{FrontDesk, SubmitError};
use crate::task::{Status, Task, TaskId};

/// Rows recorded at once.
const ROWS_AT_ONCE: usize = 32;

/// One row that is to become a task.
#[derive(Clone, Debug)]
pub struct Row {
    /// Name of the task that it is to become.
    pub id: TaskId,
    /// The spec.
    pub json: Bytes,
}

/// What became of a row.
#[derive(Debug)]
pub enum RowOutcome {
    /// A task, recorded and enqueued.
    Accepted(TaskId),
    /// It asks for something that cannot be made.
    Rejected(Refusal),
    /// Something that is needed did not answer; nothing is known of the row.
    Unavailable(SubmitError),
}

/// Why a row did not become a task, in words its owner can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable name of the kind of fault.
    pub code: Cow<'static, str>,
    /// What is wrong.
    pub detail: String,
    /// Each fault and where it stands in the row's spec.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
}

impl Refusal {
    /// A row that cannot be read as a spec at all, or not be dealt with.
    pub(super) const fn new(code: &'static str, detail: String) -> Self {
        Self { code: Cow::Borrowed(code), detail, errors: Vec::new() }
    }
}

impl From<&SpecError> for Refusal {
    fn from(error: &SpecError) -> Self {
        Self { errors: error.violations(), ..Self::new(error.code(), error.to_string()) }
    }
}

/// A row that was looked at and, if it can be made, recorded.
#[derive(Debug)]
pub enum Recorded {
    /// No worker has to be told of it.
    Settled(RowOutcome),
    /// Its task waits for a worker to be told.
    Waiting(TaskId),
}

/// Makes each row a task of `batch` and tells workers; returns what became of each, in order.
pub async fn accept(desk: &FrontDesk, batch: BatchId, rows: Vec<Row>) -> Vec<RowOutcome> {
    let recorded = record_all(desk, batch, rows).await;
    let waiting = |row: &Recorded| if let Recorded::Waiting(id) = row { Some(*id) } else { None };
    let ids: Vec<TaskId> = recorded.iter().filter_map(waiting).collect();
    let mut sent = desk.queue.send_all(&ids).await.into_iter();
    let outcome = |row| match row {
        Recorded::Settled(outcome) => Some(outcome),
        Recorded::Waiting(id) => sent.next().map(|sent| match sent {
            Ok(()) => RowOutcome::Accepted(id),
            Err(error) => RowOutcome::Unavailable(error.into()),
        }),
    };
    recorded.into_iter().filter_map(outcome).collect()
}

/// Makes each row a task of `batch`, in order.
///
/// A row whose task exists already is not recorded again. It waits for a worker only where none
/// has begun it: whoever recorded it may have died before it could tell one.
pub async fn record_all(desk: &FrontDesk, batch: BatchId, rows: Vec<Row>) -> Vec<Recorded> {
    let mut outcomes: Vec<Option<Recorded>> = rows.iter().map(|_| None).collect();
    let refused = |error: &SpecError| Some(Recorded::Settled(RowOutcome::Rejected(Refusal::from(error))));
    let filled = channel::fill_all(desk.channels.as_ref(), rows.iter().map(|row| row.json.clone())).await;
    let mut read = Vec::with_capacity(rows.len());
    for (index, (row, filled)) in rows.into_iter().zip(filled).enumerate() {
        match filled.and_then(|filled| read_filled(desk, filled)) {
            Ok((filled, spec)) => read.push((index, row.id, filled, spec)),
            Err(SubmitError::Spec(error)) => outcomes[index] = refused(&error),
            Err(error) => outcomes[index] = Some(Recorded::Settled(RowOutcome::Unavailable(error))),
        }
    }
    let specs: Vec<&VideoSpec> = read.iter().map(|(.., spec)| spec).collect();
    let faults = MediaFaults::find(desk.media.as_ref(), specs, LookLimits::MANY_SPECS).await;
    let mut good = Vec::with_capacity(read.len());
    for (index, id, filled, spec) in read {
        match faults.violations(&spec) {
            faults if faults.is_empty() => good.push((index, id, filled, spec.display_title())),
            faults => outcomes[index] = refused(&SpecError::Invalid(filled.explained(faults))),
        }
    }
    let mut recorded = stream::iter(good)
        .map(|(index, id, spec, title)| async move { (index, id, record(desk, batch, id, spec, title).await) })
        .buffer_unordered(ROWS_AT_ONCE);
    while let Some((index, id, outcome)) = recorded.next().await {
        outcomes[index] = Some(match outcome {
            Ok(true) => Recorded::Waiting(id),
            Ok(false) => Recorded::Settled(RowOutcome::Accepted(id)),
            Err(error) => Recorded::Settled(RowOutcome::Unavailable(error)),
        });
    }
    outcomes.into_iter().flatten().collect()
}

fn read_filled(desk: &FrontDesk, filled: Filled) -> Result<(Filled, VideoSpec), SubmitError> {
    let spec = desk.read(&filled.json).map_err(|error| filled.explain(error))?;
    Ok((filled, spec))
}

/// Records the task; tells whether a worker has to be told of it.
async fn record(
    desk: &FrontDesk,
    batch: BatchId,
    id: TaskId,
    spec: Filled,
    title: String,
) -> Result<bool, SubmitError> {
    let is_untouched =
        |task: Option<Task>| task.is_some_and(|task| task.status == Status::Queued && task.attempts == 0);
    // A row that comes again says the same again, but its channel may have changed. The task may not.
    if spec.is_from_channel()
        && let Some(task) = desk.store.get(id).await?
    {
        return Ok(is_untouched(Some(task)));
    }
    let task = Task::queued(id, title, Timestamp::now(), desk.time_to_live).in_batch(batch);
    desk.bucket.put(ObjectKey::Spec(id), spec.json).await?;
    match desk.store.create(&task).await {
        Ok(()) => Ok(true),
        Err(StoreError::Exists) => Ok(is_untouched(desk.store.get(id).await?)),
        Err(error) => Err(error.into()),
    }
}
