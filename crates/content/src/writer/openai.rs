//! Chat completions as OpenAI has them, and Azure, OpenRouter, Ollama, vLLM and others after it.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderName};
use rushes_core::ports::WriterError;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::prompt::{Prompt, SCHEMA};
use super::{Model, failure};
use crate::http::{Call, HttpClient, HttpError, Repeat};
use crate::keys::{Key, KeyError};

/// The largest answer that is read.
const MAX_BYTES: usize = 2 << 20;
/// All attempts together: a slow model of one's own takes a minute for a long script.
const DEADLINE: Duration = Duration::from_secs(240);

/// A model behind a chat completions API.
#[derive(Clone)]
pub struct OpenAiModel {
    http: HttpClient,
    base_url: Url,
    key: Option<Key>,
    model: String,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
}

impl OpenAiModel {
    /// `model` at `base_url` (such as `https://api.openai.com/v1`), asked with `key` if it wants one.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: Url, key: Option<Key>, model: String) -> Self {
        Self { http, base_url, key, model }
    }

    async fn complete(&self, prompt: &Prompt, format: &Value) -> Result<Completion, WriterError> {
        let turns = prompt.turns.iter().map(|(role, text)| json!({"role": role.as_str(), "content": text}));
        let messages: Vec<Value> =
            std::iter::once(json!({"role": "system", "content": prompt.system})).chain(turns).collect();
        let body = json!({"model": self.model, "messages": messages, "response_format": format}).to_string();
        // The same question bears the same name, also after a crash.
        let name = blake3::hash(body.as_bytes()).to_hex().to_string();
        let url = endpoint(&self.base_url, &["chat", "completions"]);
        let call = Call::post_json(url, body, Repeat::Keyed(name)).limits(MAX_BYTES, DEADLINE);
        let call = with_key(call, &self.base_url, self.key.as_ref()).await;
        let call = call.map_err(|error| failure(error.is_transient(), None, error.into()))?;
        let told = |error: HttpError| failure(error.is_transient(), error.status(), error.into());
        let answer = self.http.call(&call).await.map_err(told)?;
        if !answer.content_type.ends_with("json") {
            return Err(told(answer.unexpected("it does not say that it is JSON")));
        }
        answer.json().map_err(told)
    }
}

#[async_trait]
impl Model for OpenAiModel {
    fn identity(&self) -> String {
        format!("openai {} {}", self.base_url, self.model)
    }

    async fn answer(&self, prompt: &Prompt) -> Result<String, WriterError> {
        let strict =
            json!({"type": "json_schema", "json_schema": {"name": "script", "strict": true, "schema": *SCHEMA}});
        let completion = match self.complete(prompt, &strict).await {
            // Some servers know no schema. The prompt tells it, too.
            Err(WriterError::Failed { source: Some(error), .. }) if is_misunderstood(error.as_ref()) => {
                self.complete(prompt, &json!({"type": "json_object"})).await?
            }
            other => other?,
        };
        let Some(choice) = completion.choices.into_iter().next() else {
            return Err(WriterError::Invalid { reason: "there is no answer in the answer".to_owned() });
        };
        match (choice.finish_reason.as_deref(), choice.message) {
            (Some("content_filter"), _) | (_, Message { refusal: Some(_), content: None }) => Err(WriterError::Refused),
            // A cut-off object is none; the repair asks for a whole one.
            (_, Message { content: Some(content), .. }) => Ok(content),
            (_, Message { content: None, .. }) => Ok(String::new()),
        }
    }
}

/// Whether the server refused the request as one that it does not understand.
fn is_misunderstood(error: &(dyn std::error::Error + 'static)) -> bool {
    let status = error.downcast_ref::<HttpError>().and_then(HttpError::status);
    matches!(status, Some(400 | 422))
}

/// `base` with more parts of the path; its query stays (Azure's version of the API stands there).
pub fn endpoint(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

/// The call with the key where the server looks for it.
pub async fn with_key(call: Call, base: &Url, key: Option<&Key>) -> Result<Call, KeyError> {
    let Some(key) = key else { return Ok(call) };
    let is_azure = base.host_str().is_some_and(|host| host.ends_with(".azure.com"));
    let (name, prefix) = if is_azure { (HeaderName::from_static("api-key"), "") } else { (AUTHORIZATION, "Bearer ") };
    Ok(call.header(name, key.header(prefix).await?))
}
