//! Every object in the bucket: its key, what it holds and how long it may be cached.

use std::fmt;

use crate::batch::BatchId;
use crate::ports::MemoKey;
use crate::spec::{AssetId, Shape};
use crate::task::TaskId;

/// One object in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKey {
    /// The spec as it was sent.
    Spec(TaskId),
    /// The finished video; with a shape where it is not the task's first output.
    Video(TaskId, Option<Shape>),
    /// Its first picture worth showing, likewise.
    Poster(TaskId, Option<Shape>),
    /// Subtitles as SubRip.
    Srt(TaskId),
    /// Subtitles as WebVTT.
    Vtt(TaskId),
    /// The answer to a request for many videos, for whoever sends it again.
    BatchAnswer(BatchId),
    /// A remembered result.
    Memo(MemoKey),
    /// A file that someone uploaded. What it holds is told from its bytes.
    Asset(AssetId),
}

impl ObjectKey {
    /// Media type of the object.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Spec(_) | Self::BatchAnswer(_) => "application/json",
            Self::Video(..) => "video/mp4",
            Self::Poster(..) => "image/jpeg",
            Self::Srt(_) => "application/x-subrip; charset=utf-8",
            Self::Vtt(_) => "text/vtt; charset=utf-8",
            Self::Memo(_) | Self::Asset(_) => "application/octet-stream",
        }
    }

    /// Value of the `Cache-Control` header. Objects are never changed once written.
    #[must_use]
    pub const fn cache_control(self) -> &'static str {
        match self {
            Self::Spec(_) | Self::BatchAnswer(_) | Self::Memo(_) | Self::Asset(_) => "private, no-store",
            Self::Video(..) | Self::Poster(..) | Self::Srt(_) | Self::Vtt(_) => "private, max-age=86400, immutable",
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_shape = |name: &str, shape: &Option<Shape>, extension: &str| match shape {
            Some(shape) => format!("{name}-{}.{extension}", shape.file_suffix()),
            None => format!("{name}.{extension}"),
        };
        let (id, name) = match self {
            Self::Spec(id) => (id, "spec.json".to_owned()),
            Self::Video(id, shape) => (id, of_shape("video", shape, "mp4")),
            Self::Poster(id, shape) => (id, of_shape("poster", shape, "jpg")),
            Self::Srt(id) => (id, "captions.srt".to_owned()),
            Self::Vtt(id) => (id, "captions.vtt".to_owned()),
            Self::BatchAnswer(id) => return write!(formatter, "requests/{id}.json"),
            Self::Memo(key) => return write!(formatter, "memo/{key}"),
            Self::Asset(id) => return write!(formatter, "assets/{id}"),
        };
        write!(formatter, "{}{name}", task_folder(*id))
    }
}

/// What the keys of all objects of a task begin with, and no others.
#[must_use]
pub fn task_folder(id: TaskId) -> String {
    format!("tasks/{id}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_output_has_the_plain_name_and_further_ones_say_their_shape() {
        let id = TaskId::generate();
        let shape = Shape::parse("9:16 1080p");
        let names = [
            (ObjectKey::Video(id, None), "video.mp4"),
            (ObjectKey::Video(id, shape), "video-9x16-1080p.mp4"),
            (ObjectKey::Poster(id, None), "poster.jpg"),
            (ObjectKey::Poster(id, shape), "poster-9x16-1080p.jpg"),
        ];
        for (key, name) in names {
            assert_eq!(key.to_string(), format!("tasks/{id}/{name}"));
        }
    }
}
