//! Decoded sound in a file: what memory cannot hold for an hour.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rushes_core::ports::RenderError;

use super::time::index;

const SAMPLE_BYTES: usize = 4;
/// The header of Sun's `.au`: magic, offset of the data, their size, encoding, rate, channels.
const HEADER_BYTES: usize = 24;
const MAGIC: &[u8] = b".snd";
const COPY_BYTES: usize = 1 << 16;

/// Sound of one or two channels at 48 kHz, in a file without a name.
#[derive(Debug)]
pub struct Spool {
    file: File,
    channels: usize,
    /// Samples of each channel.
    pub frames: u64,
}

impl Spool {
    /// Takes in what ffmpeg writes as `.au` with big-endian floats; nothing at all is silence.
    ///
    /// # Errors
    /// [`RenderError`] when it is something else or cannot be stored.
    pub fn take_in(mut stream: impl Read, directory: &Path) -> Result<Self, RenderError> {
        let mut file = tempfile::tempfile_in(directory).map_err(not_stored)?;
        let Some(channels) = read_header(&mut stream)? else { return Ok(Self { file, channels: 1, frames: 0 }) };
        let mut bytes = 0;
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            let count = stream.read(&mut buffer).map_err(not_read)?;
            if count == 0 {
                break;
            }
            file.write_all(&buffer[..count]).map_err(not_stored)?;
            bytes += count as u64;
        }
        Ok(Self { file, channels, frames: bytes / (channels * SAMPLE_BYTES) as u64 })
    }

    /// The samples from `first` on, one channel on both sides.
    ///
    /// # Errors
    /// [`RenderError::Io`] when they cannot be read.
    pub fn read(&self, first: u64, target: &mut [[f32; 2]]) -> Result<(), RenderError> {
        let frame_bytes = self.channels * SAMPLE_BYTES;
        let mut bytes = vec![0; target.len() * frame_bytes];
        self.file.read_exact_at(&mut bytes, first * frame_bytes as u64).map_err(not_read)?;
        let sample = |bytes: &[u8; SAMPLE_BYTES]| f32::from_be_bytes(*bytes);
        let samples = bytes.as_chunks::<SAMPLE_BYTES>().0;
        for (frame, samples) in target.iter_mut().zip(samples.chunks_exact(self.channels)) {
            *frame = match samples {
                [left, right] => [sample(left), sample(right)],
                [middle] => [sample(middle); 2],
                _ => [0.0; 2],
            };
        }
        Ok(())
    }

    /// All of it, block by block.
    pub fn blocks(&self) -> impl Iterator<Item = Result<Vec<[f32; 2]>, RenderError>> {
        const BLOCK: u64 = 4096;
        (0..self.frames.div_ceil(BLOCK)).map(move |number| {
            let first = number * BLOCK;
            let mut block = vec![[0.0; 2]; index(BLOCK.min(self.frames - first))];
            self.read(first, &mut block)?;
            Ok(block)
        })
    }
}

/// The number of channels; `None` at the end of an empty stream.
fn read_header(stream: &mut impl Read) -> Result<Option<usize>, RenderError> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    stream.take(HEADER_BYTES as u64).read_to_end(&mut header).map_err(not_read)?;
    if header.is_empty() {
        return Ok(None);
    }
    let word = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?) as usize);
    let fields = word(4).zip(word(20)).filter(|_| header.starts_with(MAGIC));
    let Some((offset, channels @ 1..=2)) = fields else {
        return Err(RenderError::Broken { reason: "decoded sound has another form".to_owned(), source: None });
    };
    let annotation = offset.saturating_sub(HEADER_BYTES) as u64;
    std::io::copy(&mut stream.take(annotation), &mut std::io::sink()).map_err(not_read)?;
    Ok(Some(channels))
}

fn not_stored(source: std::io::Error) -> RenderError {
    RenderError::Io { doing: "storing decoded sound", source }
}

fn not_read(source: std::io::Error) -> RenderError {
    RenderError::Io { doing: "reading decoded sound", source }
}

#[cfg(test)]
impl Spool {
    /// Samples of a test.
    pub fn of(frames: &[[f32; 2]]) -> Self {
        let words = [HEADER_BYTES as u32, u32::MAX, 6, 48_000, 2].map(u32::to_be_bytes);
        let bytes = frames.as_flattened().iter().flat_map(|sample| sample.to_be_bytes());
        let stream: Vec<u8> = [MAGIC, words.as_flattened()].concat().into_iter().chain(bytes).collect();
        Self::take_in(stream.as_slice(), &std::env::temp_dir()).unwrap()
    }
}
