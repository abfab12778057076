//! A finished soundtrack: AAC frames in a file of their own.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rushes_core::ports::RenderError;

use super::time::{RATE_HZ, index};

const BUFFER_BYTES: usize = 1 << 16;
const FRAMES_READ_AT_ONCE: usize = 256;

/// The sound of a video, encoded. Its frames lie one after another in a file
/// without a name, which is gone with it.
#[derive(Clone, Debug)]
pub struct AacTrack {
    file: Arc<File>,
    /// Bytes of each raw AAC frame of 1,024 samples.
    pub frame_sizes: Vec<u32>,
}

impl AacTrack {
    /// Samples of one frame.
    pub const FRAME_SAMPLES: u32 = 1024;
    /// Samples a second.
    pub const RATE_HZ: u32 = RATE_HZ;
    /// Both sides, even where they are the same.
    pub const CHANNELS: u8 = 2;
    /// Samples at the start that the coder added and players leave out.
    pub const PRIMING: u32 = 1024;

    /// Calls `each` with every raw frame.
    ///
    /// # Errors
    /// [`RenderError::Io`] when the file cannot be read, and what `each` returns.
    pub fn each_frame(&self, mut each: impl FnMut(&[u8]) -> Result<(), RenderError>) -> Result<(), RenderError> {
        let mut first = 0;
        for sizes in self.frame_sizes.chunks(FRAMES_READ_AT_ONCE) {
            let size: u64 = sizes.iter().map(|size| u64::from(*size)).sum();
            let mut frames = vec![0; index(size)];
            self.read(first, &mut frames)?;
            first += size;
            let mut rest = frames.as_slice();
            for size in sizes {
                let (frame, later) = rest.split_at(*size as usize);
                each(frame)?;
                rest = later;
            }
        }
        Ok(())
    }

    /// Reads the bytes from `first` on.
    ///
    /// # Errors
    /// [`RenderError::Io`] when the file cannot be read.
    pub fn read(&self, first: u64, target: &mut [u8]) -> Result<(), RenderError> {
        let read = self.file.read_exact_at(target, first);
        read.map_err(|source| RenderError::Io { doing: "reading coded sound", source })
    }
}

/// An [`AacTrack`] in the making.
pub struct TrackWriter {
    file: BufWriter<File>,
    frame_sizes: Vec<u32>,
}

impl TrackWriter {
    /// Begins a track in a file in `directory`.
    ///
    /// # Errors
    /// [`RenderError::Io`] when there can be no file.
    pub fn new(directory: &Path) -> Result<Self, RenderError> {
        let file = tempfile::tempfile_in(directory).map_err(not_written)?;
        Ok(Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), frame_sizes: Vec::new() })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// [`RenderError::Io`] when it cannot be written.
    pub fn push(&mut self, frame: &[u8]) -> Result<(), RenderError> {
        self.frame_sizes.push(u32::try_from(frame.len()).unwrap_or(u32::MAX));
        self.file.write_all(frame).map_err(not_written)
    }

    /// The whole track.
    ///
    /// # Errors
    /// [`RenderError::Io`] when its end cannot be written.
    pub fn finish(self) -> Result<AacTrack, RenderError> {
        let file = self.file.into_inner().map_err(|error| not_written(error.into_error()))?;
        Ok(AacTrack { file: Arc::new(file), frame_sizes: self.frame_sizes })
    }
}

fn not_written(source: std::io::Error) -> RenderError {
    RenderError::Io { doing: "writing coded sound", source }
}
