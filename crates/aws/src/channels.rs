//! Channels in the one table.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use rushes_core::channel::{Channel, ChannelConfig, ChannelName, Revision};
use rushes_core::ports::{ChannelStore, Condition, StoreError, Written};
use serde::{Deserialize, Serialize};

use crate::index::{Index, IndexError};
use crate::record::{Item, corrupt, primary_key, read};
use crate::table::{DynamoTable, unavailable, was_refused};

const CONFIG: &str = "CONFIG";
/// Their partition of the index by which they are listed.
pub const ALL: &str = "CHANNELS";

/// Every attribute of a channel's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ChannelRecord {
    pk: String,
    sk: String,
    /// Of the index that earlier releases list channels by; without them they could not read the item.
    gsi1pk: String,
    gsi1sk: ChannelName,
    /// Of the index by which they are listed, with when it was changed. Not in records from before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi4pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi4sk: Option<ChannelName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel_updated_at: Option<Timestamp>,
    /// JSON as it was sent.
    config: String,
    revision: String,
    updated_at: Timestamp,
}

/// What the list needs of an item.
#[derive(Deserialize)]
struct Entry {
    #[serde(alias = "gsi1sk", alias = "gsi4sk")]
    name: ChannelName,
    #[serde(alias = "channel_updated_at")]
    updated_at: Timestamp,
}

impl ChannelRecord {
    fn of(channel: &Channel) -> Self {
        Self {
            pk: partition(&channel.name),
            sk: CONFIG.to_owned(),
            gsi1pk: ALL.to_owned(),
            gsi1sk: channel.name.clone(),
            gsi4pk: Some(ALL.to_owned()),
            gsi4sk: Some(channel.name.clone()),
            channel_updated_at: Some(channel.updated_at),
            config: String::from_utf8_lossy(channel.config.json()).into_owned(),
            revision: channel.revision.0.clone(),
            updated_at: channel.updated_at,
        }
    }

    fn into_channel(self) -> Result<Channel, StoreError> {
        let config = ChannelConfig::unchecked(self.config.as_bytes()).map_err(|error| corrupt(&error))?;
        Ok(Channel { name: self.gsi1sk, config, revision: Revision(self.revision), updated_at: self.updated_at })
    }
}

#[async_trait]
impl ChannelStore for DynamoTable {
    async fn get(&self, name: &ChannelName) -> Result<Option<Channel>, StoreError> {
        let request = self.client.get_item().table_name(&self.name).set_key(Some(key(name))).consistent_read(true);
        let found = request.send().await.map_err(unavailable)?;
        found.item.map(|item| read::<ChannelRecord>(item)?.into_channel()).transpose()
    }

    async fn list(&self) -> Result<Vec<(ChannelName, Timestamp)>, StoreError> {
        self.indexes.read(|index| self.list_in(index)).await
    }

    async fn put(&self, channel: &Channel, condition: &Condition) -> Result<Written, StoreError> {
        let record = ChannelRecord::of(channel);
        let (expression, values) = expression(condition);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(serde_dynamo::to_item(&record).map_err(unavailable)?))
            .set_condition_expression(expression)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(output) if output.attributes.is_none() => Ok(Written::Created),
            Ok(_) => Ok(Written::Replaced),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failure)) => {
                    let existing = failure.item().cloned().map(read).transpose()?;
                    // The SDK repeats a call whose answer was lost: what stands there may be this very record.
                    let is_done = existing.as_ref() == Some(&record);
                    Ok(match (is_done, condition) {
                        (false, _) => Written::Refused,
                        (true, Condition::Absent) => Written::Created,
                        (true, _) => Written::Replaced,
                    })
                }
                _ => Err(unavailable(error)),
            },
        }
    }

    async fn delete(&self, name: &ChannelName, condition: &Condition) -> Result<bool, StoreError> {
        let (expression, values) = expression(condition);
        let present = "attribute_exists(pk)".to_owned();
        let delete = self
            .client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key(name)))
            .condition_expression(expression.map_or(present.clone(), |more| format!("{present} AND {more}")))
            .set_expression_attribute_values(values);
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if was_refused(&error) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }
}

impl DynamoTable {
    async fn list_in(&self, index: Index) -> Result<Vec<(ChannelName, Timestamp)>, IndexError> {
        let updated_at = match index {
            Index::ByState => "channel_updated_at",
            Index::ByStatus => "updated_at",
        };
        let (mut channels, mut start) = (Vec::new(), None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(index.name())
                .key_condition_expression("#partition = :all")
                .projection_expression("#sort, #updated_at")
                .expression_attribute_names("#partition", index.partition_key())
                .expression_attribute_names("#sort", index.sort_key())
                .expression_attribute_names("#updated_at", updated_at)
                .expression_attribute_values(":all", AttributeValue::S(ALL.to_owned()))
                .set_exclusive_start_key(start);
            let found = query.send().await?;
            for item in found.items.unwrap_or_default() {
                let entry: Entry = read(item)?;
                channels.push((entry.name, entry.updated_at));
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(channels);
            }
        }
    }
}

/// A condition as DynamoDB has it.
fn expression(condition: &Condition) -> (Option<String>, Option<Item>) {
    match condition {
        Condition::Any => (None, None),
        Condition::Present => (Some("attribute_exists(pk)".to_owned()), None),
        Condition::Absent => (Some("attribute_not_exists(pk)".to_owned()), None),
        Condition::Is(revision) => {
            let known = (":revision".to_owned(), AttributeValue::S(revision.0.clone()));
            (Some("revision = :revision".to_owned()), Some(HashMap::from([known])))
        }
    }
}

fn partition(name: &ChannelName) -> String {
    format!("CHANNEL#{name}")
}

fn key(name: &ChannelName) -> Item {
    primary_key(partition(name), CONFIG)
}
