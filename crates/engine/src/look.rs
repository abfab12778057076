//! What a frame shows. Equal looks are equal pictures.

use std::sync::Arc;

use rushes_core::spec::{CaptionStyle, Gradient, ProgressBar, TransitionKind};
use rushes_core::timeline::{Clip, PlacedPicture, Still};
use rushes_core::units::Color;

use crate::text::{PageText, PlacedText};

/// Everything that decides what a frame shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// One scene, or two while one becomes the other.
    pub ground: Ground,
    /// Pictures over every scene.
    pub overlays: Arc<[PlacedPicture]>,
    /// The caption, if any.
    pub caption: Option<Caption>,
    /// The bar, and how many of its steps it has grown.
    pub progress: Option<(ProgressBar, u32)>,
}

/// What lies under captions.
#[derive(Clone, Debug, PartialEq)]
pub enum Ground {
    /// One scene.
    Scene(Scenery),
    /// A scene that becomes another.
    Transition(Box<Passage>),
}

/// A moment of a transition.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// The scene that goes.
    pub from: Scenery,
    /// The scene that comes.
    pub to: Scenery,
    /// What is seen.
    pub kind: TransitionKind,
    /// How far it is.
    pub share: Share,
}

/// A part of a whole, counted in equal steps; never none or all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Steps done.
    pub step: u64,
    /// All steps.
    pub of: u64,
}

impl Share {
    /// 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "frames of a scene are far below 2^52")]
    pub fn get(self) -> f64 {
        self.step as f64 / self.of.max(1) as f64
    }
}

/// A backdrop and what stands on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenery {
    /// What lies behind.
    pub backdrop: Moment,
    /// What stands on it.
    pub dressing: Dressing,
}

/// A moment of a backdrop.
#[derive(Clone, Debug, PartialEq)]
pub enum Moment {
    /// One colour.
    Color(Color),
    /// A straight blend.
    Gradient(Gradient),
    /// A still picture, and how far its camera is.
    Still(Arc<Still>, Option<Share>),
    /// The n-th frame of a clip since its scene began.
    Clip(Arc<Clip>, u64),
}

/// What stands on a backdrop for as long as the scene lasts, or a part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dressing {
    /// Pictures.
    pub overlays: Arc<[PlacedPicture]>,
    /// Words, the lowest first.
    pub texts: Vec<PlacedText>,
}

/// A caption page, which of its words stands out, and how far it has come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    /// What is written.
    pub text: Arc<PageText>,
    /// Index of the word being spoken.
    pub spoken_word: Option<usize>,
    /// Frames since the page appeared, from 1, while it moves; 0 once it is at rest.
    pub step: u8,
    /// How it is written.
    pub style: CaptionStyle,
}

/// A look and for how many frames it stays; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Shot {
    /// What is visible.
    pub look: Look,
    /// For how many frames.
    pub frames: u64,
}

impl Ground {
    /// Whether the next frame of the same scene shows the same ground.
    #[must_use]
    pub const fn is_still(&self) -> bool {
        matches!(self, Self::Scene(scenery) if scenery.backdrop.is_still())
    }

    /// The sceneries that are seen.
    pub fn sceneries(&self) -> impl Iterator<Item = &Scenery> {
        let (first, second) = match self {
            Self::Scene(scenery) => (scenery, None),
            Self::Transition(passage) => (&passage.from, Some(&passage.to)),
        };
        std::iter::once(first).chain(second)
    }
}

impl Moment {
    /// Whether it looks the same all through its scene.
    #[must_use]
    pub const fn is_still(&self) -> bool {
        matches!(self, Self::Color(_) | Self::Gradient(_) | Self::Still(_, None))
    }
}
