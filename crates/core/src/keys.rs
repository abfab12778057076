//! Every object in the bucket: its key, what it holds and how long it may be cached.

use std::fmt;

use crate::ports::MemoKey;
use crate::task::TaskId;

/// One object in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// The spec as it was sent.
    Spec(TaskId),
    /// The finished video.
    Video(TaskId),
    /// Its first picture worth showing.
    Poster(TaskId),
    /// Subtitles as SubRip.
    Srt(TaskId),
    /// Subtitles as WebVTT.
    Vtt(TaskId),
    /// A remembered result.
    Memo(MemoKey),
}

impl ObjectKey {
    /// Media type of the object.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Spec(_) => "application/json",
            Self::Video(_) => "video/mp4",
            Self::Poster(_) => "image/jpeg",
            Self::Srt(_) => "application/x-subrip; charset=utf-8",
            Self::Vtt(_) => "text/vtt; charset=utf-8",
            Self::Memo(_) => "application/octet-stream",
        }
    }

    /// Value of the `Cache-Control` header. Objects are never changed once written.
    #[must_use]
    pub const fn cache_control(self) -> &'static str {
        match self {
            Self::Spec(_) | Self::Memo(_) => "private, no-store",
            Self::Video(_) | Self::Poster(_) | Self::Srt(_) | Self::Vtt(_) => "private, max-age=86400, immutable",
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, name) = match self {
            Self::Spec(id) => (id, "spec.json"),
            Self::Video(id) => (id, "video.mp4"),
            Self::Poster(id) => (id, "poster.jpg"),
            Self::Srt(id) => (id, "captions.srt"),
            Self::Vtt(id) => (id, "captions.vtt"),
            Self::Memo(key) => return write!(formatter, "memo/{key}"),
        };
        write!(formatter, "tasks/{id}/{name}")
    }
}
