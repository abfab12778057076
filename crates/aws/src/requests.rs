//! Requests that were carried out, in the one table.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use rushes_core::ports::{Begun, RequestStore, StoreError, Ticket};
use rushes_core::request::{IdempotencyKey, ProductId, RequestHash};
use serde::{Deserialize, Serialize};

use crate::record::{Item, corrupt, primary_key, read};
use crate::table::{DynamoTable, lease_end, unavailable, was_refused};

/// How long a request is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
const META: &str = "META";

/// Every attribute of a request's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct RequestRecord {
    pk: String,
    sk: String,
    /// Of the body.
    request_hash: String,
    /// What the request makes. Under its older name in records from before there were batches among it.
    #[serde(alias = "task_id")]
    makes: ProductId,
    /// Who carries it out, or did.
    token: String,
    /// Until when, in epoch milliseconds; not there once it was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lease_until: Option<i64>,
    /// Epoch seconds.
    expires_at: i64,
}

impl RequestRecord {
    fn ticket(&self, key: IdempotencyKey, is_resumed: bool) -> Ticket {
        Ticket { key, token: self.token.clone(), makes: self.makes, is_resumed }
    }
}

#[async_trait]
impl RequestStore for DynamoTable {
    async fn begin(
        &self,
        key: IdempotencyKey,
        request: RequestHash,
        makes: ProductId,
        lease: Duration,
    ) -> Result<Begun, StoreError> {
        let now = Timestamp::now();
        let wanted = RequestRecord {
            pk: partition(key),
            sk: META.to_owned(),
            request_hash: request.to_string(),
            makes,
            token: ulid::Ulid::generate().to_string(),
            lease_until: Some(lease_end(now, lease)),
            expires_at: now.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX).as_second(),
        };
        let Some(existing) = self.put_unless_there(&wanted, now).await? else {
            return Ok(Begun::Yours(wanted.ticket(key, false)));
        };
        Ok(match existing.lease_until {
            // The SDK repeats a call whose answer was lost: this may be this very call.
            _ if existing.token == wanted.token => Begun::Yours(wanted.ticket(key, false)),
            _ if existing.request_hash != wanted.request_hash => Begun::OtherRequest,
            None => Begun::Done(existing.makes),
            Some(until) if until > now.as_millisecond() => Begun::InFlight,
            Some(_) => self.take_over(key, &existing, &wanted).await?,
        })
    }

    async fn finish(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let update = self.client.update_item().table_name(&self.name).set_key(Some(item_key(ticket.key)));
        let update = update
            .update_expression("REMOVE lease_until")
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", AttributeValue::S(ticket.token.clone()));
        unless_taken_over(update.send().await)
    }

    async fn abandon(&self, ticket: &Ticket) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(item_key(ticket.key)));
        let delete = delete
            .condition_expression("#token = :token")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":token", AttributeValue::S(ticket.token.clone()));
        unless_taken_over(delete.send().await)
    }
}

impl DynamoTable {
    /// Writes the record if the key is new or forgotten; else the record that is there.
    async fn put_unless_there(
        &self,
        wanted: &RequestRecord,
        now: Timestamp,
    ) -> Result<Option<RequestRecord>, StoreError> {
        let outcome = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(serde_dynamo::to_item(wanted).map_err(unavailable)?))
            // DynamoDB deletes what has expired up to two days late.
            .condition_expression("attribute_not_exists(pk) OR expires_at <= :now")
            .expression_attribute_values(":now", AttributeValue::N(now.as_second().to_string()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = outcome else { return Ok(None) };
        match error.into_service_error() {
            PutItemError::ConditionalCheckFailedException(failure) => {
                failure.item.map(read).transpose()?.map_or_else(|| Err(corrupt("it vanished")), |found| Ok(Some(found)))
            }
            error => Err(unavailable(error)),
        }
    }

    /// Takes the right from someone who let it run out; one of many who try at once gets it.
    async fn take_over(
        &self,
        key: IdempotencyKey,
        existing: &RequestRecord,
        wanted: &RequestRecord,
    ) -> Result<Begun, StoreError> {
        let until = AttributeValue::N(wanted.lease_until.unwrap_or_default().to_string());
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(item_key(key)))
            .update_expression("SET #token = :mine, lease_until = :until")
            .condition_expression("#token = :mine OR (#token = :theirs AND attribute_exists(lease_until))")
            .expression_attribute_names("#token", "token")
            .expression_attribute_values(":mine", AttributeValue::S(wanted.token.clone()))
            .expression_attribute_values(":theirs", AttributeValue::S(existing.token.clone()))
            .expression_attribute_values(":until", until)
            .send()
            .await;
        match outcome {
            Ok(_) => {
                let ticket = wanted.ticket(key, true);
                Ok(Begun::Yours(Ticket { makes: existing.makes, ..ticket }))
            }
            Err(error) if was_refused(&error) => Ok(Begun::InFlight),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// The outcome of a write that only the holder of a ticket may make. Whoever took over ends the
/// request; there is nothing left to do for the one before.
fn unless_taken_over<T, E>(outcome: Result<T, SdkError<E>>) -> Result<(), StoreError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match outcome {
        Ok(_) => Ok(()),
        Err(error) if was_refused(&error) => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

fn partition(key: IdempotencyKey) -> String {
    format!("IDEM#{key}")
}

fn item_key(key: IdempotencyKey) -> Item {
    primary_key(partition(key), META)
}
