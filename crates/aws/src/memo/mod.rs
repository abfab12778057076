//! Remembered results: facts and small values in the one table, large values in the bucket.

mod catalog;
mod counts;
mod record;

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use rushes_core::keys::ObjectKey;
use rushes_core::memo::{Counts, Level};
use rushes_core::ports::{Bucket, Entry, Found, MemoClaim, MemoError, MemoKey, MemoKind, MemoStore, Source};
use rushes_core::task::TaskId;

use crate::bucket::S3Bucket;
use crate::cause;
use crate::record::Item;
use crate::table::{DynamoTable, lease_end, was_refused};
use record::{MemoRecord, State, item_key, used_sort_key};

/// Larger values lie in the bucket. An item may have 400 KB; reading costs by its size.
const INLINE_BYTES: usize = 64 << 10;
/// Uses are recorded to this granularity: a write for each would cost more than what is kept.
const USE_GRANULARITY: Duration = Duration::from_secs(60 * 60);

/// The memo of the service.
#[derive(Clone, Debug)]
pub struct DynamoMemo {
    table: DynamoTable,
    bucket: S3Bucket,
}

impl DynamoMemo {
    /// In that table and that bucket.
    #[must_use]
    pub const fn new(table: DynamoTable, bucket: S3Bucket) -> Self {
        Self { table, bucket }
    }

    async fn record(&self, key: MemoKey) -> Result<Option<MemoRecord>, MemoError> {
        let request = self.table.client.get_item().table_name(&self.table.name).set_key(Some(item_key(key)));
        let found = request.send().await.map_err(unavailable)?;
        found.item.map(MemoRecord::from_item).transpose()
    }

    /// What a record that can be served says, its value brought from where it lies.
    async fn found(&self, key: MemoKey, record: MemoRecord, now: Timestamp) -> Result<Option<Found>, MemoError> {
        let expires_at = record.expires_at;
        let used_at = record.used_at;
        let (value, level) = match record.into_value() {
            Some(value) => (value, Level::Table),
            // Forgotten between the two reads, or by the bucket's own rule.
            None => match self.bucket.get(ObjectKey::Memo(key)).await.map_err(unavailable)? {
                Some(value) => (value, Level::Bucket),
                None => return Ok(None),
            },
        };
        if Duration::try_from(now.duration_since(used_at)).is_ok_and(|unused| unused >= USE_GRANULARITY) {
            self.mark_used(key, now).await;
        }
        Ok(Some(Found { entry: Entry { value, expires_at }, level }))
    }

    /// An entry that cannot be marked is only forgotten earlier.
    async fn mark_used(&self, key: MemoKey, now: Timestamp) {
        let marked = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(item_key(key)))
            .update_expression("SET used_at = :used_at, gsi3sk = :sort_key")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":used_at", AttributeValue::N(now.as_second().to_string()))
            .expression_attribute_values(":sort_key", AttributeValue::S(used_sort_key(key, now)))
            .send()
            .await;
        if let Err(error) = marked
            && !was_refused(&error)
        {
            tracing::warn!(%key, error = %cause(error), "a remembered result could not be marked as used");
        }
    }

    /// The record of an entry whose large value lies in the bucket already.
    async fn stored(
        &self,
        key: MemoKey,
        token: &str,
        entry: &Entry,
        task: Option<TaskId>,
    ) -> Result<MemoRecord, MemoError> {
        let is_large = entry.value.len() > INLINE_BYTES;
        if is_large {
            self.bucket.put(ObjectKey::Memo(key), entry.value.clone()).await.map_err(unavailable)?;
        }
        Ok(MemoRecord::ready(key, token, entry, task, is_large, Timestamp::now()))
    }
}

#[async_trait]
impl MemoStore for DynamoMemo {
    async fn get(&self, key: MemoKey) -> Result<Option<Found>, MemoError> {
        let now = Timestamp::now();
        match self.record(key).await?.filter(|record| record.is_served(now)) {
            Some(record) => self.found(key, record, now).await,
            None => Ok(None),
        }
    }

    async fn put(&self, key: MemoKey, entry: &Entry, task: Option<TaskId>) -> Result<(), MemoError> {
        let record = self.stored(key, "", entry, task).await?;
        let request = self.table.client.put_item().table_name(&self.table.name).set_item(Some(record.into_item()?));
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn claim(&self, key: MemoKey, token: &str, lease: Duration) -> Result<MemoClaim, MemoError> {
        let now = Timestamp::now();
        let Some(existing) = self.put_unless_held(key, token, lease, now, None).await? else {
            return Ok(MemoClaim::Yours);
        };
        if existing.token == token {
            // The SDK repeats a call whose answer was lost: this is this very call's.
            return Ok(MemoClaim::Yours);
        }
        if existing.state == State::Pending {
            return Ok(MemoClaim::Held { until: existing.lease_until() });
        }
        let theirs = existing.token.clone();
        if let Some(found) = self.found(key, existing, now).await? {
            return Ok(MemoClaim::Ready(found));
        }
        // The record is there and its value is not.
        match self.put_unless_held(key, token, lease, now, Some(&theirs)).await? {
            None => Ok(MemoClaim::Yours),
            Some(_) => Ok(MemoClaim::Held { until: now }),
        }
    }

    async fn extend(&self, key: MemoKey, token: &str, lease: Duration) -> Result<(), MemoError> {
        let until = lease_end(Timestamp::now(), lease).to_string();
        self.update_as(key, token, "SET lease_until = :until", [(":until", AttributeValue::N(until))]).await?;
        Ok(())
    }

    async fn finish(&self, key: MemoKey, token: &str, entry: &Entry, task: Option<TaskId>) -> Result<bool, MemoError> {
        let record = self.stored(key, token, entry, task).await?;
        let outcome = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(record.into_item()?))
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", AttributeValue::S(token.to_owned()))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(true),
            Err(error) if was_refused(&error) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn release(&self, key: MemoKey, token: &str) -> Result<(), MemoError> {
        // Kept as a record whose lease has passed: who waits for it sees the same token no more.
        let passed = AttributeValue::N("0".to_owned());
        self.update_as(key, token, "SET lease_until = :until", [(":until", passed)]).await?;
        Ok(())
    }

    async fn forget(&self, key: MemoKey) -> Result<bool, MemoError> {
        let request = self.table.client.delete_item().table_name(&self.table.name).set_key(Some(item_key(key)));
        let removed = request.return_values(ReturnValue::AllOld).send().await.map_err(unavailable)?;
        let Some(item) = removed.attributes else { return Ok(false) };
        if MemoRecord::from_item(item)?.is_in_bucket {
            self.bucket.delete(ObjectKey::Memo(key)).await.map_err(unavailable)?;
        }
        Ok(true)
    }

    async fn add_counts(&self, kind: MemoKind, counts: &Counts) -> Result<(), MemoError> {
        self.add_counts_of(kind, counts).await
    }
}

impl DynamoMemo {
    /// Records that `token` computes, if nobody does and there is nothing to serve; else what is
    /// there. What bears the token `instead_of` is written over.
    async fn put_unless_held(
        &self,
        key: MemoKey,
        token: &str,
        lease: Duration,
        now: Timestamp,
        instead_of: Option<&str>,
    ) -> Result<Option<MemoRecord>, MemoError> {
        let record = MemoRecord::pending(key, token, lease_end(now, lease), now);
        let free = "attribute_not_exists(pk) OR expires_at <= :now OR (#state = :pending AND lease_until <= :now_ms)";
        let mut request = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(record.into_item()?))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pending", AttributeValue::S(State::Pending.as_str().to_owned()))
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .expression_attribute_values(":now_ms", AttributeValue::N(now.as_millisecond().to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        request = match instead_of {
            None => request.condition_expression(free),
            Some(theirs) => request
                .condition_expression(format!("{free} OR #token = :theirs"))
                .expression_attribute_names("#token", "token")
                .expression_attribute_values(":theirs", AttributeValue::S(theirs.to_owned())),
        };
        let Err(error) = request.send().await else { return Ok(None) };
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(failure) => match failure.item {
                Some(item) => MemoRecord::from_item(item).map(Some),
                // It vanished in between: nothing is held that could be served.
                None => Err(MemoError("a record vanished while it was claimed".into())),
            },
            error => Err(unavailable(error)),
        }
    }

    /// A change that only the holder of the right may make; of a right that was lost, none is made.
    async fn update_as<const N: usize>(
        &self,
        key: MemoKey,
        token: &str,
        expression: &str,
        values: [(&str, AttributeValue); N],
    ) -> Result<(), MemoError> {
        let mut request = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(item_key(key)))
            .update_expression(expression)
            .condition_expression("#token = :token AND #state = :pending")
            .expression_attribute_names("#token", "token")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":token", AttributeValue::S(token.to_owned()))
            .expression_attribute_values(":pending", AttributeValue::S(State::Pending.as_str().to_owned()));
        for (name, value) in values {
            request = request.expression_attribute_values(name, value);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if was_refused(&error) => Ok(()),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// The memo did not do it.
fn unavailable<E>(error: E) -> MemoError
where
    E: std::error::Error + Send + Sync + 'static,
{
    MemoError(cause(error))
}

/// A record that cannot be read.
fn corrupt(reason: impl Into<Source>) -> MemoError {
    MemoError(reason.into())
}

/// The attribute of that name, if it holds a whole number.
fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}
