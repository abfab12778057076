//! The local AWS lets anyone do anything. A real one does not: what the functions ask for is held
//! against what their roles in the template allow.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use rushes_tests::inbox::{Inbox, enqueued};
use rushes_tests::proxy::{Permission, Proxy};
use rushes_tests::{Client, Service};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(180);

fn spec() -> Value {
    json!({"script": "Short.", "quality": "draft", "output": {"resolution": "480p"}})
}

/// Whether the text is as the pattern says, in which a star stands for anything.
fn fits(text: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return text == pattern };
    text.starts_with(head) && text.len() >= head.len() + tail.len() && text.ends_with(tail)
}

/// Asserts that a role of the template allows all of it.
async fn assert_allowed(service: &Service, role: &str, needed: &BTreeSet<Permission>) {
    let policies = service.aws.policies().await.unwrap();
    let named = |variable| service.aws.output(variable).unwrap().rsplit('/').next().unwrap().to_owned();
    let physical = [
        ("Table", named("RUSHES_TABLE")),
        ("Bucket", named("RUSHES_BUCKET")),
        ("TasksQueue", named("RUSHES_TASKS_QUEUE_URL")),
        ("IngestQueue", named("RUSHES_INGEST_QUEUE_URL")),
        ("TasksDeadLetterQueue", named("RUSHES_DEAD_LETTERS_QUEUE_URL")),
        ("IngestDeadLetterQueue", named("RUSHES_INGEST_DEAD_LETTERS_QUEUE_URL")),
    ];
    let resolved = |resource: &str| {
        let (head, tail) = resource.split_at(resource.find('/').unwrap_or(resource.len()));
        let name = physical.iter().find(|(logical, _)| *logical == head).map_or(head, |(_, name)| name);
        format!("{name}{tail}")
    };
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let statements = policies[role].as_array().unwrap();
    assert!(!needed.is_empty(), "{role} asked for nothing");
    for permission in needed {
        let allowed = statements.iter().any(|statement| {
            texts(&statement[0]).contains(&permission.action)
                && texts(&statement[1]).iter().any(|pattern| fits(&permission.resource, &resolved(pattern)))
        });
        assert!(allowed, "{role} does not allow {permission:?}");
    }
}

/// Asks for everything that the API has to offer.
async fn ask_for_everything(client: &Client) {
    let answer = |method, path: String| async move { client.send(client.request(method, &path)).await.unwrap().status };
    let keyed = |path: &str, body: Value| {
        let request = client.request(Method::POST, path).header("content-type", "application/json");
        client.send(request.header("idempotency-key", "once").body(body.to_string()))
    };
    for _ in 0..2 {
        assert_eq!(keyed("/v1/videos", spec()).await.unwrap().status, 202);
        assert_eq!(keyed("/v1/batches", json!({"videos": [spec(), spec()]})).await.unwrap().status, 202);
    }
    assert_eq!(keyed("/v1/videos", json!({})).await.unwrap().status, 422);
    let batch = client.post("/v1/batches", json!({"videos": [spec()]}).to_string()).await.unwrap().json;
    assert_eq!(answer(Method::GET, format!("/v1/batches/{}", batch["id"].as_str().unwrap())).await, 200);
    let offer = json!({"content_type": "image/png", "size_bytes": 10, "file_name": "a.png"});
    let asset = client.post("/v1/assets", offer.to_string()).await.unwrap().json["id"].clone();
    let scene = json!([{"text": "Look.", "background": {"type": "image", "asset": asset}}]);
    let early = client.post("/v1/videos", json!({ "scenes": scene }).to_string()).await.unwrap();
    assert_eq!(early.status, 422, "{}", early.text);
    let id = client.submit(&spec()).await.unwrap();
    let video = format!("/v1/videos/{id}");
    for (method, path, status) in [
        (Method::POST, format!("{video}/cancel"), 200),
        (Method::POST, format!("{video}/retry"), 202),
        (Method::GET, video.clone(), 200),
        (Method::DELETE, video, 204),
        (Method::GET, "/v1/videos?status=queued".to_owned(), 200),
        (Method::GET, "/v1/dead-letters".to_owned(), 200),
        (Method::POST, "/v1/dead-letters/redrive".to_owned(), 200),
        (Method::DELETE, "/v1/dead-letters".to_owned(), 200),
        (Method::GET, "/health".to_owned(), 200),
    ] {
        assert_eq!(answer(method.clone(), path.clone()).await, status, "{method} {path}");
    }
}

#[tokio::test]
async fn what_functions_ask_of_aws_is_what_their_roles_allow() {
    let service = Service::start().await.unwrap();
    let [for_api, for_render, for_ingest] = [
        Proxy::start(&service.aws.endpoint, 0).await.unwrap(),
        Proxy::start(&service.aws.endpoint, 0).await.unwrap(),
        Proxy::start(&service.aws.endpoint, 0).await.unwrap(),
    ];
    let variables = [("RUSHES_API_KEYS", "open"), ("AWS_ENDPOINT_URL", for_api.endpoint.as_str())];
    let (_api, client) = service.start_another_api(&variables).await.unwrap();
    let dead = service.source_queue("RUSHES_DEAD_LETTERS_QUEUE_URL").await.unwrap();
    let lost = service.client.submit(&spec()).await.unwrap();
    dead.put(json!({ "task_id": lost }).to_string()).await.unwrap();
    ask_for_everything(&client).await;
    assert_allowed(&service, "ApiRole", &for_api.needed()).await;

    dead.put(json!({ "task_id": lost }).to_string()).await.unwrap();
    let manifests = service.source_queue("RUSHES_INGEST_QUEUE_URL").await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let variables = [("AWS_ENDPOINT_URL", for_ingest.endpoint.as_str()), ("RUSHES_INGEST_ROWS", "1")];
    let _ingest = service.start_ingest(&variables).unwrap();
    // More than one chunk, so that the second turn reads the report of the first.
    inbox.drop("batches/rows.jsonl", format!("{}\n", spec()).repeat(201)).await.unwrap();
    manifests.put(r#"{ "sweep": "dead_letters" }"#).await.unwrap();
    manifests.put("none of S3's".to_owned()).await.unwrap();
    inbox.whole_report(&service, "batches/rows.jsonl", 201).await.unwrap();
    assert_allowed(&service, "IngestRole", &for_ingest.needed()).await;

    // None of the many is to be waited for. One names no task.
    enqueued(&service).await.unwrap();
    service.source_queue("RUSHES_TASKS_QUEUE_URL").await.unwrap().put("no JSON".to_owned()).await.unwrap();
    let _render = service.start_renderer(&[("AWS_ENDPOINT_URL", for_render.endpoint.as_str())]).unwrap();
    let id = service.client.submit(&spec()).await.unwrap();
    assert_eq!(service.client.ended(&id, MINUTES).await.unwrap()["status"], "completed");
    assert_allowed(&service, "RenderRole", &for_render.needed()).await;
}
