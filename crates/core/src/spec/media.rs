//! Pieces of media that a spec names.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a piece of media lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// A public address.
    Url(String),
    /// A file of the person at the command line.
    Path(PathBuf),
    /// A file that was uploaded before.
    Asset(AssetId),
}

/// What a piece of media is used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Picture,
    /// Moving pictures, with or without sound.
    Clip,
    /// Sound.
    Sound,
}

impl MediaKind {
    /// The largest file that is taken.
    #[must_use]
    pub const fn max_bytes(self) -> u64 {
        match self {
            Self::Picture => 50 << 20,
            Self::Clip => 2 << 30,
            Self::Sound => 200 << 20,
        }
    }
}

/// A piece of media and where the spec names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where it lies.
    pub source: MediaSource,
    /// What it is used as.
    pub kind: MediaKind,
    /// JSON pointer to the naming field, for errors found when it is fetched.
    pub pointer: String,
}

/// Name of an uploaded file: a ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AssetId(ulid::Ulid);

impl AssetId {
    /// A new, unused id.
    #[must_use]
    pub fn generate() -> Self {
        Self(ulid::Ulid::generate())
    }

    /// Reads an id as it is written in JSON, in letters of either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = ulid::Ulid::from_string(text).ok().map(Self)?;
        // The reader drops bits that do not fit: such a text names no id.
        id.to_string().eq_ignore_ascii_case(text).then_some(id)
    }
}

impl std::fmt::Display for AssetId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
