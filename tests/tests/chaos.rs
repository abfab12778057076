//! Whatever dies, whenever it dies: in the end each video is there exactly once.
//!
//! The long forms run with `make soak`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use futures::{StreamExt, TryStreamExt, stream};
use rushes_aws::Clients;
use rushes_tests::proxy::{Fault, Proxy};
use rushes_tests::{Client, Service};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(300);
/// A task that was begun so often is not killed again: the product gives up after four times.
const MAX_KILLED_ATTEMPTS: u64 = 3;

/// A video of four segments or so, each of which no other video has.
fn spec(number: usize) -> Value {
    let color = |scene: usize| format!("#{:06x}", 0x10_1010 + number * 0x321 + scene * 0x40_0000);
    let scene = |scene: usize| json!({"text": format!("Number {number}."), "duration_s": 11, "background": {"type": "color", "color": color(scene)}});
    json!({"title": format!("Video {number}"), "scenes": [scene(0), scene(1), scene(2)], "quality": "draft",
        "output": {"resolution": "480p", "fps": 24}})
}

/// Numbers that look drawn by lot, the same in every run.
struct Lot(u64);

impl Lot {
    fn up_to(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

async fn unfinished(client: &Client) -> Vec<Value> {
    let mut tasks = Vec::new();
    for status in ["queued", "processing"] {
        let page = client.get(&format!("/v1/videos?status={status}&limit=100")).await.unwrap();
        tasks.extend(page.json["videos"].as_array().unwrap().clone());
    }
    tasks
}

/// Waits until no task is left that was begun so often that one more kill would end it.
async fn spare_the_unlucky(client: &Client) {
    let deadline = Instant::now() + MINUTES;
    while unfinished(client).await.iter().any(|task| task["attempts"].as_u64() >= Some(MAX_KILLED_ATTEMPTS)) {
        assert!(Instant::now() < deadline, "a task that was killed before does not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Asserts that each task ended with one video that plays, and that nothing of it lies twice.
async fn assert_each_has_one_video(service: &Service, ids: &[String]) {
    let tasks = try_join_all(ids.iter().map(|id| service.client.ended(id, MINUTES))).await.unwrap();
    for task in &tasks {
        assert_eq!(task["status"], "completed", "{task:#}\n{}", service.log("render"));
    }
    let log = service.log("render");
    let s3 = Clients::local(&service.aws.endpoint).await.s3;
    let bucket = service.aws.output("RUSHES_BUCKET").unwrap();
    for id in ids {
        let ends = log.lines().filter(|line| line.contains("task completed") && line.contains(id.as_str())).count();
        assert!(ends <= 1, "{id} was completed {ends} times");
        let listed = s3.list_objects_v2().bucket(bucket).prefix(format!("tasks/{id}/")).send().await.unwrap();
        let names: BTreeSet<&str> =
            listed.contents().iter().filter_map(|object| object.key()?.rsplit('/').next()).collect();
        assert_eq!(names, BTreeSet::from(["captions.srt", "captions.vtt", "poster.jpg", "spec.json", "video.mp4"]));
    }
    assert_eq!(tasks.iter().map(|task| task["title"].to_string()).collect::<BTreeSet<_>>().len(), ids.len());
}

async fn kill_workers(rounds: usize) {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let variables =
        [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "2"), ("RUSHES_WORKERS", "2")];
    let (mut ids, mut lot, mut stages) = (Vec::new(), Lot(4), BTreeMap::<String, usize>::new());
    for _ in 0..rounds {
        while unfinished(client).await.len() < 4 {
            ids.push(client.submit(&spec(ids.len())).await.unwrap());
        }
        let worker = service.start_renderer(&variables).unwrap();
        tokio::time::sleep(Duration::from_millis(60 + lot.up_to(900))).await;
        spare_the_unlucky(client).await;
        for task in unfinished(client).await {
            *stages.entry(task["stage"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        worker.kill().await.unwrap();
    }
    eprintln!("{rounds} workers were killed over {} tasks; stages that they were seen in: {stages:?}", ids.len());
    let last = service.start_renderer(&variables).unwrap();
    assert_each_has_one_video(&service, &ids).await;
    // A segment that was finished, and so remembered, was not rendered by another worker again.
    let segments: BTreeMap<String, u64> =
        proxy.stored().into_iter().filter(|(key, _)| key.contains("/memo/segment/")).collect();
    assert!(segments.len() >= ids.len() * 3, "{} segments of {} tasks", segments.len(), ids.len());
    assert!(segments.values().all(|times| *times == 1), "rendered again: {segments:?}");
    assert!(last.stop(Duration::from_secs(20)).await.unwrap().success());
    let left = service.files_in_work().unwrap();
    assert!(left.is_empty(), "killed workers left {left:?}");
}

#[tokio::test]
async fn workers_killed_at_any_moment_lose_nothing_and_make_nothing_twice() {
    kill_workers(12).await;
}

#[tokio::test]
#[ignore = "takes minutes: make soak"]
async fn soak_fifty_workers_killed_at_any_moment_lose_nothing_and_make_nothing_twice() {
    kill_workers(50).await;
}

async fn answer_badly(tasks: usize) {
    let service = Service::start().await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 10).await.unwrap();
    let variables = [
        ("RUSHES_API_KEYS", "open"),
        ("AWS_ENDPOINT_URL", proxy.endpoint.as_str()),
        ("RUSHES_LEASE_SECONDS", "12"),
        ("RUSHES_WORKERS", "4"),
    ];
    let (_api, client) = service.start_another_api(&variables).await.unwrap();
    let _renderer = service.start_renderer(&variables).unwrap();
    let submit = |number: usize| {
        let (client, spec) = (client.clone(), spec(number).to_string());
        async move {
            loop {
                let answer = client.post("/v1/videos", spec.clone()).await?;
                match answer.status {
                    202 => return anyhow::Ok(answer.json["id"].as_str().unwrap_or_default().to_owned()),
                    503 => assert_eq!(answer.header("retry-after"), "5"),
                    other => panic!("{other} {}", answer.text),
                }
            }
        }
    };
    let ids: Vec<String> = stream::iter(0..tasks).map(submit).buffered(4).try_collect().await.unwrap();
    assert_each_has_one_video(&service, &ids).await;
    let faults = proxy.faults();
    let (calls, bad) = (proxy.calls(), faults.values().sum::<u64>());
    eprintln!("{bad} of {calls} calls went wrong: {faults:?}");
    assert!(bad * 20 > calls, "{bad} of {calls}");
    for kind in [Fault::InternalError, Fault::Unavailable, Fault::Throttled, Fault::LostAnswer, Fault::Silence] {
        assert!(faults.contains_key(&kind), "{faults:?}");
    }
}

#[tokio::test]
async fn a_tenth_of_all_calls_to_aws_goes_wrong_and_all_tasks_complete() {
    answer_badly(8).await;
}

#[tokio::test]
#[ignore = "takes minutes: make soak"]
async fn soak_a_tenth_of_all_calls_to_aws_goes_wrong_and_all_of_a_hundred_tasks_complete() {
    answer_badly(100).await;
}
