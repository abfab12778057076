//! Counts over all processes: one item a kind.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::memo::Counts;
use rushes_core::ports::{KindFacts, MemoError, MemoKind, Stock};

use super::record::kind_partition;
use super::{DynamoMemo, number, unavailable};
use crate::record::{Item, primary_key};

const SORT_KEY: &str = "COUNTS";

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
        request = request.set_key(Some(counts_key(kind))).update_expression(format!("ADD {}", additions.join(", ")));
        for (name, count) in fields {
            request = request
                .expression_attribute_names(format!("#{name}"), name)
                .expression_attribute_values(format!(":{name}"), AttributeValue::N(count.to_string()));
        }
        request.send().await.map_err(unavailable)?;
        Ok(())
    }

    pub(super) async fn kind_facts(&self, kind: MemoKind) -> Result<Option<KindFacts>, MemoError> {
        let request = self.table.client.get_item().table_name(&self.table.name).set_key(Some(counts_key(kind)));
        Ok(request.send().await.map_err(unavailable)?.item.map(|item| read(&item)))
    }

    pub(super) async fn set_stock_of(&self, kind: MemoKind, stock: Stock) -> Result<(), MemoError> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let request = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(counts_key(kind)))
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

fn counts_key(kind: MemoKind) -> Item {
    primary_key(kind_partition(kind), SORT_KEY)
}
