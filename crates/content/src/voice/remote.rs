//! A provider's voice as the port wants it: sentence by sentence, long ones in pieces, joined
//! without a click.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use rushes_core::narration::{Speech, samples_duration, words_from_marks};
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::VoiceChoice;

use super::spool::Spool;
use super::text::pieces;
use crate::http::{Answer, HttpError};

const SENTENCES_AT_ONCE: usize = 4;
/// At both ends of what one call gives; too short to be heard, long enough for no click.
const FADE: Duration = Duration::from_millis(5);
/// Between a sentence and the next: each is spoken as if it were alone.
const PAUSE: Duration = Duration::from_millis(220);

/// Speaks one text a call.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Everything that the sound depends on besides text and choice.
    fn identity(&self) -> String;

    /// Samples a second of all that it speaks.
    fn sample_rate_hz(&self) -> u32;

    /// The longest text of one call, in characters.
    fn max_characters(&self) -> usize;

    /// The sound of a text.
    async fn speak(&self, text: &str, choice: &VoiceChoice) -> Result<Spoken, VoiceError>;
}

/// What one call gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// One channel.
    pub samples: Vec<i16>,
    /// Byte of the text and moment, for what is known.
    pub marks: Vec<(usize, Duration)>,
}

/// The voice of a provider.
#[derive(Clone, Debug)]
pub struct RemoteVoice<P>(pub P);

impl<P: Provider> RemoteVoice<P> {
    async fn sentence(&self, sentence: &str, choice: &VoiceChoice) -> Result<(Spoken, Duration), VoiceError> {
        let rate = self.0.sample_rate_hz();
        let mut whole = Spoken::default();
        for piece in pieces(sentence, self.0.max_characters()) {
            let text = &sentence[piece.clone()];
            if !text.chars().any(char::is_alphanumeric) {
                continue;
            }
            let mut spoken = self.0.speak(text, choice).await?;
            let start = samples_duration(whole.samples.len() as u64, rate);
            fade(&mut spoken.samples, rate);
            whole.marks.extend(spoken.marks.into_iter().map(|(at, moment)| (piece.start + at, start + moment)));
            whole.samples.append(&mut spoken.samples);
        }
        whole.samples.resize(whole.samples.len() + samples_in(PAUSE, rate), 0);
        let duration = samples_duration(whole.samples.len() as u64, rate);
        Ok((whole, duration))
    }
}

#[async_trait]
impl<P: Provider> Voice for RemoteVoice<P> {
    async fn version(&self) -> Result<String, VoiceError> {
        Ok(format!("{} pause {} fade {}", self.0.identity(), PAUSE.as_millis(), FADE.as_millis()))
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        let mut file = Spool::create(spool).await?;
        let calls: Vec<_> = sentences.iter().map(|sentence| self.sentence(sentence, choice)).collect();
        let mut spoken = stream::iter(calls).buffered(SENTENCES_AT_ONCE);
        let mut speeches = Vec::with_capacity(sentences.len());
        while let Some((whole, duration)) = spoken.try_next().await? {
            let words = words_from_marks(&sentences[speeches.len()], &whole.marks, duration);
            let samples = file.put(&whole.samples).await?;
            speeches.push(Speech { samples, sample_rate_hz: self.0.sample_rate_hz(), words });
        }
        file.finish().await?;
        Ok(speeches)
    }
}

fn samples_in(duration: Duration, rate_hz: u32) -> usize {
    usize::try_from(duration.as_micros() * u128::from(rate_hz) / 1_000_000).unwrap_or_default()
}

/// From and to silence.
fn fade(samples: &mut [i16], rate_hz: u32) {
    let count = samples_in(FADE, rate_hz).min(samples.len() / 2);
    let last = samples.len().saturating_sub(1);
    for index in 0..count {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred at most")]
        let gain = index as f64 / count as f64;
        for at in [index, last - index] {
            #[expect(clippy::cast_possible_truncation, reason = "smaller than before")]
            let faded = (f64::from(samples[at]) * gain) as i16;
            samples[at] = faded;
        }
    }
}

/// Samples of 16 bits, the lower byte first, from an answer that should hold nothing else.
pub fn pcm(answer: &Answer) -> Result<Vec<i16>, HttpError> {
    let is_text = answer.content_type.starts_with("text/") || answer.content_type.ends_with("json");
    if is_text || answer.body.starts_with(b"RIFF") || answer.body.starts_with(b"ID3") {
        return Err(answer.unexpected("it is no plain PCM"));
    }
    samples(&answer.body).ok_or_else(|| answer.unexpected("the sound is cut off"))
}

/// Samples of 16 bits, the lower byte first; `None` where there are none, or half of one.
pub fn samples(bytes: &[u8]) -> Option<Vec<i16>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    (rest.is_empty() && !pairs.is_empty()).then(|| pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
}

/// What a failed call means.
pub fn failure(name: &str, is_transient: bool, status: Option<u16>, error: rushes_core::ports::Source) -> VoiceError {
    if status == Some(404) {
        return VoiceError::UnknownVoice { name: name.to_owned() };
    }
    let (reason, source) = (error.to_string(), Some(error));
    if is_transient { VoiceError::Unavailable { reason, source } } else { VoiceError::Failed { reason, source } }
}

/// How fast to speak, where 1 is the voice's own speed: specs think of 175 words a minute.
pub fn speed(choice: &VoiceChoice, slowest: f64, fastest: f64) -> f64 {
    (f64::from(choice.rate_wpm) / 175.0).clamp(slowest, fastest)
}
