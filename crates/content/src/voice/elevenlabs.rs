//! ElevenLabs, which tells the moment of every character.

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderName;
use rushes_core::ports::VoiceError;
use rushes_core::spec::VoiceChoice;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::remote::{Provider, Spoken, failure, samples, speed};
use crate::http::{Call, HttpClient, HttpError, Repeat};
use crate::keys::Key;
use crate::writer::openai::endpoint;

/// Three minutes of speech in base64, with their alignment.
const MAX_BYTES: usize = 24 << 20;
const DEADLINE: Duration = Duration::from_secs(120);

/// Voices of ElevenLabs.
#[derive(Clone)]
pub struct ElevenLabs {
    http: HttpClient,
    base_url: Url,
    key: Key,
    model: String,
}

#[derive(Deserialize)]
struct Timed {
    audio_base64: String,
    alignment: Option<Alignment>,
}

#[derive(Deserialize)]
struct Alignment {
    characters: Vec<String>,
    character_start_times_seconds: Vec<f64>,
}

impl ElevenLabs {
    /// `model` at `base_url`.
    #[must_use]
    pub const fn new(http: HttpClient, base_url: Url, key: Key, model: String) -> Self {
        Self { http, base_url, key, model }
    }
}

impl Alignment {
    /// Where each character stands in `text`, and when it sounds; nothing where they are of another text.
    fn marks(&self, text: &str) -> Vec<(usize, Duration)> {
        if self.characters.concat() != text {
            return Vec::new();
        }
        let mut at = 0;
        let timed = self.characters.iter().zip(&self.character_start_times_seconds);
        let mark = |(character, seconds): (&String, &f64)| {
            let start = at;
            at += character.len();
            Duration::try_from_secs_f64(*seconds).ok().map(|moment| (start, moment))
        };
        timed.filter_map(mark).collect()
    }
}

#[async_trait]
impl Provider for ElevenLabs {
    fn identity(&self) -> String {
        format!("elevenlabs {} {}", self.base_url, self.model)
    }

    fn sample_rate_hz(&self) -> u32 {
        24_000
    }

    fn max_characters(&self) -> usize {
        2_500
    }

    async fn speak(&self, text: &str, choice: &VoiceChoice) -> Result<Spoken, VoiceError> {
        let mut body = json!({"text": text, "model_id": self.model});
        let speed = speed(choice, 0.7, 1.2);
        if speed != 1.0 {
            body["voice_settings"] = json!({"speed": speed});
        }
        let body = body.to_string();
        let name = blake3::hash(body.as_bytes()).to_hex().to_string();
        let mut url = endpoint(&self.base_url, &["text-to-speech", &choice.name, "with-timestamps"]);
        url.query_pairs_mut().append_pair("output_format", "pcm_24000");
        let key = self.key.header("").await;
        let key = key.map_err(|error| failure(&choice.name, error.is_transient(), None, error.into()))?;
        let call = Call::post_json(url, body, Repeat::Keyed(name)).limits(MAX_BYTES, DEADLINE);
        let call = call.header(HeaderName::from_static("xi-api-key"), key);
        let told = |error: HttpError| failure(&choice.name, error.is_transient(), error.status(), error.into());
        let answer = self.http.call(&call).await.map_err(told)?;
        let timed: Timed = answer.json().map_err(told)?;
        let sound = STANDARD.decode(&timed.audio_base64).ok().and_then(|bytes| samples(&bytes));
        let samples = sound.ok_or_else(|| told(answer.unexpected("the sound is cut off")))?;
        let marks = timed.alignment.map(|alignment| alignment.marks(text)).unwrap_or_default();
        Ok(Spoken { samples, marks })
    }
}
