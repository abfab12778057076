//! Which providers are set up, and how: read from the environment.

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use rushes_core::ports::{Footage, Memo, RequestSigner, Voice, Writer};
use url::Url;

use crate::footage::{Pexels, Pixabay, RememberingFootage};
use crate::http::{HttpClient, HttpConfig};
use crate::keys::{Key, KeyError};
use crate::remember::RememberingVoice;
use crate::signed::SignedCalls;
use crate::voice::{ElevenLabs, OpenAiSpeech, Polly, RemoteVoice, VoiceChain};
use crate::writer::{BedrockModel, Model, ModelWriter, OpenAiModel};

/// Of a provider: as many as it costs to speak again when one fails.
const SENTENCES_BEFORE_REMEMBERING: NonZeroUsize = NonZeroUsize::new(8).unwrap();
const PREFIX: &str = "RUSHES_";
const OPENAI: &str = "https://api.openai.com/v1";
const ELEVENLABS: &str = "https://api.elevenlabs.io/v1";
const PEXELS: &str = "https://api.pexels.com";
const PIXABAY: &str = "https://pixabay.com/api/";

/// The variables of this product. It holds keys, so it shows only which there are.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is written wrongly. The message does not repeat it: it may be a key in the wrong place.
    #[error("the environment variable {name} {reason}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What it should be.
        reason: String,
    },
    /// A key that cannot be had.
    #[error("the environment variable {name}: {source}")]
    Key {
        /// Which.
        name: &'static str,
        /// Why.
        #[source]
        source: KeyError,
    },
}

impl Environment {
    /// Of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// The text of a variable; set to nothing is unset.
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn number(&self, name: &'static str, default: usize, most: usize) -> Result<usize, SettingsError> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or_else(|| SettingsError::Invalid { name, reason: format!("is a number from 1 to {most}") })
    }

    fn url(&self, name: &'static str, default: &str) -> Result<Url, SettingsError> {
        let url = Url::parse(self.text(name).unwrap_or(default)).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        url.ok_or_else(|| SettingsError::Invalid { name, reason: "is an http or https URL".to_owned() })
    }

    fn key(&self, name: &'static str, calls: Option<&SignedCalls>) -> Result<Option<Key>, SettingsError> {
        let key = self.text(name).map(|setting| Key::read(setting, calls)).transpose();
        key.map_err(|source| SettingsError::Key { name, source })
    }

    /// `RUSHES_HTTP_CONNECTIONS`, `RUSHES_HTTP_IDLE_CONNECTIONS` and `RUSHES_HTTP_IDLE_SECONDS`.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable.
    pub fn http(&self) -> Result<HttpConfig, SettingsError> {
        let default = HttpConfig::default();
        let idle_s = self.number("RUSHES_HTTP_IDLE_SECONDS", 30, 3_600)?;
        Ok(HttpConfig {
            connections: self.number("RUSHES_HTTP_CONNECTIONS", default.connections, 1_000)?,
            idle_connections: self.number("RUSHES_HTTP_IDLE_CONNECTIONS", default.idle_connections, 1_000)?,
            idle_time: Duration::from_secs(idle_s as u64),
            ..default
        })
    }

    /// Whether `RUSHES_WRITER` names a model.
    #[must_use]
    pub fn has_writer(&self) -> bool {
        self.text("RUSHES_WRITER").is_some()
    }
}

/// What is needed to reach providers.
#[derive(Clone)]
pub struct Outside {
    /// The way there.
    pub http: HttpClient,
    /// Signs requests to the cloud's own services; `None` outside of it.
    pub signer: Option<Arc<dyn RequestSigner>>,
    /// Remembers what was answered.
    pub memo: Arc<dyn Memo>,
}

impl Outside {
    fn calls(&self) -> Option<SignedCalls> {
        self.signer.clone().map(|signer| SignedCalls::new(self.http.clone(), signer))
    }

    /// The writer that `RUSHES_WRITER` names: `openai:<model>` at `RUSHES_OPENAI_URL` with
    /// `RUSHES_OPENAI_KEY`, or `bedrock:<model>`.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable.
    pub fn writer(&self, environment: &Environment) -> Result<Option<Arc<dyn Writer>>, SettingsError> {
        const NAME: &str = "RUSHES_WRITER";
        let Some(setting) = environment.text(NAME) else { return Ok(None) };
        let invalid = |reason: &str| SettingsError::Invalid { name: NAME, reason: reason.to_owned() };
        let calls = self.calls();
        let model: Arc<dyn Model> = match setting.split_once(':') {
            Some(("openai", model)) if !model.is_empty() => Arc::new(OpenAiModel::new(
                self.http.clone(),
                environment.url("RUSHES_OPENAI_URL", OPENAI)?,
                environment.key("RUSHES_OPENAI_KEY", calls.as_ref())?,
                model.to_owned(),
            )),
            Some(("bedrock", model)) if !model.is_empty() => {
                let calls = calls.ok_or_else(|| invalid("names Bedrock, which only the service can ask"))?;
                Arc::new(BedrockModel::new(calls, model.to_owned()))
            }
            _ => return Err(invalid("is openai:<model> or bedrock:<model>")),
        };
        Ok(Some(Arc::new(ModelWriter::new(model, self.memo.clone()))))
    }

    /// Every voice that can be named: `offline`, and those of the providers for which there are keys
    /// (`RUSHES_OPENAI_SPEECH_MODEL`, `RUSHES_ELEVENLABS_KEY`) or an identity (Polly). What they
    /// speak is remembered, each for itself.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable.
    pub fn voice(&self, environment: &Environment, offline: Arc<dyn Voice>) -> Result<Arc<dyn Voice>, SettingsError> {
        let calls = self.calls();
        let mut providers = HashMap::new();
        let has_openai = ["RUSHES_OPENAI_KEY", "RUSHES_OPENAI_URL"].iter().any(|name| environment.text(name).is_some());
        if has_openai {
            let url = environment.url("RUSHES_OPENAI_URL", OPENAI)?;
            let key = environment.key("RUSHES_OPENAI_KEY", calls.as_ref())?;
            let model = environment.text("RUSHES_OPENAI_SPEECH_MODEL").unwrap_or("gpt-4o-mini-tts").to_owned();
            let speech = OpenAiSpeech::new(self.http.clone(), url, key, model);
            providers.insert("openai", self.remembering(RemoteVoice(speech)));
        }
        if let Some(key) = environment.key("RUSHES_ELEVENLABS_KEY", calls.as_ref())? {
            let url = environment.url("RUSHES_ELEVENLABS_URL", ELEVENLABS)?;
            let model = environment.text("RUSHES_ELEVENLABS_MODEL").unwrap_or("eleven_multilingual_v2").to_owned();
            let speech = ElevenLabs::new(self.http.clone(), url, key, model);
            providers.insert("elevenlabs", self.remembering(RemoteVoice(speech)));
        }
        if let Some(calls) = calls {
            providers.insert("polly", self.remembering(RemoteVoice(Polly::new(calls))));
        }
        Ok(Arc::new(VoiceChain::new(offline, providers)))
    }

    fn remembering(&self, voice: impl Voice + 'static) -> Arc<dyn Voice> {
        Arc::new(RememberingVoice::new(Arc::new(voice), self.memo.clone()).in_groups_of(SENTENCES_BEFORE_REMEMBERING))
    }

    fn remembering_footage(&self, provider: &'static str, footage: impl Footage + 'static) -> Arc<dyn Footage> {
        Arc::new(RememberingFootage::new(provider, Arc::new(footage), self.memo.clone()))
    }

    /// Where footage is looked for: `own` first, then those of Pexels (`RUSHES_PEXELS_KEY`) and
    /// Pixabay (`RUSHES_PIXABAY_KEY`) for which there are keys.
    ///
    /// # Errors
    /// [`SettingsError`] naming the variable.
    pub fn footage(
        &self,
        environment: &Environment,
        own: Option<Arc<dyn Footage>>,
    ) -> Result<Vec<Arc<dyn Footage>>, SettingsError> {
        let calls = self.calls();
        let mut sources: Vec<Arc<dyn Footage>> = own.into_iter().collect();
        if let Some(key) = environment.key("RUSHES_PEXELS_KEY", calls.as_ref())? {
            let url = environment.url("RUSHES_PEXELS_URL", PEXELS)?;
            sources.push(self.remembering_footage("pexels", Pexels::new(self.http.clone(), url, key)));
        }
        if let Some(key) = environment.key("RUSHES_PIXABAY_KEY", calls.as_ref())? {
            let url = environment.url("RUSHES_PIXABAY_URL", PIXABAY)?;
            sources.push(self.remembering_footage("pixabay", Pixabay::new(self.http.clone(), url, key)));
        }
        Ok(sources)
    }
}

#[cfg(test)]
mod tests {
    use rushes_core::memo::NoMemo;

    use super::*;

    fn outside() -> Outside {
        let http = HttpClient::new(HttpConfig::default()).unwrap();
        Outside { http, signer: None, memo: Arc::new(NoMemo) }
    }

    #[test]
    fn nothing_is_set_up_where_nothing_is_said() {
        let nothing = Environment::from([("RUSHES_WRITER", " "), ("RUSHES_PEXELS_KEY", "")]);
        assert!(outside().writer(&nothing).unwrap().is_none() && !nothing.has_writer());
        assert_eq!(outside().footage(&nothing, None).unwrap().len(), 0);
        assert_eq!(nothing.http().unwrap(), HttpConfig::default());
    }

    #[test]
    fn a_wrong_setting_is_named_and_not_repeated() {
        let wrong = [
            ("RUSHES_WRITER", "sk-planted"),
            ("RUSHES_WRITER", "bedrock:sk-planted"),
            ("RUSHES_OPENAI_URL", "sk-planted"),
            ("RUSHES_HTTP_CONNECTIONS", "sk-planted"),
            ("RUSHES_OPENAI_KEY", "ssm:sk-planted"),
        ];
        for (name, value) in wrong {
            let environment = Environment::from([("RUSHES_WRITER", "openai:model"), (name, value)]);
            let writer = outside().writer(&environment).err();
            let error = environment.http().err().or(writer).unwrap();
            let told = format!("{error} {error:?} {environment:?}");
            assert!(told.contains(name) && !told.contains("planted"), "{told}");
        }
    }

    #[test]
    fn keys_bring_their_providers() {
        let environment = Environment::from([("RUSHES_PEXELS_KEY", "a"), ("RUSHES_PIXABAY_KEY", "b")]);
        assert_eq!(outside().footage(&environment, None).unwrap().len(), 2);
    }
}
