//! How words are written over the pictures.

use crate::units::Color;

/// How the narration is written over the pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CaptionStyle {
    /// What of a caption changes while it is spoken.
    pub mode: CaptionMode,
    /// Where on the frame.
    pub position: CaptionPosition,
    /// The letters.
    pub font: Font,
    /// Multiple of the usual letter size, 0.5–2.
    pub font_scale: f64,
    /// Colour of the words.
    pub color: Color,
    /// Colour of the word being spoken.
    pub highlight_color: Color,
    /// Line around the letters, if any.
    pub outline: Option<Outline>,
    /// Rectangle behind the words, if any.
    pub text_box: Option<TextBox>,
    /// Whether everything is written in capitals.
    pub is_uppercase: bool,
}

/// What of a caption changes while it is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptionMode {
    /// The word being spoken stands out.
    Highlight,
    /// Each word appears large and alone while it is spoken.
    Pop,
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

/// The families that ship with the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Font {
    /// Noto Sans, bold.
    #[default]
    Sans,
    /// Noto Serif, bold.
    Serif,
    /// Noto Sans Mono, bold.
    Mono,
}

/// A line around letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outline {
    /// Its colour.
    pub color: Color,
    /// Multiple of the usual width, 0.25–4.
    pub width_scale: f64,
}

/// A rectangle behind words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TextBox {
    /// Its colour.
    pub color: Color,
    /// 0 for none to 1 for nothing shining through.
    pub opacity: f64,
}

impl Default for CaptionStyle {
    fn default() -> Self {
        Self {
            mode: CaptionMode::Highlight,
            position: CaptionPosition::Bottom,
            font: Font::Sans,
            font_scale: 1.0,
            color: Color::rgb(255, 255, 255),
            highlight_color: Color::rgb(0xff, 0xd5, 0x4a),
            outline: Some(Outline::default()),
            text_box: None,
            is_uppercase: false,
        }
    }
}

impl Default for TextBox {
    fn default() -> Self {
        Self { color: Color::rgb(0, 0, 0), opacity: 0.6 }
    }
}

impl Default for Outline {
    fn default() -> Self {
        Self { color: Color::rgb(0, 0, 0), width_scale: 1.0 }
    }
}
