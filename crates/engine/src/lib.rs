//! Timeline to pictures, pictures to H.264, sound to AAC, both to MP4.
//!
//! The order of work: [`plan`] decides which picture is on screen for how many
//! frames, [`compose`] draws each picture once, `encode` encodes it once and
//! [`h264`] repeats it by slices that skip every macroblock; `sound` masters and
//! encodes what is heard; `mp4` joins both. ffmpeg works as a child process.

mod camera;
pub mod clip;
pub mod compose;
mod encode;
mod engine;
mod ffmpeg;
mod fingerprint;
pub mod h264;
pub mod look;
mod mp4;
pub mod picture;
pub mod plan;
mod remember;
mod slots;
mod snapshot;
mod sound;
mod sources;
pub mod text;

pub use engine::{Engine, PlannedSegment, Preview};
pub use ffmpeg::Ffmpeg;
pub use mp4::{MovieError, MovieFacts, PictureFacts, SegmentFacts, SoundFacts, is_mp4, is_own_movie, read_movie};
pub use snapshot::PictureFormat;
pub use sound::{Loudness, measure_loudness};
