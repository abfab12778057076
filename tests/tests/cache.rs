//! What the service remembers, as its owner sees it: real workers, the API, the command line.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use rushes_aws::DynamoMemo;
use rushes_core::ports::{MemoCatalog, MemoKind};
use rushes_tests::Service;
use rushes_tests::client::Answer;
use rushes_tests::providers::{Provider, completion};
use rushes_tests::service::bin_dir;
use serde_json::{Value, json};
use tokio::process::Command;

const MINUTES: Duration = Duration::from_secs(180);
const TASKS: usize = 12;

fn script() -> Value {
    json!({
        "title": "Why bees dance",
        "description": "How bees tell each other where the flowers are.",
        "tags": ["bees"],
        "keywords": ["bee hotel"],
        "scenes": [{"text": "A bee that has found flowers dances, and others follow.", "search_terms": ["bee dancing"]}],
    })
}

async fn ask(service: &Service, method: Method, path: &str) -> Answer {
    service.client.send(service.client.request(method, path)).await.unwrap()
}

/// What is known of a kind.
async fn kind(service: &Service, name: &str) -> Value {
    let answer = ask(service, Method::GET, "/v1/cache").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let kinds = answer.json["kinds"].as_array().unwrap();
    kinds.iter().find(|kind| kind["kind"] == name).unwrap().clone()
}

/// What is known of a kind as soon as it is so. Counts are handed in after each task; the last one's may take a moment.
async fn kind_once(service: &Service, name: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..100 {
        let found = kind(service, name).await;
        if is_so(&found) {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    kind(service, name).await
}

async fn rushes(service: &Service, arguments: &[&str]) -> String {
    let mut command = Command::new(bin_dir().join("rushes"));
    command.args(arguments).env("RUSHES_API_URL", &service.client.base_url).stdin(Stdio::null());
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn many_tasks_about_one_topic_in_two_processes_make_everything_once() {
    let answering = |_: &_| {
        // As long as all of them need to ask.
        std::thread::sleep(Duration::from_secs(2));
        completion(&script().to_string())
    };
    let model = Provider::start(Box::new(answering)).await.unwrap();
    let url = model.url("/v1");
    let variables = [("RUSHES_WRITER", "openai:model-1"), ("RUSHES_OPENAI_URL", url.as_str()), ("RUSHES_WORKERS", "6")];
    let service = Service::start_with(&[("RUSHES_API_KEYS", "open"), variables[0]]).await.unwrap();
    let spec = json!({"topic": "Why bees dance", "duration_s": 5, "output": {"resolution": "480p", "fps": 24}});
    let (mut ids, mut segments) = (Vec::new(), 0);
    for _ in 0..TASKS {
        ids.push(service.client.submit(&spec).await.unwrap());
    }
    let _renderers = [service.start_renderer(&variables).unwrap(), service.start_renderer(&variables).unwrap()];
    for id in &ids {
        let task = service.client.ended(id, MINUTES).await.unwrap();
        assert_eq!(task["status"], "completed", "{task:#}");
        segments = task["result"]["segments"]["total"].as_u64().unwrap();
    }
    assert_eq!(model.asked().len(), 1);

    let asked = |kind: &Value| {
        let counts = ["memory_hits", "table_hits", "bucket_hits", "misses"];
        counts.iter().map(|name| kind[name].as_u64().unwrap()).sum::<u64>()
    };
    let scripts = kind_once(&service, "script", |kind| asked(kind) >= TASKS as u64).await;
    assert_eq!((asked(&scripts), &scripts["misses"], &scripts["stored"]), (TASKS as u64, &json!(1), &json!(1)));
    // One sentence, its coded phrase, the soundtrack, the segments, the video: who missed one had the right to make it.
    for (name, made) in [("voice", 1), ("sound", 2), ("segment", segments), ("video", 1)] {
        let made_once = kind_once(&service, name, |kind| kind["misses"].as_u64() >= Some(made)).await;
        assert_eq!(made_once["misses"], made, "{name}: {made_once}");
    }
    assert_eq!(scripts["entries"], Value::Null, "nobody counted yet");
    service.sweep().await.unwrap();
    assert_eq!(kind(&service, "script").await["entries"], 1);
    let stats = rushes(&service, &["cache", "stats"]).await;
    assert!(stats.lines().any(|line| line.starts_with("script          1")), "{stats}");

    // One of the tasks made everything; what was made for it goes.
    let mut forgotten = 0;
    for id in &ids {
        let said = rushes(&service, &["cache", "forget", "--task", id]).await;
        forgotten += said.split(' ').next().unwrap().parse::<u64>().unwrap();
    }
    assert!(forgotten >= 3, "script, sentence, segment, …: {forgotten}");
    service.sweep().await.unwrap();
    for name in ["script", "voice", "segment", "video"] {
        assert_eq!(kind(&service, name).await["entries"], 0, "{name}");
    }
}

#[tokio::test]
async fn one_result_can_be_looked_at_and_forgotten() {
    let service = Service::start().await.unwrap();
    let _renderer = service.start_renderer(&[]).unwrap();
    let spec = json!({"script": "Remembered.", "output": {"resolution": "480p", "fps": 24}});
    let id = service.client.submit(&spec).await.unwrap();
    let first = service.client.ended(&id, MINUTES).await.unwrap();
    let results = DynamoMemo::new(service.aws.table().await.unwrap(), service.aws.bucket().await.unwrap());
    let name = results.list(MemoKind::Segment, None).await.unwrap().entries[0].key.to_string();
    let path = format!("/v1/cache/{name}");
    let shown = ask(&service, Method::GET, &path).await;
    assert_eq!((shown.status, &shown.json["kind"]), (200, &json!("segment")), "{}", shown.text);
    assert!(shown.json["size_bytes"].as_u64().unwrap() > 0);
    assert!(rushes(&service, &["cache", "show", &name]).await.contains("expires_at"));
    assert_eq!(ask(&service, Method::DELETE, &path).await.json, json!({"forgotten": 1, "has_more": false}));
    assert_eq!(ask(&service, Method::DELETE, &path).await.status, 404);
    assert_eq!(ask(&service, Method::GET, &path).await.status, 404);
    assert!(ask(&service, Method::DELETE, "/v1/cache?kind=video").await.json["forgotten"].as_u64().unwrap() >= 1);
    // Made again, the same.
    let again = service.client.submit(&spec).await.unwrap();
    let again = service.client.ended(&again, MINUTES).await.unwrap();
    assert_eq!(again["result"]["sha256"], first["result"]["sha256"]);
}
