//! Remembered results of pure steps, found by the hash of everything they depend on.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::Source;
use crate::memo::{Ticket, Waiting};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What kind of step a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoKind {
    /// A rendered segment.
    Segment,
    /// A part of a finished soundtrack.
    Sound,
    /// A spoken sentence.
    Voice,
    /// A part of a finished video.
    Video,
    /// A written script.
    Script,
    /// What a search for footage found.
    Footage,
    /// A part of a file that was fetched for a task.
    Media,
}

impl MemoKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Segment, Self::Sound, Self::Voice, Self::Video, Self::Script, Self::Footage, Self::Media];

    /// The name used in keys, in the table and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Sound => "sound",
            Self::Voice => "voice",
            Self::Video => "video",
            Self::Script => "script",
            Self::Footage => "footage",
            Self::Media => "media",
        }
    }

    /// How long a result is remembered where nobody says otherwise.
    #[must_use]
    pub const fn time_to_live(self) -> Duration {
        match self {
            // What follows from its inputs alone never becomes wrong; it is only used no more.
            Self::Segment | Self::Sound | Self::Voice | Self::Video => Duration::from_secs(30 * DAY.as_secs()),
            // A model may have better ideas a week later.
            Self::Script => Duration::from_secs(7 * DAY.as_secs()),
            // What Pixabay's terms ask for; Pexels sets no time.
            Self::Footage => DAY,
            // As long as a task may go on in others' time ([`crate::work::MAX_HAND_BACKS`]), and no longer:
            // what lies at an address changes.
            Self::Media => Duration::from_secs(DAY.as_secs() / 4),
        }
    }
}

/// The text names no kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kind is segment, sound, voice, video, script, footage or media")]
pub struct InvalidMemoKind;

impl FromStr for MemoKind {
    type Err = InvalidMemoKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(InvalidMemoKind)
    }
}

/// Name of a result: equal inputs, equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoKey {
    /// The step.
    pub kind: MemoKind,
    /// A cryptographic hash of all its inputs, the step's own version included.
    pub hash: [u8; 32],
}

impl MemoKey {
    /// The key of a result that depends on these texts and nothing else. Their borders count.
    #[must_use]
    pub fn of_fields<'a>(kind: MemoKind, fields: impl IntoIterator<Item = &'a str>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for field in fields {
            hasher.update(&(field.len() as u64).to_le_bytes()).update(field.as_bytes());
        }
        Self { kind, hash: *hasher.finalize().as_bytes() }
    }

    /// Name of the `number`-th part of a result that is kept in several.
    #[must_use]
    pub fn part(&self, number: u64) -> Self {
        let hash = blake3::Hasher::new().update(&self.hash).update(&number.to_le_bytes()).finalize();
        Self { kind: self.kind, hash: *hash.as_bytes() }
    }

    /// The hash in hexadecimal.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        blake3::Hash::from_bytes(self.hash).to_hex().to_string()
    }
}

/// `kind/hash`, the hash in hexadecimal.
impl fmt::Display for MemoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.kind.as_str(), blake3::Hash::from_bytes(self.hash).to_hex())
    }
}

/// The text is not written `kind/hash`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a result is named kind/hash, the hash in 64 hexadecimal digits")]
pub struct InvalidMemoKey;

impl FromStr for MemoKey {
    type Err = InvalidMemoKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, hash) = text.split_once('/').ok_or(InvalidMemoKey)?;
        let kind = kind.parse().map_err(|_| InvalidMemoKey)?;
        let hash = blake3::Hash::from_hex(hash).map_err(|_| InvalidMemoKey)?;
        Ok(Self { kind, hash: *hash.as_bytes() })
    }
}

/// Remembers results. Forgetting one, at any time, costs work and nothing else.
///
/// Whoever only keeps values implements [`Self::get`] and [`Self::put`]; the rest then lets
/// everybody compute who asks.
#[async_trait]
pub trait Memo: Send + Sync {
    /// The result, if it is remembered. It may be damaged: whoever stored it can tell. Only a hit is counted:
    /// who misses it and makes it asks with [`Self::begin`], which counts that.
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError>;

    /// Remembers a result for [`MemoKind::time_to_live`].
    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError>;

    /// The result, or the right to compute it, or how to wait for whoever has that right. Waits for nobody.
    async fn begin(&self, key: MemoKey) -> Result<Begin, MemoError> {
        Ok(self.get(key).await?.map_or_else(|| Begin::Yours(Ticket::of_nobody(key)), Begin::Remembered))
    }

    /// Keeps the right to compute for as long as [`Self::begin`] gave it.
    async fn keep(&self, _ticket: &Ticket) -> Result<(), MemoError> {
        Ok(())
    }

    /// Remembers what was computed and gives the right back. Of a right that was lost meanwhile
    /// nothing is remembered, which is no failure.
    async fn finish(&self, ticket: Ticket, value: Bytes, _time_to_live: Duration) -> Result<(), MemoError> {
        self.put(ticket.key(), value).await
    }

    /// Gives the right back: whoever waits may compute.
    async fn abandon(&self, _ticket: Ticket) {}

    /// Forgets a result that turned out to be damaged.
    async fn forget(&self, _key: MemoKey) -> Result<(), MemoError> {
        Ok(())
    }
}

/// What became of asking for a result.
#[derive(Debug)]
pub enum Begin {
    /// It is remembered.
    Remembered(Bytes),
    /// The caller is to compute it.
    Yours(Ticket),
    /// Somebody computes it right now.
    Held(Waiting),
}

/// The memo cannot be reached or refuses.
#[derive(Debug, thiserror::Error)]
#[error("the memo cannot be reached")]
pub struct MemoError(#[source] pub Source);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text() {
        for kind in MemoKind::ALL {
            let key = MemoKey::of_fields(kind, ["a", "b"]);
            assert_eq!(key.to_string().parse(), Ok(key));
            assert_eq!(key.to_string(), format!("{}/{}", kind.as_str(), key.hash_hex()));
        }
        for bad in ["", "script", "script/", "script/00", "thing/00", &format!("script/{}", "g".repeat(64))] {
            assert_eq!(bad.parse::<MemoKey>(), Err(InvalidMemoKey), "{bad}");
        }
    }

    #[test]
    fn the_borders_of_fields_count() {
        let key = |fields: &[&str]| MemoKey::of_fields(MemoKind::Script, fields.iter().copied());
        assert_ne!(key(&["ab", "c"]), key(&["a", "bc"]));
        assert_ne!(key(&["a"]), key(&["a", ""]));
    }
}
