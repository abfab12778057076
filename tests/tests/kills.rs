//! Whatever a worker does when it is killed: in the end each video is there exactly once, what was
//! finished is not made again, and nothing lies about.
//!
//! The long form runs with `make soak`.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::Method;
use rushes_tests::proxy::{Call, Hold, Moment, Proxy};
use rushes_tests::videos::{each_has_one_video, spec};
use rushes_tests::{Client, Process, Service, leases};
use serde_json::Value;

const MINUTES: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(20);
/// A task that was begun so often is not killed again: the product gives up after four times.
const MAX_KILLED_ATTEMPTS: u64 = 3;

/// What a worker is about to do, or has just done, when it is killed.
#[derive(Clone, Copy, Debug)]
struct Point {
    name: &'static str,
    moment: Moment,
    /// The call before or after which it is.
    call: fn(&Call) -> bool,
    /// How many such calls there are before that.
    after_so_many: usize,
}

const fn point(name: &'static str, moment: Moment, call: fn(&Call) -> bool) -> Point {
    Point { name, moment, call, after_so_many: 0 }
}

const POINTS: [Point; 11] = [
    point("claimed", Moment::After, |call| call.updates_item_with(&["claim_id", ":one"])),
    point("plan", Moment::Before, |call| call.method == Method::GET && call.path.contains("/spec.json")),
    point("voice", Moment::Before, |call| call.remembers("voice")),
    point("encode, the first segment", Moment::Before, |call| call.remembers("segment")),
    Point { after_so_many: 2, ..point("encode, the third segment", Moment::After, |call| call.remembers("segment")) },
    point("stitch, nothing of it kept", Moment::Before, |call| call.remembers("video")),
    point("stitch, a part of it kept", Moment::After, |call| call.remembers("video")),
    point("upload, not yet there", Moment::Before, |call| call.stores("/video.mp4")),
    point("upload, there", Moment::After, |call| call.stores("/video.mp4")),
    point("table write, not yet made", Moment::Before, |call| call.updates_item_with(&["\"completed\""])),
    point("table write, made", Moment::After, |call| call.updates_item_with(&["\"completed\""])),
];

impl Point {
    fn hold(self, proxy: &Proxy) -> Arc<Hold> {
        let count = AtomicUsize::new(0);
        proxy.hold(self.moment, move |call| {
            (self.call)(call) && count.fetch_add(1, Ordering::SeqCst) >= self.after_so_many
        })
    }
}

/// How often each segment was remembered.
fn segments(proxy: &Proxy) -> BTreeMap<String, u64> {
    proxy.remembered().into_iter().filter(|(key, _)| key.starts_with("MEMO#segment#")).collect()
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + MINUTES;
    while !holds() {
        assert!(Instant::now() < deadline, "waited for this: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}

/// Kills the worker, and waits until what it had started has noticed.
async fn kill(mut worker: Process) {
    worker.kill_alone().await.unwrap();
    until("its children end, too", || ["ffmpeg", "rushes-speak"].iter().all(|name| worker.running(name).unwrap() == 0))
        .await;
}

/// Files and directories where workers keep what they work on.
fn entries_in_work(service: &Service) -> usize {
    std::fs::read_dir(service.work_directory()).unwrap().count()
}

#[tokio::test]
async fn a_worker_killed_at_any_step_loses_nothing_and_nothing_finished_is_made_again() {
    let service = Service::start().await.unwrap();
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    // So long that each worker gets the task that was just asked for, and none of those before.
    let variables = [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "600")];
    let (mut ids, mut kept, mut left_files) = (Vec::new(), Vec::new(), 0);
    for point in POINTS {
        ids.push(service.client.submit(&spec(ids.len())).await.unwrap());
        let before = segments(&proxy).len();
        let hold = point.hold(&proxy);
        let worker = service.start_renderer(&variables).unwrap();
        let come = tokio::time::timeout(MINUTES, hold.has_come()).await;
        assert!(come.is_ok(), "{} never comes: {}", point.name, service.log("render"));
        kill(worker).await;
        hold.let_go();
        kept.push(segments(&proxy).len() - before);
        left_files += service.files_in_work().unwrap().len();
        assert_eq!(entries_in_work(&service), 1, "{}: an earlier worker's files are there", point.name);
    }
    assert!(left_files > 0, "no worker had any files: was it killed in the middle of anything?");
    for id in &ids {
        leases::let_run_out(&service, id).await.unwrap();
    }
    let last = service.start_renderer(&variables).unwrap();
    let tasks = each_has_one_video(&service, &ids).await.unwrap();
    for ((point, task), kept) in POINTS.iter().zip(&tasks).zip(kept) {
        let (segments, name) = (&task["result"]["segments"], point.name);
        let (total, reused) = (segments["total"].as_u64().unwrap(), segments["reused"].as_u64().unwrap());
        if name == "table write, made" {
            assert_eq!((&task["attempts"], reused), (&Value::from(1), 0), "{name}: it was done: {task:#}");
        } else {
            assert_eq!(task["attempts"], 2, "{name}: {task:#}");
            assert!(reused >= kept as u64, "{name}: {kept} of {total} were finished, {reused} used");
        }
        let before_encoding = ["claimed", "plan", "voice"].contains(&name);
        let after_encoding = ["stitch", "upload", "table"].iter().any(|phase| name.starts_with(phase));
        assert!(!before_encoding || kept == 0, "{name}: {kept} segments");
        assert!(!after_encoding || kept as u64 == total, "{name}: {kept} of {total} segments");
    }
    let stored = segments(&proxy);
    assert!(stored.values().all(|times| *times == 1), "rendered again: {stored:?}");
    assert_eq!(service.files_in_work().unwrap(), Vec::<std::path::PathBuf>::new());
    assert_eq!(entries_in_work(&service), 1, "only the worker that lives has a directory");
    assert!(last.stop(Duration::from_secs(20)).await.unwrap().success());
    assert_eq!(entries_in_work(&service), 0);
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

/// Has tasks that were begun so often made in peace that one more kill would end them.
async fn spare_the_unlucky(service: &Service, variables: &[(&str, &str)]) {
    let are_there = async || {
        let tasks = unfinished(&service.client).await;
        tasks.iter().any(|task| task["attempts"].as_u64() >= Some(MAX_KILLED_ATTEMPTS))
    };
    if !are_there().await {
        return;
    }
    let worker = service.start_renderer(variables).unwrap();
    let deadline = Instant::now() + MINUTES;
    while are_there().await {
        assert!(Instant::now() < deadline, "a task that was killed before does not end");
        tokio::time::sleep(PAUSE).await;
    }
    assert!(worker.stop(Duration::from_secs(20)).await.unwrap().success());
}

#[tokio::test]
#[ignore = "takes minutes: make soak"]
async fn soak_fifty_workers_killed_at_any_moment_lose_nothing_and_make_nothing_twice() {
    const ROUNDS: usize = 50;
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let proxy = Proxy::start(&service.aws.endpoint, 0).await.unwrap();
    let variables =
        [("AWS_ENDPOINT_URL", proxy.endpoint.as_str()), ("RUSHES_LEASE_SECONDS", "2"), ("RUSHES_WORKERS", "2")];
    let (mut ids, mut lot, mut moments) = (Vec::new(), Lot(4), BTreeMap::<&str, usize>::new());
    for round in 0..ROUNDS {
        spare_the_unlucky(&service, &variables).await;
        // One at least that has all its steps before it.
        ids.push(client.submit(&spec(ids.len())).await.unwrap());
        while unfinished(client).await.len() < 4 {
            ids.push(client.submit(&spec(ids.len())).await.unwrap());
        }
        // Every other one at a step of its work, the others at any time.
        let point = (round % 2 == 0).then(|| POINTS[round / 2 % POINTS.len()]);
        let hold = point.map(|point| point.hold(&proxy));
        let worker = service.start_renderer(&variables).unwrap();
        match &hold {
            Some(hold) => assert!(tokio::time::timeout(MINUTES, hold.has_come()).await.is_ok(), "{point:?}"),
            None => tokio::time::sleep(Duration::from_millis(60 + lot.up_to(900))).await,
        }
        kill(worker).await;
        hold.inspect(|hold| hold.let_go());
        *moments.entry(point.map_or("any time", |point| point.name)).or_default() += 1;
    }
    eprintln!("{ROUNDS} workers were killed over {} tasks: {moments:?}", ids.len());
    let last = service.start_renderer(&variables).unwrap();
    each_has_one_video(&service, &ids).await.unwrap();
    // A segment that was finished, and so remembered, was not rendered by another worker again.
    let stored = segments(&proxy);
    assert!(stored.len() >= ids.len() * 3, "{} segments of {} tasks", stored.len(), ids.len());
    assert!(stored.values().all(|times| *times == 1), "rendered again: {stored:?}");
    assert!(last.stop(Duration::from_secs(20)).await.unwrap().success());
    assert_eq!(entries_in_work(&service), 0, "killed workers left something");
}
