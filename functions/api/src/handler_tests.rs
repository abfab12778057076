//! What the caller sees when something behind the API is broken.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use rushes_core::batch::BatchDesk;
use rushes_core::channel::Channels;
use rushes_core::dead_letters::DeadLetters;
use rushes_core::manage::Manager;
use rushes_core::memo::{Budget, Desk};
use rushes_core::read::Reader;
use rushes_core::submit::FrontDesk;
use rushes_core::task::TaskId;
use rushes_core::upload::Uploads;
use serde_json::Value;
use tower::ServiceExt;

use super::{Service, router};
use crate::auth::Access;
use crate::broken_memo::BrokenMemo;
use crate::cors::Origins;
use crate::limit::Limiter;
use crate::outside::Outside;
use crate::routes::health::LastVerdict;

pub(super) fn service(outside: &Arc<Outside>) -> Service {
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
    Service {
        desk,
        batches,
        channels,
        reader,
        manager,
        dead_letters,
        cache,
        uploads,
        access: Access::Open,
        limiter: Limiter::new(2),
        body_deadline: Duration::from_secs(1),
        origins: Origins::default(),
        health: LastVerdict::default(),
    }
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

#[tokio::test]
async fn a_route_names_the_parameters_that_it_takes_to_who_sends_others() {
    let outside = Arc::default();
    let id = TaskId::generate();
    let long = "a".repeat(10_000);
    for (method, path, named) in [
        ("GET", "/v1/videos?page=2&limit=5".to_owned(), "`page`; this path takes `status`, `cursor` and `limit`"),
        ("POST", "/v1/videos?limit=2".to_owned(), "`limit`; this path takes none"),
        ("GET", format!("/v1/videos/{id}?fields=title"), "`fields`; this path takes none"),
        ("GET", "/v1/cache?kind=script".to_owned(), "`kind`; this path takes none"),
        ("DELETE", "/v1/cache?all=yes".to_owned(), "`all`; this path takes `kind` and `task`"),
        ("GET", format!("/v1/channels?{long}=1"), "aaa…`; this path takes none"),
    ] {
        let (answer, text) = ask(&outside, method, &path, "").await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{method} {path}");
        assert!(text.contains("invalid_query") && text.contains(named), "{text}");
        assert!(text.len() < 500, "{text}");
    }
}

async fn send_packed(encoding: &str, body: Vec<u8>) -> (Response<()>, String) {
    let request = Request::builder().method("POST").uri("/v1/videos").header(header::CONTENT_TYPE, "application/json");
    let request = request.header(header::CONTENT_ENCODING, encoding).body(Body::from(body)).unwrap();
    let (parts, body) = router(service(&Arc::default())).oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (Response::from_parts(parts, ()), text)
}

#[tokio::test]
async fn a_body_is_read_packed_and_in_the_encodings_of_windows() {
    let packed = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, text).unwrap();
        encoder.finish().unwrap()
    };
    let utf16: Vec<u8> = "\u{feff}{\"colour\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (encoding, body, status, said) in [
        ("gzip", packed(b"{\"colour\": 1}"), 422, "\"/colour\""),
        ("gzip", packed(&utf16), 422, "\"/colour\""),
        ("identity", utf16, 422, "\"/colour\""),
        ("identity", b"\xef\xbb\xbf{\"colour\": 1}".to_vec(), 422, "\"/colour\""),
        ("gzip", packed(&[b' '; 2 << 20]), 413, "larger than 1048576 bytes"),
        ("gzip", b"{}".to_vec(), 400, "cannot be unpacked"),
        ("identity", packed(b"{}"), 400, "packed with gzip"),
        ("br", b"{}".to_vec(), 415, "unsupported_encoding"),
    ] {
        let (answer, text) = send_packed(encoding, body).await;
        assert_eq!(answer.status().as_u16(), status, "{text}");
        assert!(text.contains(said), "{text}");
        assert_eq!(answer.headers().contains_key(header::ACCEPT_ENCODING), status == 415);
    }
}
