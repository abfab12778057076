//! From a topic to a video, with a model on this machine.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use rushes_tests::Service;
use rushes_tests::providers::Provider;
use rushes_tests::service::{bin_dir, complaints_about, ffmpeg};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

const MINUTES: Duration = Duration::from_secs(180);
/// Stands wherever a key may stand; it must never come out.
const PLANTED: &str = "sk-planted-4f1c9a7be2";

fn script() -> Value {
    json!({
        "title": "Why bees dance",
        "description": "How bees tell each other where the flowers are.",
        "tags": ["bees", "dance"],
        "keywords": ["bee hotel"],
        "scenes": [
            {"text": "A bee that has found flowers dances.", "search_terms": ["bee dancing"]},
            {"text": "The others follow the dance, and fly.", "search_terms": ["bees flying"]},
        ],
    })
}

fn topic() -> Value {
    json!({"topic": "Why bees dance", "duration_s": 5, "affiliate": {"tag": "mine-20"}, "output": {"resolution": "480p"}})
}

/// The service with a model at `url`.
async fn service() -> Service {
    Service::start_with(&[("RUSHES_API_KEYS", "open"), ("RUSHES_WRITER", "openai:model-1")]).await.unwrap()
}

fn assert_nothing_planted(service: &Service, answers: &[&Value]) {
    for text in answers.iter().map(ToString::to_string).chain([service.log("api"), service.log("render")]) {
        assert!(!text.contains("planted"), "{text}");
    }
}

#[tokio::test]
async fn a_topic_becomes_a_video_with_title_description_and_tags_and_is_written_once() {
    let model = Provider::model(script()).await.unwrap();
    let service = service().await;
    let url = model.url("/v1");
    let variables =
        [("RUSHES_WRITER", "openai:model-1"), ("RUSHES_OPENAI_URL", url.as_str()), ("RUSHES_OPENAI_KEY", PLANTED)];
    let _renderer = service.start_renderer(&variables).unwrap();
    let first = service.client.submit(&topic()).await.unwrap();
    let first = service.client.ended(&first, MINUTES).await.unwrap();
    assert_eq!(first["status"], "completed", "{first:#}");
    let told = &first["result"]["script"];
    assert_eq!((&told["title"], &told["tags"]), (&json!("Why bees dance"), &json!(["bees", "dance"])));
    let description = told["description"].as_str().unwrap();
    for part in ["where the flowers are", "k=bee+hotel&tag=mine-20", "As an Amazon Associate I earn"] {
        assert!(description.contains(part), "{description}");
    }
    let video = service.client.download(first["video_url"].as_str().unwrap()).await.unwrap();
    let path = service.aws.directory().join("video.mp4");
    std::fs::write(&path, video).unwrap();
    assert_eq!(complaints_about(&path).await.unwrap(), "");
    let words = service.client.download(first["srt_url"].as_str().unwrap()).await.unwrap();
    assert!(String::from_utf8(words).unwrap().contains("A bee that has found flowers dances."));

    let second = service.client.submit(&topic()).await.unwrap();
    let second = service.client.ended(&second, MINUTES).await.unwrap();
    assert_eq!(second["result"]["sha256"], first["result"]["sha256"]);
    let asked = model.asked();
    assert_eq!(asked.len(), 1, "the script is remembered");
    assert_eq!(asked[0].headers["authorization"], format!("Bearer {PLANTED}"));
    assert_nothing_planted(&service, &[&first, &second]);
}

#[tokio::test]
async fn when_the_model_fails_the_task_fails_with_the_reason_and_without_the_key() {
    let says = format!(r#"{{"error": {{"message": "Incorrect API key {PLANTED}", "code": "invalid_api_key"}}}}"#);
    let answering = move |_: &_| (StatusCode::UNAUTHORIZED, says.clone()).into_response();
    let model = Provider::start(Box::new(answering)).await.unwrap();
    let service = service().await;
    let url = model.url(&format!("/{PLANTED}"));
    let variables =
        [("RUSHES_WRITER", "openai:model-1"), ("RUSHES_OPENAI_URL", url.as_str()), ("RUSHES_OPENAI_KEY", PLANTED)];
    let _renderer = service.start_renderer(&[&variables[..], &[("RUST_LOG", "debug")]].concat()).unwrap();
    let id = service.client.submit(&topic()).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!((&task["status"], &task["error"]["code"]), (&json!("failed"), &json!("writer_failed")), "{task:#}");
    let message = task["error"]["message"].as_str().unwrap();
    assert!(message.contains("answered 401 (invalid_api_key)") && message.contains("is the key right"), "{message}");
    assert_nothing_planted(&service, &[&task]);
}

#[tokio::test]
async fn a_key_comes_from_the_store_of_parameters() {
    let model = Provider::model(script()).await.unwrap();
    let service = service().await;
    let put = json!({"Name": "/rushes/openai", "Value": PLANTED, "Type": "SecureString"});
    let stored = rushes_tests::local_aws::reqwest_client()
        .post(&service.aws.endpoint)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AmazonSSM.PutParameter")
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(put.to_string());
    assert!(stored.send().await.unwrap().status().is_success());
    let url = model.url("/v1");
    let variables = [
        ("RUSHES_WRITER", "openai:model-1"),
        ("RUSHES_OPENAI_URL", url.as_str()),
        ("RUSHES_OPENAI_KEY", "ssm:/rushes/openai"),
    ];
    let _renderer = service.start_renderer(&variables).unwrap();
    let id = service.client.submit(&topic()).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}");
    assert_eq!(model.asked()[0].headers["authorization"], format!("Bearer {PLANTED}"));
    assert_nothing_planted(&service, &[&task]);
}

#[tokio::test]
async fn the_command_line_makes_a_video_of_a_topic_too() {
    let model = Provider::model(script()).await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(bin_dir().join("rushes"))
        .args(["render", "-", "-o", "out.mp4", "--json", "--no-cache"])
        .current_dir(directory.path())
        .env("RUSHES_FFMPEG", ffmpeg())
        .env("RUSHES_WRITER", "openai:model-1")
        .env("RUSHES_OPENAI_URL", model.url("/v1"))
        .env("RUSHES_OPENAI_KEY", PLANTED)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(topic().to_string().as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["script"]["title"], "Why bees dance");
    assert_eq!(report["script"]["keywords"], json!(["bee hotel"]));
}
