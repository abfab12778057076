//! What there is in the memo, read from the indexes.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rushes_core::ports::{EntryFacts, EntryPage, KindFacts, MemoCatalog, MemoError, MemoKey, MemoKind, Stock};
use rushes_core::task::TaskId;

use super::record::{State, item_key, kind_partition, task_partition};
use super::{DynamoMemo, corrupt, number, unavailable};
use crate::record::Item;

const BY_USE: &str = "by_use";
/// Also finds the tasks of a batch.
const BY_MAKER: &str = "by_batch";

#[async_trait]
impl MemoCatalog for DynamoMemo {
    async fn facts(&self, key: MemoKey) -> Result<Option<EntryFacts>, MemoError> {
        let record = self.record(key).await?.filter(|record| record.state == State::Ready);
        Ok(record.map(|record| record.facts()))
    }

    async fn list(&self, kind: MemoKind, after: Option<String>) -> Result<EntryPage, MemoError> {
        let start = after.map(|sort_key| start_after(kind, sort_key)).transpose()?;
        let request = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(BY_USE)
            .key_condition_expression("gsi3pk = :kind")
            .expression_attribute_values(":kind", AttributeValue::S(kind_partition(kind)))
            .set_exclusive_start_key(start);
        let found = request.send().await.map_err(unavailable)?;
        let entries = found.items.unwrap_or_default().iter().map(|item| facts(kind, item)).collect::<Result<_, _>>()?;
        let next = found.last_evaluated_key.as_ref().map(|key| sort_key(key).map(str::to_owned)).transpose()?;
        Ok(EntryPage { entries, next })
    }

    async fn made_for(&self, task: TaskId) -> Result<Vec<MemoKey>, MemoError> {
        let (mut keys, mut start) = (Vec::new(), None);
        loop {
            let request = self
                .table
                .client
                .query()
                .table_name(&self.table.name)
                .index_name(BY_MAKER)
                .key_condition_expression("gsi2pk = :maker")
                .expression_attribute_values(":maker", AttributeValue::S(task_partition(task)))
                .set_exclusive_start_key(start);
            let found = request.send().await.map_err(unavailable)?;
            for item in found.items.unwrap_or_default() {
                let key = item.get("gsi2sk").and_then(|key| key.as_s().ok()).ok_or_else(|| corrupt("it has no key"))?;
                keys.push(key.parse().map_err(corrupt)?);
            }
            start = found.last_evaluated_key;
            if start.is_none() {
                return Ok(keys);
            }
        }
    }

    async fn kinds(&self) -> Result<BTreeMap<MemoKind, KindFacts>, MemoError> {
        let facts = MemoKind::ALL.map(|kind| async move { Ok((kind, self.kind_facts(kind).await?)) });
        let facts = futures::future::try_join_all(facts).await?;
        Ok(facts.into_iter().filter_map(|(kind, facts)| Some((kind, facts?))).collect())
    }

    async fn set_stock(&self, kind: MemoKind, stock: Stock) -> Result<(), MemoError> {
        self.set_stock_of(kind, stock).await
    }
}

/// The index has the keys and these facts of an entry, not its value.
fn facts(kind: MemoKind, item: &Item) -> Result<EntryFacts, MemoError> {
    let (used_at, hash) = sort_key(item)?.split_once('#').ok_or_else(|| corrupt("its sort key has no hash"))?;
    let moment = |second: i64| Timestamp::from_second(second).map_err(corrupt);
    Ok(EntryFacts {
        key: format!("{}/{hash}", kind.as_str()).parse().map_err(corrupt)?,
        size_bytes: number(item, "size_bytes").and_then(|size| size.try_into().ok()).unwrap_or_default(),
        used_at: moment(used_at.parse().map_err(corrupt)?)?,
        expires_at: moment(number(item, "expires_at").ok_or_else(|| corrupt("it does not say when it expires"))?)?,
    })
}

fn sort_key(item: &Item) -> Result<&str, MemoError> {
    item.get("gsi3sk").and_then(|key| key.as_s().ok()).map(String::as_str).ok_or_else(|| corrupt("it has no sort key"))
}

/// The key after which a page begins: that of the index, and that of the table.
fn start_after(kind: MemoKind, sort_key: String) -> Result<Item, MemoError> {
    let (_, hash) = sort_key.split_once('#').ok_or_else(|| corrupt("not a place in the list"))?;
    let mut key = item_key(format!("{}/{hash}", kind.as_str()).parse().map_err(corrupt)?);
    key.extend(HashMap::from([
        ("gsi3pk".to_owned(), AttributeValue::S(kind_partition(kind))),
        ("gsi3sk".to_owned(), AttributeValue::S(sort_key)),
    ]));
    Ok(key)
}
