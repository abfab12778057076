//! Writing a script about a topic.

use std::time::Duration;

use async_trait::async_trait;

use super::Source;
use crate::script::Script;
use crate::spec::Language;

/// Writes scripts.
#[async_trait]
pub trait Writer: Send + Sync {
    /// A script as the brief wants it, checked.
    async fn write(&self, brief: &Brief) -> Result<Script, WriterError>;
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    /// What it is about, in the owner's words.
    pub topic: String,
    /// How long it is wished to take when it is spoken.
    pub duration: Duration,
    /// How many words the voice speaks in that time.
    pub words: u32,
    /// What it is written in.
    pub language: Language,
    /// How the channel writes.
    pub style: Option<String>,
}

/// Why no script was written.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    /// The model will not write about this.
    #[error("the model refuses to write this script")]
    Refused,
    /// What the model wrote is no script, twice.
    #[error("the model wrote something that is no script: {reason}")]
    Invalid {
        /// What is wrong with it.
        reason: String,
    },
    /// The model cannot be asked as it is set up.
    #[error("the model cannot be asked: {reason}")]
    Failed {
        /// What happened and what to look at.
        reason: String,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
    /// The model did not answer well; later it may.
    #[error("the model did not answer: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
}

impl WriterError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
