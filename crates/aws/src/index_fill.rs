//! Entering into `by_state` what a release from before it wrote, so that `by_status` can go.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt, stream};
use rushes_core::ports::StoreError;
use rushes_core::task::Status;

use crate::channels::ALL;
use crate::index::{Index, IndexError, state_partition, status_partition};
use crate::record::Item;
use crate::table::{DynamoTable, unavailable, was_refused};

const AT_ONCE: usize = 16;

/// Of what an index has a partition of its own.
#[derive(Clone, Copy)]
enum Listed {
    Tasks(Status),
    Channels,
}

/// An item's key, and its place in `by_state`.
struct Entry {
    key: Item,
    partition: String,
}

impl DynamoTable {
    /// Enters into `by_state` what stands in `by_status` only. How many items that were; none where
    /// the table has no `by_status`.
    ///
    /// # Errors
    /// [`StoreError`] when the table does not do it; what was entered stays entered.
    pub async fn fill_index(&self) -> Result<u64, StoreError> {
        let mut filled = 0;
        for whose in Status::ALL.map(Listed::Tasks).into_iter().chain([Listed::Channels]) {
            match self.fill_partition(whose).await {
                Ok(count) => filled += count,
                Err(IndexError::Missing) => return Ok(filled),
                Err(IndexError::Store(error)) => return Err(error),
            }
        }
        Ok(filled)
    }

    async fn fill_partition(&self, whose: Listed) -> Result<u64, IndexError> {
        let (mut filled, mut start) = (0, None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(Index::ByStatus.name())
                .key_condition_expression("gsi1pk = :partition")
                .projection_expression("pk, sk, gsi1sk, gsi4pk")
                .expression_attribute_values(":partition", AttributeValue::S(whose.old_partition()))
                .set_exclusive_start_key(start);
            let found = query.send().await?;
            let entries: Vec<Entry> =
                found.items.unwrap_or_default().into_iter().filter_map(|item| whose.entry(item)).collect();
            let mut done =
                stream::iter(entries.into_iter().map(|entry| self.fill(whose, entry))).buffer_unordered(AT_ONCE);
            while let Some(outcome) = done.next().await {
                filled += u64::from(outcome?);
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(filled);
            }
        }
    }

    /// Enters an item, unless it has moved on meanwhile: whoever moved it entered it, or the next sweep does.
    async fn fill(&self, whose: Listed, entry: Entry) -> Result<bool, StoreError> {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(entry.key))
            .update_expression(whose.update())
            .condition_expression("gsi1pk = :old_partition")
            .expression_attribute_values(":partition", AttributeValue::S(entry.partition))
            .expression_attribute_values(":old_partition", AttributeValue::S(whose.old_partition()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if was_refused(&error) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }
}

impl Listed {
    fn old_partition(self) -> String {
        match self {
            Self::Tasks(status) => status_partition(status),
            Self::Channels => ALL.to_owned(),
        }
    }

    const fn update(self) -> &'static str {
        match self {
            Self::Tasks(_) => "SET gsi4pk = :partition, gsi4sk = gsi1sk",
            Self::Channels => "SET gsi4pk = :partition, gsi4sk = gsi1sk, channel_updated_at = updated_at",
        }
    }

    /// What is to be done with an item; nothing where it stands in `by_state` as it should.
    fn entry(self, mut item: Item) -> Option<Entry> {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let partition = match self {
            Self::Tasks(status) => state_partition(status, text("gsi1sk")?.parse().ok()?),
            Self::Channels => ALL.to_owned(),
        };
        if text("gsi4pk") == Some(&partition) {
            return None;
        }
        item.retain(|name, _| ["pk", "sk"].contains(&name.as_str()));
        Some(Entry { key: item, partition })
    }
}
