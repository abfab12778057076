//! Channels: what the table promises, what specs take from them, and the interface of the replaced system.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use futures::future::join_all;
use jiff::Timestamp;
use reqwest::Method;
use rushes_core::channel::{Channel, ChannelConfig, ChannelName, Revision};
use rushes_core::keys::ObjectKey;
use rushes_core::ports::{Bucket, ChannelStore, Condition, Written};
use rushes_core::spec::MediaOrigin;
use rushes_core::task::TaskId;
use rushes_tests::client::Answer;
use rushes_tests::service::bin_dir;
use rushes_tests::{LocalAws, Service};
use serde_json::{Value, json};

fn name(text: &str) -> ChannelName {
    text.parse().unwrap()
}

fn channel(text: &str, config: &Value) -> Channel {
    let config = ChannelConfig::from_json(config.to_string().as_bytes(), MediaOrigin::Remote).unwrap();
    Channel { name: name(text), config, revision: Revision::generate(), updated_at: Timestamp::now() }
}

#[tokio::test]
async fn a_channel_is_kept_as_it_was_stored_and_changed_by_one_at_a_time() {
    let aws = LocalAws::start().await.unwrap();
    let table = aws.table().await.unwrap();
    let first = channel("news", &json!({"language": "de", "quality": "high"}));
    assert_eq!(ChannelStore::get(&table, &first.name).await.unwrap(), None);
    assert_eq!(table.put(&first, &Condition::Present).await.unwrap(), Written::Refused);
    assert_eq!(table.put(&first, &Condition::Absent).await.unwrap(), Written::Created);
    assert_eq!(ChannelStore::get(&table, &first.name).await.unwrap(), Some(first.clone()));
    assert_eq!(table.put(&channel("news", &json!({})), &Condition::Absent).await.unwrap(), Written::Refused);

    let others: Vec<Channel> = (0..8).map(|_| channel("news", &json!({"quality": "draft"}))).collect();
    let condition = Condition::Is(first.revision.clone());
    let written = join_all(others.iter().map(|other| table.put(other, &condition))).await;
    let replaced = written.into_iter().filter(|outcome| matches!(outcome, Ok(Written::Replaced))).count();
    assert_eq!(replaced, 1, "of eight that knew the same state, one may change it");

    assert_eq!(table.put(&channel("art", &json!({})), &Condition::Any).await.unwrap(), Written::Created);
    let names: Vec<ChannelName> = ChannelStore::list(&table).await.unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [name("art"), name("news")]);
    assert!(!ChannelStore::delete(&table, &first.name, &condition).await.unwrap(), "it was changed since");
    assert!(ChannelStore::delete(&table, &first.name, &Condition::Any).await.unwrap());
    assert!(!ChannelStore::delete(&table, &first.name, &Condition::Any).await.unwrap());
}

/// Sends a channel with a condition.
async fn put(service: &Service, path: &str, config: &Value, condition: Option<(&str, &str)>) -> Answer {
    let mut request = service.client.request(Method::PUT, path).header("content-type", "application/json");
    if let Some((name, value)) = condition {
        request = request.header(name, value);
    }
    service.client.send(request.body(config.to_string())).await.unwrap()
}

/// The spec that is stored with a task.
async fn stored(service: &Service, id: &str) -> Value {
    let bucket = service.aws.bucket().await.unwrap();
    let id: TaskId = id.parse().unwrap();
    serde_json::from_slice(&bucket.get(ObjectKey::Spec(id)).await.unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn channels_are_stored_looked_at_changed_and_removed() {
    let service = Service::start().await.unwrap();
    let path = "/v1/channels/news";
    assert_eq!(service.client.get(path).await.unwrap().status, 404);
    let new = put(&service, path, &json!({"language": "de"}), Some(("if-none-match", "*"))).await;
    assert_eq!((new.status, &new.json["config"]), (201, &json!({"language": "de"})));
    let again = put(&service, path, &json!({}), Some(("if-none-match", "*"))).await;
    assert_eq!((again.status, &again.json["code"]), (412, &json!("precondition_failed")));
    let changed = put(&service, path, &json!({"language": "fr"}), Some(("if-match", new.header("etag")))).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    let late = put(&service, path, &json!({"language": "it"}), Some(("if-match", new.header("etag")))).await;
    assert_eq!(late.status, 412, "a change that knows an older state undid another");
    let shown = service.client.get(path).await.unwrap();
    assert_eq!((&shown.json, shown.header("etag")), (&changed.json, changed.header("etag")));
    let list = service.client.get("/v1/channels").await.unwrap();
    assert_eq!(list.json["channels"][0]["name"], "news");

    let faulty = json!({"voice": {"name": "klingon"}, "script": "a"});
    let refused = put(&service, "/v1/channels/other", &faulty, None).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/script"]));
    let faulty = json!({"voice": {"name": "klingon"}, "quality": "best"});
    let refused = put(&service, "/v1/channels/other", &faulty, None).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/voice/name", "/quality"]));
    let inside = json!({"music": {"url": "https://127.0.0.1/a.mp3"}});
    let refused = put(&service, "/v1/channels/other", &inside, None).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/music/url"]));
    assert_eq!(put(&service, "/v1/channels/No%20name", &json!({}), None).await.status, 400);
    assert_eq!(service.client.get("/v1/channels/other").await.unwrap().status, 404, "what is faulty was stored");

    let delete = || service.client.request(Method::DELETE, path);
    assert_eq!(service.client.send(delete()).await.unwrap().status, 204);
    assert_eq!(service.client.send(delete()).await.unwrap().status, 404);
}

#[tokio::test]
async fn specs_rows_and_requests_take_from_their_channel_once() {
    let service = Service::start().await.unwrap();
    let config = json!({"voice": {"name": "de", "rate_wpm": 150}, "captions": {"style": "block"}, "language": "de"});
    assert_eq!(put(&service, "/v1/channels/news", &config, None).await.status, 201);
    let spec = json!({"channel": "news", "script": "Hallo.", "voice": {"rate_wpm": 200}});
    let wanted = json!({"script": "Hallo.", "voice": {"rate_wpm": 200, "name": "de"}, "captions": {"style": "block"},
        "language": "de"});
    let id = service.client.submit(&spec).await.unwrap();
    let batch =
        json!({"videos": [spec, {"channel": "none", "script": "a"}, {"channel": "news", "script": "b", "quality": 5}]});
    let batch = service.client.post("/v1/batches", batch.to_string()).await.unwrap();
    assert_eq!((batch.status, &batch.json["accepted"]), (202, &json!(1)), "{}", batch.text);
    let pointers: Vec<&Value> = (1..3).map(|row| &batch.json["videos"][row]["error"]["errors"][0]["pointer"]).collect();
    assert_eq!(pointers, [&json!("/channel"), &json!("/quality")]);
    assert_eq!(put(&service, "/v1/channels/news", &json!({"quality": "draft"}), None).await.status, 200);
    for id in [id.as_str(), batch.json["videos"][0]["id"].as_str().unwrap()] {
        assert_eq!(stored(&service, id).await, wanted, "the channel's later change shows in a task");
    }
    let unknown = service.client.post("/v1/videos", r#"{"channel": "none", "script": "a"}"#).await.unwrap();
    assert_eq!((unknown.status, unknown.pointers()), (422, vec!["/channel"]));
    let story = service.client.post("/v1/videos", r#"{"channel": "news"}"#).await.unwrap();
    assert_eq!((story.status, story.pointers()), (422, vec![""]));
}

#[tokio::test]
async fn what_the_channel_says_wrongly_is_told_as_such() {
    let service = Service::start().await.unwrap();
    // As an earlier release may have stored it.
    let config = ChannelConfig::unchecked(br#"{"captions": {"style": "sung"}}"#).unwrap();
    let old = Channel { config, ..channel("old", &json!({})) };
    service.aws.table().await.unwrap().put(&old, &Condition::Any).await.unwrap();
    let refused =
        service.client.post("/v1/videos", r#"{"channel": "old", "script": "a", "quality": "best"}"#).await.unwrap();
    let errors = refused.json["errors"].as_array().unwrap();
    let of =
        |pointer: &str| errors.iter().find(|error| error["pointer"] == pointer).unwrap()["message"].as_str().unwrap();
    assert!(of("/captions/style").ends_with("(so says the channel `old`)"), "{}", refused.text);
    assert!(!of("/quality").contains("channel"), "{}", refused.text);
}

#[tokio::test]
async fn the_replaced_systems_configuration_decides_what_is_made_without_a_body() {
    let service =
        Service::start_with(&[("RUSHES_API_KEYS", "open"), ("RUSHES_WRITER", "openai:model-1")]).await.unwrap();
    let client = &service.client;
    assert_eq!(client.get("/api/config").await.unwrap().json, json!({}));
    let create = async |body: &str| {
        let answer = client.post("/api/create", body.to_owned()).await.unwrap();
        assert_eq!((answer.status, &answer.json["status"]), (200, &json!("queued")), "{}", answer.text);
        stored(&service, answer.json["task_id"].as_str().unwrap()).await
    };
    assert_eq!(create("").await["title"], "Welcome to Rushes");

    let set = client.post("/api/config", r#"{"quality": "draft", "duration_s": 30}"#).await.unwrap();
    assert_eq!((set.status, &set.json["status"]), (200, &json!("success")), "{}", set.text);
    let welcome = create("").await;
    assert_eq!((&welcome["title"], &welcome["quality"]), (&json!("Welcome to Rushes"), &json!("draft")));

    let set = client.post("/api/config", r#"{"topic": "Why bees dance", "duration_s": null}"#).await.unwrap();
    assert_eq!(set.json["config"], json!({"quality": "draft", "topic": "Why bees dance"}));
    assert_eq!(client.get("/api/config").await.unwrap().json, set.json["config"]);
    assert_eq!(create("").await, set.json["config"]);
    assert_eq!(create(r#"{"script": "Mine."}"#).await, json!({"script": "Mine.", "quality": "draft"}));
    let batch = json!({"videos": [{"script": "One."}, {"script": "Two.", "channel": null}, 5]}).to_string();
    let batch = client.post("/api/batch", batch).await.unwrap();
    let ids: Vec<&str> = batch.json["task_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{}", batch.text);
    assert_eq!(stored(&service, ids[0]).await, json!({"script": "One.", "quality": "draft"}));
    assert_eq!(stored(&service, ids[1]).await["quality"], Value::Null, "it wants no channel");
    let refused = client.post("/api/config", r#"{"quality": "best"}"#).await.unwrap();
    assert!(refused.status == 422 && refused.json["error"].as_str().unwrap().contains("/quality"), "{}", refused.text);
    assert_eq!(client.post("/api/config", "[]").await.unwrap().status, 422);
}

#[tokio::test]
async fn the_replaced_system_tells_how_much_there_is_to_do_and_what_was_done() {
    let service = Service::start().await.unwrap();
    let first = service.client.submit(&json!({"script": "One."})).await.unwrap();
    let second = service.client.submit(&json!({"script": "Two."})).await.unwrap();
    service.client.post(&format!("/v1/videos/{first}/cancel"), "").await.unwrap();
    let status = service.client.get("/api/status").await.unwrap();
    let wanted = (&json!("running"), &json!(0), &json!(1));
    assert_eq!((&status.json["status"], &status.json["active_tasks"], &status.json["queue_size"]), wanted);
    let history = service.client.get("/api/history").await.unwrap();
    assert_eq!(history.json["total"], 1, "{} is still in line: {}", second, history.text);
    assert_eq!(
        (&history.json["history"][0]["task_id"], &history.json["history"][0]["status"]),
        (&json!(first), &json!("failed"))
    );
}

#[tokio::test]
async fn channels_are_kept_from_the_command_line() {
    let service = Service::start().await.unwrap();
    let file = service.aws.directory().join("science.json");
    std::fs::write(&file, r#"{"quality": "draft", "captions": {"style": "block"}}"#).unwrap();
    let spec = service.aws.directory().join("spec.json");
    std::fs::write(&spec, r#"{"channel": "science", "script": "Hello."}"#).unwrap();
    let said = async |arguments: &[&str]| {
        let mut command = Command::new(bin_dir().join("rushes"));
        command.args(arguments).env("RUSHES_API_URL", &service.client.base_url);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(said(&["channel", "set", "science", file.to_str().unwrap()]).await, "science  stored");
    assert!(said(&["channel", "list"]).await.starts_with("science "));
    let shown: Value = serde_json::from_str(&said(&["channel", "show", "science"]).await).unwrap();
    assert_eq!(shown, json!({"quality": "draft", "captions": {"style": "block"}}));
    let id = said(&["submit", spec.to_str().unwrap()]).await;
    assert_eq!(stored(&service, &id).await["captions"], json!({"style": "block"}));
    assert_eq!(said(&["channel", "delete", "science"]).await, "science  deleted");
    assert_eq!(said(&["channel", "list"]).await, "");
}
