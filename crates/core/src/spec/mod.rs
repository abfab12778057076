//! What a user asks for. `read` turns JSON into the types below or names every
//! fault with the place where it stands.

mod background;
mod detect;
mod draft;
mod language;
mod media;
mod output;
mod overlay;
mod read;
mod sound;
mod style;
mod topic;
pub mod violation;
pub mod voices;

use std::time::Duration;

pub use background::{
    Background, Camera, CameraPath, Direction, Easing, Fit, Footage, FootageKind, Gradient, Image, Trim, Video, View,
};
pub(crate) use draft::CHANNEL;
pub use draft::Draft;
pub use language::Language;
pub use media::{AssetId, Media, MediaKind, MediaSource};
pub use output::{Aspect, Output, Resolution, Shape};
pub use overlay::{Alignment, Card, LowerThird, Overlay, OverlayPosition, ProgressBar, Transition, TransitionKind};
pub(crate) use read::{Checker, Fields, Node};
pub use sound::{Music, SoundEffect};
pub use style::{CaptionMode, CaptionPosition, CaptionStyle, Font, Outline, TextBox};
pub use topic::{
    Affiliate, MARKETPLACES, MAX_STYLE_CHARACTERS, MAX_TOPIC_CHARACTERS, SceneLook, TOPIC_DURATIONS_S, Topic,
};
pub use violation::{SpecError, Violation};

use crate::white_space::folded;

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
/// The most overlays a scene may have, and the most that lie over all scenes.
pub const MAX_OVERLAYS: usize = 8;
/// The most sounds one scene may have.
pub const MAX_SOUNDS: usize = 16;
/// The most different pictures, clips and sounds one video may have.
pub const MAX_MEDIA: usize = 200;

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
    /// What is told and shown; empty where a script has yet to be written about `topic`.
    pub scenes: Vec<Scene>,
    /// What a script is to be written about.
    pub topic: Option<Topic>,
    /// Who speaks.
    pub voice: VoiceChoice,
    /// What plays under everything.
    pub music: Option<Music>,
    /// Pictures over every scene.
    pub overlays: Vec<Overlay>,
    /// A bar that grows with the video.
    pub progress_bar: Option<ProgressBar>,
    /// How much work goes into the pictures.
    pub quality: Quality,
    /// Shapes and rates of the pictures; the first is the video's own, never empty.
    pub outputs: Vec<Output>,
}

/// A piece of narration with what is shown while it is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Narration; empty for a silent scene.
    pub text: String,
    /// Heading shown during the scene.
    pub title: Option<String>,
    /// Large words in the middle.
    pub card: Option<Card>,
    /// A name low on the left.
    pub lower_third: Option<LowerThird>,
    /// What lies behind the text.
    pub background: Background,
    /// Pictures over the background.
    pub overlays: Vec<Overlay>,
    /// How the words are written over the pictures.
    pub captions: CaptionStyle,
    /// How the scene replaces the one before; of no effect in the first.
    pub transition: Transition,
    /// Sounds at moments of the scene.
    pub sounds: Vec<SoundEffect>,
    /// The scene lasts at least this long.
    pub minimum_duration: Duration,
}

/// The speaker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VoiceChoice {
    /// Name of a voice: espeak-ng's such as `en-us`, or a provider's such as `polly:Joanna`.
    pub name: String,
    /// Words a minute, 80–450.
    pub rate_wpm: u32,
    /// Base pitch, 0–99; espeak-ng's voices alone have one.
    pub pitch: u32,
    /// Voices that speak, in this order, when the one before cannot.
    pub fallback: Vec<String>,
    /// How words are to be spoken that a voice gets wrong.
    pub pronunciations: Vec<Pronunciation>,
    /// What is spoken: it tells sentences and dates apart.
    pub language: Language,
}

impl VoiceChoice {
    /// The voice of that name at its usual rate and pitch.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rate_wpm: 175,
            pitch: 50,
            fallback: Vec::new(),
            pronunciations: Vec::new(),
            language: voices::language_of(name).unwrap_or_default(),
        }
    }
}

/// A word as it is written, and other writing that a voice speaks as it should.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pronunciation {
    /// What stands in captions; found whatever its capitals, as whole words only.
    pub written: String,
    /// What the voice is given instead.
    pub spoken: String,
}

/// How much work goes into the pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Quality {
    /// For a quick look: half the size, coarse.
    Draft,
    /// For publishing.
    #[default]
    Standard,
    /// For further work on the file.
    High,
}

impl VideoSpec {
    /// Reads and checks a spec.
    ///
    /// # Errors
    /// [`SpecError`] with every fault found; the first one only where the text
    /// is not JSON.
    pub fn from_json(json: &[u8], origin: MediaOrigin) -> Result<Self, SpecError> {
        read::read(json, origin)
    }

    /// Shape and rate of the video itself.
    #[must_use]
    pub fn output(&self) -> Output {
        self.outputs.first().copied().unwrap_or_default()
    }

    /// What is spoken.
    #[must_use]
    pub fn language(&self) -> Option<Language> {
        Some(self.voice.language.clone())
    }

    /// Characters of narration over all scenes.
    #[must_use]
    pub fn narration_characters(&self) -> usize {
        self.scenes.iter().map(|scene| scene.text.chars().count()).sum()
    }

    /// Each piece of media that the spec names.
    pub fn media(&self) -> impl Iterator<Item = &Media> {
        let scenes = self.scenes.iter().flat_map(|scene| {
            let background = match &scene.background {
                Background::Image(image) => Some(&image.media),
                Background::Video(video) => Some(&video.media),
                Background::Color(_) | Background::Gradient(_) | Background::Footage(_) => None,
            };
            let overlays = scene.overlays.iter().map(|overlay| &overlay.media);
            background.into_iter().chain(overlays).chain(scene.sounds.iter().map(|sound| &sound.media))
        });
        let overlays = self.overlays.iter().map(|overlay| &overlay.media);
        scenes.chain(overlays).chain(self.music.iter().map(|music| &music.media))
    }

    /// Each piece of media that the spec names, to be changed.
    pub fn media_mut(&mut self) -> impl Iterator<Item = &mut Media> {
        let scenes = self.scenes.iter_mut().flat_map(|scene| {
            let background = match &mut scene.background {
                Background::Image(image) => Some(&mut image.media),
                Background::Video(video) => Some(&mut video.media),
                Background::Color(_) | Background::Gradient(_) | Background::Footage(_) => None,
            };
            let overlays = scene.overlays.iter_mut().map(|overlay| &mut overlay.media);
            background.into_iter().chain(overlays).chain(scene.sounds.iter_mut().map(|sound| &mut sound.media))
        });
        let overlays = self.overlays.iter_mut().map(|overlay| &mut overlay.media);
        scenes.chain(overlays).chain(self.music.iter_mut().map(|music| &mut music.media))
    }

    /// The title, the topic, or the first words of the narration, on one line.
    #[must_use]
    pub fn display_title(&self) -> String {
        let words = || {
            let told = self.scenes.iter().map(|scene| &scene.text).find(|text| !text.is_empty());
            let text = folded(self.topic.as_ref().map(|topic| &topic.text).or(told)?);
            let mut short: String = text.chars().take(60).collect();
            if text.chars().count() > 60 {
                short.push('…');
            }
            Some(short)
        };
        self.title.as_deref().map(folded).or_else(words).unwrap_or_else(|| "Untitled".to_owned())
    }
}
