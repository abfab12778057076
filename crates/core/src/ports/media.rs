//! Media that users name: untrusted until fetched and checked.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;

use super::Source;
use crate::spec::Media;

/// Fetches and checks what users name.
#[async_trait]
pub trait MediaLibrary: Send + Sync {
    /// Looks whether `media` can be fetched and is of its kind, without keeping it.
    async fn check(&self, media: &Media) -> Result<(), MediaError>;

    /// Brings `media` into `directory`, checked. What does not answer well is asked again for a while.
    async fn fetch(&self, media: &Media, directory: &Path) -> Result<FetchedMedia, MediaError>;

    /// Forgets what may be remembered of `media` for the present task: it turned out to be damaged.
    async fn forget(&self, _media: &Media) {}
}

/// A checked piece of media in a local file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedMedia {
    /// Where it lies.
    pub path: PathBuf,
}

/// Why a piece of media cannot be shown or played.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// There is nothing at that place.
    #[error("nothing was found there ({reason})")]
    Missing {
        /// What the other side said.
        reason: String,
    },
    /// The other side has it, perhaps, and does not give it out.
    #[error("the server does not give it out: {reason}")]
    Refused {
        /// What the other side said.
        reason: String,
    },
    /// The address may not be fetched from here.
    #[error("this address is not fetched: {reason}")]
    Forbidden {
        /// Which rule it breaks.
        reason: String,
    },
    /// Not a file of the kind that is wanted, or not one that can be read.
    #[error("this file cannot be used: {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
    /// More bytes or pixels than are taken.
    #[error("too large: {reason}")]
    TooLarge {
        /// Found and allowed.
        reason: String,
    },
    /// The other side did not answer well; later it may.
    #[error("it could not be fetched now: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// How long the other side asks to wait, where it does.
        retry_after: Option<Duration>,
        /// What lay beneath.
        #[source]
        source: Option<Source>,
    },
}

impl MediaError {
    /// What is no file of the kind that is wanted, or none that can be read.
    #[must_use]
    pub fn unreadable(reason: impl Into<String>) -> Self {
        Self::Unreadable { reason: reason.into() }
    }

    /// What could not be had now, for a reason that lies in nothing beneath.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::Unavailable { reason: reason.into(), retry_after: None, source: None }
    }

    /// How long the other side asks to wait, where it does.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether trying again later can help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
