//! Text-to-speech.

use std::path::Path;

use async_trait::async_trait;

use super::Source;
use crate::narration::Speech;
use crate::spec::VoiceChoice;

/// Speaks sentences.
#[async_trait]
pub trait Voice: Send + Sync {
    /// Name and version of what speaks: where these are equal, the same sentence sounds the same.
    async fn version(&self) -> Result<String, VoiceError>;

    /// The speech of every sentence, in order. All have the same sample rate. Their
    /// samples may go into a new file at `spool`, which must live as long as they are needed.
    async fn speak(&self, sentences: &[String], choice: &VoiceChoice, spool: &Path) -> Result<Vec<Speech>, VoiceError>;
}

/// Why nothing was spoken.
#[derive(Debug, thiserror::Error)]
pub enum VoiceError {
    /// The program that speaks is not installed.
    #[error("the voice is not installed: {hint}")]
    NotInstalled {
        /// What to do about it.
        hint: String,
    },
    /// The voice does not exist.
    #[error("there is no voice {name:?}")]
    UnknownVoice {
        /// As asked for.
        name: String,
    },
    /// It began and failed.
    #[error("speaking failed: {reason}")]
    Failed {
        /// What it said.
        reason: String,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
    /// It did not answer well; later it may.
    #[error("speaking failed for now: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
}

impl VoiceError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
