//! What the engine remembers: rendered segments, and whole videos.

mod segment;
mod video;

pub use video::{FinishedVideo, VideoStorage};

use bytes::Bytes;
use rushes_core::ports::{Memo, MemoKey};

/// A part of a result that is remembered in several. A memo that fails only costs work.
pub async fn part(memo: &dyn Memo, key: MemoKey, number: u64) -> Option<Bytes> {
    memo.get(key.part(number)).await.unwrap_or_else(|error| {
        tracing::warn!(%key, number, %error, "a part of a remembered result cannot be read");
        None
    })
}
