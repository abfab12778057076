//! Records of batches in the table. How their tasks stand is counted in the tasks themselves.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use rushes_core::batch::{Batch, BatchId, BatchProgress, ManifestKey, StatusCounts};
use rushes_core::ports::{BatchClaim, BatchClaimOutcome, BatchStore, StoreError};
use rushes_core::task::Status;
use serde::{Deserialize, Serialize};

use crate::record::{Item, batch_partition, corrupt, primary_key, read};
use crate::table::{DynamoTable, lease_end, unavailable, was_refused};

const META: &str = "META";
const INDEX: &str = "by_batch";

/// Every attribute of a batch's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct BatchRecord {
    pk: String,
    sk: String,
    id: BatchId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<ManifestKey>,
    created_at: Timestamp,
    /// Epoch seconds, as DynamoDB's time to live wants them.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    expires_at: Timestamp,
    accepted: u64,
    rejected: u64,
    /// Not in records from before it was noted.
    #[serde(default)]
    told_up_to: u64,
    is_complete: bool,
    /// Number of the last claim; writes of an older one are refused.
    fence: u64,
    /// Who reads the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    /// Which call of `claim` took the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim_id: Option<String>,
    /// Epoch milliseconds; 0 when nobody holds it.
    lease_until: i64,
}

impl From<&Batch> for BatchRecord {
    fn from(batch: &Batch) -> Self {
        Self {
            pk: batch_partition(batch.id),
            sk: META.to_owned(),
            id: batch.id,
            manifest: batch.manifest.clone(),
            created_at: batch.created_at,
            expires_at: batch.expires_at,
            accepted: batch.progress.accepted,
            rejected: batch.progress.rejected,
            told_up_to: batch.progress.told_up_to,
            is_complete: batch.progress.is_complete,
            fence: 0,
            owner: None,
            claim_id: None,
            lease_until: 0,
        }
    }
}

impl From<BatchRecord> for Batch {
    fn from(record: BatchRecord) -> Self {
        let BatchRecord { id, manifest, created_at, expires_at, accepted, rejected, told_up_to, is_complete, .. } =
            record;
        let progress = BatchProgress { accepted, rejected, told_up_to, is_complete };
        Self { id, manifest, created_at, expires_at, progress }
    }
}

fn write(batch: &Batch) -> Result<Item, StoreError> {
    serde_dynamo::to_item(BatchRecord::from(batch)).map_err(|error| corrupt(&error))
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn number(number: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(number.into().to_string())
}

fn key(id: BatchId) -> Item {
    primary_key(batch_partition(id), META)
}

impl DynamoTable {
    fn update_batch(&self, id: BatchId) -> UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).set_key(Some(key(id)))
    }
}

/// A write that only the holder of a claim may make.
async fn write_as(claim: &BatchClaim, update: UpdateItemFluentBuilder) -> Result<(), StoreError> {
    let update = update
        .condition_expression("fence = :fence AND is_complete = :no")
        .expression_attribute_values(":fence", number(claim.fence))
        .expression_attribute_values(":no", AttributeValue::Bool(false));
    match update.send().await {
        Ok(_) => Ok(()),
        Err(error) if was_refused(&error) => Err(StoreError::LeaseLost),
        Err(error) => Err(unavailable(error)),
    }
}

#[async_trait]
impl BatchStore for DynamoTable {
    async fn create(&self, batch: &Batch) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(write(batch)?));
        let put = put
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", number(Timestamp::now().as_second()));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if was_refused(&error) => Err(StoreError::Exists),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn put(&self, batch: &Batch) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(&self.name).set_item(Some(write(batch)?));
        put.send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn get(&self, id: BatchId) -> Result<Option<Batch>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key(id))).consistent_read(true);
        let found = request.send().await.map_err(unavailable)?;
        let record: Option<BatchRecord> = found.item.map(read).transpose()?;
        Ok(record.filter(|record| record.expires_at > Timestamp::now()).map(Into::into))
    }

    async fn delete(&self, id: BatchId) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.name).set_key(Some(key(id)));
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    async fn counts(&self, id: BatchId) -> Result<StatusCounts, StoreError> {
        let now = Timestamp::now().as_second();
        let (mut counts, mut start) = (StatusCounts::default(), None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(INDEX)
                .key_condition_expression("gsi2pk = :batch")
                .filter_expression("expires_at > :now")
                .projection_expression("#status")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":batch", text(batch_partition(id)))
                .expression_attribute_values(":now", number(now))
                .set_exclusive_start_key(start);
            let found = query.send().await.map_err(unavailable)?;
            for item in found.items.unwrap_or_default() {
                let status = item.get("status").and_then(|status| status.as_s().ok());
                if let Some(status) = status.and_then(|status| status.parse::<Status>().ok()) {
                    counts.add(status);
                }
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(counts);
            }
        }
    }

    async fn claim(&self, id: BatchId, owner: &str, lease: Duration) -> Result<BatchClaimOutcome, StoreError> {
        let now = Timestamp::now();
        let claim_id = ulid::Ulid::generate().to_string();
        let update = self
            .update_batch(id)
            .update_expression("SET #owner = :owner, claim_id = :claim, lease_until = :until, fence = fence + :one")
            .condition_expression("expires_at > :now_s AND is_complete = :no AND lease_until <= :now_ms")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":claim", text(claim_id.clone()))
            .expression_attribute_values(":until", number(lease_end(now, lease)))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":now_s", number(now.as_second()))
            .expression_attribute_values(":now_ms", number(now.as_millisecond()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let record: Option<BatchRecord> = match update.send().await {
            Ok(output) => return Ok(claimed(read(output.attributes.unwrap_or_default())?)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failure)) => {
                    failure.item().cloned().map(read).transpose()?
                }
                _ => return Err(unavailable(error)),
            },
        };
        Ok(match record {
            // The SDK repeats a call whose answer was lost: the holder may be this very call.
            Some(record) if record.claim_id.as_deref() == Some(&claim_id) => claimed(record),
            Some(record) if record.is_complete => BatchClaimOutcome::Complete,
            Some(record) if record.expires_at > now => {
                BatchClaimOutcome::Held { owner: record.owner.unwrap_or_default() }
            }
            _ => BatchClaimOutcome::Missing,
        })
    }

    async fn advance(&self, claim: &BatchClaim, progress: BatchProgress, lease: Duration) -> Result<(), StoreError> {
        let until = if progress.is_complete { 0 } else { lease_end(Timestamp::now(), lease) };
        let update = self
            .update_batch(claim.batch_id)
            .update_expression(
                "SET accepted = :accepted, rejected = :rejected, told_up_to = :told, is_complete = :complete, \
                 lease_until = :until",
            )
            .expression_attribute_values(":accepted", number(progress.accepted))
            .expression_attribute_values(":rejected", number(progress.rejected))
            .expression_attribute_values(":told", number(progress.told_up_to))
            .expression_attribute_values(":complete", AttributeValue::Bool(progress.is_complete))
            .expression_attribute_values(":until", number(until));
        write_as(claim, update).await
    }

    async fn release(&self, claim: &BatchClaim) -> Result<(), StoreError> {
        let update = self
            .update_batch(claim.batch_id)
            .update_expression("SET lease_until = :never")
            .expression_attribute_values(":never", number(0));
        write_as(claim, update).await
    }
}

fn claimed(record: BatchRecord) -> BatchClaimOutcome {
    let claim = BatchClaim { batch_id: record.id, fence: record.fence };
    BatchClaimOutcome::Claimed(claim, record.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_comes_back_from_its_item_as_it_was() {
        let batch = Batch {
            id: BatchId::generate(),
            manifest: ManifestKey::parse("batches/März 1+2.csv"),
            created_at: Timestamp::from_second(1_790_000_000).unwrap(),
            expires_at: Timestamp::from_second(1_790_086_400).unwrap(),
            progress: BatchProgress { accepted: 9_990, rejected: 10, told_up_to: 10_000, is_complete: true },
        };
        assert_eq!(Batch::from(read::<BatchRecord>(write(&batch).unwrap()).unwrap()), batch);
        let requested = Batch { manifest: None, ..batch };
        let item = write(&requested).unwrap();
        assert_eq!(item["pk"], text(format!("BATCH#{}", requested.id)));
        assert_eq!(Batch::from(read::<BatchRecord>(item).unwrap()), requested);
    }
}
