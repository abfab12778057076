//! Remembered results of pure steps, found by the hash of everything they depend on.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use super::Source;

/// What kind of step a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
}

/// Name of a result: equal inputs, equal keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoKey {
    /// The step.
    pub kind: MemoKind,
    /// A cryptographic hash of all its inputs, the step's own version included.
    pub hash: [u8; 32],
}

impl MemoKey {
    /// Name of the `number`-th part of a result that is kept in several.
    #[must_use]
    pub fn part(&self, number: u64) -> Self {
        let hash = blake3::Hasher::new().update(&self.hash).update(&number.to_le_bytes()).finalize();
        Self { kind: self.kind, hash: *hash.as_bytes() }
    }
}

impl fmt::Display for MemoKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            MemoKind::Segment => "segment",
            MemoKind::Sound => "sound",
            MemoKind::Voice => "voice",
            MemoKind::Video => "video",
            MemoKind::Script => "script",
        };
        write!(formatter, "{kind}/")?;
        self.hash.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Remembers results. Forgetting one, at any time, costs work and nothing else.
#[async_trait]
pub trait Memo: Send + Sync {
    /// The result, if it is remembered. It may be damaged: whoever stored it can tell.
    async fn get(&self, key: MemoKey) -> Result<Option<Bytes>, MemoError>;

    /// Remembers a result.
    async fn put(&self, key: MemoKey, value: Bytes) -> Result<(), MemoError>;
}

/// The memo cannot be reached or refuses.
#[derive(Debug, thiserror::Error)]
#[error("the memo cannot be reached")]
pub struct MemoError(#[source] pub Source);
