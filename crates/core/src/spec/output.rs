//! Shape and rate of the pictures.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::units::FrameRate;

/// Shape and rate of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Output {
    /// Pixels across, even.
    pub width: u32,
    /// Pixels down, even.
    pub height: u32,
    /// Frames a second.
    pub frame_rate: FrameRate,
}

impl Output {
    /// Pictures of that shape at that rate.
    #[must_use]
    pub fn new(shape: Shape, frame_rate: FrameRate) -> Self {
        let (width, height) = shape.pixels();
        Self { width, height, frame_rate }
    }

    /// Half as many pixels a side, still even.
    #[must_use]
    pub const fn halved(self) -> Self {
        Self { width: self.width / 4 * 2, height: self.height / 4 * 2, ..self }
    }

    /// The shape with these sides; for sides that no shape has the nearest one.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let all =
            Aspect::ALL.into_iter().flat_map(|aspect| Resolution::ALL.map(|resolution| Shape { aspect, resolution }));
        let distance = |shape: &Shape| {
            let (width, height) = shape.pixels();
            width.abs_diff(self.width) + height.abs_diff(self.height)
        };
        all.into_iter().min_by_key(distance).unwrap_or_default()
    }
}

impl Default for Output {
    /// Full HD at 30 frames a second.
    fn default() -> Self {
        Self::new(Shape::default(), FrameRate::default())
    }
}

/// A shape that can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Width to height.
    pub aspect: Aspect,
    /// Length of the shorter side.
    pub resolution: Resolution,
}

impl Shape {
    /// Reads a shape as it is displayed: `16:9 1080p`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (aspect, resolution) = text.split_once(' ')?;
        Some(Self {
            aspect: Aspect::ALL.into_iter().find(|known| known.as_str() == aspect)?,
            resolution: Resolution::ALL.into_iter().find(|known| known.as_str() == resolution)?,
        })
    }

    /// Pixels across and down, both even: the shorter side is the resolution's.
    #[must_use]
    pub const fn pixels(self) -> (u32, u32) {
        let short = self.resolution.short_side();
        match self.aspect {
            Aspect::Landscape => (nearest_even(short * 16, 9), short),
            Aspect::Portrait => (short, nearest_even(short * 16, 9)),
            Aspect::Square => (short, short),
            Aspect::Feed => (short, nearest_even(short * 5, 4)),
            Aspect::Cinema => (nearest_even(short * 21, 9), short),
        }
    }

    /// The shape in the name of a file: `9x16-1080p`.
    #[must_use]
    pub fn file_suffix(self) -> String {
        format!("{}-{}", self.aspect.as_str().replace(':', "x"), self.resolution.as_str())
    }
}

const fn nearest_even(numerator: u32, denominator: u32) -> u32 {
    (numerator + denominator) / (2 * denominator) * 2
}

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.aspect.as_str(), self.resolution.as_str())
    }
}

/// Width to height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aspect {
    /// 16:9, televisions and desks.
    #[default]
    #[serde(rename = "16:9")]
    Landscape,
    /// 9:16, telephones.
    #[serde(rename = "9:16")]
    Portrait,
    /// 1:1.
    #[serde(rename = "1:1")]
    Square,
    /// 4:5, the tallest that feeds show whole.
    #[serde(rename = "4:5")]
    Feed,
    /// 21:9, wide screens.
    #[serde(rename = "21:9")]
    Cinema,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Landscape, Self::Portrait, Self::Square, Self::Feed, Self::Cinema];

    /// As written in a spec.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Landscape => "16:9",
            Self::Portrait => "9:16",
            Self::Square => "1:1",
            Self::Feed => "4:5",
            Self::Cinema => "21:9",
        }
    }
}

/// Length of the shorter side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Resolution {
    /// 480 pixels; 854 for the longer side of 16:9.
    #[serde(rename = "480p")]
    P480,
    /// 720 pixels.
    #[serde(rename = "720p")]
    P720,
    /// 1,080 pixels.
    #[default]
    #[serde(rename = "1080p")]
    P1080,
    /// 1,440 pixels.
    #[serde(rename = "1440p")]
    P1440,
    /// 2,160 pixels.
    #[serde(rename = "2160p")]
    P2160,
}

impl Resolution {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::P480, Self::P720, Self::P1080, Self::P1440, Self::P2160];

    /// As written in a spec.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P480 => "480p",
            Self::P720 => "720p",
            Self::P1080 => "1080p",
            Self::P1440 => "1440p",
            Self::P2160 => "2160p",
        }
    }

    const fn short_side(self) -> u32 {
        match self {
            Self::P480 => 480,
            Self::P720 => 720,
            Self::P1080 => 1080,
            Self::P1440 => 1440,
            Self::P2160 => 2160,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_shape_has_even_sides_and_is_known_by_them() {
        let mut seen = HashSet::new();
        for aspect in Aspect::ALL {
            for resolution in Resolution::ALL {
                let shape = Shape { aspect, resolution };
                let output = Output::new(shape, FrameRate::default());
                assert_eq!((output.width % 2, output.height % 2), (0, 0), "{shape}");
                assert_eq!(output.width.min(output.height), resolution.short_side(), "{shape}");
                assert_eq!(output.shape(), shape);
                assert_eq!(serde_json::to_value(aspect).unwrap(), aspect.as_str());
                assert_eq!(serde_json::to_value(resolution).unwrap(), resolution.as_str());
                assert_eq!(Shape::parse(&shape.to_string()), Some(shape));
                assert!(seen.insert((output.width, output.height)), "{shape}");
            }
        }
    }

    #[test]
    fn the_sides_are_the_usual_ones() {
        let pixels = |text: &str| Shape::parse(text).unwrap().pixels();
        assert_eq!(pixels("16:9 480p"), (854, 480));
        assert_eq!(pixels("9:16 720p"), (720, 1280));
        assert_eq!(pixels("4:5 1080p"), (1080, 1350));
        assert_eq!(pixels("21:9 1080p"), (2520, 1080));
    }
}
