//! The life of tasks, with the real binaries: cancelled, tried again, deleted,
//! delivered more than once, and worked on by a worker that was frozen.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use rushes_aws::Clients;
use rushes_tests::{Process, Service};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(180);
/// What a cancelled task's worker may still take.
const AT_LAST: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);

fn short() -> Value {
    json!({"script": "Here it is. It is short.", "output": {"resolution": "480p"}})
}

/// Something to be busy with for a while; each word takes the caption a frame of its own.
fn long() -> Value {
    json!({"script": "This sentence is said again and again, with many words. ".repeat(60)})
}

async fn task(service: &Service, id: &str) -> Value {
    service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json
}

async fn post(service: &Service, path: &str) -> rushes_tests::client::Answer {
    service.client.post(path, "").await.unwrap()
}

async fn until_rendering(service: &Service, id: &str) {
    let deadline = Instant::now() + MINUTES;
    while task(service, id).await["stage"] != "rendering" {
        assert!(Instant::now() < deadline, "it is never rendered: {}", service.log("render"));
        tokio::time::sleep(PAUSE).await;
    }
}

async fn until(what: &str, limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited {limit:?} for this: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// No work goes on any more, and none of its files is left.
async fn until_dropped(service: &Service, renderer: &Process) {
    until("ffmpeg ends and all files go", AT_LAST, async || {
        renderer.running("ffmpeg").unwrap() == 0 && service.files_in_work().unwrap().is_empty()
    })
    .await;
}

fn count_of(log: &str, words: &str, id: &str) -> usize {
    log.lines().filter(|line| line.contains(words) && line.contains(id)).count()
}

#[tokio::test]
async fn a_video_cancelled_in_mid_render_is_dropped_at_once_and_made_when_asked_for_again() {
    let service = Service::start().await.unwrap();
    // With a long lease the worker still learns of it soon.
    let renderer = service.start_renderer(&[("RUSHES_LEASE_SECONDS", "600")]).unwrap();
    let id = service.client.submit(&long()).await.unwrap();
    until_rendering(&service, &id).await;
    until("ffmpeg runs", MINUTES, async || renderer.running("ffmpeg").unwrap() > 0).await;
    let again = post(&service, &format!("/v1/videos/{id}/retry")).await;
    assert_eq!((again.status, &again.json["code"]), (409, &json!("wrong_state")), "{}", again.text);

    let cancelled = post(&service, &format!("/v1/videos/{id}/cancel")).await;
    assert_eq!((cancelled.status, &cancelled.json["status"]), (200, &json!("cancelled")), "{}", cancelled.text);
    until_dropped(&service, &renderer).await;
    assert_eq!(post(&service, &format!("/v1/videos/{id}/cancel")).await.status, 200);
    let seen = task(&service, &id).await;
    assert_eq!((&seen["status"], &seen["video_url"]), (&json!("cancelled"), &Value::Null));
    assert!(seen["completed_at"].is_string() && seen["error"].is_null(), "{seen:#}");
    assert_eq!(service.client.get("/v1/videos?status=cancelled").await.unwrap().json["videos"][0]["id"], id.as_str());

    let waiting = post(&service, &format!("/v1/videos/{id}/retry")).await;
    assert_eq!((waiting.status, &waiting.json["status"]), (202, &json!("queued")), "{}", waiting.text);
    assert_eq!(waiting.header("location"), format!("/v1/videos/{id}"));
    assert!(waiting.json["progress"].as_u64() >= seen["progress"].as_u64(), "progress went back");
    let done = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!((&done["status"], &done["attempts"]), (&json!("completed"), &json!(1)), "{done:#}");
    for stage in ["planning_ms", "speaking_ms", "rendering_ms", "stitching_ms", "uploading_ms"] {
        assert!(done["timings"][stage].is_u64(), "{stage}: {done:#}");
    }
    for (path, what) in [("retry", "tried again"), ("cancel", "cancelled")] {
        let refused = post(&service, &format!("/v1/videos/{id}/{path}")).await;
        assert_eq!((refused.status, &refused.json["code"]), (409, &json!("wrong_state")), "{}", refused.text);
        assert!(refused.json["detail"].as_str().unwrap().ends_with(what), "{}", refused.text);
    }
    assert_eq!(count_of(&service.log("render"), "task completed", &id), 1);
}

#[tokio::test]
async fn a_deleted_video_leaves_nothing_even_when_it_was_being_made() {
    let service = Service::start().await.unwrap();
    let renderer = service.start_renderer(&[]).unwrap();
    let finished = service.client.submit(&short()).await.unwrap();
    assert_eq!(service.client.ended(&finished, MINUTES).await.unwrap()["status"], "completed");
    let begun = service.client.submit(&long()).await.unwrap();
    until_rendering(&service, &begun).await;
    let waiting = service.client.submit(&short()).await.unwrap();
    for id in [&finished, &begun, &waiting] {
        assert!(objects(&service, id).await > 0);
        let deleted = delete(&service, id).await;
        assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
        assert_eq!(service.client.get(&format!("/v1/videos/{id}")).await.unwrap().status, 404);
        for (status, method) in [(404, "cancel"), (404, "retry")] {
            assert_eq!(post(&service, &format!("/v1/videos/{id}/{method}")).await.status, status);
        }
        assert_eq!(delete(&service, id).await.status, 404);
    }
    until_dropped(&service, &renderer).await;
    // A message of a task that is gone stops nobody.
    let last = service.client.submit(&short()).await.unwrap();
    assert_eq!(service.client.ended(&last, MINUTES).await.unwrap()["status"], "completed");
    for id in [&finished, &begun, &waiting] {
        assert_eq!(objects(&service, id).await, 0);
    }
    let listed = service.client.get("/v1/videos").await.unwrap();
    assert_eq!(listed.json["videos"].as_array().unwrap().len(), 1);
}

async fn delete(service: &Service, id: &str) -> rushes_tests::client::Answer {
    let request = service.client.request(reqwest::Method::DELETE, &format!("/v1/videos/{id}"));
    service.client.send(request).await.unwrap()
}

async fn objects(service: &Service, id: &str) -> usize {
    let s3 = Clients::local(&service.aws.endpoint).await.s3;
    let bucket = service.aws.output("RUSHES_BUCKET").unwrap();
    s3.list_objects_v2().bucket(bucket).prefix(format!("tasks/{id}/")).send().await.unwrap().contents().len()
}

#[tokio::test]
async fn a_message_that_comes_eleven_times_at_once_makes_one_video() {
    let service = Service::start().await.unwrap();
    let sqs = Clients::local(&service.aws.endpoint).await.sqs;
    let queue = service.aws.output("RUSHES_TASKS_QUEUE_URL").unwrap();
    let mut ids = Vec::new();
    for extra in [1, 10, 10] {
        let id = service.client.submit(&short()).await.unwrap();
        for _ in 0..extra {
            let body = json!({ "task_id": id }).to_string();
            sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
        }
        ids.push(id);
    }
    let variables = [("RUSHES_LEASE_SECONDS", "3"), ("RUSHES_WORKERS", "6")];
    let _renderers = [service.start_renderer(&variables).unwrap(), service.start_renderer(&variables).unwrap()];
    for id in &ids {
        let task = service.client.ended(id, MINUTES).await.unwrap();
        assert_eq!((&task["status"], &task["attempts"]), (&json!("completed"), &json!(1)), "{task:#}");
    }
    until("every message is acknowledged", Duration::from_secs(60), async || {
        service.messages("RUSHES_TASKS_QUEUE_URL").await.unwrap() == 0
    })
    .await;
    assert_eq!(service.messages("RUSHES_DEAD_LETTERS_QUEUE_URL").await.unwrap(), 0);
    let log = service.log("render");
    for id in &ids {
        assert_eq!(count_of(&log, "task completed", id), 1, "{log}");
    }
    assert!(log.contains("another worker holds the task"), "none came while the work went on: {log}");
}

#[tokio::test]
async fn a_worker_frozen_past_its_lease_changes_nothing_when_it_wakes_up() {
    let service = Service::start().await.unwrap();
    let variables = [("RUSHES_LEASE_SECONDS", "3")];
    let frozen = service.start_renderer(&variables).unwrap();
    let id = service.client.submit(&long()).await.unwrap();
    until_rendering(&service, &id).await;
    frozen.freeze().unwrap();
    let _other = service.start_renderer(&variables).unwrap();
    let made = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!((&made["status"], &made["attempts"]), (&json!("completed"), &json!(2)), "{made:#}");

    frozen.thaw().unwrap();
    until("the late worker drops its work", Duration::from_secs(30), async || {
        count_of(&service.log("render"), "the work was dropped", &id) == 1
    })
    .await;
    let now = task(&service, &id).await;
    for field in ["status", "attempts", "updated_at", "completed_at", "timings", "result"] {
        assert_eq!(now[field], made[field], "the late worker changed {field}");
    }
    assert_eq!(count_of(&service.log("render"), "task completed", &id), 1);
    let video = service.client.download(now["video_url"].as_str().unwrap()).await.unwrap();
    assert_eq!(json!(video.len()), now["result"]["size_bytes"]);
    until("all files go", AT_LAST, async || service.files_in_work().unwrap().is_empty()).await;
}
