//! What the engine remembers: rendered segments, and whole videos.

mod segment;
mod video;

pub use segment::is_remembered;
pub use video::{recall_video, remember_video};

use bytes::Bytes;
use rushes_core::ports::{Memo, MemoKey};

/// What is remembered under the key. A memo that fails only costs work.
pub async fn get(memo: &dyn Memo, key: MemoKey) -> Option<Bytes> {
    memo.get(key).await.unwrap_or_else(|error| {
        tracing::warn!(%key, %error, "a remembered result cannot be read");
        None
    })
}
