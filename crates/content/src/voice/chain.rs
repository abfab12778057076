//! The voices that a spec names, tried in order, and its dictionary before all of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use rushes_core::narration::Speech;
use rushes_core::ports::{Voice, VoiceError};
use rushes_core::spec::VoiceChoice;

use super::pronounce::{restore, rewrite};
use super::text::Rewritten;

/// Every voice that is set up here.
#[derive(Clone)]
pub struct VoiceChain {
    offline: Arc<dyn Voice>,
    /// By the word before the colon in a voice's name.
    providers: HashMap<&'static str, Arc<dyn Voice>>,
}

impl VoiceChain {
    /// `offline` speaks for names without a colon.
    #[must_use]
    pub fn new(offline: Arc<dyn Voice>, providers: HashMap<&'static str, Arc<dyn Voice>>) -> Self {
        Self { offline, providers }
    }

    /// Who speaks for a name, and what it is called there.
    fn voice<'a>(&self, name: &'a str) -> Result<(&Arc<dyn Voice>, &'a str), VoiceError> {
        let Some((provider, own_name)) = name.split_once(':') else { return Ok((&self.offline, name)) };
        let voice = self.providers.get(provider).ok_or_else(|| {
            let hint = format!(
                "{provider} is not set up here (see RUSHES_OPENAI_KEY, RUSHES_ELEVENLABS_KEY; Polly speaks in AWS only)"
            );
            VoiceError::NotInstalled { hint }
        })?;
        Ok((voice, own_name))
    }

    async fn speak_as(
        &self,
        name: &str,
        sentences: &[String],
        choice: &VoiceChoice,
        spool: &Path,
    ) -> Result<Vec<Speech>, VoiceError> {
        let (voice, own_name) = self.voice(name)?;
        let own = VoiceChoice { rate_wpm: choice.rate_wpm, pitch: choice.pitch, ..VoiceChoice::named(own_name) };
        voice.speak(sentences, &own, spool).await
    }
}

#[async_trait]
impl Voice for VoiceChain {
    async fn version(&self) -> Result<String, VoiceError> {
        self.offline.version().await
    }

    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError> {
        let rewritten: Vec<Rewritten> =
            sentences.iter().map(|sentence| rewrite(sentence, &choice.pronunciations, &choice.language)).collect();
        let given: Vec<String> = rewritten.iter().map(|rewritten| rewritten.text.clone()).collect();
        let mut complaints = Vec::new();
        for (index, name) in std::iter::once(&choice.name).chain(&choice.fallback).enumerate() {
            // What a voice left half-way must not be taken for the next one's.
            let spool = if index == 0 { spool.to_owned() } else { spool.with_extension(format!("{index}.pcm")) };
            match self.speak_as(name, &given, choice, &spool).await {
                Ok(speeches) => {
                    let written = sentences.iter().zip(&rewritten);
                    let restored = speeches.into_iter().zip(written).map(|(speech, (sentence, rewritten))| {
                        if rewritten.text == *sentence { speech } else { restore(speech, sentence, rewritten) }
                    });
                    return Ok(restored.collect());
                }
                Err(error) => {
                    tracing::warn!(voice = name, %error, "a voice does not speak");
                    complaints.push((name, error));
                }
            }
        }
        Err(together(complaints))
    }
}

/// One error for all voices; worth another try where one of them is.
fn together(mut complaints: Vec<(&String, VoiceError)>) -> VoiceError {
    if complaints.len() == 1
        && let Some((_, only)) = complaints.pop()
    {
        return only;
    }
    let is_transient = complaints.iter().any(|(_, error)| error.is_transient());
    let reasons: Vec<String> = complaints.iter().map(|(name, error)| format!("{name}: {error}")).collect();
    let (reason, source) = (reasons.join("; "), None);
    if is_transient { VoiceError::Unavailable { reason, source } } else { VoiceError::Failed { reason, source } }
}
