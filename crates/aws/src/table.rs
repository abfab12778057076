//! Tasks in DynamoDB.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use rushes_core::ports::{Change, Claim, ClaimOutcome, StoreError, TaskPage, TaskStore};
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};
use serde::Serialize;

use crate::cause;
use crate::index::Indexes;
use crate::page::{count, decode_cursor, page};
use crate::record::{Item, TaskRecord, key};
use crate::update::Update;

/// The most tasks on one page.
const MAX_PAGE: u32 = 100;

/// The one table.
#[derive(Clone, Debug)]
pub struct DynamoTable {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) indexes: Indexes,
}

/// What became of a conditional update.
enum Updated {
    /// It was done; the item as it is now.
    Done(TaskRecord),
    /// The condition did not hold; the item as it is, if there is one.
    Refused(Option<TaskRecord>),
}

impl DynamoTable {
    /// The table of that name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name, indexes: Indexes::default() }
    }

    async fn update(&self, id: TaskId, update: Update) -> Result<Updated, StoreError> {
        let (expression, condition, names, values) = update.into_parts();
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(id)))
            .update_expression(expression)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match outcome {
            Ok(output) => Ok(Updated::Done(TaskRecord::from_item(output.attributes.unwrap_or_default())?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                    Ok(Updated::Refused(failure.item().cloned().map(TaskRecord::from_item).transpose()?))
                }
                _ => Err(unavailable(error)),
            },
        }
    }

    /// A write that only the holder of `claim` may make.
    async fn update_as(&self, claim: &Claim, update: Update) -> Result<(), StoreError> {
        match self.update(claim.task_id, update.only_as(claim)).await? {
            Updated::Done(_) => Ok(()),
            Updated::Refused(record) => Err(refusal(record.as_ref())),
        }
    }

    /// The last write of a claim: the task has ended, the lease goes back.
    async fn end(
        &self,
        claim: &Claim,
        update: Update,
        status: Status,
        timings: StageTimings,
    ) -> Result<(), StoreError> {
        let update = ended(update, claim.task_id, status).set_value("timings", attribute(&timings)?).only_as(claim);
        match self.update(claim.task_id, update).await? {
            Updated::Done(_) => Ok(()),
            // The SDK repeats a call whose answer was lost: this very call may have ended it.
            Updated::Refused(Some(record)) if record.was_ended_by(claim, status) => Ok(()),
            Updated::Refused(record) => Err(refusal(record.as_ref())),
        }
    }

    /// A change that the condition of `update` allows or not.
    async fn change(&self, id: TaskId, update: Update) -> Result<Change, StoreError> {
        let now = Timestamp::now();
        Ok(match self.update(id, update).await? {
            Updated::Done(record) => Change::Made(record.into()),
            Updated::Refused(record) => {
                record.and_then(|record| record.live(now)).map_or(Change::Missing, Change::Refused)
            }
        })
    }
}

#[async_trait]
impl TaskStore for DynamoTable {
    async fn create(&self, task: &Task) -> Result<(), StoreError> {
        let record = TaskRecord::from(task);
        let outcome = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(record.to_item()?))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = outcome else { return Ok(()) };
        match error.as_service_error() {
            // The SDK repeats a call whose answer was lost: what stands there may be this very record.
            Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                let existing = failure.item().cloned().map(TaskRecord::from_item).transpose()?;
                if existing == Some(record) { Ok(()) } else { Err(StoreError::Exists) }
            }
            _ => Err(unavailable(error)),
        }
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key(id))).consistent_read(true);
        let found = request.send().await.map_err(unavailable)?;
        let record = found.item.map(TaskRecord::from_item).transpose()?;
        Ok(record.and_then(|record| record.live(Timestamp::now())))
    }

    async fn list(&self, status: Option<Status>, cursor: Option<&str>, limit: u32) -> Result<TaskPage, StoreError> {
        let after = cursor.map(decode_cursor).transpose()?;
        let limit = limit.clamp(1, MAX_PAGE) as usize;
        self.indexes.read(|index| page(&self.client, &self.name, index, status, after, limit)).await
    }

    async fn count(&self, status: Status) -> Result<u64, StoreError> {
        self.indexes.read(|index| count(&self.client, &self.name, index, status)).await
    }

    async fn delete(&self, id: TaskId) -> Result<(), StoreError> {
        self.client.delete_item().table_name(&self.name).set_key(Some(key(id))).send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn claim(&self, id: TaskId, owner: &str, lease: Duration) -> Result<ClaimOutcome, StoreError> {
        let now = Timestamp::now();
        let claim_id = ulid::Ulid::generate().to_string();
        let update = Update::new()
            .status(id, Status::Processing)
            .set("owner", owner.to_owned())
            .set("claim_id", claim_id.clone())
            .set_number("lease_until", lease_end(now, lease))
            .set("updated_at", now.to_string())
            .set_once("started_at", now.to_string())
            .increment("fence")
            .increment("attempts")
            .only_if_claimable(now);
        Ok(match self.update(id, update).await? {
            Updated::Done(record) => ClaimOutcome::Claimed(record.claim()),
            // The SDK repeats a call whose answer was lost: the holder may be this very call.
            Updated::Refused(Some(record)) if record.was_claimed_by(&claim_id) => ClaimOutcome::Claimed(record.claim()),
            Updated::Refused(Some(record)) if record.status().is_final() => {
                ClaimOutcome::Finished(Box::new(record.into()))
            }
            Updated::Refused(Some(record)) if !record.has_expired(now) => {
                ClaimOutcome::Held { until: record.lease_until() }
            }
            Updated::Refused(_) => ClaimOutcome::Missing,
        })
    }

    async fn extend(&self, claim: &Claim, lease: Duration) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let update = Update::new().set_number("lease_until", lease_end(now, lease)).set("updated_at", now.to_string());
        self.update_as(claim, update).await
    }

    async fn advance(
        &self,
        claim: &Claim,
        stage: Stage,
        progress: u8,
        timings: StageTimings,
    ) -> Result<(), StoreError> {
        let update = Update::new()
            .set("stage", stage.as_str().to_owned())
            .set_number("progress", i64::from(progress))
            .set_value("timings", attribute(&timings)?)
            .set("updated_at", Timestamp::now().to_string())
            .only_as(claim)
            .only_if_not_above("progress", i64::from(progress));
        match self.update(claim.task_id, update).await? {
            Updated::Done(_) => Ok(()),
            // An earlier attempt had come further; what it showed stays until this one is there.
            Updated::Refused(Some(record)) if record.is_held_by(claim) => Ok(()),
            Updated::Refused(record) => Err(refusal(record.as_ref())),
        }
    }

    async fn complete(&self, claim: &Claim, report: &VideoReport, timings: StageTimings) -> Result<(), StoreError> {
        let update = Update::new()
            .set("stage", Stage::Done.as_str().to_owned())
            .set_number("progress", 100)
            .set_value("result", attribute(report)?);
        self.end(claim, update, Status::Completed, timings).await
    }

    async fn fail(&self, claim: &Claim, error: &TaskError, timings: StageTimings) -> Result<(), StoreError> {
        self.end(claim, Update::new().set_value("error", attribute(error)?), Status::Failed, timings).await
    }

    async fn release(&self, claim: &Claim) -> Result<(), StoreError> {
        self.update_as(claim, released(claim.task_id)).await
    }

    async fn hand_back(&self, claim: &Claim) -> Result<(), StoreError> {
        self.update_as(claim, released(claim.task_id).set_number("hand_backs", i64::from(claim.hand_backs) + 1)).await
    }

    async fn cancel(&self, id: TaskId) -> Result<Change, StoreError> {
        let states = [Status::Queued, Status::Processing];
        let update = ended(Update::new(), id, Status::Cancelled).only_if_live_and(&states, Timestamp::now());
        self.change(id, update).await
    }

    async fn requeue(&self, id: TaskId) -> Result<Change, StoreError> {
        let now = Timestamp::now();
        let update = Update::new()
            .status(id, Status::Queued)
            .set("stage", Stage::Queued.as_str().to_owned())
            .set_number("attempts", 0)
            .set_number("hand_backs", 0)
            .set("updated_at", now.to_string())
            .set("queued_at", now.to_string())
            .only_if_live_and(&[Status::Failed, Status::Cancelled], now);
        let of_the_last_try = ["error", "started_at", "completed_at", "timings", "owner", "lease_until", "claim_id"];
        self.change(id, of_the_last_try.into_iter().fold(update, Update::remove)).await
    }

    async fn give_up(&self, id: TaskId, error: &TaskError) -> Result<Change, StoreError> {
        let update = Update::new().set_value("error", attribute(error)?);
        self.change(id, ended(update, id, Status::Failed).only_if_claimable(Timestamp::now())).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        // Asks for what is never there: needs no right that the other calls do not need.
        let nothing = ["pk", "sk"].map(|name| (name.to_owned(), AttributeValue::S("HEALTH".to_owned())));
        let request = self.client.get_item().table_name(&self.name).set_key(Some(Item::from(nothing)));
        request.send().await.map_err(unavailable)?;
        Ok(())
    }
}

/// The task waits for another worker.
fn released(id: TaskId) -> Update {
    let update = Update::new().status(id, Status::Queued).set("updated_at", Timestamp::now().to_string());
    update.remove("lease_until").remove("claim_id").remove("owner")
}

/// The task has ended; nobody holds it any more.
fn ended(update: Update, id: TaskId, status: Status) -> Update {
    let now = Timestamp::now().to_string();
    let update = update.status(id, status).set("completed_at", now.clone()).set("updated_at", now);
    update.remove("lease_until").remove("claim_id")
}

/// Why a worker may not write to a task.
fn refusal(record: Option<&TaskRecord>) -> StoreError {
    match record.map(TaskRecord::status) {
        None => StoreError::Gone,
        Some(status) if status.is_final() => StoreError::Ended(status),
        Some(_) => StoreError::LeaseLost,
    }
}

/// The end of a lease that begins now, in epoch milliseconds.
pub fn lease_end(now: Timestamp, lease: Duration) -> i64 {
    now.as_millisecond().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

fn attribute(value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(unavailable)
}

/// Whether a write was not made because its condition did not hold.
pub fn was_refused(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// The table did not do it.
pub fn unavailable<E>(error: E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    StoreError::Unavailable(cause(error))
}
