//! From a request to a video, with the real binaries.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use futures::future::try_join_all;
use rushes_aws::Clients;
use rushes_core::task::TaskId;
use rushes_tests::media::Pictures;
use rushes_tests::service::complaints_about;
use rushes_tests::{Client, Service};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(180);

fn short(title: &str) -> Value {
    json!({"title": title, "script": "Here it is. It is short.", "output": {"resolution": "720p"}})
}

async fn assert_video(service: &Service, task: &Value) {
    let client = &service.client;
    assert_eq!(task["status"], "completed", "{task:#}\n{}", service.log("render"));
    assert_eq!((&task["stage"], &task["progress"]), (&json!("done"), &json!(100)));
    let video = client.download(task["video_url"].as_str().unwrap()).await.unwrap();
    assert_eq!(video.len() as u64, task["result"]["size_bytes"].as_u64().unwrap());
    let path = service.aws.directory().join(format!("{}.mp4", task["id"].as_str().unwrap()));
    std::fs::write(&path, &video).unwrap();
    assert_eq!(complaints_about(&path).await.unwrap(), "");
    let poster = client.download(task["poster_url"].as_str().unwrap()).await.unwrap();
    assert!(poster.starts_with(&[0xff, 0xd8, 0xff]), "the poster is no JPEG");
    let vtt = client.download(task["vtt_url"].as_str().unwrap()).await.unwrap();
    assert!(vtt.starts_with(b"WEBVTT"));
    let srt = client.download(task["srt_url"].as_str().unwrap()).await.unwrap();
    assert!(srt.starts_with(b"1\n") || srt.starts_with(b"1\r\n"));
}

#[tokio::test]
async fn a_script_and_a_picture_become_a_video() {
    let pictures = Pictures::start().await.unwrap();
    let hosts = pictures.address.to_string();
    let variables = [("RUSHES_API_KEYS", "open"), ("RUSHES_ALLOW_HOSTS", hosts.as_str())];
    let service = Service::start_with(&variables).await.unwrap();
    let client = &service.client;
    let spec = json!({
        "title": "Two scenes",
        "scenes": [
            {"text": "This is the first scene."},
            {"text": "And this the second, with a picture.", "background": {"type": "image", "url": pictures.url("/good.png")}},
        ],
        "output": {"resolution": "720p", "aspect": "9:16", "fps": 25},
    });
    let accepted = client.post("/v1/videos", spec.to_string()).await.unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let id = accepted.json["id"].as_str().unwrap();
    assert_eq!(accepted.header("location"), format!("/v1/videos/{id}"));
    assert_eq!((&accepted.json["status"], &accepted.json["video_url"]), (&json!("queued"), &Value::Null));

    let renderer = service.start_renderer(&variables[1..]).unwrap();
    let task = client.ended(id, MINUTES).await.unwrap();
    assert_video(&service, &task).await;
    let result = &task["result"];
    assert_eq!((&result["width"], &result["height"], &result["fps"]), (&json!(720), &json!(1280), &json!(25)));
    assert_eq!(task["attempts"], 1);
    assert_eq!(client.get("/v1/videos?status=completed").await.unwrap().json["videos"][0]["id"], id);

    assert!(renderer.stop(Duration::from_secs(20)).await.unwrap().success());
    assert_eq!(service.files_in_work().unwrap(), Vec::<std::path::PathBuf>::new());
}

#[tokio::test]
async fn one_task_makes_a_video_in_each_shape_that_is_asked_for() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let spec =
        json!({"script": "One voice, two shapes.", "outputs": ["16:9 720p", "9:16 480p"], "output": {"fps": 25}});
    let accepted = client.post("/v1/videos", spec.to_string()).await.unwrap();
    assert_eq!((accepted.status, &accepted.json["outputs"]), (202, &json!([])), "{}", accepted.text);
    let _renderer = service.start_renderer(&[]).unwrap();
    let task = client.ended(accepted.json["id"].as_str().unwrap(), MINUTES).await.unwrap();
    assert_video(&service, &task).await;
    let outputs = task["outputs"].as_array().unwrap();
    let facts = |output: &Value| (output["aspect"].clone(), output["width"].clone(), output["height"].clone());
    assert_eq!(
        outputs.iter().map(facts).collect::<Vec<_>>(),
        [(json!("16:9"), json!(1280), json!(720)), (json!("9:16"), json!(480), json!(854)),]
    );
    assert_eq!(outputs[0]["frames"], outputs[1]["frames"]);
    for (output, fact) in outputs.iter().zip(task["result"]["outputs"].as_array().unwrap()) {
        let video = client.download(output["video_url"].as_str().unwrap()).await.unwrap();
        assert_eq!((&json!(video.len()), &output["sha256"]), (&output["size_bytes"], &fact["sha256"]));
        let path = service.aws.directory().join("output.mp4");
        std::fs::write(&path, &video).unwrap();
        assert_eq!(complaints_about(&path).await.unwrap(), "");
        let poster = client.download(output["poster_url"].as_str().unwrap()).await.unwrap();
        assert!(poster.starts_with(&[0xff, 0xd8, 0xff]), "the poster is no JPEG");
    }
}

#[tokio::test]
async fn the_older_interface_makes_videos_too_even_without_a_body() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let created = client.post("/api/create", "").await.unwrap();
    assert_eq!((created.status, &created.json["status"]), (200, &json!("queued")), "{}", created.text);
    assert!(created.json["message"].is_string());
    let id = created.json["task_id"].as_str().unwrap().to_owned();
    let second = client.post("/api/create", short("Second").to_string()).await.unwrap();
    assert_eq!(second.status, 200, "{}", second.text);
    let _renderer = service.start_renderer(&[]).unwrap();
    client.ended(&id, MINUTES).await.unwrap();
    let task = client.get(&format!("/api/task/{id}")).await.unwrap();
    assert_eq!((task.status, &task.json["status"]), (200, &json!("completed")), "{}", task.text);
    assert!(task.json["video_url"].is_string());
    assert_eq!(client.get("/api/tasks").await.unwrap().json["tasks"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn twenty_tasks_survive_a_worker_that_is_killed_among_them() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let titles: Vec<String> = (0..20).map(|number| format!("Video {number}")).collect();
    let specs: Vec<Value> = titles.iter().map(|title| short(title)).collect();
    let ids = try_join_all(specs.iter().map(|spec| client.submit(spec))).await.unwrap();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 20);

    let variables = [("RUSHES_LEASE_SECONDS", "5"), ("RUSHES_WORKERS", "2")];
    kill_one_at_work(&service, &variables).await;
    let second = service.start_renderer(&variables).unwrap();

    let tasks = try_join_all(ids.iter().map(|id| client.ended(id, MINUTES))).await.unwrap();
    for (task, title) in tasks.iter().zip(&titles) {
        assert_video(&service, task).await;
        assert_eq!(task["title"], title.as_str());
    }
    let attempts: Vec<u64> = tasks.iter().map(|task| task["attempts"].as_u64().unwrap()).collect();
    assert!(attempts.iter().all(|count| (1..=2).contains(count)), "{attempts:?}");
    assert!(attempts.contains(&2), "the killed worker had begun nothing: {attempts:?}");
    let log = service.log("render");
    for id in &ids {
        let ends = log.lines().filter(|line| line.contains("task completed") && line.contains(id.as_str())).count();
        assert_eq!(ends, 1, "{id} was completed {ends} times");
    }
    let listed = client.get("/v1/videos?limit=100").await.unwrap();
    assert_eq!(listed.json["videos"].as_array().unwrap().len(), 20);

    assert!(second.stop(Duration::from_secs(20)).await.unwrap().success());
    let left = service.files_in_work().unwrap();
    assert!(left.is_empty(), "what the killed worker left is still there: {left:?}");
}

/// Kills a worker that holds a task after at least five videos. Between two tasks it holds none for a moment: a
/// worker that is killed then has shown nothing, and another is started.
async fn kill_one_at_work(service: &Service, variables: &[(&str, &str)]) {
    for completed in 5..15 {
        let worker = service.start_renderer(variables).unwrap();
        until_completed(&service.client, completed).await;
        worker.kill().await.unwrap();
        let held = service.client.get("/v1/videos?status=processing").await.unwrap();
        if !held.json["videos"].as_array().unwrap().is_empty() {
            return;
        }
    }
    panic!("no worker held a task when it was killed");
}

async fn until_completed(client: &Client, count: usize) {
    let deadline = tokio::time::Instant::now() + MINUTES;
    while client.get("/v1/videos?status=completed").await.unwrap().json["videos"].as_array().unwrap().len() < count {
        assert!(tokio::time::Instant::now() < deadline, "no {count} videos in {MINUTES:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn when_ffmpeg_is_missing_or_dies_the_task_fails_with_the_reason_and_leaves_no_files() {
    let service = Service::start().await.unwrap();
    let script = |name: &str, does: &str| {
        let path = service.aws.directory().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let unfit = script("unfit-ffmpeg", "exit 1");
    // This one stands its trial.
    let trial = format!("case \"$*\" in *lavfi*) exec '{}' \"$@\";; esac", rushes_tests::ffmpeg().display());
    let dying = script("dying-ffmpeg", &format!("{trial}\nhead -c 100000 >/dev/null\necho 'I die' >&2\nkill -9 $$"));
    for (program, reason) in [("/nowhere/ffmpeg", "/nowhere/ffmpeg"), (&unfit, "unfit-ffmpeg"), (&dying, "SIGKILL")] {
        let renderer = service.start_renderer(&[("RUSHES_FFMPEG", program)]).unwrap();
        let id = service.client.submit(&short("Never made")).await.unwrap();
        let task = service.client.ended(&id, MINUTES).await.unwrap();
        assert_eq!((&task["status"], &task["error"]["code"]), (&json!("failed"), &json!("render_failed")), "{task:#}");
        assert!(task["error"]["message"].as_str().unwrap().contains(reason), "{task:#}");
        assert_eq!(task["video_url"], Value::Null);
        assert_eq!(service.files_in_work().unwrap(), Vec::<std::path::PathBuf>::new());
        renderer.stop(Duration::from_secs(20)).await.unwrap();
    }
}

#[tokio::test]
async fn a_message_that_names_no_task_stops_nobody() {
    let service = Service::start().await.unwrap();
    let sqs = Clients::local(&service.aws.endpoint).await.sqs;
    let queue = service.aws.output("RUSHES_TASKS_QUEUE_URL").unwrap();
    let unknown = format!(r#"{{"task_id":"{}"}}"#, TaskId::generate());
    for body in ["no JSON", "{}", r#"{"task_id":"../x"}"#, unknown.as_str()] {
        sqs.send_message().queue_url(queue).message_body(body).send().await.unwrap();
    }
    let id = service.client.submit(&short("Among others")).await.unwrap();
    let _renderer = service.start_renderer(&[]).unwrap();
    assert_video(&service, &service.client.ended(&id, MINUTES).await.unwrap()).await;
    let log = service.log("render");
    // On a slow machine they have come again meanwhile.
    assert!(log.matches("a message that names no task").count() >= 3, "{log}");
    assert_eq!(log.matches("there is no such task").count(), 1, "{log}");
}

#[tokio::test]
async fn a_worker_asked_to_stop_gives_its_task_to_the_next() {
    let service = Service::start().await.unwrap();
    // The next one need not wait until this lease is over.
    let variables = [("RUSHES_LEASE_SECONDS", "600"), ("RUSHES_DRAIN_SECONDS", "0")];
    let renderer = service.start_renderer(&variables).unwrap();
    let long = json!({"script": "This sentence is said again and again. ".repeat(100)});
    let id = service.client.submit(&long).await.unwrap();
    while service.client.get(&format!("/v1/videos/{id}")).await.unwrap().json["stage"] != "rendering" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(renderer.stop(Duration::from_secs(10)).await.unwrap().success());
    assert_eq!(service.files_in_work().unwrap(), Vec::<std::path::PathBuf>::new());
    let _next = service.start_renderer(&variables).unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_video(&service, &task).await;
    assert_eq!(task["attempts"], 2);
}
