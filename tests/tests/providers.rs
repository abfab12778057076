//! Providers as the deployed service asks them: AWS over signed requests, keys from its stores, and every way to
//! fail without a key in a log or an answer.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rushes_aws::Clients;
use rushes_content::http::{HttpClient, HttpConfig};
use rushes_content::keys::Key;
use rushes_content::signed::SignedCalls;
use rushes_tests::providers::{Asked, Provider, completion};
use rushes_tests::service::complaints_about;
use rushes_tests::{LocalAws, Service, signature};
use serde_json::{Value, json};

const MINUTES: Duration = Duration::from_secs(180);
/// Stands wherever a key may stand; it must never come out.
const PLANTED: &str = "sk-planted-4f1c9a7be2";

fn script() -> Value {
    json!({"title": "Why bees dance", "description": "How bees tell where flowers are.", "tags": ["bees"], "keywords": [],
        "scenes": [{"text": "A bee that has found flowers dances, and the others follow.", "search_terms": ["bee"]}]})
}

fn topic(text: &str) -> Value {
    json!({"topic": text, "duration_s": 5, "output": {"resolution": "480p"}})
}

/// Bedrock's Converse and Polly at one address.
fn aws(asked: &Asked) -> Response {
    match asked.uri.as_str() {
        "/model/amazon.nova-lite-v1%3A0/converse" => {
            let used = json!({"toolUse": {"toolUseId": "1", "name": "script", "input": script()}});
            let message = json!({"role": "assistant", "content": [used]});
            axum::Json(json!({"output": {"message": message}, "stopReason": "tool_use", "usage": {}})).into_response()
        }
        "/v1/speech" if asked.body["OutputFormat"] == "json" => {
            let text = asked.body["Text"].as_str().unwrap();
            let mark = |(index, word): (usize, &str)| {
                let start = text.find(word).unwrap();
                json!({"time": index * 100, "type": "word", "start": start, "end": start + word.len(), "value": word})
            };
            let marks: Vec<String> = text.split(' ').enumerate().map(|word| mark(word).to_string()).collect();
            ([(header::CONTENT_TYPE, "application/x-json-stream")], marks.join("\n")).into_response()
        }
        "/v1/speech" => ([(header::CONTENT_TYPE, "audio/pcm")], [0, 16].repeat(32_000)).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn bedrock_writes_and_polly_speaks_over_requests_signed_as_aws_demands() {
    let provider = Provider::start(Box::new(aws)).await.unwrap();
    let writer = ("RUSHES_WRITER", "bedrock:amazon.nova-lite-v1:0");
    let service = Service::start_with(&[("RUSHES_API_KEYS", "open"), writer]).await.unwrap();
    let url = provider.url("");
    let variables =
        [writer, ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", url.as_str()), ("AWS_ENDPOINT_URL_POLLY", url.as_str())];
    let _renderer = service.start_renderer(&variables).unwrap();
    let mut spec = topic("Why bees dance");
    spec["voice"] = json!({"name": "polly:Ruth:generative"});
    let id = service.client.submit(&spec).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!((&task["status"], &task["result"]["script"]["title"]), (&json!("completed"), &json!("Why bees dance")));
    let asked = provider.asked();
    assert_eq!(asked.len(), 3, "a script, its sound, and the moments of its words");
    for request in &asked {
        let name = if request.uri == "/v1/speech" { "polly" } else { "bedrock" };
        assert_eq!(signature::fault(request, name, "test"), None, "{}", request.uri);
        assert!(signature::fault(request, name, "another").is_some(), "any secret would do");
    }
    let video = service.client.download(task["video_url"].as_str().unwrap()).await.unwrap();
    let path = service.aws.directory().join("video.mp4");
    std::fs::write(&path, video).unwrap();
    assert_eq!(complaints_about(&path).await.unwrap(), "");
}

/// Puts something into a store of the local AWS.
async fn store(aws: &LocalAws, target: &str, body: &Value) {
    let service = if target.starts_with("AmazonSSM") { "ssm" } else { "secretsmanager" };
    let credential = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
    let request = rushes_tests::local_aws::reqwest_client()
        .post(&aws.endpoint)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .header("authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"))
        .body(body.to_string());
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn keys_lie_in_secrets_manager_or_parameter_store_and_stay_out_of_errors() {
    let aws = LocalAws::start().await.unwrap();
    let fields = json!({"openai": PLANTED, "number": 5}).to_string();
    for (name, value) in [("rushes/plain", PLANTED), ("rushes/fields", fields.as_str()), ("rushes/none", "")] {
        if !value.is_empty() {
            store(&aws, "secretsmanager.CreateSecret", &json!({"Name": name, "SecretString": value})).await;
        }
    }
    let parameter = json!({"Name": "/rushes/openai", "Value": PLANTED, "Type": "SecureString"});
    store(&aws, "AmazonSSM.PutParameter", &parameter).await;
    let http = HttpClient::new(HttpConfig { attempts: 1, ..HttpConfig::default() }).unwrap();
    let calls = SignedCalls::new(http, Arc::new(Clients::local(&aws.endpoint).await.signer));
    let read = |setting: &str| Key::read(setting, Some(&calls)).unwrap();
    for setting in ["secretsmanager:rushes/plain", "secretsmanager:rushes/fields#openai", "ssm:/rushes/openai"] {
        assert_eq!(read(setting).get().await.unwrap().expose(), PLANTED, "{setting}");
    }
    let wrong = [
        ("secretsmanager:rushes/fields#pexels", "what the store holds is no key"),
        ("secretsmanager:rushes/fields#number", "what the store holds is no key"),
        ("secretsmanager:rushes/plain#openai", "what the store holds is no key"),
        ("secretsmanager:rushes/none", "ResourceNotFoundException"),
        ("ssm:/rushes/none", "ParameterNotFound"),
    ];
    for (setting, reason) in wrong {
        let error = read(setting).get().await.unwrap_err();
        assert!(error.to_string().contains(reason) && !error.is_transient(), "{setting}: {error}");
        assert!(!format!("{error} {error:?}").contains("planted"), "{error:?}");
    }
}

/// Answers as the topic or the text demands: badly, each in its way, and with the key in every place.
fn failing(asked: &Asked) -> Response {
    let says = json!({"error": {"message": PLANTED, "code": PLANTED}, "detail": {"status": PLANTED}});
    let demand = format!("{} {}", asked.body, asked.uri);
    let is_about = |word: &str| demand.contains(word);
    if is_about("way-unauthorized") {
        (StatusCode::UNAUTHORIZED, [("x-request-id", PLANTED)], axum::Json(says)).into_response()
    } else if is_about("way-page") {
        ([(header::CONTENT_TYPE, "text/html")], PLANTED).into_response()
    } else if is_about("way-garbage") {
        ([(header::CONTENT_TYPE, "application/json")], format!("{{\"{PLANTED}")).into_response()
    } else if is_about("way-shape") {
        axum::Json(json!({"choices": PLANTED})).into_response()
    } else if is_about("way-elsewhere") {
        Redirect::temporary(&format!("http://169.254.169.254/{PLANTED}")).into_response()
    } else if is_about("way-packed") {
        ([(header::CONTENT_ENCODING, "gzip"), (header::CONTENT_TYPE, "application/json")], PLANTED).into_response()
    } else if is_about("way-chatter") {
        completion(PLANTED)
    } else {
        (StatusCode::FORBIDDEN, axum::Json(says)).into_response()
    }
}

#[tokio::test]
async fn no_way_to_fail_tells_a_key() {
    let provider = Provider::start(Box::new(failing)).await.unwrap();
    let writer = ("RUSHES_WRITER", "openai:model-1");
    let service = Service::start_with(&[("RUSHES_API_KEYS", "open"), writer]).await.unwrap();
    let url = provider.url(&format!("/{PLANTED}"));
    let of = |name: &'static str| [format!("RUSHES_{name}_URL"), format!("RUSHES_{name}_KEY")];
    let names: Vec<[String; 2]> = ["OPENAI", "ELEVENLABS", "PEXELS", "PIXABAY"].into_iter().map(of).collect();
    let mut variables = vec![writer, ("RUST_LOG", "debug")];
    for [address, key] in &names {
        variables.extend([(address.as_str(), url.as_str()), (key.as_str(), PLANTED)]);
    }
    let _renderer = service.start_renderer(&variables).unwrap();
    let ways =
        ["way-unauthorized", "way-page", "way-garbage", "way-shape", "way-elsewhere", "way-packed", "way-chatter"];
    let mut specs: Vec<Value> = ways.into_iter().map(topic).collect();
    for voice in ["openai:alloy", "elevenlabs:abc"] {
        specs.extend(ways.map(|way| json!({"script": format!("{way}."), "voice": {"name": voice}})));
    }
    let mut ids = Vec::new();
    for spec in &specs {
        ids.push(service.client.submit(spec).await.unwrap());
    }
    for (id, spec) in ids.iter().zip(&specs) {
        let task = service.client.ended(id, MINUTES).await.unwrap();
        assert_eq!(task["status"], "failed", "{spec}: {task:#}");
        let message = task["error"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && !task.to_string().contains("planted"), "{spec}: {task:#}");
    }
    let footage = ways.map(|way| json!({"text": "Hello.", "background": {"type": "footage", "terms": way}}));
    let id = service.client.submit(&json!({"scenes": footage, "output": {"resolution": "480p"}})).await.unwrap();
    let task = service.client.ended(&id, MINUTES).await.unwrap();
    assert_eq!(task["status"], "completed", "{task:#}");
    let warnings = task["result"]["warnings"].as_array().unwrap();
    assert!(warnings.len() >= ways.len() && !task.to_string().contains("planted"), "{task:#}");
    for log in [service.log("api"), service.log("render")] {
        assert!(!log.contains("planted"), "{log}");
    }
    assert!(provider.asked().len() > specs.len());
}
