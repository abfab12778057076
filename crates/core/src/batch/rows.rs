//! From rows to tasks: read and check each, record what can be made, enqueue what was recorded.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::BatchId;
use crate::keys::ObjectKey;
use crate::ports::StoreError;
use crate::produce::fault_of;
use crate::spec::{Media, MediaKind, MediaSource, SpecError, VideoSpec, Violation};
use crate::submit::{FrontDesk, SubmitError};
use crate::task::{Status, Task, TaskId};

/// Rows recorded at once.
const ROWS_AT_ONCE: usize = 32;
/// Media looked at at once.
const CHECKS_AT_ONCE: usize = 16;
/// How long media are looked at. What was not looked at by then is accepted: whether it can be
/// shown is found out when the video is made.
const CHECK_BUDGET: Duration = Duration::from_secs(8);

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Stable name of the kind of fault.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
    /// Each fault and where it stands in the row's spec.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
}

impl From<&SpecError> for Refusal {
    fn from(error: &SpecError) -> Self {
        Self { code: error.code(), detail: error.to_string(), errors: error.violations() }
    }
}

/// Makes each row a task of `batch`; returns what became of each, in order.
///
/// A row whose task exists already is not recorded again. It is enqueued again only where no
/// worker has begun it: whoever recorded it may have died before it could tell one.
pub async fn accept(desk: &FrontDesk, batch: BatchId, rows: Vec<Row>) -> Vec<RowOutcome> {
    let mut outcomes: Vec<Option<RowOutcome>> = rows.iter().map(|_| None).collect();
    let mut read = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        match desk.read(&row.json) {
            Ok(spec) => read.push((index, row, spec)),
            Err(error) => outcomes[index] = Some(RowOutcome::Rejected(Refusal::from(&error))),
        }
    }
    let faults = faults_of_media(desk, read.iter().map(|(.., spec)| spec)).await;
    let mut good = Vec::with_capacity(read.len());
    for (index, row, spec) in read {
        match violations(&spec, &faults) {
            faults if faults.is_empty() => good.push((index, row, spec.display_title())),
            faults => {
                outcomes[index] = Some(RowOutcome::Rejected(Refusal::from(&SpecError::Invalid(faults))));
            }
        }
    }
    let recorded: Vec<(usize, TaskId, Result<bool, SubmitError>)> = stream::iter(good)
        .map(|(index, row, title)| async move { (index, row.id, record(desk, batch, row, title).await) })
        .buffer_unordered(ROWS_AT_ONCE)
        .collect()
        .await;
    let mut waiting = Vec::with_capacity(recorded.len());
    for (index, id, outcome) in recorded {
        match outcome {
            Ok(true) => waiting.push((index, id)),
            Ok(false) => outcomes[index] = Some(RowOutcome::Accepted(id)),
            Err(error) => outcomes[index] = Some(RowOutcome::Unavailable(error)),
        }
    }
    // In the order of the rows, so that the first is begun first.
    waiting.sort_unstable();
    let ids: Vec<TaskId> = waiting.iter().map(|(_, id)| *id).collect();
    for ((index, id), sent) in waiting.into_iter().zip(desk.queue.send_all(&ids).await) {
        outcomes[index] = Some(match sent {
            Ok(()) => RowOutcome::Accepted(id),
            Err(error) => RowOutcome::Unavailable(error.into()),
        });
    }
    outcomes.into_iter().flatten().collect()
}

/// Records the task; tells whether a worker has to be told of it.
async fn record(desk: &FrontDesk, batch: BatchId, row: Row, title: String) -> Result<bool, SubmitError> {
    let task = Task::queued(row.id, title, Timestamp::now(), desk.time_to_live).in_batch(batch);
    desk.bucket.put(ObjectKey::Spec(task.id), row.json).await?;
    match desk.store.create(&task).await {
        Ok(()) => Ok(true),
        Err(StoreError::Exists) => {
            let known = desk.store.get(task.id).await?;
            Ok(known.is_some_and(|task| task.status == Status::Queued && task.attempts == 0))
        }
        Err(error) => Err(error.into()),
    }
}

type Faults = HashMap<(MediaSource, MediaKind), String>;

/// What is wrong with the media of all specs, each looked at once.
async fn faults_of_media(desk: &FrontDesk, specs: impl Iterator<Item = &VideoSpec>) -> Faults {
    let wanted: HashMap<_, Media> =
        specs.flat_map(VideoSpec::media).map(|media| ((media.source.clone(), media.kind), media.clone())).collect();
    let checks = wanted.into_values().map(|media| async move { fault_of(desk.media.as_ref(), &media).await });
    let checks: Vec<_> = checks.collect();
    stream::iter(checks)
        .buffer_unordered(CHECKS_AT_ONCE)
        .take_until(Box::pin(tokio::time::sleep(CHECK_BUDGET)))
        .filter_map(std::future::ready)
        .collect()
        .await
}

fn violations(spec: &VideoSpec, faults: &Faults) -> Vec<Violation> {
    let fault = |media: &Media| faults.get(&(media.source.clone(), media.kind)).cloned();
    let mut found: Vec<Violation> =
        spec.media().filter_map(|media| Some(Violation::new(media.pointer.clone(), fault(media)?))).collect();
    found.sort_by(|one, other| one.pointer.cmp(&other.pointer));
    found.dedup();
    found
}
