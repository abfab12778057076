//! What lies over the background: pictures, cards, lower thirds, a progress bar; and how one
//! scene becomes the next.

use std::time::Duration;

use super::{Direction, Media};
use crate::units::{Color, Portion};

/// A picture over the background, such as a logo.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay {
    /// The picture; its transparency counts.
    pub media: Media,
    /// The corner, edge or centre it keeps to.
    pub position: OverlayPosition,
    /// Its width as a share of the frame's.
    pub width: Portion,
    /// Its distance from the edges as a share of the frame's shorter side.
    pub margin: Portion,
    /// 0 for invisible to 1 for opaque, on top of its own transparency.
    pub opacity: Portion,
}

/// Nine places on the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OverlayPosition {
    /// Across.
    pub horizontal: Alignment,
    /// Down.
    pub vertical: Alignment,
}

/// A place on one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alignment {
    /// At the left or top edge.
    Start,
    /// In the middle.
    Center,
    /// At the right or bottom edge.
    End,
}

/// Large centred words that stand for the scene, as at the opening of a chapter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Card {
    /// The large line.
    pub title: String,
    /// The smaller line under it.
    pub subtitle: Option<String>,
}

/// A name and what to know about it, low on the left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LowerThird {
    /// The name.
    pub title: String,
    /// The smaller line under it.
    pub subtitle: Option<String>,
    /// When it appears, from the scene's start.
    pub start: Duration,
    /// How long it stays.
    pub duration: Duration,
    /// Colour of its bar.
    pub color: Color,
}

/// A bar along an edge that grows with the video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgressBar {
    /// Its colour.
    pub color: Color,
    /// At the top edge rather than the bottom.
    pub is_at_top: bool,
}

/// How a scene replaces the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transition {
    /// What is seen.
    pub kind: TransitionKind,
    /// How long; it takes place at the start of the scene that comes.
    pub duration: Duration,
}

/// What is seen while a scene replaces another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransitionKind {
    /// Nothing: one frame shows the old, the next the new.
    #[default]
    Cut,
    /// The new shines through the old.
    Crossfade,
    /// The old fades to a colour, and the new out of it.
    Fade(Color),
    /// The new pushes the old out of the frame.
    Slide(Direction),
    /// An edge moves over the frame, the new behind it.
    Wipe(Direction),
}
