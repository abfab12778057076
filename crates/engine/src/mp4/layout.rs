//! Where samples lie in the file: chunks of about a second, pictures and sound in turn.

use super::Movie;
use crate::sound::AacTrack;

/// A run of samples of one track that lie next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Samples in it; at least one.
    pub samples: u32,
    /// Bytes from the start of the media data.
    pub offset: u64,
}

/// The chunks of both tracks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Of the pictures.
    pub pictures: Vec<Chunk>,
    /// Of the sound.
    pub sound: Vec<Chunk>,
    /// Bytes of all samples.
    pub data_bytes: u64,
}

impl Layout {
    /// Lays out a movie: a second of pictures, the sound that belongs to it, the next second.
    pub fn of(movie: &Movie<'_>) -> Self {
        let mut layout = Self::default();
        let pictures_a_chunk = movie.output.frame_rate.get() as usize;
        let mut sound = movie.sound.map_or(&[][..], |track| track.frame_sizes.as_slice());
        let chunks = movie.picture_sizes.chunks(pictures_a_chunk).count();
        for (index, sizes) in movie.picture_sizes.chunks(pictures_a_chunk).enumerate() {
            layout.pictures.push(Chunk { samples: count(sizes.len()), offset: layout.data_bytes });
            layout.data_bytes += sizes.iter().map(|size| u64::from(*size)).sum::<u64>();
            let is_last = index + 1 == chunks;
            let (now, later) =
                sound.split_at(if is_last { sound.len() } else { sound_in_chunk(index).min(sound.len()) });
            if !now.is_empty() {
                layout.sound.push(Chunk { samples: count(now.len()), offset: layout.data_bytes });
                layout.data_bytes += now.iter().map(|size| u64::from(*size)).sum::<u64>();
            }
            sound = later;
        }
        layout
    }
}

/// How many sound frames belong to the second `index`.
const fn sound_in_chunk(index: usize) -> usize {
    frames_until(index + 1) - frames_until(index)
}

const fn frames_until(second: usize) -> usize {
    second * AacTrack::RATE_HZ as usize / AacTrack::FRAME_SAMPLES as usize
}

fn count(samples: usize) -> u32 {
    u32::try_from(samples).unwrap_or(u32::MAX)
}
