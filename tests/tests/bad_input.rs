//! What is answered to what cannot be made: a problem document that names the
//! place, and nothing that reaches the queue.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use reqwest::Method;
use rushes_tests::client::Answer;
use rushes_tests::media::Pictures;
use rushes_tests::{Client, LocalAws, Service};
use serde_json::{Value, json};

async fn service(pictures: &Pictures) -> Service {
    let hosts = pictures.address.to_string();
    Service::start_with(&[("RUSHES_API_KEYS", "open"), ("RUSHES_ALLOW_HOSTS", &hosts)]).await.unwrap()
}

async fn assert_nothing_was_enqueued(aws: &LocalAws, client: &Client) {
    let listed = client.get("/v1/videos").await.unwrap();
    assert_eq!(listed.json, json!({"videos": [], "next_cursor": null}));
    // The queue is asked last: this takes what it finds.
    let queue = aws.queue().await.unwrap();
    let waiting = queue.receive_at_once(10, Duration::from_secs(1)).await.unwrap();
    assert!(waiting.is_empty(), "{waiting:?}");
}

fn assert_problem(what: &str, answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!(answer.json["status"], status, "{what}");
    assert_eq!(answer.json["code"], code, "{what}");
    assert_eq!(answer.json["type"], format!("https://rushes.dev/problems/{}", code.replace('_', "-")), "{what}");
    for member in ["title", "detail"] {
        assert!(answer.json[member].as_str().is_some_and(|text| !text.is_empty()), "{what}: no {member}");
    }
    assert!(!answer.header("x-request-id").is_empty(), "{what}");
}

fn with_picture(url: &str) -> Value {
    json!({"script": "Look at this.", "background": {"type": "image", "url": url}})
}

#[tokio::test]
async fn a_bad_spec_is_refused_with_the_place_of_its_fault() {
    let pictures = Pictures::start().await.unwrap();
    let service = service(&pictures).await;
    let scenes = |count: usize| json!({"scenes": vec![json!({"text": "a"}); count]}).to_string();
    let duration = |written: &str| format!(r#"{{"scenes": [{{"text": "a", "duration_s": {written}}}]}}"#);
    let cases = [
        ("an unknown field", json!({"script": "a", "colour": 1}).to_string(), 422, "invalid_spec", "/colour"),
        ("topic and script", json!({"topic": "a", "script": "b"}).to_string(), 422, "invalid_spec", "/script"),
        ("an empty script", json!({"script": "  \n "}).to_string(), 422, "invalid_spec", "/script"),
        ("nothing to tell", "{}".to_owned(), 422, "invalid_spec", ""),
        ("a topic", json!({"topic": "bees"}).to_string(), 422, "writer_unavailable", "/topic"),
        ("10 MB", json!({"script": "a".repeat(10_000_000)}).to_string(), 413, "too_large", ""),
        (
            "a missing picture",
            with_picture(&pictures.url("/no.png")).to_string(),
            422,
            "invalid_spec",
            "/background/url",
        ),
        ("no picture", with_picture(&pictures.url("/page.html")).to_string(), 422, "invalid_spec", "/background/url"),
        (
            "a huge picture",
            with_picture(&pictures.url("/huge.png")).to_string(),
            422,
            "invalid_spec",
            "/background/url",
        ),
        (
            "an address inside",
            with_picture("https://127.0.0.1/a.png").to_string(),
            422,
            "invalid_spec",
            "/background/url",
        ),
        ("the metadata", with_picture("http://169.254.169.254/").to_string(), 422, "invalid_spec", "/background/url"),
        ("a file", with_picture("file:///etc/passwd").to_string(), 422, "invalid_spec", "/background/url"),
        ("a negative duration", duration("-1"), 422, "invalid_spec", "/scenes/0/duration_s"),
        ("NaN", duration("NaN"), 400, "malformed_json", "/scenes/0/duration_s"),
        ("infinity", duration("1e999"), 400, "malformed_json", "/scenes/0/duration_s"),
        ("a text as duration", duration("\"NaN\""), 422, "invalid_spec", "/scenes/0/duration_s"),
        ("5,000 scenes", scenes(5_000), 422, "invalid_spec", "/scenes"),
        ("control characters", json!({"script": "\u{1}\u{2}\u{7f}\u{85}"}).to_string(), 422, "invalid_spec", "/script"),
        (
            "an unknown voice",
            json!({"script": "a", "voice": {"name": "klingon"}}).to_string(),
            422,
            "invalid_spec",
            "/voice/name",
        ),
        ("no JSON", "{\"script\": ".to_owned(), 400, "malformed_json", "/script"),
        ("nothing", String::new(), 400, "malformed_json", ""),
        ("a list", "[]".to_owned(), 422, "invalid_spec", ""),
    ];
    for (what, body, status, code, pointer) in cases {
        let answer = service.client.post("/v1/videos", body).await.unwrap();
        assert_problem(what, &answer, status, code);
        assert_eq!(answer.pointers(), [pointer], "{what}: {}", answer.text);
    }
    assert_nothing_was_enqueued(&service.aws, &service.client).await;
    assert!(!service.log("api").contains("panicked"));
}

#[tokio::test]
async fn every_other_refusal_is_a_problem_document_too() {
    let pictures = Pictures::start().await.unwrap();
    let service = service(&pictures).await;
    let client = &service.client;
    let unknown = "/v1/videos/01ARZ3NDEKTSV4RRFFQ69G5FAV";
    for (method, path, status, code) in [
        (Method::GET, "/v1/nothing", 404, "not_found"),
        (Method::GET, unknown, 404, "not_found"),
        (Method::GET, "/v1/videos/not-an-id", 404, "not_found"),
        (Method::GET, "/v1/videos/%ff%fe", 404, "not_found"),
        (Method::GET, "/assets/../secret", 404, "not_found"),
        (Method::GET, "/assets/none.js", 404, "not_found"),
        (Method::DELETE, "/v1/videos", 405, "method_not_allowed"),
        (Method::POST, "/health", 405, "method_not_allowed"),
        (Method::GET, "/v1/videos?limit=0", 400, "invalid_query"),
        (Method::GET, "/v1/videos?limit=many", 400, "invalid_query"),
        (Method::GET, "/v1/videos?status=asleep", 400, "invalid_query"),
        (Method::GET, "/v1/videos?cursor=made-up", 400, "invalid_query"),
        (Method::GET, "/v1/videos?limit=1&limit=2", 400, "invalid_query"),
    ] {
        let answer = client.send(client.request(method.clone(), path)).await.unwrap();
        assert_problem(&format!("{method} {path}"), &answer, status, code);
        assert_eq!(answer.header("allow").is_empty(), status != 405, "{path}: {:?}", answer.headers);
    }
    let form = client.request(Method::POST, "/v1/videos").header("content-type", "text/plain").body("{}");
    assert_problem("text", &client.send(form).await.unwrap(), 415, "unsupported_media_type");
    assert_nothing_was_enqueued(&service.aws, client).await;
}

#[tokio::test]
async fn the_older_interface_refuses_in_its_own_words() {
    let pictures = Pictures::start().await.unwrap();
    let service = service(&pictures).await;
    let client = &service.client;
    for (answer, status) in [
        (client.post("/api/create", r#"{"script": ""}"#).await.unwrap(), 422),
        (client.post("/api/create", "{").await.unwrap(), 400),
        (client.get("/api/task/unknown").await.unwrap(), 404),
        (client.get("/api/nothing").await.unwrap(), 404),
        (client.get("/api/create").await.unwrap(), 405),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/json");
        let members: Vec<&String> = answer.json.as_object().unwrap().keys().collect();
        assert_eq!(members, ["error"]);
    }
    assert_nothing_was_enqueued(&service.aws, client).await;
}

#[tokio::test]
async fn without_a_key_only_the_page_the_health_and_the_description_are_told() {
    let service = Service::start_with(&[("RUSHES_API_KEYS", "first,second")]).await.unwrap();
    let client = &service.client;
    for path in ["/v1/videos", "/v1/videos/01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
        assert_problem(path, &client.get(path).await.unwrap(), 401, "unauthorized");
        for (header, value) in [("x-api-key", "first"), ("authorization", "Bearer second")] {
            let answer = client.send(client.request(Method::GET, path).header(header, value)).await.unwrap();
            assert_ne!(answer.status, 401, "{path} with {header}");
        }
        let wrong = client.request(Method::GET, path).header("x-api-key", "third");
        assert_eq!(client.send(wrong).await.unwrap().status, 401);
    }
    assert_problem("post", &client.post("/v1/videos", "{}").await.unwrap(), 401, "unauthorized");
    let legacy = client.post("/api/create", "").await.unwrap();
    assert_eq!((legacy.status, legacy.json["error"].is_string()), (401, true));
    for path in ["/", "/assets/app.js", "/health", "/openapi.json"] {
        assert_eq!(client.get(path).await.unwrap().status, 200, "{path}");
    }
    let closed = Service::start_with(&[]).await.unwrap();
    assert_eq!(closed.client.get("/v1/videos").await.unwrap().status, 401);
}
