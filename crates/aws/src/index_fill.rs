//! Entering into `by_state` what a release from before it wrote, so that `by_status` can go.

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{StreamExt, stream};
use rushes_core::ports::StoreError;
use rushes_core::task::Status;

use crate::channels::ALL;
use crate::index::{Index, IndexError, state_partition};
use crate::record::Item;
use crate::table::{DynamoTable, unavailable, was_refused};

const AT_ONCE: usize = 16;

/// Attributes of an item that are read, in the order in which they are asked for.
const READ: &str = "pk, sk, gsi1pk, gsi1sk, gsi4pk, updated_at";

/// An item, and its place in `by_state`.
struct Entry {
    item: Item,
    partition: String,
}

impl DynamoTable {
    /// Enters into `by_state` what stands in `by_status` only. How many items that were; none where
    /// the table has no `by_status`.
    ///
    /// # Errors
    /// [`StoreError`] when the table does not do it; what was entered stays entered.
    pub async fn fill_index(&self) -> Result<u64, StoreError> {
        let states = Status::ALL.iter().flat_map(|status| Index::ByStatus.partitions(*status));
        let mut filled = 0;
        for partition in states.chain([ALL.to_owned()]) {
            match self.fill_partition(&partition).await {
                Ok(count) => filled += count,
                Err(IndexError::Missing) => return Ok(filled),
                Err(IndexError::Store(error)) => return Err(error),
            }
        }
        Ok(filled)
    }

    async fn fill_partition(&self, partition: &str) -> Result<u64, IndexError> {
        let (mut filled, mut start) = (0, None);
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(Index::ByStatus.name())
                .key_condition_expression("gsi1pk = :partition")
                .projection_expression(READ)
                .expression_attribute_values(":partition", AttributeValue::S(partition.to_owned()))
                .set_exclusive_start_key(start);
            let found = query.send().await?;
            let entries: Vec<Entry> = found.items.unwrap_or_default().into_iter().filter_map(entry).collect();
            let mut done =
                stream::iter(entries.into_iter().map(|entry| self.fill(partition, entry))).buffer_unordered(AT_ONCE);
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
    async fn fill(&self, old_partition: &str, entry: Entry) -> Result<bool, StoreError> {
        let Entry { mut item, partition } = entry;
        let mut part = |name: &str| item.remove(name).ok_or_else(|| crate::record::corrupt(name));
        let (sort, updated_at) = (part("gsi1sk")?, part("updated_at")?);
        let key = Item::from([("pk".to_owned(), part("pk")?), ("sk".to_owned(), part("sk")?)]);
        let is_channel = old_partition == ALL;
        let expression = "SET gsi4pk = :partition, gsi4sk = :sort";
        let mut request = self.client.update_item().table_name(&self.name).set_key(Some(key));
        if is_channel {
            request = request
                .update_expression(format!("{expression}, channel_updated_at = :updated_at"))
                .expression_attribute_values(":updated_at", updated_at);
        } else {
            request = request.update_expression(expression);
        }
        let request = request
            .condition_expression("gsi1pk = :old_partition")
            .expression_attribute_values(":partition", AttributeValue::S(partition))
            .expression_attribute_values(":sort", sort)
            .expression_attribute_values(":old_partition", AttributeValue::S(old_partition.to_owned()));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if was_refused(&error) => Ok(false),
            Err(error) => Err(unavailable(error)),
        }
    }
}

/// An item that does not stand in `by_state` as it should.
fn entry(item: Item) -> Option<Entry> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let partition = match text("gsi1pk")?.strip_prefix("STATUS#") {
        None => ALL.to_owned(),
        Some(status) => {
            let status = Status::ALL.into_iter().find(|one| one.as_str() == status)?;
            state_partition(status, text("gsi1sk")?.parse().ok()?)
        }
    };
    (text("gsi4pk") != Some(&partition)).then_some(Entry { item, partition })
}
