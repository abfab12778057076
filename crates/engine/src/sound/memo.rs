//! Finished soundtracks in the memo, in parts, so that an hour of sound is never in memory at
//! once, and coded phrases. Under the key of a soundtrack lies the number of its parts, none for
//! one that turned out to have no sound, and what is to be said about its files: for each remark the number
//! of the file, the number of bytes, the words. A part, or
//! a phrase: a checksum, the number of its frames, their sizes, the frames.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::memo::{Memorable, Storage};
use rushes_core::ports::{Memo, MemoKey, Source};
use rushes_core::seal::{open, seal};

use super::aac::Frames;
use super::remark::Remark;
use super::time::index;
use super::track::{AacTrack, TrackWriter};
use crate::remember::part;

/// Frames of a part: about a minute and a half.
const FRAMES_IN_PART: usize = 4096;

/// A soundtrack as it is remembered.
#[derive(Debug)]
pub struct Finished {
    pub track: Option<AacTrack>,
    pub remarks: Vec<Remark>,
}

/// Keeps soundtracks; those that are recalled lie in a file in the directory.
pub struct TrackStorage<'a> {
    pub memo: &'a dyn Memo,
    pub directory: &'a Path,
}

#[async_trait]
impl Storage for TrackStorage<'_> {
    type Value = Finished;

    async fn close(&self, key: MemoKey, finished: &Finished) -> Result<Bytes, Source> {
        let (mut parts, mut first) = (0u64, 0);
        if let Some(track) = &finished.track {
            for sizes in track.frame_sizes.chunks(FRAMES_IN_PART) {
                let size: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
                let mut frames = vec![0; index(size)];
                track.read(first, &mut frames)?;
                self.memo.put(key.part(parts), close(sizes, &frames)).await?;
                first += size;
                parts += 1;
            }
        }
        Ok(close_head(parts, &finished.remarks))
    }

    async fn open(&self, key: MemoKey, sealed: Bytes) -> Option<Finished> {
        let (parts, remarks) = open_head(&sealed)?;
        if parts == 0 {
            return Some(Finished { track: None, remarks });
        }
        let mut track = TrackWriter::new(self.directory).ok()?;
        for number in 0..parts {
            let sealed = part(self.memo, key, number).await?;
            for frame in frames(&sealed)? {
                track.push(frame).ok()?;
            }
        }
        Some(Finished { track: Some(track.finish().ok()?), remarks })
    }
}

/// Recalls what is to be said about a soundtrack, and leaves its frames where they are.
pub struct RemarkStorage;

#[async_trait]
impl Storage for RemarkStorage {
    type Value = Vec<Remark>;

    /// A soundtrack is stored with its remarks, never they alone.
    async fn close(&self, _key: MemoKey, _remarks: &Vec<Remark>) -> Result<Bytes, Source> {
        Err("remarks are stored with their soundtrack".into())
    }

    async fn open(&self, _key: MemoKey, sealed: Bytes) -> Option<Vec<Remark>> {
        open_head(&sealed).map(|(_, remarks)| remarks)
    }
}

fn close_head(parts: u64, remarks: &[Remark]) -> Bytes {
    let mut head = parts.to_be_bytes().to_vec();
    for Remark { file, words } in remarks {
        head.extend(file.to_be_bytes());
        head.extend(u32::try_from(words.len()).unwrap_or(u32::MAX).to_be_bytes());
        head.extend(words.as_bytes());
    }
    seal(&[&head])
}

/// The number of parts and the remarks; `None` when they are damaged.
fn open_head(sealed: &[u8]) -> Option<(u64, Vec<Remark>)> {
    let (parts, mut rest) = open(sealed)?.split_first_chunk()?;
    let mut remarks = Vec::new();
    while !rest.is_empty() {
        let (file, after_file) = rest.split_first_chunk()?;
        let (size, after_size) = after_file.split_first_chunk()?;
        let (words, later) = after_size.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        remarks.push(Remark { file: u32::from_be_bytes(*file), words: String::from_utf8(words.to_vec()).ok()? });
        rest = later;
    }
    Some((u64::from_be_bytes(*parts), remarks))
}

/// The coded frames of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodedPhrase(pub Frames);

impl Memorable for CodedPhrase {
    fn close(&self) -> Result<Bytes, Source> {
        let sizes = self.0.iter().map(|frame| u32::try_from(frame.len())).collect::<Result<Vec<_>, _>>()?;
        Ok(close(&sizes, &self.0.concat()))
    }

    fn open(sealed: &[u8]) -> Option<Self> {
        Some(Self(frames(sealed)?.into_iter().map(<[u8]>::to_vec).collect()))
    }
}

fn close(sizes: &[u32], frames: &[u8]) -> Bytes {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX).to_be_bytes();
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
    seal(&[&count, &sizes, frames])
}

/// `None` when they are damaged.
fn frames(sealed: &[u8]) -> Option<Vec<&[u8]>> {
    let (count, rest) = open(sealed)?.split_first_chunk()?;
    let (sizes, mut rest) = rest.split_at_checked(u32::from_be_bytes(*count) as usize * 4)?;
    let mut frames = Vec::with_capacity(sizes.len() / 4);
    for size in sizes.as_chunks().0 {
        let (frame, later) = rest.split_at_checked(u32::from_be_bytes(*size) as usize)?;
        frames.push(frame);
        rest = later;
    }
    Some(frames)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sealed_phrase_opens_and_any_damage_is_noticed(
            frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20), at: prop::sample::Index,
        ) {
            let phrase = CodedPhrase(frames);
            let sealed = phrase.close().unwrap();
            prop_assert_eq!(CodedPhrase::open(&sealed), Some(phrase));
            let mut damaged = sealed.to_vec();
            damaged[at.index(sealed.len())] ^= 1;
            prop_assert_eq!(CodedPhrase::open(&damaged), None);
            prop_assert_eq!(CodedPhrase::open(&sealed[..at.index(sealed.len())]), None);
        }

        #[test]
        fn remarks_lie_beside_the_number_of_parts(parts: u64, remarks in proptest::collection::vec((any::<u32>(), ".{0,40}"), 0..5)) {
            let remarks: Vec<Remark> = remarks.into_iter().map(|(file, words)| Remark { file, words }).collect();
            prop_assert_eq!(open_head(&close_head(parts, &remarks)), Some((parts, remarks)));
        }
    }
}
