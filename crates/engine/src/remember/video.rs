//! Whole videos in the memo: a head with its facts and the poster, and the file in parts, so
//! that an hour of video is never in memory at once.

use std::io;
use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use rushes_core::memo::Storage;
use rushes_core::ports::{Memo, MemoKey, RenderedFiles, Source};
use rushes_core::seal::{open, seal};
use rushes_core::task::SegmentCount;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::part;
use crate::engine::{POSTER_FILE, VIDEO_FILE};
use crate::sources::DamagedFile;

const PART_BYTES: u64 = 8 << 20;

/// Letters of a SHA-256 in hexadecimal.
const SHA256_LETTERS: usize = 64;

/// A finished video.
pub struct FinishedVideo {
    pub files: RenderedFiles,
    /// Damaged pictures that it shows.
    pub damaged: Vec<DamagedFile>,
}

/// What is known of a remembered video. The poster follows it.
struct Facts {
    frames: u64,
    distinct_frames: u64,
    segments: u64,
    size_bytes: u64,
    sha256: String,
    damaged: Vec<DamagedFile>,
}

/// Keeps videos; those that are recalled lie in the directory.
pub struct VideoStorage<'a> {
    pub memo: &'a dyn Memo,
    pub directory: &'a Path,
}

#[async_trait]
impl Storage for VideoStorage<'_> {
    type Value = FinishedVideo;

    async fn close(&self, key: MemoKey, video: &FinishedVideo) -> Result<Bytes, Source> {
        let files = &video.files;
        let mut file = File::open(&files.video).await?;
        for number in 0..files.size_bytes.div_ceil(PART_BYTES) {
            let mut part = Vec::new();
            (&mut file).take(PART_BYTES).read_to_end(&mut part).await?;
            self.memo.put(key.part(number), seal(&[&part])).await?;
        }
        Ok(head(video, &tokio::fs::read(&files.poster).await?))
    }

    async fn open(&self, key: MemoKey, sealed: Bytes) -> Option<FinishedVideo> {
        let (facts, poster_jpeg) = read_head(&sealed)?;
        let (video, poster) = (self.directory.join(VIDEO_FILE), self.directory.join(POSTER_FILE));
        let written = async {
            tokio::fs::write(&poster, poster_jpeg).await?;
            self.write_parts(key, facts.size_bytes, &video).await
        };
        if let Err(error) = written.await {
            tracing::warn!(%key, %error, "a remembered video is not whole");
            return None;
        }
        let segments = usize::try_from(facts.segments).ok()?;
        let files = RenderedFiles {
            video,
            poster,
            frames: facts.frames,
            distinct_frames: facts.distinct_frames,
            segments: SegmentCount { total: segments, reused: segments },
            size_bytes: facts.size_bytes,
            sha256: facts.sha256,
        };
        Some(FinishedVideo { files, damaged: facts.damaged })
    }
}

impl VideoStorage<'_> {
    async fn write_parts(&self, key: MemoKey, size_bytes: u64, path: &Path) -> io::Result<()> {
        let mut file = File::create(path).await?;
        for number in 0..size_bytes.div_ceil(PART_BYTES) {
            let sealed = part(self.memo, key, number).await.ok_or(io::ErrorKind::NotFound)?;
            file.write_all(open(&sealed).ok_or(io::ErrorKind::InvalidData)?).await?;
        }
        file.flush().await?;
        let written = file.metadata().await?.len();
        if written == size_bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

fn head(FinishedVideo { files, damaged }: &FinishedVideo, poster: &[u8]) -> Bytes {
    let numbers = [files.frames, files.distinct_frames, files.segments.total as u64, files.size_bytes];
    let numbers = numbers.map(u64::to_be_bytes);
    seal(&[numbers.as_flattened(), files.sha256.as_bytes(), &DamagedFile::write_all(damaged), poster])
}

/// `None` when it is damaged.
fn read_head(sealed: &[u8]) -> Option<(Facts, &[u8])> {
    let (numbers, rest) = open(sealed)?.split_at_checked(4 * size_of::<u64>())?;
    let (sha256, rest) = rest.split_at_checked(SHA256_LETTERS)?;
    let (damaged, poster) = DamagedFile::read_all(rest)?;
    let sha256 = String::from_utf8(sha256.to_vec()).ok()?;
    let &[frames, distinct_frames, segments, size_bytes] = numbers.as_chunks().0 else { return None };
    let number = u64::from_be_bytes;
    let facts = Facts {
        frames: number(frames),
        distinct_frames: number(distinct_frames),
        segments: number(segments),
        size_bytes: number(size_bytes),
        sha256,
        damaged,
    };
    Some((facts, poster))
}
