//! Many specs in one request: each row is answered for itself, and each good one is enqueued exactly once.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use rushes_tests::Service;
use rushes_tests::inbox::enqueued;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

fn spec(title: &str) -> Value {
    json!({"title": title, "script": "Short.", "quality": "draft", "output": {"resolution": "480p"}})
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["id"].as_str()).collect()
}

#[tokio::test]
async fn a_batch_is_answered_row_by_row_and_its_videos_are_counted() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let bad = json!({"script": "a", "output": {"fps": 5}});
    let body = format!(r#"{{"videos": [{}, {bad}, {{"title": "x" oops}}, {}, 5]}}"#, spec("One"), spec("Two"));
    let accepted = client.post("/v1/batches", body).await.unwrap();
    assert_eq!((accepted.status, &accepted.json["accepted"]), (202, &json!(2)), "{}", accepted.text);
    let path = format!("/v1/batches/{}", accepted.json["id"].as_str().unwrap());
    assert_eq!(accepted.header("location"), path);
    let rows = accepted.json["videos"].as_array().unwrap();
    let statuses: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["accepted", "rejected", "rejected", "accepted", "rejected"]);
    assert_eq!(rows[1]["error"]["errors"][0]["pointer"], "/output/fps");
    assert_eq!(rows[2]["error"]["code"], "malformed_json");
    let batch = client.get(&path).await.unwrap().json;
    assert_eq!((&batch["state"], &batch["accepted"], &batch["rejected"]), (&json!("accepted"), &json!(2), &json!(3)));
    assert_eq!(batch["counts"]["queued"], 2, "{batch:#}");

    let _renderer = service.start_renderer(&[("RUSHES_WORKERS", "2"), ("RUSHES_SEGMENT_WORKERS", "2")]).unwrap();
    for id in ids(rows) {
        let task = client.ended(id, 3 * MINUTE).await.unwrap();
        assert_eq!((&task["status"], &task["batch_id"]), (&json!("completed"), &batch["id"]), "{task:#}");
    }
    assert_eq!(client.get(&path).await.unwrap().json["counts"]["completed"], 2);
}

#[tokio::test]
async fn a_thousand_specs_are_each_enqueued_once_and_one_more_is_refused() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let mut specs: Vec<Value> = (0..1000).map(|number| spec(&format!("Video {number}"))).collect();
    let accepted = client.post("/v1/batches", json!({ "videos": specs }).to_string()).await.unwrap();
    assert_eq!((accepted.status, &accepted.json["accepted"]), (202, &json!(1000)), "{}", accepted.text);
    let counts = enqueued(&service).await.unwrap();
    assert!(counts.len() == 1000 && counts.values().all(|count| *count == 1));
    assert!(ids(accepted.json["videos"].as_array().unwrap()).iter().all(|id| counts.contains_key(*id)));
    let batch = client.get(&format!("/v1/batches/{}", accepted.json["id"].as_str().unwrap())).await.unwrap();
    assert_eq!(batch.json["counts"]["queued"], 1000, "{}", batch.text);

    specs.push(spec("One more"));
    let refused = client.post("/v1/batches", json!({ "videos": specs }).to_string()).await.unwrap();
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/videos"]), "{}", refused.text);
    assert!(enqueued(&service).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_batch_is_refused_with_the_places_of_its_faults() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let bad = json!({"videos": [{"script": ""}, {"topic": 5, "colour": 1}]});
    let refused = client.post("/v1/batches", bad.to_string()).await.unwrap();
    assert_eq!((refused.status, &refused.json["code"]), (422, &json!("invalid_batch")), "{}", refused.text);
    assert!(refused.pointers().contains(&"/videos/0/script") && refused.pointers().contains(&"/videos/1/colour"));
    for (body, status) in [
        ("{", 400),
        (r#"{"videos": [oops]}"#, 400),
        ("[]", 422),
        (r#"{"videos": []}"#, 422),
        (r#"{"videos": [], "a": 1}"#, 422),
    ] {
        assert_eq!(client.post("/v1/batches", body).await.unwrap().status, status, "{body}");
    }
    for path in ["/v1/batches/x", "/v1/batches/01KAQ50B8R5T1V7W3X9Y2Z4C6D"] {
        assert_eq!(client.get(path).await.unwrap().status, 404);
    }
    // The older interface takes ten.
    let specs = |count: usize| json!({"videos": vec![spec("Old"); count]}).to_string();
    let created = client.post("/api/batch", specs(10)).await.unwrap();
    assert_eq!((created.status, &created.json["status"]), (200, &json!("queued")), "{}", created.text);
    assert_eq!(created.json["task_ids"].as_array().unwrap().len(), 10);
    let refused = client.post("/api/batch", specs(11)).await.unwrap();
    assert!(refused.status == 422 && refused.json["error"].is_string(), "{}", refused.text);
    assert_eq!(enqueued(&service).await.unwrap().len(), 10);
}
