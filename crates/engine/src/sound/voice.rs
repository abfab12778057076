//! The voice as a stream of samples, silence included, block by block.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rushes_core::narration::Samples;
use rushes_core::ports::RenderError;
use rushes_core::timeline::{SoundPiece, Soundtrack};

use super::limiter::Limiter;
use super::loudness::{Block, Playable};
use super::time::{index, sample_at};

/// Samples of one block.
const BLOCK: usize = 4096;
/// Highest sample value, −3 dBFS: room for peaks between samples and for the
/// coder's, so that true peaks stay under −1 dBTP.
const CEILING: f32 = 0.708;

/// The voice of a soundtrack, alone.
pub struct Voice<'a> {
    pieces: &'a [SoundPiece],
    rate_hz: u32,
    length: u64,
}

impl<'a> Voice<'a> {
    /// `None` when nobody speaks.
    pub fn of(soundtrack: &'a Soundtrack) -> Option<Self> {
        let rate_hz = soundtrack.pieces.first()?.sample_rate_hz;
        Some(Self { pieces: &soundtrack.pieces, rate_hz, length: sample_at(soundtrack.duration, rate_hz) })
    }
}

impl Voice<'_> {
    /// Samples of the whole, silence included.
    pub const fn length(&self) -> u64 {
        self.length
    }
}

impl Playable<1> for Voice<'_> {
    fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn play(&self) -> impl Iterator<Item = Block<1>> {
        Playing { voice: self, piece: 0, position: 0, reader: SampleReader::default() }
    }

    fn limiter(&self) -> Limiter<1> {
        Limiter::of_samples(CEILING, self.rate_hz)
    }
}

struct Playing<'a> {
    voice: &'a Voice<'a>,
    piece: usize,
    position: u64,
    reader: SampleReader,
}

impl Playing<'_> {
    /// Adds what the current pieces have for the block that begins at `position`.
    fn fill(&mut self, block: &mut [[f32; 1]]) -> Result<(), RenderError> {
        let block_end = self.position + block.len() as u64;
        while let Some(piece) = self.voice.pieces.get(self.piece) {
            let start = sample_at(piece.start, self.voice.rate_hz);
            let end = start + piece.samples.count();
            let (from, to) = (start.max(self.position), end.min(block_end));
            if from < to {
                let target = &mut block[index(from - self.position)..index(to - self.position)];
                self.reader.read(&piece.samples, from - start, target)?;
            }
            if end > block_end {
                break;
            }
            self.piece += 1;
        }
        Ok(())
    }
}

impl Iterator for Playing<'_> {
    type Item = Block<1>;

    fn next(&mut self) -> Option<Block<1>> {
        let length = BLOCK.min(index(self.voice.length.checked_sub(self.position)?));
        if length == 0 {
            return None;
        }
        let mut block = vec![[0.0]; length];
        let filled = self.fill(&mut block);
        self.position += length as u64;
        Some(filled.map(|()| block))
    }
}

/// Reads samples wherever they are; keeps the last file open.
#[derive(Default)]
pub struct SampleReader {
    open: Option<(Arc<Path>, File)>,
    bytes: Vec<u8>,
}

impl SampleReader {
    /// Puts the samples from `first` on into `target`.
    ///
    /// # Errors
    /// [`RenderError::Io`] when their file cannot be read.
    pub fn read(&mut self, samples: &Samples, first: u64, target: &mut [[f32; 1]]) -> Result<(), RenderError> {
        match samples {
            Samples::Held(held) => {
                for (target, sample) in target.iter_mut().zip(&held[index(first)..]) {
                    *target = [value(*sample)];
                }
            }
            Samples::Spooled { path, first: spooled, .. } => {
                let bytes = self.bytes(path, spooled + first, target.len())?;
                for (target, sample) in target.iter_mut().zip(bytes.as_chunks::<2>().0) {
                    *target = [value(i16::from_le_bytes(*sample))];
                }
            }
        }
        Ok(())
    }

    /// The bytes of `count` samples of a file.
    ///
    /// # Errors
    /// [`RenderError::Io`] when it cannot be read.
    pub fn bytes(&mut self, path: &Arc<Path>, first: u64, count: usize) -> Result<&[u8], RenderError> {
        let failed = |source| RenderError::Io { doing: "reading speech", source };
        if self.open.as_ref().is_none_or(|(open, _)| open != path) {
            self.open = Some((Arc::clone(path), File::open(path).map_err(failed)?));
        }
        self.bytes.resize(count * 2, 0);
        if let Some((_, file)) = &self.open {
            file.read_exact_at(&mut self.bytes, first * 2).map_err(failed)?;
        }
        Ok(&self.bytes)
    }
}

fn value(sample: i16) -> f32 {
    f32::from(sample) / 32768.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(pieces: Vec<SoundPiece>) {
        let duration = Duration::from_secs(10);
        let soundtrack = Soundtrack { pieces, duration, ..Soundtrack::default() };
        let voice = Voice::of(&soundtrack).unwrap();
        let samples: Vec<[f32; 1]> = voice.play().flat_map(Result::unwrap).collect();
        assert_eq!(samples.len(), 10_000);
        for (index, [sample]) in samples.into_iter().enumerate() {
            let wanted = match index {
                0..5000 => 0.5,
                5000..5003 => 0.25,
                9000..9700 => -0.5,
                _ => 0.0,
            };
            assert_eq!(sample, wanted, "{index}");
        }
    }

    const PIECES: [(u64, i16, usize); 3] = [(0, 16384, 5000), (5000, 8192, 3), (9000, -16384, 700)];

    #[test]
    fn every_sample_lies_where_the_timeline_puts_it() {
        let piece = |(start_ms, value, length)| SoundPiece {
            start: Duration::from_millis(start_ms),
            sample_rate_hz: 1000,
            samples: vec![value; length].into(),
        };
        check(PIECES.map(piece).into());
    }

    #[test]
    fn samples_in_a_file_are_the_same() {
        let directory = tempfile::tempdir().unwrap();
        let path: Arc<Path> = directory.path().join("speech").into();
        let mut bytes = vec![1, 2];
        let piece = |(start_ms, value, length): (u64, i16, usize)| {
            let first = bytes.len() as u64 / 2;
            bytes.extend(value.to_le_bytes().repeat(length));
            let samples = Samples::Spooled { path: Arc::clone(&path), first, count: length as u64 };
            SoundPiece { start: Duration::from_millis(start_ms), sample_rate_hz: 1000, samples }
        };
        let pieces = PIECES.map(piece).into();
        std::fs::write(&path, bytes).unwrap();
        check(pieces);
    }
}
