//! What the table promises to workers and readers, asked of a real one.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use jiff::Timestamp;
use rushes_aws::DynamoTable;
use rushes_core::ports::{Change, Claim, ClaimOutcome, StoreError, TaskStore};
use rushes_core::spec::Shape;
use rushes_core::task::{
    OutputReport, SegmentCount, Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport,
};
use rushes_tests::LocalAws;

const LEASE: Duration = Duration::from_secs(60);
/// Long enough that a busy machine asks again within it.
const SHORT: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn task(time_to_live: Duration) -> Task {
    // Times in the table are whole: seconds for the expiry.
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    Task::queued(TaskId::generate(), "A title".to_owned(), now, time_to_live)
}

fn output(shape: &str) -> OutputReport {
    let Shape { aspect, resolution } = Shape::parse(shape).unwrap();
    OutputReport {
        aspect,
        resolution,
        width: 1920,
        height: 1080,
        frames: 1710,
        distinct_frames: 161,
        segments: SegmentCount { total: 6, reused: 0 },
        size_bytes: 5_000_000_000,
        sha256: "ab".repeat(32),
    }
}

fn report() -> VideoReport {
    VideoReport {
        duration_ms: 57_000,
        width: 1920,
        height: 1080,
        fps: 30,
        frames: 1710,
        distinct_frames: 161,
        segments: SegmentCount { total: 6, reused: 0 },
        size_bytes: 5_000_000_000,
        sha256: "ab".repeat(32),
        wall_ms: 2100,
        outputs: vec![output("16:9 1080p"), output("9:16 1080p")],
        script: None,
        credits: Vec::new(),
        warnings: Vec::new(),
    }
}

fn timings() -> StageTimings {
    StageTimings { speaking_ms: Some(120), rendering_ms: Some(1900), ..StageTimings::default() }
}

async fn table() -> (LocalAws, DynamoTable) {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    (aws, table)
}

async fn created(table: &DynamoTable) -> Task {
    let task = task(DAY);
    table.create(&task).await.unwrap();
    task
}

async fn claimed(table: &DynamoTable, id: TaskId, owner: &str, lease: Duration) -> Claim {
    match table.claim(id, owner, lease).await.unwrap() {
        ClaimOutcome::Claimed(claim) => claim,
        other => panic!("{owner} was refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_task_is_created_once_and_comes_back_as_it_was() {
    let (_aws, table) = table().await;
    table.check().await.unwrap();
    let task = created(&table).await;
    assert_eq!(table.get(task.id).await.unwrap(), Some(task.clone()));
    table.create(&task).await.expect("the same record again is a repetition of the call");
    let other = Task { title: "Another".to_owned(), ..task.clone() };
    assert!(matches!(table.create(&other).await, Err(StoreError::Exists)));
    table.delete(task.id).await.unwrap();
    table.delete(task.id).await.expect("what is gone can be deleted");
    assert_eq!(table.get(task.id).await.unwrap(), None);
    assert_eq!(table.claim(task.id, "a", LEASE).await.unwrap(), ClaimOutcome::Missing);
}

#[tokio::test]
async fn of_many_workers_one_gets_each_task() {
    let (_aws, table) = table().await;
    let table = Arc::new(table);
    let tasks = try_join_all((0..20).map(|_| async { Ok::<_, StoreError>(created(&table).await) })).await.unwrap();
    let claims = tasks.iter().flat_map(|task| (0..8).map(|worker| (task.id, format!("worker-{worker}"))));
    let outcomes = join_all(claims.map(|(id, owner)| {
        let table = Arc::clone(&table);
        async move { table.claim(id, &owner, LEASE).await.unwrap() }
    }))
    .await;
    let won: Vec<Claim> = outcomes
        .iter()
        .filter_map(|outcome| if let ClaimOutcome::Claimed(claim) = outcome { Some(claim.clone()) } else { None })
        .collect();
    let winners: HashSet<TaskId> = won.iter().map(|claim| claim.task_id).collect();
    assert_eq!((won.len(), winners.len()), (20, 20));
    assert!(won.iter().all(|claim| claim.fence == 1 && claim.attempt == 1));
    let held = outcomes.iter().filter(|outcome| matches!(outcome, ClaimOutcome::Held { .. })).count();
    assert_eq!(held, outcomes.len() - 20);
}

#[tokio::test]
async fn a_worker_that_comes_late_changes_nothing() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    let late = claimed(&table, task.id, "late", SHORT).await;
    assert!(matches!(table.claim(task.id, "next", LEASE).await.unwrap(), ClaimOutcome::Held { .. }));
    tokio::time::sleep(SHORT * 2).await;
    let next = claimed(&table, task.id, "next", LEASE).await;
    assert_eq!((next.fence, next.attempt), (2, 2));
    let error = TaskError { code: "late".to_owned(), message: "too late".to_owned() };
    for outcome in [
        table.extend(&late, LEASE).await,
        table.advance(&late, Stage::Uploading, 99, timings()).await,
        table.complete(&late, &report(), timings()).await,
        table.fail(&late, &error, timings()).await,
        table.release(&late).await,
    ] {
        assert!(matches!(outcome, Err(StoreError::LeaseLost)), "{outcome:?}");
    }
    table.complete(&next, &report(), timings()).await.unwrap();
    let done = table.get(task.id).await.unwrap().unwrap();
    assert_eq!((done.status, done.stage, done.progress, done.attempts), (Status::Completed, Stage::Done, 100, 2));
    assert_eq!((done.result, done.timings), (Some(report()), timings()));
    assert!(done.started_at.is_some() && done.completed_at >= done.started_at);
}

#[tokio::test]
async fn the_same_worker_with_an_older_claim_is_late_too() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    let first = claimed(&table, task.id, "same", SHORT).await;
    tokio::time::sleep(SHORT * 2).await;
    let second = claimed(&table, task.id, "same", LEASE).await;
    assert!(matches!(table.extend(&first, LEASE).await, Err(StoreError::LeaseLost)));
    table.extend(&second, LEASE).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_is_kept_up_is_not_taken() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    let claim = claimed(&table, task.id, "a", SHORT).await;
    table.extend(&claim, LEASE).await.unwrap();
    tokio::time::sleep(SHORT * 2).await;
    let ClaimOutcome::Held { until } = table.claim(task.id, "b", LEASE).await.unwrap() else {
        panic!("the lease was taken")
    };
    assert!(until > Timestamp::now() + SHORT);
    table.release(&claim).await.unwrap();
    assert_eq!(claimed(&table, task.id, "b", LEASE).await.attempt, 2);
}

#[tokio::test]
async fn progress_never_goes_back() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    let claim = claimed(&table, task.id, "a", LEASE).await;
    for (stage, progress) in
        [(Stage::Rendering, 40), (Stage::Planning, 5), (Stage::Rendering, 40), (Stage::Stitching, 90)]
    {
        table.advance(&claim, stage, progress, timings()).await.unwrap();
        let seen = table.get(task.id).await.unwrap().unwrap();
        assert!(seen.progress >= 40.max(progress) && seen.status == Status::Processing);
    }
}

#[tokio::test]
async fn what_is_handed_back_in_good_order_counts_as_no_try() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    for attempt in 1..=3 {
        let claim = claimed(&table, task.id, "a", LEASE).await;
        assert_eq!((claim.attempt, claim.hand_backs, claim.tries()), (attempt, attempt - 1, 1));
        table.hand_back(&claim).await.unwrap();
        assert!(matches!(table.hand_back(&claim).await, Err(StoreError::LeaseLost)), "it was counted twice");
    }
    table.release(&claimed(&table, task.id, "a", LEASE).await).await.unwrap();
    let claim = claimed(&table, task.id, "a", LEASE).await;
    assert_eq!((claim.attempt, claim.hand_backs, claim.tries()), (5, 3, 2));
    // Asked for again, nothing of it counts.
    table.cancel(task.id).await.unwrap();
    table.requeue(task.id).await.unwrap();
    let claim = claimed(&table, task.id, "a", LEASE).await;
    assert_eq!((claim.attempt, claim.hand_backs), (1, 0));
}

/// A task that cannot be claimed as it has ended.
async fn refused_for_good(table: &DynamoTable, id: TaskId) -> Task {
    match table.claim(id, "b", LEASE).await.unwrap() {
        ClaimOutcome::Finished(task) => *task,
        other => panic!("it was not refused: {other:?}"),
    }
}

#[tokio::test]
async fn what_has_ended_is_not_begun_again() {
    let (_aws, table) = table().await;
    let (completed, failed) = (created(&table).await, created(&table).await);
    let claim = claimed(&table, completed.id, "a", LEASE).await;
    table.complete(&claim, &report(), timings()).await.unwrap();
    table.complete(&claim, &report(), timings()).await.expect("the same call again is a repetition");
    assert!(matches!(table.extend(&claim, LEASE).await, Err(StoreError::Ended(Status::Completed))));
    assert_eq!(refused_for_good(&table, completed.id).await.status, Status::Completed);

    let claim = claimed(&table, failed.id, "a", LEASE).await;
    let error = TaskError { code: "render_failed".to_owned(), message: "ffmpeg was not found".to_owned() };
    table.fail(&claim, &error, timings()).await.unwrap();
    assert_eq!(refused_for_good(&table, failed.id).await.error.as_ref(), Some(&error));
    assert_eq!(table.get(failed.id).await.unwrap().unwrap().error, Some(error));
}

#[tokio::test]
async fn a_record_whose_time_has_passed_is_not_there() {
    let (_aws, table) = table().await;
    let task = task(Duration::from_secs(2));
    table.create(&task).await.unwrap();
    assert!(table.get(task.id).await.unwrap().is_some());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(table.get(task.id).await.unwrap(), None);
    assert_eq!(table.list(None, None, 10).await.unwrap().tasks, []);
    assert_eq!(table.claim(task.id, "a", LEASE).await.unwrap(), ClaimOutcome::Missing);
}

#[tokio::test]
async fn pages_hold_every_task_once_newest_first() {
    let (_aws, table) = table().await;
    let mut ids = Vec::new();
    for _ in 0..23 {
        ids.push(created(&table).await.id);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    for id in ids.iter().step_by(3) {
        let claim = claimed(&table, *id, "a", LEASE).await;
        table.complete(&claim, &report(), timings()).await.unwrap();
    }
    ids.reverse();
    for size in [1, 5, 23, 100] {
        assert_eq!(all(&table, None, size).await, ids, "pages of {size}");
    }
    let completed = all(&table, Some(Status::Completed), 3).await;
    assert_eq!(completed.len(), 8);
    assert!(completed.iter().all(|id| ids.contains(id)) && completed.is_sorted_by(|a, b| a > b));
    assert_eq!(all(&table, Some(Status::Failed), 3).await, []);
    assert!(matches!(table.list(None, Some("made up"), 5).await, Err(StoreError::InvalidCursor)));
}

#[tokio::test]
async fn whoever_works_on_what_was_cancelled_or_deleted_is_told() {
    let (_aws, table) = table().await;
    let (waiting, begun) = (created(&table).await, created(&table).await);
    let claim = claimed(&table, begun.id, "a", LEASE).await;
    for id in [waiting.id, begun.id] {
        let Change::Made(task) = table.cancel(id).await.unwrap() else { panic!("it was not cancelled") };
        assert!(task.status == Status::Cancelled && task.completed_at.is_some());
        let Change::Refused(task) = table.cancel(id).await.unwrap() else { panic!("it was cancelled twice") };
        assert_eq!(task.status, Status::Cancelled);
        assert_eq!(refused_for_good(&table, id).await.status, Status::Cancelled);
    }
    for outcome in [
        table.extend(&claim, LEASE).await,
        table.advance(&claim, Stage::Uploading, 99, timings()).await,
        table.complete(&claim, &report(), timings()).await,
        table.release(&claim).await,
    ] {
        assert!(matches!(outcome, Err(StoreError::Ended(Status::Cancelled))), "{outcome:?}");
    }
    table.delete(begun.id).await.unwrap();
    assert!(matches!(table.extend(&claim, LEASE).await, Err(StoreError::Gone)));
    assert_eq!(table.cancel(begun.id).await.unwrap(), Change::Missing);
}

#[tokio::test]
async fn what_failed_or_was_cancelled_is_put_in_line_again_and_no_late_worker_changes_it() {
    let (_aws, table) = table().await;
    let task = created(&table).await;
    assert!(matches!(table.requeue(task.id).await.unwrap(), Change::Refused(_)));
    let late = claimed(&table, task.id, "late", LEASE).await;
    assert!(matches!(table.requeue(task.id).await.unwrap(), Change::Refused(_)));
    table.advance(&late, Stage::Rendering, 60, timings()).await.unwrap();
    table.cancel(task.id).await.unwrap();
    let Change::Made(again) = table.requeue(task.id).await.unwrap() else { panic!("it is not in line again") };
    assert_eq!((again.status, again.stage, again.attempts), (Status::Queued, Stage::Queued, 0));
    assert_eq!((again.started_at, again.completed_at, again.timings), (None, None, StageTimings::default()));
    assert!(again.progress == 60 && again.queued_at > task.queued_at, "{again:?}");
    assert!(matches!(table.complete(&late, &report(), timings()).await, Err(StoreError::LeaseLost)));

    let next = claimed(&table, task.id, "next", LEASE).await;
    assert!(next.attempt == 1 && next.fence > late.fence);
    assert!(matches!(table.complete(&late, &report(), timings()).await, Err(StoreError::LeaseLost)));
    table.complete(&next, &report(), timings()).await.unwrap();
    assert!(matches!(table.requeue(task.id).await.unwrap(), Change::Refused(_)));
    assert_eq!(table.requeue(TaskId::generate()).await.unwrap(), Change::Missing);
}

#[tokio::test]
async fn only_what_nobody_holds_is_given_up() {
    let (_aws, table) = table().await;
    let error = TaskError::gave_up("never finished".to_owned());
    let (waiting, held) = (created(&table).await, created(&table).await);
    let claim = claimed(&table, held.id, "a", SHORT).await;
    assert!(matches!(table.give_up(held.id, &error).await.unwrap(), Change::Refused(_)));
    tokio::time::sleep(SHORT * 2).await;
    for id in [waiting.id, held.id] {
        let Change::Made(task) = table.give_up(id, &error).await.unwrap() else { panic!("it was not given up") };
        assert_eq!((task.status, task.error.as_ref()), (Status::Failed, Some(&error)));
    }
    let outcome = table.complete(&claim, &report(), timings()).await;
    assert!(matches!(outcome, Err(StoreError::Ended(Status::Failed))), "{outcome:?}");
}

/// The ids on all pages.
async fn all(table: &DynamoTable, status: Option<Status>, size: u32) -> Vec<TaskId> {
    let (mut ids, mut cursor) = (Vec::new(), None);
    loop {
        let page = table.list(status, cursor.as_deref(), size).await.unwrap();
        assert!(page.tasks.len() <= size as usize);
        ids.extend(page.tasks.iter().map(|task| task.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return ids;
        }
    }
}
