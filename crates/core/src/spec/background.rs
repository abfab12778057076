//! What lies behind everything else.

use std::time::Duration;

use super::Media;
use crate::units::{Color, Portion};

/// What lies behind everything else.
#[derive(Clone, Debug, PartialEq)]
pub enum Background {
    /// One colour.
    Color(Color),
    /// A straight blend between two colours.
    Gradient(Gradient),
    /// A still picture.
    Image(Image),
    /// Moving pictures.
    Video(Video),
    /// A clip or picture that has yet to be found.
    Footage(Footage),
}

/// A clip or picture that has yet to be found. Where none is, a gradient is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footage {
    /// What is to be seen, the best words first; empty for the scene's own words.
    pub terms: Vec<String>,
    /// Of what kind.
    pub kind: FootageKind,
    /// Whether somebody asked for it, and wants to know when there is none.
    pub is_wished: bool,
}

/// What kind of footage is looked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FootageKind {
    /// Clips, and pictures where no clip fits.
    #[default]
    Any,
    /// Clips only.
    Clips,
    /// Pictures only.
    Pictures,
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

impl Default for Gradient {
    /// The product's own colours.
    fn default() -> Self {
        Self { from: Color::rgb(0x10, 0x18, 0x2b), to: Color::rgb(0x1f, 0x40, 0x68), angle_deg: 180.0 }
    }
}

/// A still picture as background.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The picture.
    pub media: Media,
    /// How it is brought to the frame's shape; a camera always covers.
    pub fit: Fit,
    /// The movement over it, if any.
    pub camera: Option<Camera>,
}

/// Moving pictures as background.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// The clip.
    pub media: Media,
    /// How it is brought to the frame's shape.
    pub fit: Fit,
    /// The part of the clip that is shown.
    pub trim: Trim,
    /// Whether it begins again at its end; otherwise its last frame stays.
    pub is_looped: bool,
    /// Loudness of the clip's own sound, 0 for none.
    pub volume: f64,
}

/// A part of a clip or sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Trim {
    /// Left out at the start.
    pub start: Duration,
    /// Where it stops, from the start of the whole; `None` for its own end. Always after `start`.
    pub end: Option<Duration>,
}

/// How media of another shape is brought to the frame (CSS Images 3, §5.5 `object-fit`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Fills the frame; what sticks out is cut.
    #[default]
    Cover,
    /// Is wholly visible; the rest of the frame is black.
    Contain,
    /// Is stretched to the frame.
    Fill,
}

/// A movement over a still picture during its scene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// What is moved.
    pub path: CameraPath,
    /// How the speed changes.
    pub easing: Easing,
}

/// The way of a camera.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CameraPath {
    /// From the whole picture towards its centre. `amount` 0.2 ends at 1.2 times the size.
    ZoomIn {
        /// How much larger it gets, 0.01–4.
        amount: f64,
    },
    /// The other way round.
    ZoomOut {
        /// How much smaller it gets.
        amount: f64,
    },
    /// Over the picture, as wide as it allows, at `1 + amount` times the size.
    Pan {
        /// Where the camera goes.
        direction: Direction,
        /// How much larger than needed the picture is shown.
        amount: f64,
    },
    /// From one part of the picture to another.
    Between {
        /// At the scene's start.
        from: View,
        /// At its end.
        to: View,
    },
}

/// A rectangle of a picture in shares of its sides. It is grown about its centre to the shape of
/// the frame, and moved or shrunk to lie inside the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Left edge.
    pub x: Portion,
    /// Top edge.
    pub y: Portion,
    /// Share of the picture's width.
    pub width: Portion,
    /// Share of the picture's height.
    pub height: Portion,
}

/// How the speed of a movement changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Easing {
    /// Not at all.
    #[default]
    Linear,
    /// Slow at both ends.
    InOut,
}

/// One of four ways on the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Upwards.
    Up,
    /// Downwards.
    Down,
}
