//! What may be written in a spec's JSON, field by field. No meaning is checked here.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSpec {
    pub title: Option<String>,
    pub topic: Option<String>,
    pub script: Option<String>,
    pub scenes: Option<Vec<RawScene>>,
    pub voice: Option<RawVoice>,
    pub background: Option<RawBackground>,
    pub captions: Option<RawCaptions>,
    pub output: Option<RawOutput>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScene {
    pub text: Option<String>,
    pub title: Option<String>,
    pub background: Option<RawBackground>,
    pub duration_s: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawVoice {
    pub name: Option<String>,
    pub rate_wpm: Option<u32>,
    pub pitch: Option<u32>,
}

/// All kinds of background in one flat shape, so that a fault can be named to the field.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBackground {
    #[serde(rename = "type")]
    pub kind: RawBackgroundKind,
    pub color: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub angle_deg: Option<f64>,
    pub url: Option<String>,
    pub path: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawBackgroundKind {
    Color,
    Gradient,
    Image,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCaptions {
    pub style: Option<RawCaptionMode>,
    pub position: Option<RawCaptionPosition>,
    pub color: Option<String>,
    pub highlight_color: Option<String>,
    pub font_scale: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawCaptionMode {
    Highlight,
    Block,
    None,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawCaptionPosition {
    Top,
    Center,
    Bottom,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOutput {
    pub aspect: Option<String>,
    pub resolution: Option<String>,
    pub fps: Option<u32>,
}
