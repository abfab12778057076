//! Clips that ffmpeg makes, and what is shown of them.

use std::path::Path;

use anyhow::Result;
use rushes_core::ports::RenderError;
use rushes_core::spec::{Fit, Output, Trim};
use rushes_core::timeline::Clip;
use rushes_core::units::FrameRate;
use rushes_engine::Ffmpeg;
use rushes_engine::clip::{ClipFacts, ClipReader, probe};

use super::program;

pub const X264: &[&str] = &["-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"];

pub fn output(width: u32, height: u32, rate: u32) -> Output {
    Output { width, height, frame_rate: FrameRate::new(rate).unwrap() }
}

pub fn whole(path: &Path) -> Clip {
    Clip { path: path.to_owned(), fit: Fit::Fill, trim: Trim::default(), is_looped: false }
}

pub fn tool() -> Ffmpeg {
    Ffmpeg::new(program())
}

pub async fn measured(path: &Path) -> Result<ClipFacts, RenderError> {
    probe(&tool(), path).await
}

/// What the reader shows at `frames`.
pub fn read(clip: &Clip, facts: &ClipFacts, output: &Output, frames: std::ops::Range<u64>) -> Result<Vec<Vec<u8>>> {
    let mut reader = ClipReader::open(&tool(), clip, facts, output, frames.start)?;
    frames.map(|_| Ok(reader.next_picture()?.bytes().to_vec())).collect()
}
