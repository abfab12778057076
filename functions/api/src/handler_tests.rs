//! What the caller sees when something behind the API is broken.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use jiff::Timestamp;
use rushes_core::batch::{Batch, BatchDesk, BatchId, BatchProgress, StatusCounts};
use rushes_core::channel::{Channel, ChannelName, Channels};
use rushes_core::dead_letters::DeadLetters;
use rushes_core::keys::ObjectKey;
use rushes_core::manage::Manager;
use rushes_core::memo::{Budget, Desk};
use rushes_core::ports::{
    BatchClaim, BatchClaimOutcome, BatchStore, Begun, Bucket, BucketError, Change, ChannelStore, Claim, ClaimOutcome,
    Condition, DeadLetter, DeadLetterQueue, FetchedMedia, MediaError, MediaLibrary, ObjectStart, QueueError,
    RequestStore, SignedUpload, StoreError, TaskPage, TaskQueue, TaskStore, Ticket, UploadTerms, Written,
};
use rushes_core::read::Reader;
use rushes_core::request::{IdempotencyKey, ProductId, RequestHash};
use rushes_core::spec::Media;
use rushes_core::submit::FrontDesk;
use rushes_core::task::{Stage, StageTimings, Status, Task, TaskError, TaskId, VideoReport};
use rushes_core::upload::Uploads;
use serde_json::Value;
use tower::ServiceExt;

use super::{Service, router};
use crate::auth::Access;
use crate::broken_memo::BrokenMemo;
use crate::limit::Limiter;

/// Everything that the API needs, and what of it is broken.
#[derive(Default)]
struct Outside {
    table_is_down: bool,
    queue_is_down: bool,
    table_panics: bool,
    recorded: AtomicBool,
    stored: AtomicBool,
    keyed: AtomicBool,
}

fn down() -> Box<std::io::Error> {
    Box::new(std::io::Error::other("secret-host.internal refused"))
}

#[async_trait]
impl TaskStore for Outside {
    async fn create(&self, _task: &Task) -> Result<(), StoreError> {
        TaskStore::check(self).await?;
        self.recorded.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn get(&self, _id: TaskId) -> Result<Option<Task>, StoreError> {
        assert!(!self.table_panics, "a bug");
        TaskStore::check(self).await.map(|()| None)
    }

    async fn list(&self, _: Option<Status>, _: Option<&str>, _: u32) -> Result<TaskPage, StoreError> {
        Err(StoreError::Corrupt { reason: "secret attribute".to_owned() })
    }

    async fn count(&self, _: Status) -> Result<u64, StoreError> {
        TaskStore::check(self).await.map(|()| 0)
    }

    async fn delete(&self, _id: TaskId) -> Result<(), StoreError> {
        self.recorded.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn claim(&self, _: TaskId, _: &str, _: Duration) -> Result<ClaimOutcome, StoreError> {
        Ok(ClaimOutcome::Missing)
    }

    async fn extend(&self, _: &Claim, _: Duration) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn advance(&self, _: &Claim, _: Stage, _: u8, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn complete(&self, _: &Claim, _: &VideoReport, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn fail(&self, _: &Claim, _: &TaskError, _: StageTimings) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn release(&self, _: &Claim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn hand_back(&self, _: &Claim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn cancel(&self, _: TaskId) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn requeue(&self, _: TaskId) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn give_up(&self, _: TaskId, _: &TaskError) -> Result<Change, StoreError> {
        Ok(Change::Missing)
    }

    async fn check(&self) -> Result<(), StoreError> {
        if self.table_is_down { Err(StoreError::Unavailable(down())) } else { Ok(()) }
    }
}

#[async_trait]
impl BatchStore for Outside {
    async fn create(&self, _: &Batch) -> Result<(), StoreError> {
        TaskStore::check(self).await
    }

    async fn put(&self, _: &Batch) -> Result<(), StoreError> {
        TaskStore::check(self).await
    }

    async fn get(&self, _: BatchId) -> Result<Option<Batch>, StoreError> {
        Ok(None)
    }

    async fn delete(&self, _: BatchId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn counts(&self, _: BatchId) -> Result<StatusCounts, StoreError> {
        Ok(StatusCounts::default())
    }

    async fn claim(&self, _: BatchId, _: &str, _: Duration) -> Result<BatchClaimOutcome, StoreError> {
        Ok(BatchClaimOutcome::Missing)
    }

    async fn advance(&self, _: &BatchClaim, _: BatchProgress, _: Duration) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }

    async fn release(&self, _: &BatchClaim) -> Result<(), StoreError> {
        Err(StoreError::LeaseLost)
    }
}

#[async_trait]
impl ChannelStore for Outside {
    async fn get(&self, _: &ChannelName) -> Result<Option<Channel>, StoreError> {
        TaskStore::check(self).await.map(|()| None)
    }

    async fn list(&self) -> Result<Vec<(ChannelName, Timestamp)>, StoreError> {
        TaskStore::check(self).await.map(|()| Vec::new())
    }

    async fn put(&self, _: &Channel, _: &Condition) -> Result<Written, StoreError> {
        TaskStore::check(self).await.map(|()| Written::Created)
    }

    async fn delete(&self, _: &ChannelName, _: &Condition) -> Result<bool, StoreError> {
        TaskStore::check(self).await.map(|()| false)
    }
}

#[async_trait]
impl RequestStore for Outside {
    async fn begin(
        &self,
        key: IdempotencyKey,
        _: RequestHash,
        makes: ProductId,
        _: Duration,
    ) -> Result<Begun, StoreError> {
        self.keyed.store(true, Ordering::SeqCst);
        Ok(Begun::Yours(Ticket { key, token: String::new(), makes, is_resumed: false }))
    }

    async fn finish(&self, _: &Ticket) -> Result<(), StoreError> {
        Ok(())
    }

    async fn abandon(&self, _: &Ticket) -> Result<(), StoreError> {
        self.keyed.store(false, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl DeadLetterQueue for Outside {
    async fn take(&self, _: usize) -> Result<Vec<DeadLetter>, QueueError> {
        TaskQueue::check(self).await.map(|()| Vec::new())
    }

    async fn put_back(&self, _: &DeadLetter) -> Result<(), QueueError> {
        Ok(())
    }

    async fn remove(&self, _: &DeadLetter) -> Result<(), QueueError> {
        Ok(())
    }
}

#[async_trait]
impl TaskQueue for Outside {
    async fn send(&self, _id: TaskId) -> Result<(), QueueError> {
        TaskQueue::check(self).await
    }

    async fn check(&self) -> Result<(), QueueError> {
        if self.queue_is_down { Err(QueueError(down())) } else { Ok(()) }
    }
}

#[async_trait]
impl Bucket for Outside {
    async fn put(&self, _: ObjectKey, _: Bytes) -> Result<(), BucketError> {
        self.stored.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn put_file(&self, _: ObjectKey, _: &Path) -> Result<(), BucketError> {
        Ok(())
    }

    async fn get(&self, _: ObjectKey) -> Result<Option<Bytes>, BucketError> {
        Ok(None)
    }

    async fn get_start(&self, _: ObjectKey, _: u64) -> Result<Option<ObjectStart>, BucketError> {
        Ok(None)
    }

    async fn get_file(&self, _: ObjectKey, _: &Path, _: u64) -> Result<Option<u64>, BucketError> {
        Ok(None)
    }

    async fn presign_put(&self, _: ObjectKey, _: &UploadTerms, _: Duration) -> Result<SignedUpload, BucketError> {
        Err(BucketError::Unavailable(down()))
    }

    async fn delete(&self, _: ObjectKey) -> Result<(), BucketError> {
        self.stored.store(false, Ordering::SeqCst);
        Ok(())
    }

    async fn delete_task(&self, _: TaskId) -> Result<(), BucketError> {
        Ok(())
    }

    async fn presign(&self, _: ObjectKey, _: Duration) -> Result<String, BucketError> {
        Ok(String::new())
    }

    async fn check(&self) -> Result<(), BucketError> {
        Ok(())
    }
}

#[async_trait]
impl MediaLibrary for Outside {
    async fn check(&self, _: &Media) -> Result<(), MediaError> {
        Ok(())
    }

    async fn fetch(&self, _: &Media, directory: &Path) -> Result<FetchedMedia, MediaError> {
        Ok(FetchedMedia { path: directory.to_owned() })
    }
}

fn service(outside: &Arc<Outside>) -> Service {
    let desk = FrontDesk {
        store: outside.clone(),
        requests: outside.clone(),
        channels: outside.clone(),
        bucket: outside.clone(),
        queue: outside.clone(),
        media: outside.clone(),
        time_to_live: Duration::from_secs(60),
        request_lease: Duration::from_secs(60),
        has_writer: false,
    };
    let batches = BatchDesk { desk: desk.clone(), batches: outside.clone() };
    let channels = Channels { store: outside.clone(), media: outside.clone() };
    let reader = Reader { store: outside.clone(), bucket: outside.clone() };
    let uploads = Uploads { bucket: outside.clone() };
    let manager = Manager { store: outside.clone(), bucket: outside.clone(), queue: outside.clone() };
    let dead_letters = DeadLetters { letters: outside.clone(), store: outside.clone(), queue: outside.clone() };
    let budget = Budget::default();
    let cache = Desk { store: Arc::new(BrokenMemo), catalog: Arc::new(BrokenMemo), budget };
    let limiter = Limiter::new(2);
    Service { desk, batches, channels, reader, manager, dead_letters, cache, uploads, access: Access::Open, limiter }
}

async fn ask(outside: &Arc<Outside>, method: &str, path: &str, body: &str) -> (Response<()>, String) {
    ask_with(outside, method, path, body, &[]).await
}

async fn ask_with(
    outside: &Arc<Outside>,
    method: &str,
    path: &str,
    body: &str,
    keys: &[&str],
) -> (Response<()>, String) {
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let request = keys.iter().fold(request, |request, key| request.header("idempotency-key", *key));
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = router(service(outside)).oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (Response::from_parts(parts, ()), text)
}

const SPEC: &str = r#"{"script": "Hello."}"#;

#[tokio::test]
async fn when_the_queue_is_down_the_caller_may_try_again_and_nothing_stays() {
    let outside = Arc::new(Outside { queue_is_down: true, ..Outside::default() });
    let (response, text) = ask(&outside, "POST", "/v1/videos", SPEC).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    assert!(!text.contains("secret"), "{text}");
    assert!(!outside.recorded.load(Ordering::SeqCst) && !outside.stored.load(Ordering::SeqCst));
}

#[tokio::test]
async fn what_is_broken_inside_is_not_told_outside() {
    let (response, text) = ask(&Arc::default(), "GET", "/v1/videos", "").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text.contains("\"code\":\"internal\"") && !text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_panic_is_one_answer_and_not_the_end() {
    let outside = Arc::new(Outside { table_panics: true, ..Outside::default() });
    let path = format!("/v1/videos/{}", TaskId::generate());
    for (path, shape) in [(path.clone(), "code"), (path.replace("/v1/videos", "/api/task"), "error")] {
        let (response, text) = ask(&outside, "GET", &path, "").await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().contains_key("x-request-id") && !text.contains("a bug"));
        let document: Value = serde_json::from_str(&text).unwrap();
        assert!(document[shape].is_string(), "{text}");
    }
}

#[tokio::test]
async fn health_names_what_does_not_answer() {
    let outside = Arc::new(Outside { table_is_down: true, ..Outside::default() });
    let (response, text) = ask(&outside, "GET", "/health", "").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    let health: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["checks"]["table"], "unreachable");
    assert_eq!(health["checks"]["queue"], "ok");
    let (response, _) = ask(&Arc::default(), "GET", "/health", "").await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_batch_that_no_worker_can_be_told_of_may_be_sent_again_and_nothing_stays() {
    let outside = Arc::new(Outside { queue_is_down: true, ..Outside::default() });
    let (response, text) = ask(&outside, "POST", "/v1/batches", &format!(r#"{{"videos": [{SPEC}, {SPEC}]}}"#)).await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{text}");
    assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    assert!(!outside.recorded.load(Ordering::SeqCst) && !outside.stored.load(Ordering::SeqCst));
}

#[tokio::test]
async fn over_the_limit_the_caller_is_told_when_to_come_again() {
    let outside: Arc<Outside> = Arc::default();
    let router = router(service(&outside));
    let mut answers = Vec::new();
    for path in ["/v1/videos/x", "/api/task/x", "/v1/batches/x", "/api/task/x", "/v1/batches/x", "/health"] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        answers.push(router.clone().oneshot(request).await.unwrap());
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [404, 404, 404, 404, 429, 200]);
    assert_eq!(answers[4].headers()[header::RETRY_AFTER], "1");
    assert_eq!(answers[4].headers()[header::CONTENT_TYPE], "application/problem+json");
}

#[tokio::test]
async fn what_is_no_idempotency_key_is_refused_before_anything_is_done() {
    let long = "a".repeat(256);
    for keys in [&[""][..], &["a b"], &["\u{e4}"], &[long.as_str()], &["a", "b"]] {
        let outside = Arc::default();
        let (response, text) = ask_with(&outside, "POST", "/v1/videos", SPEC, keys).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{keys:?}");
        assert!(text.contains("\"code\":\"invalid_idempotency_key\""), "{text}");
        assert!(!outside.stored.load(Ordering::SeqCst) && !outside.keyed.load(Ordering::SeqCst));
    }
}

#[tokio::test]
async fn a_request_that_is_not_accepted_gives_its_key_back() {
    for (outside, body, status) in [
        (Outside { queue_is_down: true, ..Outside::default() }, SPEC, StatusCode::SERVICE_UNAVAILABLE),
        (Outside::default(), "{}", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        let outside = Arc::new(outside);
        let (response, _) = ask_with(&outside, "POST", "/v1/videos", body, &["key"]).await;
        assert_eq!(response.status(), status);
        assert!(!outside.keyed.load(Ordering::SeqCst) && !outside.recorded.load(Ordering::SeqCst));
    }
    let outside = Arc::default();
    let (response, _) = ask_with(&outside, "POST", "/v1/videos", SPEC, &["key"]).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert!(outside.keyed.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_memo_that_does_not_answer_is_said_and_not_shown() {
    let outside = Arc::new(Outside::default());
    let hash = "0".repeat(64);
    let requests = [
        ("GET", "/v1/cache".to_owned()),
        ("DELETE", "/v1/cache?kind=script".to_owned()),
        ("GET", format!("/v1/cache/script/{hash}")),
        ("DELETE", format!("/v1/cache/voice/{hash}")),
    ];
    for (method, path) in requests {
        let (answer, body) = ask(&outside, method, &path, "").await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {body}");
        assert!(!body.contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn what_is_to_be_forgotten_has_to_be_said_in_one_way() {
    let outside = Arc::new(Outside::default());
    for query in ["", "?kind=thing", "?task=1", "?kind=script&task=01", "?all=yes"] {
        let (answer, body) = ask(&outside, "DELETE", &format!("/v1/cache{query}"), "").await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}: {body}");
        assert!(body.contains("invalid_query"), "{body}");
    }
    for name in ["script/00", "thing/00", "script/xyz"] {
        let (answer, _) = ask(&outside, "GET", &format!("/v1/cache/{name}"), "").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name}");
    }
}
