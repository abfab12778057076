//! What sounds besides the voice.

use std::time::Duration;

use super::{Media, Trim};

/// Music under the whole video.
#[derive(Clone, Debug, PartialEq)]
pub struct Music {
    /// The piece.
    pub media: Media,
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
    /// By how much it is lowered while someone speaks, in decibels, 0–40.
    pub ducking_db: f64,
}

impl Music {
    /// From silence to its volume, where nothing else is said.
    pub const DEFAULT_FADE_IN: Duration = Duration::from_secs(1);
    /// Back to silence, where nothing else is said.
    pub const DEFAULT_FADE_OUT: Duration = Duration::from_secs(2);
}

/// A sound at a moment of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct SoundEffect {
    /// The sound.
    pub media: Media,
    /// When it begins, from the scene's start.
    pub start: Duration,
    /// Loudness. Beside a voice 1 leaves it as it is; where nobody speaks, at 1 all sounds together have the loudness
    /// of every video.
    pub volume: f64,
}
