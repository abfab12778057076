//! Messages that are delivered too often, and what operators do with them.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use reqwest::Method;
use rushes_aws::Clients;
use rushes_core::task::TaskId;
use rushes_core::work::{MAX_DELIVERIES, MAX_TRIES};
use rushes_tests::Service;
use rushes_tests::client::Answer;
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(180);
const SWEEP: &str = r#"{"sweep":"dead_letters"}"#;

async fn ask(service: &Service, method: Method, path: &str) -> Answer {
    service.client.send(service.client.request(method, path)).await.unwrap()
}

async fn dead_letters(service: &Service) -> Vec<Value> {
    let answer = ask(service, Method::GET, "/v1/dead-letters").await;
    assert_eq!((answer.status, &answer.json["more"]), (200, &json!(false)), "{}", answer.text);
    answer.json["dead_letters"].as_array().unwrap().clone()
}

async fn lay_aside(service: &Service, body: &str) {
    send(service, "RUSHES_DEAD_LETTERS_QUEUE_URL", body).await;
}

async fn send(service: &Service, variable: &str, body: &str) {
    let sqs = Clients::local(&service.aws.endpoint).await.sqs;
    let queue = service.aws.output(variable).unwrap();
    sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
}

#[test]
fn the_template_lays_messages_aside_after_as_many_deliveries_as_workers_think() {
    let template = include_str!("../../template.yaml");
    assert_eq!(template.matches("maxReceiveCount:").count(), 3);
    assert_eq!(template.matches(&format!("maxReceiveCount: {MAX_DELIVERIES}\n")).count(), 3);
}

#[test]
fn what_the_rule_on_the_alarm_sends_is_what_the_tests_send() {
    assert!(include_str!("../../template.yaml").contains(&format!("Input: '{SWEEP}'\n")));
}

#[tokio::test]
async fn a_task_of_whose_message_no_worker_heard_is_told_that_it_failed() {
    let service = Service::start().await.unwrap();
    let spec = json!({"script": "Never heard of."}).to_string();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = service.client.post("/v1/videos", spec.clone()).await.unwrap().json["id"].as_str().unwrap().to_owned();
        lay_aside(&service, &json!({ "task_id": id }).to_string()).await;
        ids.push(id);
    }
    // Asked for again after its message was laid aside, it waits for another.
    tokio::time::sleep(Duration::from_secs(6)).await;
    for path in ["cancel", "retry"] {
        service.client.post(&format!("/v1/videos/{}/{path}", ids[1]), "").await.unwrap();
    }
    let _ingest = service.start_ingest(&[]).unwrap();
    send(&service, "RUSHES_INGEST_QUEUE_URL", SWEEP).await;
    let task = service.client.ended(&ids[0], MINUTES).await.unwrap();
    assert_eq!((&task["status"], &task["error"]["code"]), (&json!("failed"), &json!("gave_up")), "{task:#}");
    assert_eq!(dead_letters(&service).await.len(), 2, "they are an operator's to deal with");
    let other = service.client.get(&format!("/v1/videos/{}", ids[1])).await.unwrap().json;
    assert_eq!(other["status"], "queued", "{other:#}");
}

#[tokio::test]
async fn a_task_that_kills_every_worker_fails_with_a_reason_and_its_message_waits_for_an_operator() {
    let service = Service::start().await.unwrap();
    let deadly = service.aws.directory().join("deadly-ffmpeg");
    std::fs::write(&deadly, "#!/bin/sh\nkill -9 $PPID\n").unwrap();
    std::fs::set_permissions(&deadly, std::fs::Permissions::from_mode(0o755)).unwrap();
    let spec = json!({"script": "Deadly.", "output": {"resolution": "480p"}});
    let id = service.client.submit(&spec).await.unwrap();
    let variables = [("RUSHES_LEASE_SECONDS", "2"), ("RUSHES_FFMPEG", deadly.to_str().unwrap())];
    let mut renderer = service.start_renderer(&variables).unwrap();
    let (mut killed, deadline) = (0, Instant::now() + MINUTES);
    while dead_letters(&service).await.is_empty() {
        assert!(Instant::now() < deadline, "no dead letter: {}", service.log("render"));
        if renderer.has_ended().unwrap() {
            killed += 1;
            renderer = service.start_renderer(&variables).unwrap();
        }
    }
    assert_eq!(killed, 4, "{}", service.log("render"));
    let task = service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json;
    assert_eq!((&task["status"], &task["error"]["code"]), (&json!("failed"), &json!("gave_up")), "{task:#}");
    let letters = dead_letters(&service).await;
    assert_eq!(letters.len(), 1, "looking at it removed or doubled it");
    assert_eq!((&letters[0]["task_id"], &letters[0]["status"]), (&json!(id), &json!("failed")));
    assert_eq!(letters[0]["reason"], task["error"]["message"]);
    assert!(letters[0]["receive_count"].as_u64().unwrap() > u64::from(MAX_TRIES), "{letters:?}");
    assert!(letters[0]["sent_at"].as_str() < task["completed_at"].as_str(), "{letters:?}");

    renderer.stop(Duration::from_secs(20)).await.unwrap();
    let _healthy = service.start_renderer(&[]).unwrap();
    let redriven = ask(&service, Method::POST, "/v1/dead-letters/redrive").await;
    assert_eq!(redriven.json, json!({"redriven": 1, "removed": 0, "left": 0, "more": false}), "{}", redriven.text);
    assert_eq!(service.client.ended(&id, MINUTES).await.unwrap()["status"], "completed");
    assert_eq!(dead_letters(&service).await, Vec::<Value>::new());
}

#[tokio::test]
async fn dead_letters_are_redriven_or_dropped_each_as_it_deserves() {
    let service = Service::start().await.unwrap();
    let message = |id: &str| json!({ "task_id": id }).to_string();
    let waiting = service.client.submit(&json!({"script": "It waits."})).await.unwrap();
    let cancelled = service.client.submit(&json!({"script": "Not wanted."})).await.unwrap();
    service.client.post(&format!("/v1/videos/{cancelled}/cancel"), "").await.unwrap();
    let unknown = TaskId::generate().to_string();
    for body in [message(&waiting), message(&cancelled), message(&unknown), "no JSON".to_owned()] {
        lay_aside(&service, &body).await;
    }
    let letters = dead_letters(&service).await;
    let of = |id: Value| letters.iter().find(|letter| letter["task_id"] == id).unwrap().clone();
    assert_eq!((letters.len(), &of(json!(waiting))["status"]), (4, &json!("queued")));
    assert_eq!((&of(json!(unknown))["status"], &of(Value::Null)["reason"]), (&Value::Null, &json!("it names no task")));

    let one = ask(&service, Method::POST, &format!("/v1/dead-letters/{waiting}/redrive")).await;
    assert_eq!((one.status, &one.json["redriven"]), (200, &json!(1)), "{}", one.text);
    let rest = ask(&service, Method::POST, "/v1/dead-letters/redrive").await;
    assert_eq!(rest.json, json!({"redriven": 0, "removed": 2, "left": 1, "more": false}), "{}", rest.text);
    let unreadable = of(Value::Null)["message_id"].as_str().unwrap().to_owned();
    for (status, name) in [(200, unreadable.as_str()), (404, unreadable.as_str()), (404, &unknown), (404, "%2e%2e")] {
        assert_eq!(ask(&service, Method::DELETE, &format!("/v1/dead-letters/{name}")).await.status, status, "{name}");
        if status == 404 {
            let path = format!("/v1/dead-letters/{name}/redrive");
            assert_eq!(ask(&service, Method::POST, &path).await.status, 404, "{name}");
        }
    }

    // Of a task whose message is dropped nobody would ever hear again.
    lay_aside(&service, &message(&waiting)).await;
    let dropped = ask(&service, Method::DELETE, "/v1/dead-letters").await;
    assert_eq!((dropped.status, &dropped.json["removed"]), (200, &json!(1)), "{}", dropped.text);
    let task = service.client.get(&format!("/v1/videos/{waiting}")).await.unwrap().json;
    assert_eq!((&task["status"], &task["error"]["code"]), (&json!("failed"), &json!("dropped")), "{task:#}");
    assert_eq!(dead_letters(&service).await, Vec::<Value>::new());
}
