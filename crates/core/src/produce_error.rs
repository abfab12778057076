//! What can come between a spec and its files.

use std::time::Duration;

use crate::ports::{MediaError, RenderError, VoiceError, WriterError};

/// Why no video was made.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    /// A piece of media could not be had.
    #[error("{}: {source}", .pointer)]
    Media {
        /// JSON pointer to it in the spec.
        pointer: String,
        /// What happened.
        #[source]
        source: MediaError,
    },
    /// No script was written.
    #[error(transparent)]
    Writer(#[from] WriterError),
    /// Nothing was spoken.
    #[error(transparent)]
    Voice(#[from] VoiceError),
    /// Nothing was rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The voice did not speak what it was given.
    #[error("the voice spoke {spoken} of {asked} sentences")]
    Unspoken {
        /// Sentences given.
        asked: usize,
        /// Sentences returned.
        spoken: usize,
    },
}

impl ProduceError {
    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Media { source, .. } => source.is_transient(),
            Self::Writer(error) => error.is_transient(),
            Self::Voice(error) => error.is_transient(),
            Self::Render(_) | Self::Unspoken { .. } => false,
        }
    }

    /// How long someone who was asked for something wants to be left alone, where they said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Media { source, .. } => source.retry_after(),
            Self::Writer(_) | Self::Voice(_) | Self::Render(_) | Self::Unspoken { .. } => None,
        }
    }

    /// Stable name of the kind of failure.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Media { .. } => "media_unavailable",
            Self::Writer(_) => "writer_failed",
            Self::Voice(_) | Self::Unspoken { .. } => "voice_failed",
            Self::Render(_) => "render_failed",
        }
    }
}
