//! Sound: pieces on a timeline, brought to one loudness, encoded as AAC.

mod aac;
mod blocks;
mod limiter;
mod loudness;
mod measure;
mod stereo;

pub use aac::{AacTrack, encode_sound};
pub use measure::{Loudness, measure_loudness};
