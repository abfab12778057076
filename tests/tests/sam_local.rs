//! What `sam local` needs of the template and of the events that lie ready for it.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rushes_tests::Service;
use rushes_tests::lambda::{Answer, failed_messages};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn sam_finds_the_apis_route_before_its_function() {
    let tools = std::env::var_os("RUSHES_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from);
    let mut python = Command::new(tools.join("sam/bin/python"));
    let found =
        python.arg(root().join("infra/local/routes.py")).env("AWS_DEFAULT_REGION", "us-east-1").output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    assert!(found.lines().any(|route| route == "X-AMAZON-APIGATEWAY-ANY-METHOD $default ApiFunction"), "{found}");
}

/// The events of a folder, by the name of their file.
fn events() -> BTreeMap<String, Value> {
    let files = std::fs::read_dir(root().join("events")).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: PathBuf| {
        let event = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), event)
    };
    files.map(read).collect()
}

#[tokio::test]
async fn every_event_that_lies_ready_is_one_that_its_function_understands() {
    let service = Service::start().await.unwrap();
    let status = |status: u16| json!({ "statusCode": status });
    let expected = BTreeMap::from([
        ("api-create-batch", status(202)),
        ("api-create-video", status(202)),
        ("api-health", status(200)),
        ("api-invalid-video", status(422)),
        ("api-list-videos", status(200)),
        ("ingest-dead-letters", json!([])),
        ("ingest-manifest", json!([])),
        ("ingest-odd-keys", json!([])),
        ("ingest-s3-test", json!([])),
        ("render-tasks", json!([])),
        ("sweep-schedule", json!({"evicted": 0, "failed": 0})),
    ]);
    let events = events();
    assert_eq!(events.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let mut answers = BTreeMap::new();
    for (name, event) in events {
        let function = name.split('-').next().unwrap();
        let mut function = service.function(function, &[("RUSHES_API_KEYS", "open")]).unwrap();
        let Answer::Returned(answer) = function.invoke(event, MINUTE).await.unwrap() else { panic!("{name}") };
        let said = match name.split('-').next().unwrap() {
            "api" => json!({"statusCode": answer["statusCode"]}),
            "sweep" => json!({"evicted": answer["evicted"], "failed": answer["failed"]}),
            _ => json!(failed_messages(&answer).unwrap()),
        };
        answers.insert(name, said);
    }
    let answers: BTreeMap<&str, Value> = answers.iter().map(|(name, said)| (name.as_str(), said.clone())).collect();
    assert_eq!(answers, expected);
    // What names no task lies among the dead letters.
    assert_eq!(service.messages("RUSHES_DEAD_LETTERS_QUEUE_URL").await.unwrap(), 1);
}
