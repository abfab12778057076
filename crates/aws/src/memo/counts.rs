//! Counts over all processes: a few items a kind, since all of them add to these and DynamoDB takes a thousand writes
//! a second of one item.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::memo::Counts;
use rushes_core::ports::{KindFacts, MemoError, MemoKind, Stock};

use super::record::kind_partition;
use super::{DynamoMemo, number, unavailable};
use crate::record::{Item, primary_key};

/// Of the item that says what there is. It also holds counts from before there were several.
const SORT_KEY: &str = "COUNTS";
/// Items that hold the counts of one kind.
const SHARDS: u8 = 8;

impl DynamoMemo {
    pub(super) async fn add_counts_of(&self, kind: MemoKind, counts: &Counts) -> Result<(), MemoError> {
        let fields = [
            ("memory_hits", counts.memory_hits),
            ("table_hits", counts.table_hits),
            ("bucket_hits", counts.bucket_hits),
            ("misses", counts.misses),
            ("waits", counts.waits),
            ("stored", counts.stored),
            ("stored_bytes", counts.stored_bytes),
        ];
        let additions: Vec<String> = fields.iter().map(|(name, _)| format!("#{name} :{name}")).collect();
        let mut request = self.table.client.update_item().table_name(&self.table.name);
        request = request.set_key(Some(shard_key(kind))).update_expression(format!("ADD {}", additions.join(", ")));
        for (name, count) in fields {
            request = request
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), AttributeValue::N(count.to_string()));
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    pub(super) async fn kind_facts(&self, kind: MemoKind) -> Result<Option<KindFacts>, MemoError> {
        let request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .key_condition_expression("pk = :kind AND begins_with(sk, :counts)")
            .expression_attribute_values(":kind", AttributeValue::S(kind_partition(kind)))
            .expression_attribute_values(":counts", AttributeValue::S(SORT_KEY.to_owned()));
        let items = request.send().await.map_err(unavailable)?.items.unwrap_or_default();
        Ok(items.iter().map(read).reduce(together))
    }

    pub(super) async fn set_stock_of(&self, kind: MemoKind, stock: Stock) -> Result<(), MemoError> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let request = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(stock_key(kind)))
            .update_expression("SET entries = :entries, size_bytes = :size_bytes, counted_at = :counted_at")
            .expression_attribute_values(":entries", number(stock.entries))
            .expression_attribute_values(":size_bytes", number(stock.size_bytes))
            .expression_attribute_values(":counted_at", AttributeValue::N(stock.counted_at.as_second().to_string()));
        request.send().await.map_err(unavailable)?;
        Ok(())
    }
}

fn read(item: &Item) -> KindFacts {
    let count = |name: &str| number(item, name).and_then(|count| u64::try_from(count).ok());
    let some = |name: &str| count(name).unwrap_or_default();
    let counted_at = number(item, "counted_at").and_then(|second| Timestamp::from_second(second).ok());
    let stock = counted_at.zip(count("entries")).zip(count("size_bytes"));
    KindFacts {
        counts: Counts {
            memory_hits: some("memory_hits"),
            table_hits: some("table_hits"),
            bucket_hits: some("bucket_hits"),
            misses: some("misses"),
            waits: some("waits"),
            stored: some("stored"),
            stored_bytes: some("stored_bytes"),
        },
        stock: stock.map(|((counted_at, entries), size_bytes)| Stock { entries, size_bytes, counted_at }),
    }
}

/// What two items say of one kind.
fn together(mut one: KindFacts, other: KindFacts) -> KindFacts {
    one.counts += other.counts;
    KindFacts { stock: one.stock.or(other.stock), ..one }
}

fn stock_key(kind: MemoKind) -> Item {
    primary_key(kind_partition(kind), SORT_KEY)
}

/// One of the items that hold counts, any.
fn shard_key(kind: MemoKind) -> Item {
    primary_key(kind_partition(kind), &format!("{SORT_KEY}#{}", fastrand::u8(..SHARDS)))
}
