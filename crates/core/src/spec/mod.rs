//! What a user asks for. JSON is read in two steps: `raw` mirrors what may be
//! written, `check` turns it into the types below or names every fault with
//! the place where it stands.

mod check;
mod raw;
pub mod violation;
pub mod voices;

use std::path::PathBuf;
use std::time::Duration;

use crate::units::{Color, FrameRate};
pub use violation::{SpecError, Violation};

/// The largest spec read, in bytes.
pub const MAX_SPEC_BYTES: usize = 1 << 20;
/// The most scenes one video may have.
pub const MAX_SCENES: usize = 500;
/// The longest narration of one video, in characters (about an hour and a half of speech).
pub const MAX_NARRATION_CHARACTERS: usize = 100_000;
/// The longest title, in characters.
pub const MAX_TITLE_CHARACTERS: usize = 200;
/// The longest wished length of one scene.
pub const MAX_SCENE_DURATION: Duration = Duration::from_secs(600);

/// Where pictures may come from. The service takes public URLs only; a person
/// at a command line may name files of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaOrigin {
    /// Only `https` URLs.
    Remote,
    /// `https` URLs and local paths.
    RemoteOrLocal,
}

/// One video as asked for, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct VideoSpec {
    /// Heading of the video, shown in lists and over the first scene.
    pub title: Option<String>,
    /// What is told and shown.
    pub scenes: Vec<Scene>,
    /// Who speaks.
    pub voice: VoiceChoice,
    /// How the words are written over the pictures.
    pub captions: CaptionStyle,
    /// Shape and rate of the pictures.
    pub output: Output,
}

/// A piece of narration with what is shown while it is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Narration; empty for a silent scene.
    pub text: String,
    /// Heading shown during the scene.
    pub title: Option<String>,
    /// What lies behind the text.
    pub background: Background,
    /// The scene lasts at least this long.
    pub minimum_duration: Duration,
    /// JSON pointer of the scene's background in the spec, for errors found when it is fetched.
    pub background_pointer: String,
}

/// What lies behind everything else.
#[derive(Clone, Debug, PartialEq)]
pub enum Background {
    /// One colour.
    Color(Color),
    /// A straight blend between two colours.
    Gradient(Gradient),
    /// A still picture that fills the frame.
    Image(MediaSource),
}

/// A linear gradient with CSS's meaning of the angle: 0° points up, 90° right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient {
    /// Colour at the start.
    pub from: Color,
    /// Colour at the end.
    pub to: Color,
    /// Direction in degrees.
    pub angle_deg: f64,
}

/// Where a piece of media lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MediaSource {
    /// A public address.
    Url(String),
    /// A file of the person at the command line.
    Path(PathBuf),
}

/// The speaker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VoiceChoice {
    /// Name of an espeak-ng voice, e.g. `en-us`.
    pub name: String,
    /// Words a minute, 80–450.
    pub rate_wpm: u32,
    /// Base pitch, 0–99.
    pub pitch: u32,
}

/// How the narration is written over the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaptionStyle {
    /// What of a caption changes while it is spoken.
    pub mode: CaptionMode,
    /// Where on the frame.
    pub position: CaptionPosition,
    /// Colour of the words.
    pub color: Color,
    /// Colour of the word being spoken.
    pub highlight_color: Color,
    /// Multiple of the usual letter size, 0.5–2.
    pub font_scale: f64,
}

/// What of a caption changes while it is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptionMode {
    /// The word being spoken stands out.
    Highlight,
    /// A caption stands still until the next.
    Block,
    /// Nothing is written.
    None,
}

/// Where captions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptionPosition {
    /// Near the top edge.
    Top,
    /// In the middle.
    Center,
    /// Near the bottom edge.
    Bottom,
}

/// Shape and rate of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Pixels across, even.
    pub width: u32,
    /// Pixels down, even.
    pub height: u32,
    /// Frames a second.
    pub frame_rate: FrameRate,
}

impl VideoSpec {
    /// Reads and checks a spec.
    ///
    /// # Errors
    /// [`SpecError`] with every fault found; the first one only where the text
    /// is not JSON of the right shape.
    pub fn from_json(json: &[u8], origin: MediaOrigin) -> Result<Self, SpecError> {
        check::read(json, origin)
    }

    /// Characters of narration over all scenes.
    #[must_use]
    pub fn narration_characters(&self) -> usize {
        self.scenes.iter().map(|scene| scene.text.chars().count()).sum()
    }

    /// Each piece of media that the scenes show, with the JSON pointer that names it.
    pub fn media(&self) -> impl Iterator<Item = (&MediaSource, &str)> {
        self.scenes.iter().filter_map(|scene| match &scene.background {
            Background::Image(source) => Some((source, scene.background_pointer.as_str())),
            Background::Color(_) | Background::Gradient(_) => None,
        })
    }

    /// The title, or the first words of the narration.
    #[must_use]
    pub fn display_title(&self) -> String {
        let words = || {
            let text = self.scenes.iter().find(|scene| !scene.text.is_empty())?;
            let mut short: String = text.text.chars().take(60).collect();
            if text.text.chars().count() > 60 {
                short.push('…');
            }
            Some(short)
        };
        self.title.clone().or_else(words).unwrap_or_else(|| "Untitled".to_owned())
    }
}
