//! From a topic to a video, with a model on this machine.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Stdio;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::IntoResponse;
use rushes_aws::Clients;
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

/// Two seconds of moving pictures.
async fn clip(service: &Service) -> Vec<u8> {
    let path = service.aws.directory().join("clip.mp4");
    let made = Command::new(ffmpeg())
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc=size=854x480:rate=25:duration=2", "-pix_fmt", "yuv420p"])
        .arg(&path)
        .status();
    assert!(made.await.unwrap().success());
    std::fs::read(path).unwrap()
}

/// Pexels and the host of its files. There is one clip of a dance, and one of flight that is gone.
async fn pexels(clip: Vec<u8>) -> Provider {
    let answering = move |asked: &rushes_tests::providers::Asked| {
        if asked.uri == "/files/dance.mp4" {
            return clip.clone().into_response();
        }
        let host = asked.headers["host"].to_str().unwrap();
        let video = |id: u32, name: &str| {
            let file = json!({"file_type": "video/mp4", "width": 854, "height": 480, "link": format!("http://{host}/files/{name}.mp4")});
            json!({"id": id, "url": format!("https://www.pexels.com/video/{id}/"), "duration": 2, "width": 854, "height": 480,
                "user": {"name": "Ada"}, "video_files": [file]})
        };
        let videos = if asked.uri.contains("dancing") { vec![video(1, "dance")] } else { vec![video(2, "gone")] };
        if asked.uri.starts_with("/videos/search") {
            axum::Json(json!({ "videos": videos })).into_response()
        } else {
            StatusCode::NOT_FOUND.into_response()
        }
    };
    Provider::start(Box::new(answering)).await.unwrap()
}

/// A voice that hums a second for everything.
async fn humming() -> Provider {
    Provider::start(Box::new(|_| [0_u8, 16].repeat(24_000).into_response())).await.unwrap()
}

#[tokio::test]
async fn a_topic_is_shown_with_footage_and_spoken_by_the_voices_of_providers() {
    let (model, humming) = (Provider::model(script()).await.unwrap(), humming().await);
    let service = service().await;
    let pexels = pexels(clip(&service).await).await;
    let (hosts, pexels_url) = (pexels.address.to_string(), pexels.url(""));
    let (openai_url, elevenlabs_url) = (model.url("/v1"), humming.url("/v1"));
    let variables = [
        ("RUSHES_WRITER", "openai:model-1"),
        ("RUSHES_OPENAI_URL", openai_url.as_str()),
        ("RUSHES_OPENAI_KEY", PLANTED),
        ("RUSHES_ELEVENLABS_URL", elevenlabs_url.as_str()),
        ("RUSHES_ELEVENLABS_KEY", PLANTED),
        ("RUSHES_PEXELS_URL", pexels_url.as_str()),
        ("RUSHES_PEXELS_KEY", PLANTED),
        ("RUSHES_ALLOW_HOSTS", hosts.as_str()),
    ];
    let _renderer = service.start_renderer(&variables).unwrap();
    let mut spec = topic();
    spec["background"] = json!({"type": "footage"});
    // ElevenLabs hums what is no JSON, and the model writes what is no sound: the third voice speaks.
    spec["voice"] = json!({"name": "elevenlabs:abc", "fallback": ["openai:alloy", "en-us"]});
    let id = service.client.submit(&spec).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}");
    let result = &task["result"];
    let credit = json!({"author": "Ada", "provider": "Pexels", "url": "https://www.pexels.com/video/1/"});
    assert_eq!(result["credits"], json!([credit]));
    let warnings = result["warnings"].as_array().unwrap();
    assert!(warnings.len() == 1 && warnings[0].as_str().unwrap().starts_with("scene 2 shows a gradient"), "{result:#}");
    assert!(
        result["script"]["description"].as_str().unwrap().contains("Ada on Pexels: https://www.pexels.com/video/1/")
    );
    assert_eq!(pexels.asked()[0].headers["authorization"], PLANTED);
    assert_eq!(humming.asked()[0].headers["xi-api-key"], PLANTED);
    assert!(model.asked().iter().any(|asked| asked.uri == "/v1/audio/speech"));
    let video = service.client.download(task["video_url"].as_str().unwrap()).await.unwrap();
    let path = service.aws.directory().join("video.mp4");
    std::fs::write(&path, video).unwrap();
    assert_eq!(complaints_about(&path).await.unwrap(), "");
    assert_nothing_planted(&service, &[&task]);
}

#[tokio::test]
async fn footage_of_ones_own_is_found_by_its_name() {
    let service = service().await;
    let s3 = Clients::local(&service.aws.endpoint).await.s3;
    let bucket = service.aws.output("RUSHES_BUCKET").unwrap();
    let clip = clip(&service).await;
    s3.put_object().bucket(bucket).key("library/Bee dancing+1.mp4").body(clip.into()).send().await.unwrap();
    let library = format!("s3://{bucket}/library/");
    let hosts = service.aws.endpoint.trim_start_matches("http://").to_owned();
    let variables = [("RUSHES_LIBRARY", library.as_str()), ("RUSHES_ALLOW_HOSTS", hosts.as_str())];
    let _renderer = service.start_renderer(&variables).unwrap();
    let footage = |terms: &str| json!({"type": "footage", "terms": terms, "kind": "video"});
    let scenes = json!([{"text": "One.", "background": footage("dancing bee")}, {"text": "Two.", "background": footage("a grey whale")}]);
    let id = service.client.submit(&json!({"scenes": scenes, "output": {"resolution": "480p"}})).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}");
    let warning = "scene 2 shows a gradient: no footage of \"a grey whale\" could be had";
    assert_eq!((&task["result"]["warnings"], &task["result"]["credits"]), (&json!([warning]), &json!([])));
    assert!(task["result"]["distinct_frames"].as_u64().unwrap() > 20, "the clip moves: {task:#}");
    assert!(!service.log("render").contains("X-Amz-Signature"), "a signed link was logged");
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
