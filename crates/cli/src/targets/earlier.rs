//! Telling earlier outputs, unchanged since, from the person's own files.

use std::path::Path;

use rushes_engine::is_own_movie;

use super::seal::{SealedFormat, SubtitleHash, sealed_subtitles};
use super::{Kind, Target};

impl Target {
    /// Whether the file that is there was written by Rushes and is still as it was.
    pub fn is_earlier_output(&self) -> bool {
        match self.kind {
            Kind::Video => is_own_movie(&self.path).unwrap_or(false),
            Kind::Sealed(format) => sealed(format, &self.path).is_some(),
            Kind::SubRip => is_earlier_subrip(&self.path),
        }
    }
}

/// SubRip has no comments, so the WebVTT file or the poster beside it must know it.
fn is_earlier_subrip(path: &Path) -> bool {
    let Ok(bytes) = std::fs::read(path) else { return false };
    let known = [("vtt", SealedFormat::WebVtt), ("jpg", SealedFormat::Jpeg)]
        .map(|(extension, format)| sealed(format, &path.with_extension(extension)));
    known.contains(&Some(SubtitleHash::of(&bytes)))
}

fn sealed(format: SealedFormat, path: &Path) -> Option<SubtitleHash> {
    sealed_subtitles(format, &std::fs::read(path).ok()?)
}
