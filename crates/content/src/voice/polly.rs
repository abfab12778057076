//! Amazon Polly: one call for the sound, one for the moments of the words.

use std::time::Duration;

use async_trait::async_trait;
use rushes_core::ports::{CloudService, VoiceError};
use rushes_core::spec::VoiceChoice;
use serde::Deserialize;
use serde_json::{Value, json};

use super::remote::{Provider, Spoken, failure, pcm, speed};
use super::text::Rewritten;
use crate::http::{Answer, Call};
use crate::signed::{SignedCalls, SignedError};

const SERVICE: CloudService = CloudService { endpoint_name: "polly", signing_name: "polly" };
const DEFAULT_ENGINE: &str = "neural";
/// Ten minutes of speech.
const MAX_BYTES: usize = 20 << 20;
const DEADLINE: Duration = Duration::from_secs(60);

/// Voices of Polly.
#[derive(Clone)]
pub struct Polly {
    calls: SignedCalls,
}

/// A line of the answer about moments.
#[derive(Deserialize)]
struct Mark {
    /// Milliseconds.
    time: u64,
    /// Byte of what was given.
    start: usize,
}

impl Polly {
    /// Voices, asked over `calls`.
    #[must_use]
    pub const fn new(calls: SignedCalls) -> Self {
        Self { calls }
    }

    async fn synthesize(&self, body: &Value) -> Result<Answer, SignedError> {
        let limits = |call: Call| call.limits(MAX_BYTES, DEADLINE);
        self.calls.post_json(SERVICE, "/v1/speech", &[], body.to_string().into_bytes(), limits).await
    }

    /// Moments of words. Engines that tell none are no failure.
    async fn marks(&self, mut request: Value, given: &Rewritten) -> Result<Vec<(usize, Duration)>, SignedError> {
        request["OutputFormat"] = json!("json");
        request["SpeechMarkTypes"] = json!(["word"]);
        let answer = match self.synthesize(&request).await {
            Err(error) if error.status() == Some(400) => return Ok(Vec::new()),
            other => other?,
        };
        let lines = answer.body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let mark = |line: &[u8]| {
            let mark: Mark = serde_json::from_slice(line).ok()?;
            Some((given.written(mark.start)?, Duration::from_millis(mark.time)))
        };
        Ok(lines.filter_map(mark).collect())
    }
}

#[async_trait]
impl Provider for Polly {
    fn identity(&self) -> String {
        "polly".to_owned()
    }

    fn sample_rate_hz(&self) -> u32 {
        16_000
    }

    fn max_characters(&self) -> usize {
        2_500
    }

    async fn speak(&self, text: &str, choice: &VoiceChoice) -> Result<Spoken, VoiceError> {
        let (voice, engine) = choice.name.split_once(':').unwrap_or((&choice.name, DEFAULT_ENGINE));
        let (given, text_type) = given(text, speed(choice, 0.2, 2.0));
        let request = json!({
            "Engine": engine,
            "VoiceId": voice,
            "OutputFormat": "pcm",
            "SampleRate": self.sample_rate_hz().to_string(),
            "Text": given.text,
            "TextType": text_type,
        });
        let told = |error: SignedError| failure(&choice.name, error.is_transient(), error.status(), error.into());
        let answer = self.synthesize(&request).await.map_err(told)?;
        let samples = pcm(&answer).map_err(|error| told(error.into()))?;
        let marks = self.marks(request, &given).await.map_err(told)?;
        Ok(Spoken { samples, marks })
    }
}

/// The text as Polly is given it: as it is, or as SSML where it is to be spoken faster or slower.
fn given(text: &str, speed: f64) -> (Rewritten, &'static str) {
    let mut given = Rewritten::default();
    if speed == 1.0 {
        given.replace(text, 0..text.len());
        return (given, "text");
    }
    given.add(&format!("<speak><prosody rate=\"{:.0}%\">", speed * 100.0));
    for (at, character) in text.char_indices() {
        let written = at..at + character.len_utf8();
        match character {
            '&' => given.replace("&amp;", written),
            '<' => given.replace("&lt;", written),
            '>' => given.replace("&gt;", written),
            _ => given.replace(&text[written.clone()], written),
        }
    }
    given.add("</prosody></speak>");
    (given, "ssml")
}
