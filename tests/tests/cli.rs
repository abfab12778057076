//! What a person types at tasks of a running service.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, Output};

use rushes_aws::Clients;
use rushes_tests::Service;
use rushes_tests::service::bin_dir;
use serde_json::{Value, json};

/// Runs `rushes` beside the test's own threads.
async fn rushes(service: &Service, arguments: &[&str]) -> Output {
    let mut command = Command::new(bin_dir().join("rushes"));
    command.args(arguments).env("RUSHES_API_URL", &service.client.base_url);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

async fn said(service: &Service, arguments: &[&str]) -> String {
    let output = rushes(service, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test]
async fn tasks_are_listed_cancelled_tried_again_and_deleted() {
    let service = Service::start().await.unwrap();
    let spec = service.aws.directory().join("spec.json");
    std::fs::write(&spec, json!({"title": "Typed", "script": "Hello."}).to_string()).unwrap();
    let submit = ["submit", spec.to_str().unwrap(), "--idempotency-key", "k"];
    let id = said(&service, &submit).await;
    assert_eq!(said(&service, &submit).await, id, "the same key made another task");
    let other = said(&service, &submit[..2]).await;

    assert_eq!(said(&service, &["cancel", &id]).await, format!("{id}  cancelled"));
    let listed = said(&service, &["list", "--status", "cancelled"]).await;
    assert!(listed.starts_with(&format!("{id}  cancelled")) && listed.ends_with("Typed"), "{listed}");
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert_eq!(said(&service, &["retry", &id]).await, format!("{id}  queued"));
    let all = said(&service, &["list", "--all", "--json"]).await;
    let ids: Vec<Value> = all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert_eq!(ids, [json!(other), json!(id)]);
    assert_eq!(said(&service, &["list", "--limit", "1"]).await.lines().count(), 1);

    let deleted = said(&service, &["delete", &id, &other]).await;
    assert_eq!(deleted, format!("{id}  deleted\n{other}  deleted"));
    assert_eq!(said(&service, &["list"]).await, "");
    let refused = rushes(&service, &["cancel", &id]).await;
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no video of that id"), "{refused:?}");
}

#[tokio::test]
async fn dead_letters_are_listed_redriven_and_dropped() {
    let service = Service::start().await.unwrap();
    let id = service.client.submit(&json!({"script": "Hello."})).await.unwrap();
    let sqs = Clients::local(&service.aws.endpoint).await.sqs;
    let queue = service.aws.output("RUSHES_DEAD_LETTERS_QUEUE_URL").unwrap();
    for body in [json!({ "task_id": id }).to_string(), "no JSON".to_owned()] {
        sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }
    let listed = said(&service, &["dlq", "list"]).await;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let of_task = listed.lines().find(|line| line.contains(&id)).unwrap();
    assert!(of_task.contains(" s old") && of_task.contains("received 1 times"), "{of_task}");
    assert!(listed.contains("task -") && listed.ends_with("it names no task") != of_task.ends_with("it names no task"));
    assert_eq!(said(&service, &["dlq", "redrive", &id]).await, "1 redriven, 0 removed, 0 left");
    assert_eq!(said(&service, &["dlq", "redrive", "--all"]).await, "0 redriven, 0 removed, 1 left");
    assert_eq!(said(&service, &["dlq", "drop", "--all"]).await, "0 redriven, 1 removed, 0 left");
    assert_eq!(said(&service, &["dlq", "list", "--json"]).await, "");
    assert!(!rushes(&service, &["dlq", "drop"]).await.status.success(), "nothing was named, and something done");
}
