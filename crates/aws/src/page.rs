//! Listing: newest first, in pages, over one state or all of them.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Select};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::try_join_all;
use jiff::Timestamp;
use rushes_core::ports::{StoreError, TaskPage};
use rushes_core::task::{Status, Task, TaskId};

use crate::record::{TaskRecord, status_partition};
use crate::table::unavailable;

const INDEX: &str = "by_status";

/// The page of at most `limit` tasks that follows the task `after`.
///
/// Ids sort by the time of their making, and the index keeps the tasks of one
/// state in that order. So the newest of all are among the newest of each
/// state, and the place where a page ends is the last id on it.
pub async fn page(
    client: &Client,
    table: &str,
    status: Option<Status>,
    after: Option<TaskId>,
    limit: usize,
) -> Result<TaskPage, StoreError> {
    let states = status.as_ref().map_or(Status::ALL.as_slice(), std::slice::from_ref);
    // One more than wanted says whether there is another page.
    let runs = states.iter().map(|status| newest(client, table, *status, after, limit + 1));
    Ok(merge(try_join_all(runs).await?, limit))
}

/// Up to `count` tasks of one state made before `after`.
async fn newest(
    client: &Client,
    table: &str,
    status: Status,
    after: Option<TaskId>,
    count: usize,
) -> Result<Vec<Task>, StoreError> {
    let now = Timestamp::now();
    let mut tasks = Vec::new();
    let mut start = None;
    loop {
        let missing = i32::try_from(count - tasks.len()).unwrap_or(i32::MAX);
        let mut query = client
            .query()
            .table_name(table)
            .index_name(INDEX)
            .key_condition_expression("gsi1pk = :status")
            .expression_attribute_values(":status", AttributeValue::S(status_partition(status)))
            .scan_index_forward(false)
            .limit(missing)
            .set_exclusive_start_key(start);
        if let Some(after) = after {
            query = query
                .key_condition_expression("gsi1pk = :status AND gsi1sk < :after")
                .expression_attribute_values(":after", AttributeValue::S(after.to_string()));
        }
        let found = query.send().await.map_err(unavailable)?;
        for item in found.items.unwrap_or_default() {
            tasks.extend(TaskRecord::from_item(item)?.live(now));
        }
        start = found.last_evaluated_key;
        if start.is_none() || tasks.len() >= count {
            return Ok(tasks);
        }
    }
}

/// How many tasks are in one state.
pub async fn count(client: &Client, table: &str, status: Status) -> Result<u64, StoreError> {
    let now = AttributeValue::N(Timestamp::now().as_second().to_string());
    let (mut count, mut start) = (0, None);
    loop {
        let query = client
            .query()
            .table_name(table)
            .index_name(INDEX)
            .key_condition_expression("gsi1pk = :status")
            .filter_expression("expires_at > :now")
            .expression_attribute_values(":status", AttributeValue::S(status_partition(status)))
            .expression_attribute_values(":now", now.clone())
            .select(Select::Count)
            .set_exclusive_start_key(start);
        let found = query.send().await.map_err(unavailable)?;
        count += u64::try_from(found.count).unwrap_or_default();
        start = found.last_evaluated_key;
        if start.is_none() {
            return Ok(count);
        }
    }
}

/// The newest `limit` tasks of all runs. A task that changed its state while
/// the runs were read may stand in two of them; the later record counts.
fn merge(runs: Vec<Vec<Task>>, limit: usize) -> TaskPage {
    let mut tasks: Vec<Task> = runs.into_iter().flatten().collect();
    tasks.sort_by_key(|task| std::cmp::Reverse((task.id, task.updated_at)));
    tasks.dedup_by_key(|task| task.id);
    let more = tasks.len() > limit;
    tasks.truncate(limit);
    let next_cursor = tasks.last().filter(|_| more).map(|task| encode_cursor(task.id));
    TaskPage { tasks, next_cursor }
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
    use std::time::Duration;

    use super::*;

    fn tasks(count: usize) -> Vec<Task> {
        let now = Timestamp::from_second(1_790_000_000).unwrap();
        let mut tasks: Vec<Task> =
            (0..count).map(|_| Task::queued(TaskId::generate(), String::new(), now, Duration::from_secs(60))).collect();
        tasks.sort_by_key(|task| std::cmp::Reverse(task.id));
        tasks
    }

    #[test]
    fn runs_become_one_page_newest_first_that_says_where_to_go_on() {
        let all = tasks(7);
        let (even, odd) = (all.iter().step_by(2).cloned().collect(), all.iter().skip(1).step_by(2).cloned().collect());
        let page = merge(vec![even, odd], 5);
        assert_eq!(page.tasks, all[..5]);
        assert_eq!(decode_cursor(&page.next_cursor.unwrap()).unwrap(), all[4].id);
        assert_eq!(merge(vec![all.clone()], 7).next_cursor, None);
    }

    #[test]
    fn a_task_that_moved_on_meanwhile_stands_on_the_page_once_as_it_is_now() {
        let queued = tasks(1).remove(0);
        let mut processing = queued.clone();
        processing.status = Status::Processing;
        processing.updated_at = queued.updated_at + Duration::from_secs(1);
        let page = merge(vec![vec![queued], vec![processing.clone()]], 5);
        assert_eq!(page.tasks, [processing]);
    }

    #[test]
    fn other_texts_are_no_cursors() {
        for bad in ["", "x", "null", "%%%", "AAAA", &URL_SAFE_NO_PAD.encode("TASK#1")] {
            assert!(matches!(decode_cursor(bad), Err(StoreError::InvalidCursor)), "{bad}");
        }
    }
}
