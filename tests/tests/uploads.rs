//! Files that clients upload and name in specs.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Cursor;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use rushes_tests::client::Answer;
use rushes_tests::service::bin_dir;
use rushes_tests::{Client, Service};
use serde_json::{Value, json};

fn png() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, (y * 5) as u8, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn offer(client: &Client, content_type: &str, size_bytes: usize) -> Answer {
    let wanted = json!({"content_type": content_type, "size_bytes": size_bytes, "file_name": "a b.png"});
    client.post("/v1/assets", wanted.to_string()).await.unwrap()
}

/// Sends a file as the offer says; `changes` are made to its headers.
async fn put(offer: &Value, bytes: Vec<u8>, changes: &[(&str, &str)]) -> StatusCode {
    let mut headers = offer["headers"].as_object().unwrap().clone();
    headers.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    let upload = reqwest::Client::new().request(Method::PUT, offer["upload_url"].as_str().unwrap());
    let upload = headers.iter().fold(upload, |upload, (name, value)| upload.header(name, value.as_str().unwrap()));
    upload.body(bytes).send().await.unwrap().status()
}

/// Uploads a file and returns its id.
async fn upload(client: &Client, content_type: &str, bytes: Vec<u8>) -> String {
    let offered = offer(client, content_type, bytes.len()).await;
    assert_eq!(offered.status, 201, "{}", offered.text);
    assert_eq!(put(&offered.json, bytes, &[]).await, StatusCode::OK, "{}", offered.text);
    offered.json["id"].as_str().unwrap().to_owned()
}

fn with_asset(id: &str) -> String {
    let scenes = json!([{"text": "Look.", "background": {"type": "image", "asset": id}}]);
    json!({"scenes": scenes, "output": {"resolution": "720p"}}).to_string()
}

#[tokio::test]
async fn an_uploaded_picture_is_shown_in_a_video() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let offered = offer(client, "image/png", png().len()).await;
    assert_eq!((offered.status, &offered.json["method"]), (201, &json!("PUT")), "{}", offered.text);
    assert_eq!(offered.json["file_name"], "a b.png");
    assert_eq!(offered.json["headers"]["content-type"], "image/png");
    let id = offered.json["id"].as_str().unwrap();
    let early = client.post("/v1/videos", with_asset(id)).await.unwrap();
    assert_eq!((early.status, early.pointers()), (422, vec!["/scenes/0/background/asset"]), "{}", early.text);

    assert_eq!(put(&offered.json, png(), &[]).await, StatusCode::OK);
    assert_eq!(put(&offered.json, png(), &[]).await, StatusCode::PRECONDITION_FAILED, "an upload was changed");
    let accepted = client.post("/v1/videos", with_asset(id)).await.unwrap();
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let _renderer = service.start_renderer(&[]).unwrap();
    let task = client.ended(accepted.json["id"].as_str().unwrap(), Duration::from_secs(180)).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}");
    for program in ["api", "render"] {
        assert!(!service.log(program).contains("X-Amz-Signature"), "{program} logs signed links");
    }
}

#[tokio::test]
async fn what_was_not_uploaded_or_is_something_else_is_refused_where_it_is_named() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let clip = b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41".to_vec();
    let clip = upload(client, "video/mp4", clip).await;
    let playlist = upload(client, "image/png", b"#EXTM3U\nhttp://169.254.169.254/\n".to_vec()).await;
    for (id, reason) in [
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "no file was uploaded"),
        (clip.as_str(), "an MP4 or MOV file; a picture is"),
        (playlist.as_str(), "a playlist"),
        ("../tasks/1/spec.json", ""),
    ] {
        let answer = client.post("/v1/videos", with_asset(id)).await.unwrap();
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/scenes/0/background/asset"]), "{}", answer.text);
        assert!(answer.text.contains(reason), "{}", answer.text);
    }
}

#[tokio::test]
async fn only_what_was_announced_can_be_uploaded() {
    let service = Service::start().await.unwrap();
    let client = &service.client;
    let offered = offer(client, "image/png", png().len()).await.json;
    assert!(put(&offered, png(), &[("content-type", "text/html")]).await.is_client_error());
    assert!(put(&offered, [png(), png()].concat(), &[("content-length", "8")]).await.is_client_error());
    // What a browser calls the file is what it sends with it.
    for content_type in ["image/jpg", "IMAGE/PNG", "audio/x-m4a", "video/webm; codecs=\"vp9, opus\""] {
        let offered = offer(client, content_type, png().len()).await.json;
        assert_eq!(offered["headers"]["content-type"], content_type, "{offered}");
        assert_eq!(put(&offered, png(), &[("content-type", content_type)]).await, StatusCode::OK, "{content_type}");
    }
    for (body, status, code, pointers) in [
        ("{}", 422, "invalid_upload", vec!["/content_type", "/size_bytes"]),
        (r#"{"content_type": "image/svg+xml", "size_bytes": 5}"#, 422, "invalid_upload", vec!["/content_type"]),
        (r#"{"content_type": "image/png", "size_bytes": 52428801}"#, 422, "invalid_upload", vec!["/size_bytes"]),
        ("[", 400, "malformed_json", vec![""]),
    ] {
        let answer = client.post("/v1/assets", body).await.unwrap();
        assert_eq!((answer.status, answer.pointers()), (status, pointers), "{}", answer.text);
        assert_eq!(answer.json["code"], code);
    }
    let closed = Service::start_with(&[("RUSHES_API_KEYS", "a-key-that-nobody-knows")]).await.unwrap();
    assert_eq!(offer(&closed.client, "image/png", 5).await.status, 401);
}

#[tokio::test]
async fn the_command_line_uploads_the_files_that_a_spec_names_by_path() {
    let service = Service::start().await.unwrap();
    let directory = service.aws.directory().join("spec");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("a.png"), png()).unwrap();
    let picture = json!({"type": "image", "path": "a.png"});
    let spec = json!({"scenes": [{"text": "One.", "background": picture}, {"text": "Two.", "background": picture}]});
    std::fs::write(directory.join("spec.json"), spec.to_string()).unwrap();
    let submit = || {
        let mut command = tokio::process::Command::new(bin_dir().join("rushes"));
        command.arg("submit").arg(directory.join("spec.json")).args(["--url", &service.client.base_url]);
        command
    };
    let output = submit().output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let id = String::from_utf8(output.stdout).unwrap();
    assert_eq!(service.client.get(&format!("/v1/videos/{}", id.trim())).await.unwrap().json["status"], "queued");
    std::fs::write(directory.join("a.png"), "#EXTM3U").unwrap();
    let output = submit().output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("/scenes/0/background/path"), "{said}");
}
