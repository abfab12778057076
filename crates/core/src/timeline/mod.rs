//! The spec with every duration known: what is visible at which frame, and what
//! sounds when.

mod lay;
mod soundtrack;
mod spoken;
mod unheard;

use std::path::PathBuf;

pub use soundtrack::{MusicTrack, SoundFile, SoundPiece, Soundtrack};
pub use spoken::{SceneSound, SpokenScene, SpokenSentence, SpokenVideo};

use crate::spec::{
    Camera, CaptionStyle, Card, Fit, Gradient, Language, Output, OverlayPosition, ProgressBar, Quality, TransitionKind,
    Trim,
};
use crate::units::{Color, Portion};

/// Everything that is visible, by frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Shape and rate of the pictures.
    pub output: Output,
    /// How much work goes into them.
    pub quality: Quality,
    /// What is spoken, where that is known: capitals differ between languages.
    pub language: Option<Language>,
    /// In order, without gaps.
    pub scenes: Vec<TimelineScene>,
    /// Pictures over every scene.
    pub overlays: Vec<PlacedPicture>,
    /// A bar that grows with the video.
    pub progress_bar: Option<ProgressBar>,
}

/// A run of frames with one background.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineScene {
    /// First frame, counted from the start of the video.
    pub first_frame: u64,
    /// How many frames; at least one.
    pub frames: u64,
    /// What lies behind the text.
    pub background: Backdrop,
    /// Pictures over the background.
    pub overlays: Vec<PlacedPicture>,
    /// Heading, and the frame (of the video) at which it goes away.
    pub title: Option<Heading>,
    /// Large words in the middle.
    pub card: Option<Card>,
    /// A name low on the left.
    pub lower_third: Option<TimedLowerThird>,
    /// How words are written.
    pub captions: CaptionStyle,
    /// How it replaces the scene before.
    pub transition: Option<TimedTransition>,
    /// Sentences in the order spoken.
    pub sentences: Vec<TimedSentence>,
}

/// A heading and how long it stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The words.
    pub text: String,
    /// First frame of the video without it.
    pub end_frame: u64,
}

/// A lower third and the frames of the video that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedLowerThird {
    /// The name.
    pub title: String,
    /// The smaller line under it.
    pub subtitle: Option<String>,
    /// Colour of its bar.
    pub color: Color,
    /// First frame with it.
    pub first_frame: u64,
    /// First frame without it.
    pub end_frame: u64,
}

/// The first frames of a scene, in which the one before is still seen. Its
/// backdrop goes on moving meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedTransition {
    /// What is seen; never a cut.
    pub kind: TransitionKind,
    /// How many frames, at least one and at most the scene's.
    pub frames: u64,
}

/// A background that can be drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Backdrop {
    /// One colour.
    Color(Color),
    /// A straight blend.
    Gradient(Gradient),
    /// A picture file that was fetched and checked.
    Still(Still),
    /// A clip that was fetched and checked.
    Clip(Clip),
}

/// A still picture behind a scene.
#[derive(Clone, Debug, PartialEq)]
pub struct Still {
    /// The file.
    pub path: PathBuf,
    /// How it is brought to the frame's shape where no camera moves over it.
    pub fit: Fit,
    /// The movement over it during its scene.
    pub camera: Option<Camera>,
}

/// Moving pictures behind a scene; they begin with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// The file.
    pub path: PathBuf,
    /// How they are brought to the frame's shape.
    pub fit: Fit,
    /// The part that is shown.
    pub trim: Trim,
    /// Whether that part begins again at its end; otherwise its last frame stays.
    pub is_looped: bool,
}

/// A picture over the background.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedPicture {
    /// The file.
    pub path: PathBuf,
    /// The corner, edge or centre it keeps to.
    pub position: OverlayPosition,
    /// Its width as a share of the frame's.
    pub width: Portion,
    /// Its distance from the edges as a share of the frame's shorter side.
    pub margin: Portion,
    /// On top of its own transparency.
    pub opacity: Portion,
}

/// A sentence and when its words are spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedSentence {
    /// In the order spoken; never empty.
    pub words: Vec<TimedWord>,
    /// First frame after the sentence.
    pub end_frame: u64,
}

/// A word and the frames during which it is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedWord {
    /// As written.
    pub text: String,
    /// Written without a space after the word before it.
    pub is_joined: bool,
    /// First frame of the word.
    pub first_frame: u64,
    /// First frame after it.
    pub end_frame: u64,
}

impl TimedWord {
    /// Words as they are written one after another.
    #[must_use]
    pub fn joined(words: &[Self]) -> String {
        let mut text = String::new();
        for word in words {
            if !text.is_empty() && !word.is_joined {
                text.push(' ');
            }
            text.push_str(&word.text);
        }
        text
    }
}

impl Timeline {
    /// Frames of the whole video.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.scenes.last().map_or(0, |scene| scene.first_frame + scene.frames)
    }
}
