//! Against real servers that speak the providers' protocols, well and badly.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use rushes_core::memo::NoMemo;
use rushes_core::ports::{Brief, CloudService, Memo, RequestSigner, SignError, UnsignedRequest, Writer, WriterError};
use rushes_core::spec::Language;
use serde_json::{Value, json};
use url::Url;

use super::prompt::SCHEMA;
use super::{BedrockModel, ModelWriter, OpenAiModel, answer};
use crate::http::{HttpClient, HttpConfig};
use crate::kept::Kept;
use crate::keys::Key;
use crate::signed::SignedCalls;

const PLANTED: &str = "sk-planted-0123456789";

fn brief() -> Brief {
    Brief {
        topic: "Why bees dance".to_owned(),
        duration: Duration::from_secs(7),
        words: 20,
        language: Language::parse("en").unwrap(),
        style: Some("Dry.".to_owned()),
    }
}

fn script(words: usize) -> Value {
    let text = format!("{}.", vec!["word"; words].join(" "));
    json!({"title": "Bees", "description": "They dance.", "tags": ["bees"], "keywords": ["bee hotel"],
        "scenes": [{"text": text, "search_terms": ["bee dancing"]}]})
}

/// One request as it arrived.
#[derive(Clone)]
struct Asked {
    path: String,
    headers: HeaderMap,
    body: Value,
}

/// A server that gives these answers in order, the last again and again.
struct Provider {
    url: Url,
    asked: Arc<Mutex<Vec<Asked>>>,
}

type Answers = Arc<Vec<(u16, &'static str, String)>>;

impl Provider {
    async fn start(answers: Vec<(u16, &'static str, String)>) -> Self {
        let (asked, answers): (Arc<Mutex<Vec<Asked>>>, Answers) = (Arc::default(), Arc::new(answers));
        let app = Router::new().fallback(any(answered)).with_state((Arc::clone(&asked), answers));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/v1/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn writer(&self) -> ModelWriter {
        self.writer_with(Arc::new(NoMemo))
    }

    fn writer_with(&self, memo: Arc<dyn Memo>) -> ModelWriter {
        let key = Key::read(PLANTED, None).unwrap();
        ModelWriter::new(Arc::new(OpenAiModel::new(http(), self.url.clone(), Some(key), "model-1".to_owned())), memo)
    }
}

async fn answered(
    State((asked, answers)): State<(Arc<Mutex<Vec<Asked>>>, Answers)>,
    headers: HeaderMap,
    uri: Uri,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let mut asked = asked.lock().unwrap();
    let (status, content_type, text) = &answers[asked.len().min(answers.len() - 1)];
    asked.push(Asked { path: uri.path().to_owned(), headers, body });
    (StatusCode::from_u16(*status).unwrap(), [(header::CONTENT_TYPE, *content_type)], text.clone()).into_response()
}

fn http() -> HttpClient {
    HttpClient::new(HttpConfig { back_off: Duration::from_millis(2), attempts: 2, ..HttpConfig::default() }).unwrap()
}

const JSON: &str = "application/json";

/// A completion that says this.
fn says(content: &str) -> (u16, &'static str, String) {
    let message = json!({"role": "assistant", "content": content});
    let body = json!({"id": "c-1", "object": "chat.completion", "model": "model-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": {"total_tokens": 3}});
    (200, JSON, body.to_string())
}

/// An error and all that lies beneath, as a log could tell it.
fn told(error: &WriterError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    format!("{error} {error:?} {}", causes.map(|cause| format!("{cause} {cause:?} ")).collect::<String>())
}

#[tokio::test]
async fn a_script_is_asked_for_as_the_protocol_has_it() {
    let provider = Provider::start(vec![says(&script(20).to_string())]).await;
    let written = provider.writer().write(&brief()).await.unwrap();
    assert_eq!((written.title.as_str(), written.words(), written.scenes.len()), ("Bees", 20, 1));
    let [asked] = provider.asked().try_into().ok().unwrap();
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.headers["authorization"], format!("Bearer {PLANTED}"));
    assert!(!asked.headers["idempotency-key"].is_empty());
    assert_eq!(asked.body["model"], "model-1");
    assert_eq!(asked.body["response_format"]["json_schema"]["schema"], *SCHEMA);
    let messages = asked.body["messages"].to_string();
    for part in ["Why bees dance", "20 words", "7 seconds", r#"\"en\""#, "Dry."] {
        assert!(messages.contains(part), "{part}: {messages}");
    }
}

#[tokio::test]
async fn an_invalid_answer_is_repaired_once() {
    let mut wrong = script(20);
    wrong["scenes"] = json!([{"text": 5, "search_terms": []}]);
    for first in ["Sure! Here it comes:", "{\"title\": \"cut o", &wrong.to_string(), "", "[]"] {
        let provider = Provider::start(vec![says(first), says(&script(20).to_string())]).await;
        assert_eq!(provider.writer().write(&brief()).await.unwrap().title, "Bees");
        let asked = provider.asked();
        assert_eq!(asked.len(), 2, "{first}");
        let messages = asked[1].body["messages"].as_array().unwrap();
        let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user"]);
        assert_eq!(messages[2]["content"], first);
    }
}

#[tokio::test]
async fn what_stays_invalid_is_no_script_and_the_reason_does_not_repeat_it() {
    let mut wrong = script(20);
    wrong["scenes"] = json!([]);
    wrong[PLANTED] = json!(PLANTED);
    let provider = Provider::start(vec![says(&wrong.to_string())]).await;
    let error = provider.writer().write(&brief()).await.unwrap_err();
    assert!(matches!(error, WriterError::Invalid { .. }) && !error.is_transient());
    assert!(error.to_string().contains("/scenes is empty") && !told(&error).contains("planted"), "{error}");
    assert_eq!(provider.asked().len(), 2);
}

#[tokio::test]
async fn a_script_of_another_length_is_asked_for_again_and_taken_if_none_is_better() {
    let provider = Provider::start(vec![says(&script(60).to_string()), says(&script(21).to_string())]).await;
    assert_eq!(provider.writer().write(&brief()).await.unwrap().words(), 21);
    assert!(provider.asked()[1].body["messages"].to_string().contains("the narration has 60 words; write 20"));
    let provider = Provider::start(vec![says(&script(60).to_string()), says("no")]).await;
    assert_eq!(provider.writer().write(&brief()).await.unwrap().words(), 60);
}

#[tokio::test]
async fn a_script_is_written_once_and_then_remembered() {
    let provider = Provider::start(vec![says(&script(20).to_string())]).await;
    let writer = provider.writer_with(Arc::new(Kept::default()));
    let first = writer.write(&brief()).await.unwrap();
    assert_eq!(writer.write(&brief()).await.unwrap(), first);
    assert_eq!(provider.asked().len(), 1);
    writer.write(&Brief { topic: "Why bees sleep".to_owned(), ..brief() }).await.unwrap();
    writer.write(&Brief { style: None, ..brief() }).await.unwrap();
    assert_eq!(provider.asked().len(), 3);
}

#[tokio::test]
async fn a_failure_is_not_remembered() {
    let provider =
        Provider::start(vec![(500, JSON, String::new()), (500, JSON, String::new()), says(&script(20).to_string())])
            .await;
    let writer = provider.writer_with(Arc::new(Kept::default()));
    assert!(writer.write(&brief()).await.unwrap_err().is_transient());
    writer.write(&brief()).await.unwrap();
    let names: Vec<_> = provider.asked().iter().map(|asked| asked.headers["idempotency-key"].clone()).collect();
    assert!(names.iter().all(|name| name == names[0]), "the same question bears the same name");
}

#[tokio::test]
async fn a_server_that_knows_no_schema_is_asked_without_one() {
    let refusal = (400, JSON, json!({"error": {"message": "unknown response_format"}}).to_string());
    let provider = Provider::start(vec![refusal, says(&format!("```json\n{}\n```", script(20)))]).await;
    provider.writer().write(&brief()).await.unwrap();
    assert_eq!(provider.asked()[1].body["response_format"], json!({"type": "json_object"}));
}

#[tokio::test]
async fn every_way_to_fail_is_named_and_keeps_the_key() {
    let message = json!({"error": {"message": format!("bad key {PLANTED}"), "code": "invalid_api_key"}}).to_string();
    let refusal = json!({"choices": [{"message": {"refusal": PLANTED, "content": null}, "finish_reason": "stop"}]});
    let none = json!({"choices": []});
    let cases = [
        ((401, JSON, message.clone()), "is the key right", false),
        ((403, JSON, message.clone()), "is the key right", false),
        ((404, JSON, message.clone()), "are the address and the model's name right", false),
        ((429, JSON, message.clone()), "answered 429", true),
        ((500, JSON, message.clone()), "answered 500", true),
        ((200, "text/html", PLANTED.to_owned()), "does not say that it is JSON", false),
        ((200, JSON, PLANTED.to_owned()), "no JSON", false),
        ((200, JSON, json!({"choices": PLANTED}).to_string()), "JSON of another shape", false),
        ((200, JSON, none.to_string()), "no answer in the answer", false),
        ((200, JSON, refusal.to_string()), "refuses", false),
        ((302, JSON, PLANTED.to_owned()), "answered 302", false),
    ];
    for (answer, reason, is_transient) in cases {
        let what = answer.0;
        let error = Provider::start(vec![answer]).await.writer().write(&brief()).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{what}: {error}");
        assert_eq!(error.is_transient(), is_transient, "{what}: {error}");
        assert!(!told(&error).contains("planted"), "{what}: {}", told(&error));
    }
}

#[tokio::test]
async fn the_key_goes_where_azure_looks_for_it() {
    use super::openai::{endpoint, with_key};
    let base = Url::parse("https://mine.openai.azure.com/openai/deployments/a?api-version=2025-01-01").unwrap();
    let url = endpoint(&base, &["chat", "completions"]);
    assert_eq!(url.path(), "/openai/deployments/a/chat/completions");
    assert_eq!(url.query(), Some("api-version=2025-01-01"));
    let key = Key::read(PLANTED, None).unwrap();
    let call = with_key(crate::http::Call::get(url), &base, Some(&key)).await.unwrap();
    let shown = format!("{call:?}");
    assert!(shown.contains("api-key") && !shown.contains("planted"), "{shown}");
}

/// Signs in a way that the server can see.
struct Signer(String);

#[async_trait::async_trait]
impl RequestSigner for Signer {
    fn endpoint(&self, service: CloudService) -> String {
        assert_eq!(service.endpoint_name, "bedrock-runtime");
        self.0.clone()
    }

    async fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, SignError> {
        Ok(vec![(
            "authorization".to_owned(),
            format!("signed {} {}", request.service.signing_name, request.body.len()),
        )])
    }
}

fn bedrock(provider: &Provider) -> ModelWriter {
    let calls = SignedCalls::new(http(), Arc::new(Signer(provider.url.origin().ascii_serialization())));
    ModelWriter::new(Arc::new(BedrockModel::new(calls, "amazon.nova-lite-v1:0".to_owned())), Arc::new(NoMemo))
}

#[tokio::test]
async fn bedrock_hands_the_script_in_as_the_use_of_a_tool() {
    let used = json!({"output": {"message": {"role": "assistant", "content": [
        {"text": "Here it is."}, {"toolUse": {"toolUseId": "1", "name": "script", "input": script(20)}}]}},
        "stopReason": "tool_use", "usage": {}});
    let provider = Provider::start(vec![(200, JSON, used.to_string())]).await;
    assert_eq!(bedrock(&provider).write(&brief()).await.unwrap().words(), 20);
    let [asked] = provider.asked().try_into().ok().unwrap();
    assert_eq!(asked.path, "/model/amazon.nova-lite-v1%3A0/converse");
    assert!(asked.headers["authorization"].to_str().unwrap().starts_with("signed bedrock "));
    assert_eq!(asked.body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"], *SCHEMA);
    assert!(asked.body["messages"][0]["content"][0]["text"].as_str().unwrap().contains("Why bees dance"));
}

#[tokio::test]
async fn a_model_of_bedrock_without_tools_is_asked_for_text() {
    let refused = (400, JSON, json!({"message": "This model doesn't support tool use."}).to_string());
    let content = json!([{"text": script(20).to_string()}]);
    let text = json!({"output": {"message": {"content": content}}, "stopReason": "end_turn"});
    let provider = Provider::start(vec![refused, (200, JSON, text.to_string())]).await;
    bedrock(&provider).write(&brief()).await.unwrap();
    assert!(provider.asked()[1].body.get("toolConfig").is_none());
    let stopped = json!({"output": {"message": {"content": []}}, "stopReason": "guardrail_intervened"});
    let provider = Provider::start(vec![(200, JSON, stopped.to_string())]).await;
    assert!(matches!(bedrock(&provider).write(&brief()).await, Err(WriterError::Refused)));
}

#[test]
fn an_answer_is_taken_only_if_the_schema_takes_it() {
    let schema = jsonschema::draft202012::new(&SCHEMA).unwrap();
    let mut cases = vec![(script(20), true), (json!({}), false), (json!([]), false)];
    for field in ["title", "description", "tags", "keywords", "scenes"] {
        for wrong in [json!(null), json!(5), json!({"a": 1}), json!([5])] {
            let mut case = script(20);
            case[field] = wrong;
            cases.push((case, false));
        }
        let mut case = script(20);
        case.as_object_mut().unwrap().remove(field);
        cases.push((case, false));
    }
    for (pointer, wrong) in
        [("/scenes/0/text", json!(1)), ("/scenes/0/search_terms", json!("a")), ("/scenes/0", json!("a"))]
    {
        let mut case = script(20);
        *case.pointer_mut(pointer).unwrap() = wrong;
        cases.push((case, false));
    }
    let mut more = script(20);
    more["scenes"][0]["more"] = json!(1);
    cases.push((more, false));
    for (case, is_script) in cases {
        assert_eq!(schema.is_valid(&case), is_script, "{case}");
        let verdict = answer::read(&case.to_string(), 20);
        assert_eq!(matches!(verdict, answer::Verdict::Good(_)), is_script, "{case}: {verdict:?}");
    }
}
