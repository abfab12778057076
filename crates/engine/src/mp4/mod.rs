//! Joining segments and sound to one MP4 file (ISO/IEC 14496-12, -14 and -15).
//! Every picture gets its exact time, the index stands before the data
//! ("fast start"), and the bytes depend on nothing but the input.

mod boxes;
mod layout;
mod own;
mod read;
mod samples;
mod writer;

pub use own::is_own_movie;
pub use read::{MovieError, MovieFacts, PictureFacts, SegmentFacts, SoundFacts, is_mp4, read_movie};
pub use writer::{WrittenFile, write_mp4};

use rushes_core::spec::Output;

use crate::h264::ParameterSets;
use crate::sound::AacTrack;

/// Units of video time in one frame: every frame has a whole number of them.
pub const FRAME_TICKS: u32 = 512;
/// Units of a second in the movie header and in edit lists.
pub const MOVIE_TIMESCALE: u32 = 48_000;

/// What a file holds, without the bytes of the samples.
pub struct Movie<'a> {
    /// Shape and rate of the pictures.
    pub output: Output,
    /// Of all segments.
    pub sets: &'a ParameterSets,
    /// Size of each picture in the file, in order.
    pub picture_sizes: Vec<u32>,
    /// How many frames later than it is decoded each picture is shown, plus [`Self::delay`].
    pub screen_offsets: Vec<u32>,
    /// Frames by which everything is shown late, so that no picture is shown before it is decoded.
    pub delay: u32,
    /// Numbers of the pictures that players can start at, from 1.
    pub sync_pictures: Vec<u32>,
    /// The sound, if any.
    pub sound: Option<&'a AacTrack>,
}

impl Movie<'_> {
    /// Length of the pictures in units of [`MOVIE_TIMESCALE`].
    pub fn duration(&self) -> u64 {
        self.picture_sizes.len() as u64 * u64::from(MOVIE_TIMESCALE) / u64::from(self.output.frame_rate.get())
    }
}
