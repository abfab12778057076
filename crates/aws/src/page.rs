//! Listing: newest first, in pages, over one state or all of them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, Select};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::try_join_all;
use jiff::Timestamp;
use rushes_core::ports::{StoreError, TaskPage};
use rushes_core::task::{Status, Task, TaskId};

use crate::index::{Index, IndexError};
use crate::record::{Item, TaskRecord, corrupt, key};
use crate::table::unavailable;

/// The most items that DynamoDB hands over at once.
const MAX_ITEMS: usize = 100;

/// The page of at most `limit` tasks that follows the task `after`.
///
/// Ids sort by the time of their making, and the index keeps the tasks of one
/// partition in that order. So the newest of all are among the newest of each
/// partition, and the place where a page ends is the last id on it.
pub async fn page(
    client: &Client,
    table: &str,
    index: Index,
    status: Option<Status>,
    after: Option<TaskId>,
    limit: usize,
) -> Result<TaskPage, IndexError> {
    let states = status.as_ref().map_or(Status::ALL.as_slice(), std::slice::from_ref);
    let partitions = states.iter().flat_map(|status| index.partitions(*status));
    // One more than wanted says whether there is another page.
    let runs = partitions.map(|partition| newest(client, table, index, partition, after, limit + 1));
    let (ids, next_cursor) = merge(try_join_all(runs).await?, limit);
    let mut tasks = tasks(client, table, &ids).await?;
    // The index follows the table a moment later.
    tasks.retain(|task| status.is_none_or(|status| task.status == status));
    tasks.sort_by_key(|task| std::cmp::Reverse(task.id));
    Ok(TaskPage { tasks, next_cursor })
}

/// Up to `count` tasks of one partition made before `after`.
async fn newest(
    client: &Client,
    table: &str,
    index: Index,
    partition: String,
    after: Option<TaskId>,
    count: usize,
) -> Result<Vec<TaskId>, IndexError> {
    let (mut ids, mut start) = (Vec::new(), None);
    loop {
        let missing = i32::try_from(count - ids.len()).unwrap_or(i32::MAX);
        let query = live(client, table, index, partition.clone())
            .projection_expression("#sort")
            .expression_attribute_names("#sort", index.sort_key())
            .scan_index_forward(false)
            .limit(missing)
            .set_exclusive_start_key(start);
        let query = match after {
            None => query,
            Some(after) => query
                .key_condition_expression("#partition = :partition AND #sort < :after")
                .expression_attribute_values(":after", AttributeValue::S(after.to_string())),
        };
        let found = query.send().await?;
        for item in found.items.unwrap_or_default() {
            ids.push(id(&item, index)?);
        }
        start = found.last_evaluated_key;
        if start.is_none() || ids.len() >= count {
            return Ok(ids);
        }
    }
}

/// How many tasks are in one state.
pub async fn count(client: &Client, table: &str, index: Index, status: Status) -> Result<u64, IndexError> {
    let counts = index.partitions(status).into_iter().map(|partition| count_in(client, table, index, partition));
    Ok(try_join_all(counts).await?.into_iter().sum())
}

async fn count_in(client: &Client, table: &str, index: Index, partition: String) -> Result<u64, IndexError> {
    let (mut count, mut start) = (0, None);
    loop {
        let query = live(client, table, index, partition.clone()).select(Select::Count).set_exclusive_start_key(start);
        let found = query.send().await?;
        count += u64::try_from(found.count).unwrap_or_default();
        start = found.last_evaluated_key;
        if start.is_none() {
            return Ok(count);
        }
    }
}

/// Asks for what stands in a partition and has not expired.
fn live(client: &Client, table: &str, index: Index, partition: String) -> QueryFluentBuilder {
    let now = AttributeValue::N(Timestamp::now().as_second().to_string());
    client
        .query()
        .table_name(table)
        .index_name(index.name())
        .key_condition_expression("#partition = :partition")
        .filter_expression("expires_at > :now")
        .expression_attribute_names("#partition", index.partition_key())
        .expression_attribute_values(":partition", AttributeValue::S(partition))
        .expression_attribute_values(":now", now)
}

fn id(item: &Item, index: Index) -> Result<TaskId, StoreError> {
    let id = item.get(index.sort_key()).and_then(|id| id.as_s().ok());
    id.and_then(|id| id.parse().ok()).ok_or_else(|| corrupt("an index holds a task without an id"))
}

/// The tasks of these names that are still there, in any order.
async fn tasks(client: &Client, table: &str, ids: &[TaskId]) -> Result<Vec<Task>, StoreError> {
    let now = Timestamp::now();
    let mut wanted: Vec<Item> = ids.iter().map(|id| key(*id)).collect();
    let mut tasks = Vec::with_capacity(ids.len());
    while !wanted.is_empty() {
        let some = wanted.split_off(wanted.len().saturating_sub(MAX_ITEMS));
        let keys = KeysAndAttributes::builder().set_keys(Some(some)).consistent_read(true).build();
        let found = client.batch_get_item().request_items(table, keys.map_err(unavailable)?).send().await;
        let found = found.map_err(unavailable)?;
        for item in found.responses.unwrap_or_default().into_values().flatten() {
            tasks.extend(TaskRecord::from_item(item)?.live(now));
        }
        let left = found.unprocessed_keys.unwrap_or_default().into_values();
        wanted.extend(left.flat_map(|keys| keys.keys));
    }
    Ok(tasks)
}

/// The newest `limit` of all runs, and where the page after them begins. A task that changed its state
/// while the runs were read may stand in two of them.
fn merge(runs: Vec<Vec<TaskId>>, limit: usize) -> (Vec<TaskId>, Option<String>) {
    let mut ids: Vec<TaskId> = runs.into_iter().flatten().collect();
    ids.sort_by_key(|id| std::cmp::Reverse(*id));
    ids.dedup();
    let more = ids.len() > limit;
    ids.truncate(limit);
    let next_cursor = ids.last().filter(|_| more).map(|id| encode_cursor(*id));
    (ids, next_cursor)
}

fn encode_cursor(last: TaskId) -> String {
    URL_SAFE_NO_PAD.encode(last.to_string())
}

/// The id at which the page before ended.
pub fn decode_cursor(cursor: &str) -> Result<TaskId, StoreError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| StoreError::InvalidCursor)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| StoreError::InvalidCursor)?;
    text.parse().map_err(|_| StoreError::InvalidCursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_become_one_page_newest_first_that_says_where_to_go_on() {
        let mut all: Vec<TaskId> = (0..7).map(|_| TaskId::generate()).collect();
        all.sort_by_key(|id| std::cmp::Reverse(*id));
        let (even, odd) = (all.iter().step_by(2).copied().collect(), all.iter().skip(1).step_by(2).copied().collect());
        let (ids, next_cursor) = merge(vec![even, odd], 5);
        assert_eq!(ids, all[..5]);
        assert_eq!(decode_cursor(&next_cursor.unwrap()).unwrap(), all[4]);
        assert_eq!(merge(vec![all.clone()], 7).1, None);
    }

    #[test]
    fn a_task_that_moved_on_meanwhile_stands_on_the_page_once() {
        let id = TaskId::generate();
        assert_eq!(merge(vec![vec![id], vec![id]], 5), (vec![id], None));
    }

    #[test]
    fn other_texts_are_no_cursors() {
        for bad in ["", "x", "null", "%%%", "AAAA", &URL_SAFE_NO_PAD.encode("TASK#1")] {
            assert!(matches!(decode_cursor(bad), Err(StoreError::InvalidCursor)), "{bad}");
        }
    }
}
