//! A night in minutes: many small tasks, workers that die, an API whose memory stays as it was.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use rushes_tests::proxy::Proxy;
use rushes_tests::{Client, Service};
use serde_json::{Value, json};

/// A worker is killed so often.
const KILL_EVERY: Duration = Duration::from_secs(10);
const REQUESTS_PER_SECOND: u32 = 100;
const HOURS: Duration = Duration::from_secs(2 * 3600);
/// What the API may hold more at the end than after its first hundred requests.
const MAX_GROWTH_BYTES: u64 = 24 << 20;

fn spec(number: usize) -> Value {
    json!({"title": format!("Video {number}"), "script": format!("Number {number}."), "quality": "draft",
        "output": {"resolution": "480p", "fps": 24}})
}

async fn submit(client: Client, number: usize) -> anyhow::Result<String> {
    client.submit(&spec(number)).await
}

async fn count(client: &Client, status: &str) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = client.get(&format!("/v1/videos?status={status}&limit=100&cursor={cursor}")).await.unwrap().json;
        count += page["videos"].as_array().unwrap().len();
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return count,
        }
    }
}

/// As many as `SOAK_TASKS` says, by default a thousand.
fn tasks() -> usize {
    std::env::var("SOAK_TASKS").ok().and_then(|count| count.parse().ok()).unwrap_or(1000)
}

#[tokio::test]
#[ignore = "takes minutes: make soak"]
async fn soak_a_thousand_tasks_become_a_thousand_videos_while_workers_die() {
    let total = tasks();
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let variables =
        [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "10"), ("RUSHES_WORKERS", "1")];
    let mut workers = [service.start_renderer(&variables).unwrap(), service.start_renderer(&variables).unwrap()];

    let mut pace = tokio::time::interval(Duration::from_secs(1) / REQUESTS_PER_SECOND);
    let (mut sent, mut memory_at_first) = (Vec::with_capacity(total), 0);
    let begun = Instant::now();
    for number in 0..total {
        pace.tick().await;
        sent.push(tokio::spawn(submit(client.clone(), number)));
        if number == 100 {
            memory_at_first = service.api_memory_bytes().unwrap();
        }
    }
    let mut ids = Vec::with_capacity(total);
    for answer in sent {
        ids.push(answer.await.unwrap().unwrap());
    }
    eprintln!("{total} tasks were accepted in {:?}", begun.elapsed());

    let (deadline, mut round) = (Instant::now() + HOURS, 0);
    let mut done = 0;
    while done < total {
        assert!(Instant::now() < deadline, "{done} of {total} are completed");
        tokio::time::sleep(KILL_EVERY).await;
        let successor = service.start_renderer(&variables).unwrap();
        std::mem::replace(&mut workers[round % 2], successor).kill().await.unwrap();
        round += 1;
        done = count(client, "completed").await;
        assert_eq!(count(client, "failed").await, 0, "{}", service.log("render"));
    }
    let memory_at_last = service.api_memory_bytes().unwrap();
    eprintln!(
        "{total} videos in {:?}, {round} workers killed, API {memory_at_first} → {memory_at_last} bytes",
        begun.elapsed()
    );

    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), total);
    for some in ids.chunks(50) {
        let tasks = try_join_all(some.iter().map(|id| client.ended(id, KILL_EVERY))).await.unwrap();
        assert!(tasks.iter().all(|task| task["status"] == "completed"));
    }
    let log = service.log("render");
    let mut ends: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("task completed"))
        .filter_map(|line| ids.iter().find(|id| line.contains(id.as_str())).map(String::as_str))
        .collect();
    let count = ends.len();
    ends.sort_unstable();
    ends.dedup();
    assert_eq!(ends.len(), count, "a task was completed twice");
    assert!(memory_at_last < memory_at_first + MAX_GROWTH_BYTES, "{memory_at_first} → {memory_at_last}");
}
