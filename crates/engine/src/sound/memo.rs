//! Finished soundtracks in the memo, in parts, so that an hour of sound is never in
//! memory at once. A part: a checksum, whether it is the last, the number of its
//! frames, their sizes, the frames.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use rushes_core::narration::Samples;
use rushes_core::ports::{Memo, MemoKey, MemoKind, RenderError};
use rushes_core::seal::{open, seal};
use rushes_core::timeline::Soundtrack;

use super::aac::{Frames, coder_settings};
use super::time::index;
use super::track::{AacTrack, TrackWriter};
use super::voice::SampleReader;
use crate::remember::get;

/// Raised when the same soundtrack is mixed or coded in another way.
const SOUND_VERSION: &str = "rushes-sound 2";
/// Frames of a part: about a minute and a half.
const FRAMES_IN_PART: usize = 4096;
/// Samples hashed at once.
const SAMPLES_AT_ONCE: u64 = 1 << 16;

/// The hash of everything that a finished soundtrack depends on.
///
/// # Errors
/// [`RenderError`] when speech or a sound cannot be read.
pub async fn sound_key(soundtrack: Arc<Soundtrack>) -> Result<MemoKey, RenderError> {
    let hashing = tokio::task::spawn_blocking(move || hash(&soundtrack));
    hashing.await.map_err(|error| RenderError::Broken {
        reason: "hashing sound panicked".to_owned(),
        source: Some(error.into()),
    })?
}

fn hash(soundtrack: &Soundtrack) -> Result<MemoKey, RenderError> {
    let mut hasher = Hasher::default();
    hasher.field(SOUND_VERSION);
    hasher.field(&format!("{:?} {:?} {:?}", coder_settings(1), coder_settings(2), soundtrack.duration));
    hasher.pieces(soundtrack)?;
    if let Some(music) = &soundtrack.music {
        hasher.file(&music.path)?;
        hasher.field(&format!(
            "music {:?} {} {} {:?} {:?} {}",
            music.trim, music.is_looped, music.volume, music.fade_in, music.fade_out, music.ducking_db
        ));
    }
    for effect in &soundtrack.effects {
        hasher.file(&effect.path)?;
        hasher.field(&format!(
            "effect {:?} {:?} {:?} {} {}",
            effect.start, effect.end, effect.trim, effect.is_looped, effect.volume
        ));
    }
    Ok(hasher.key())
}

/// The hash of everything that the coded frames of a phrase depend on.
///
/// # Errors
/// [`RenderError`] when speech cannot be read.
pub fn phrase_key(phrase: &Soundtrack, gain: f32) -> Result<MemoKey, RenderError> {
    let mut hasher = Hasher::default();
    hasher.field(SOUND_VERSION);
    hasher.field(&format!("phrase {:?} {:?} {gain:?}", coder_settings(1), phrase.duration));
    hasher.pieces(phrase)?;
    Ok(hasher.key())
}

/// A hasher of fields whose borders count.
#[derive(Default)]
struct Hasher {
    hash: blake3::Hasher,
    files: HashMap<PathBuf, blake3::Hash>,
    reader: SampleReader,
}

impl Hasher {
    fn field(&mut self, text: &str) {
        self.hash.update(&(text.len() as u64).to_le_bytes());
        self.hash.update(text.as_bytes());
    }

    fn pieces(&mut self, soundtrack: &Soundtrack) -> Result<(), RenderError> {
        self.field(&format!("{} pieces", soundtrack.pieces.len()));
        for piece in &soundtrack.pieces {
            self.field(&format!("{:?} {} {}", piece.start, piece.sample_rate_hz, piece.samples.count()));
            self.samples(&piece.samples)?;
        }
        Ok(())
    }

    fn key(&self) -> MemoKey {
        MemoKey { kind: MemoKind::Sound, hash: *self.hash.finalize().as_bytes() }
    }

    /// Their number is hashed before.
    fn samples(&mut self, samples: &Samples) -> Result<(), RenderError> {
        match samples {
            Samples::Held(held) => {
                let bytes: Vec<u8> = held.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                self.hash.update(&bytes);
            }
            Samples::Spooled { path, first, count } => {
                let end = first + count;
                let mut at = *first;
                while at < end {
                    let run = SAMPLES_AT_ONCE.min(end - at);
                    self.hash.update(self.reader.bytes(path, at, index(run))?);
                    at += run;
                }
            }
        }
        Ok(())
    }

    /// What the file holds, whatever its name.
    fn file(&mut self, path: &Path) -> Result<(), RenderError> {
        let failed = |source| RenderError::Io { doing: "reading a sound", source };
        if !self.files.contains_key(path) {
            let mut content = blake3::Hasher::new();
            content.update_reader(File::open(path).map_err(failed)?).map_err(failed)?;
            self.files.insert(path.to_owned(), content.finalize());
        }
        if let Some(content) = self.files.get(path) {
            self.hash.update(content.as_bytes());
        }
        Ok(())
    }
}

/// The track, if it is remembered and whole. A memo that fails only costs work.
pub async fn recall(memo: &dyn Memo, sound: MemoKey, directory: &Path) -> Option<AacTrack> {
    let mut track = TrackWriter::new(directory).ok()?;
    for number in 0u64.. {
        let key = sound.part(number);
        let sealed = get(memo, key).await?;
        let Some(part) = Part::read(&sealed) else {
            tracing::warn!(%key, "remembered sound is damaged and is made again");
            return None;
        };
        for frame in part.frames {
            track.push(frame).ok()?;
        }
        if part.is_last {
            break;
        }
    }
    track.finish().ok()
}

/// Remembers the track. A memo that fails only costs work later.
pub async fn remember(memo: &dyn Memo, sound: MemoKey, track: &AacTrack) {
    let mut first = 0;
    let parts = track.frame_sizes.chunks(FRAMES_IN_PART);
    let last = parts.len().saturating_sub(1);
    for (number, sizes) in parts.enumerate() {
        let size: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
        let mut frames = vec![0; index(size)];
        let read = track.read(first, &mut frames);
        first += size;
        let key = sound.part(number as u64);
        let put = memo.put(key, close(number == last, sizes, &frames)).await;
        if read.is_err() || put.is_err() {
            tracing::warn!(%key, read = ?read.err(), put = ?put.err(), "sound could not be remembered");
            return;
        }
    }
}

/// The frames of a phrase, if they are remembered and whole. A memo that fails only costs work.
pub async fn recall_phrase(memo: &dyn Memo, key: MemoKey) -> Option<Frames> {
    let sealed = get(memo, key).await?;
    let frames = Part::read(&sealed).map(|part| part.frames.into_iter().map(<[u8]>::to_vec).collect());
    if frames.is_none() {
        tracing::warn!(%key, "a remembered phrase is damaged and is coded again");
    }
    frames
}

/// Remembers the frames of a phrase. A memo that fails only costs work later.
pub async fn remember_phrase(memo: &dyn Memo, key: MemoKey, frames: &Frames) {
    let sizes: Vec<u32> = frames.iter().map(|frame| u32::try_from(frame.len()).unwrap_or(u32::MAX)).collect();
    if let Err(error) = memo.put(key, close(true, &sizes, &frames.concat())).await {
        tracing::warn!(%key, %error, "a phrase could not be remembered");
    }
}

fn close(is_last: bool, sizes: &[u32], frames: &[u8]) -> Bytes {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX).to_be_bytes();
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
    seal(&[&[u8::from(is_last)], &count, &sizes, frames])
}

#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    is_last: bool,
    frames: Vec<&'a [u8]>,
}

impl<'a> Part<'a> {
    /// `None` when the part is damaged.
    fn read(sealed: &'a [u8]) -> Option<Self> {
        let ([is_last], rest) = open(sealed)?.split_first_chunk()?;
        let (count, rest) = rest.split_first_chunk()?;
        let (sizes, mut rest) = rest.split_at_checked(u32::from_be_bytes(*count) as usize * 4)?;
        let mut frames = Vec::with_capacity(sizes.len() / 4);
        for size in sizes.as_chunks().0 {
            let (frame, later) = rest.split_at_checked(u32::from_be_bytes(*size) as usize)?;
            frames.push(frame);
            rest = later;
        }
        Some(Self { is_last: *is_last == 1, frames })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_part_opens_and_any_damage_is_noticed(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20), is_last: bool, at: prop::sample::Index,
        ) {
            let sizes: Vec<u32> = frames.iter().map(|frame| frame.len() as u32).collect();
            let sealed = close(is_last, &sizes, &frames.concat());
            prop_assert_eq!(Part::read(&sealed), Some(Part { is_last, frames: frames.iter().map(Vec::as_slice).collect() }));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(Part::read(&damaged), None);
            prop_assert_eq!(Part::read(&sealed[..at.index(sealed.len())]), None);
        }
    }
}
