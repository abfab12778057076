//! `/audio/speech` as OpenAI has it, and others after it. It tells no moments of words: they are
//! shared out by length within each sentence, so that captions cannot drift further than one.

use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::VoiceError;
use rushes_core::spec::VoiceChoice;
use serde_json::json;
use url::Url;

use super::remote::{Provider, Spoken, failure, pcm, speed};
use crate::http::{Call, HttpClient, HttpError, Repeat};
use crate::keys::Key;
use crate::writer::openai::{endpoint, with_key};

/// Five minutes of speech.
const MAX_BYTES: usize = 16 << 20;
const DEADLINE: Duration = Duration::from_secs(120);

/// Voices behind a speech API.
#[derive(Clone)]
pub struct OpenAiSpeech {
    http: HttpClient,
    base_url: Url,
    key: Option<Key>,
    model: String,
}

impl OpenAiSpeech {
    /// `model` at `base_url`, asked with `key` if it wants one.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: Url, key: Option<Key>, model: String) -> Self {
        Self { http, base_url, key, model }
    }
}

#[async_trait]
impl Provider for OpenAiSpeech {
    fn identity(&self) -> String {
        format!("openai {} {}", self.base_url, self.model)
    }

    fn sample_rate_hz(&self) -> u32 {
        24_000
    }

    fn max_characters(&self) -> usize {
        4_000
    }

    async fn speak(&self, text: &str, choice: &VoiceChoice) -> Result<Spoken, VoiceError> {
        let mut body = json!({"model": self.model, "voice": choice.name, "input": text, "response_format": "pcm"});
        let speed = speed(choice, 0.25, 4.0);
        if speed != 1.0 {
            body["speed"] = json!(speed);
        }
        let body = body.to_string();
        let name = blake3::hash(body.as_bytes()).to_hex().to_string();
        let url = endpoint(&self.base_url, &["audio", "speech"]);
        let call = Call::post_json(url, body, Repeat::Keyed(name)).limits(MAX_BYTES, DEADLINE);
        let call = with_key(call, &self.base_url, self.key.as_ref()).await;
        let call = call.map_err(|error| failure(&choice.name, error.is_transient(), None, error.into()))?;
        let told = |error: HttpError| failure(&choice.name, error.is_transient(), error.status(), error.into());
        let answer = self.http.call(&call).await.map_err(told)?;
        Ok(Spoken { samples: pcm(&answer).map_err(told)?, marks: Vec::new() })
    }
}
