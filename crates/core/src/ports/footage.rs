//! Clips and pictures that others offer.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Source;
use crate::spec::{FootageKind, MediaKind, MediaSource};

/// Finds clips and pictures.
#[async_trait]
pub trait Footage: Send + Sync {
    /// What is found, the provider's best first.
    async fn search(&self, query: &FootageQuery) -> Result<Vec<FootageItem>, FootageError>;
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FootageQuery {
    /// What is to be seen.
    pub terms: String,
    /// Of what kind.
    pub kind: FootageKind,
    /// Pixels across of the frame that it will fill.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// How long it will be seen, about.
    pub duration: Duration,
}

/// A clip or a picture that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FootageItem {
    /// Its name, the provider's included: the same one is not shown twice in a video.
    pub id: String,
    /// Where it lies.
    pub source: MediaSource,
    /// A picture or a clip.
    pub kind: MediaKind,
    /// Pixels across; 0 where it is not known.
    pub width: u32,
    /// Pixels down; 0 where it is not known.
    pub height: u32,
    /// How long a clip is, where it is known.
    pub duration: Option<Duration>,
    /// Whom to thank; `None` for the owner's own.
    pub credit: Option<Credit>,
}

/// Whom to thank for a clip or a picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Credit {
    /// Who made it.
    pub author: String,
    /// Who offers it.
    pub provider: String,
    /// The page that shows it.
    pub url: String,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
#[error("{provider} cannot be searched: {reason}")]
pub struct FootageError {
    /// Who was asked.
    pub provider: &'static str,
    /// What happened.
    pub reason: String,
    /// What lay beneath.
    #[source]
    pub source: Option<Source>,
}
