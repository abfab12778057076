//! What sounds when.

use std::path::PathBuf;
use std::time::Duration;

use crate::narration::Samples;
use crate::spec::Trim;

/// Everything that sounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Soundtrack {
    /// The voice: pieces in order; they do not overlap.
    pub pieces: Vec<SoundPiece>,
    /// What plays under everything.
    pub music: Option<MusicTrack>,
    /// Effects and the sound of clips; they may overlap.
    pub effects: Vec<SoundFile>,
    /// Length of the whole, which is the length of the pictures.
    pub duration: Duration,
}

/// A piece of one-channel sound and when it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundPiece {
    /// Moment of its first sample.
    pub start: Duration,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// What is heard.
    pub samples: Samples,
}

/// Music in a file that was fetched and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct MusicTrack {
    /// The file.
    pub path: PathBuf,
    /// The part that is played.
    pub trim: Trim,
    /// Whether it begins again at its end.
    pub is_looped: bool,
    /// Loudness under silence: at 1 as loud as the voice, or where nobody speaks at the loudness of every video.
    pub volume: f64,
    /// From silence to its volume.
    pub fade_in: Duration,
    /// Back to silence at the end of the video.
    pub fade_out: Duration,
    /// By how much it is lowered while someone speaks, in decibels.
    pub ducking_db: f64,
}

/// Sound in a file that was fetched and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundFile {
    /// The file; a clip's without sound counts as silence.
    pub path: PathBuf,
    /// When it begins, from the start of the video.
    pub start: Duration,
    /// When it stops at the latest, from the start of the video.
    pub end: Duration,
    /// The part that is played.
    pub trim: Trim,
    /// Whether it is the sound of a clip whose pictures begin again: it begins again with them, whatever its own length.
    pub is_looped: bool,
    /// Loudness. Beside a voice 1 leaves it as it is; where nobody speaks, at 1 all together have the loudness of
    /// every video.
    pub volume: f64,
}
