//! Media from hosts that do not answer well: nobody's spec is refused for that.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use rushes_tests::Service;
use rushes_tests::inbox::Inbox;
use rushes_tests::media::Pictures;
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

fn still(url: &str) -> Value {
    json!({"duration_s": 1, "background": {"type": "image", "url": url}})
}

fn spec(scenes: &[Value]) -> Value {
    json!({"scenes": scenes, "quality": "draft", "output": {"resolution": "480p", "fps": 24}})
}

fn lines(specs: &[Value]) -> String {
    specs.iter().map(|spec| format!("{spec}\n")).collect()
}

#[tokio::test]
async fn what_cannot_be_had_now_is_accepted_whichever_way_it_comes_and_what_is_missing_refused() {
    let pictures = Pictures::start().await.unwrap();
    let hosts = pictures.address.to_string();
    let variables = [("RUSHES_API_KEYS", "open"), ("RUSHES_ALLOW_HOSTS", hosts.as_str())];
    let service = Service::start_with(&variables).await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let _reader = service.start_ingest(&variables[1..]).unwrap();
    let scenes: Vec<Value> = (0..24).map(|number| still(&pictures.url(&format!("/hang/{number}")))).collect();
    let busy = spec(&[still(&pictures.url("/busy/1"))]);
    let missing = spec(&[still(&pictures.url("/good.png")), still(&pictures.url("/missing.png"))]);
    let all = [spec(&scenes), busy, missing];
    for (spec, status) in all.iter().zip([202, 202, 422]) {
        assert_eq!(service.client.post("/v1/videos", spec.to_string()).await.unwrap().status, status);
    }
    let batch = service.client.post("/v1/batches", json!({"videos": all}).to_string()).await.unwrap().json;
    let statuses: Vec<&str> =
        batch["videos"].as_array().unwrap().iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "rejected"], "{batch:#}");
    assert_eq!(batch["videos"][2]["error"]["errors"][0]["pointer"], "/scenes/1/background/url");
    inbox.drop("batches/media.jsonl", lines(&all)).await.unwrap();
    let report = inbox.whole_report(&service, "batches/media.jsonl", all.len()).await.unwrap();
    let statuses: Vec<&str> = report.iter().filter_map(|row| row["status"].as_str()).collect();
    assert_eq!(statuses, ["accepted", "accepted", "rejected"], "{report:#?}");
}

#[tokio::test]
async fn every_row_becomes_a_video_though_its_host_limits_requests() {
    let pictures = Pictures::start().await.unwrap();
    let hosts = pictures.address.to_string();
    let variables = [("RUSHES_API_KEYS", "open"), ("RUSHES_ALLOW_HOSTS", hosts.as_str()), ("RUSHES_WORKERS", "8")];
    let service = Service::start_with(&variables[..2]).await.unwrap();
    let inbox = Inbox::of(&service).await.unwrap();
    let _reader = service.start_ingest(&variables[1..2]).unwrap();
    let picture = |number: usize| still(&pictures.url(&format!("/limited/{number}")));
    let rows: Vec<Value> = (0..8).map(|row| spec(&[picture(2 * row), picture(2 * row + 1)])).collect();
    inbox.drop("batches/limited.jsonl", lines(&rows)).await.unwrap();
    let report = inbox.whole_report(&service, "batches/limited.jsonl", rows.len()).await.unwrap();
    let _renderer = service.start_renderer(&variables[1..]).unwrap();
    for row in report {
        let task = service.client.ended(row["id"].as_str().unwrap(), 180 * SECOND).await.unwrap();
        assert_eq!((&task["status"], &task["attempts"]), (&json!("completed"), &json!(1)), "{task:#}");
    }
}
