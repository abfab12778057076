//! Channels in the one table.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;
use rushes_core::channel::{Channel, ChannelConfig, ChannelName, Revision};
use rushes_core::ports::{ChannelStore, Condition, StoreError, Written};
use serde::{Deserialize, Serialize};

use crate::record::{Item, corrupt, primary_key, read};
use crate::table::{DynamoTable, unavailable, was_refused};

const CONFIG: &str = "CONFIG";
/// The index by which they are listed, and their partition of it.
const INDEX: &str = "by_status";
const ALL: &str = "CHANNELS";

/// Every attribute of a channel's item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ChannelRecord {
    pk: String,
    sk: String,
    gsi1pk: String,
    gsi1sk: ChannelName,
    /// JSON as it was sent.
    config: String,
    revision: String,
    updated_at: Timestamp,
}

/// What the list needs of an item.
#[derive(Deserialize)]
struct Entry {
    gsi1sk: ChannelName,
    updated_at: Timestamp,
}

impl ChannelRecord {
    fn of(channel: &Channel) -> Self {
        Self {
            pk: partition(&channel.name),
            sk: CONFIG.to_owned(),
            gsi1pk: ALL.to_owned(),
            gsi1sk: channel.name.clone(),
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
        let (mut channels, mut start) = (Vec::new(), None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(INDEX)
                .key_condition_expression("gsi1pk = :all")
                .projection_expression("gsi1sk, updated_at")
                .expression_attribute_values(":all", AttributeValue::S(ALL.to_owned()))
                .set_exclusive_start_key(start);
            let found = query.send().await.map_err(unavailable)?;
            for item in found.items.unwrap_or_default() {
                let entry: Entry = read(item)?;
                channels.push((entry.gsi1sk, entry.updated_at));
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(channels);
            }
        }
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
