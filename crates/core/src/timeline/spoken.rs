//! Scenes as they go into the timeline: everything is fetched and spoken, nothing has a time yet.

use std::path::PathBuf;
use std::time::Duration;

use super::{Backdrop, MusicTrack, PlacedPicture};
use crate::narration::Speech;
use crate::spec::{CaptionStyle, Card, Language, LowerThird, ProgressBar, Quality, Transition};

/// A video as it goes into the timeline: everything is fetched and spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenVideo {
    /// Heading over the first scene.
    pub title: Option<String>,
    /// How much work goes into the pictures.
    pub quality: Quality,
    /// What is spoken, where that is known.
    pub language: Option<Language>,
    /// In order.
    pub scenes: Vec<SpokenScene>,
    /// Pictures over every scene.
    pub overlays: Vec<PlacedPicture>,
    /// A bar that grows with the video.
    pub progress_bar: Option<ProgressBar>,
    /// What plays under everything.
    pub music: Option<MusicTrack>,
}

/// A scene as it goes into the timeline: its media are fetched, its sentences are spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenScene {
    /// What lies behind the text.
    pub background: Backdrop,
    /// Loudness of the backdrop's own sound, where it is a clip.
    pub clip_volume: f64,
    /// Pictures over the background.
    pub overlays: Vec<PlacedPicture>,
    /// Heading of the scene.
    pub title: Option<String>,
    /// Large words in the middle.
    pub card: Option<Card>,
    /// A name low on the left.
    pub lower_third: Option<LowerThird>,
    /// How words are written.
    pub captions: CaptionStyle,
    /// How it replaces the scene before.
    pub transition: Transition,
    /// Sounds at moments of the scene: the file, when it begins from the scene's start, its volume.
    pub sounds: Vec<SceneSound>,
    /// The scene lasts at least this long.
    pub minimum_duration: Duration,
    /// Sentences in order.
    pub sentences: Vec<SpokenSentence>,
}

/// A sentence as it is heard.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenSentence {
    /// Its sound and its words.
    pub speech: Speech,
    /// Whether the voice rests for longer behind it.
    pub ends_paragraph: bool,
}

impl From<Speech> for SpokenSentence {
    fn from(speech: Speech) -> Self {
        Self { speech, ends_paragraph: false }
    }
}

impl SpokenVideo {
    /// Scenes and nothing else.
    #[must_use]
    pub const fn plain(scenes: Vec<SpokenScene>) -> Self {
        Self {
            title: None,
            quality: Quality::Standard,
            language: None,
            scenes,
            overlays: Vec::new(),
            progress_bar: None,
            music: None,
        }
    }
}

impl SpokenScene {
    /// A silent scene that shows its background and lasts one frame.
    #[must_use]
    pub fn plain(background: Backdrop) -> Self {
        Self {
            background,
            clip_volume: 0.0,
            overlays: Vec::new(),
            title: None,
            card: None,
            lower_third: None,
            captions: CaptionStyle::default(),
            transition: Transition::default(),
            sounds: Vec::new(),
            minimum_duration: Duration::ZERO,
            sentences: Vec::new(),
        }
    }
}

/// A sound at a moment of a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneSound {
    /// The file.
    pub path: PathBuf,
    /// When it begins, from the scene's start.
    pub start: Duration,
    /// Loudness; 1 leaves it as it is.
    pub volume: f64,
}
