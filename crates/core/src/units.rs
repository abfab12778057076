//! Quantities that carry their unit and their limits in their type.

use std::time::Duration;

use serde::Serialize;

/// Frames in one second of video, a whole number from 24 to 60.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct FrameRate(u32);

impl FrameRate {
    /// The slowest rate offered.
    pub const LOWEST: u32 = 24;
    /// The fastest rate offered.
    pub const HIGHEST: u32 = 60;

    /// `None` outside [`Self::LOWEST`]..=[`Self::HIGHEST`].
    #[must_use]
    pub const fn new(frames_per_second: u32) -> Option<Self> {
        if frames_per_second >= Self::LOWEST && frames_per_second <= Self::HIGHEST {
            Some(Self(frames_per_second))
        } else {
            None
        }
    }

    /// Frames per second.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The frame on screen at `time`: the frame boundary nearest to it.
    #[must_use]
    pub fn frame_at(self, time: Duration) -> u64 {
        let nanos = time.as_nanos() * u128::from(self.0);
        u64::try_from((nanos + 500_000_000) / 1_000_000_000).unwrap_or(u64::MAX)
    }

    /// The moment at which `frame` appears.
    #[must_use]
    pub fn time_of(self, frame: u64) -> Duration {
        let nanos = u128::from(frame) * 1_000_000_000 / u128::from(self.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Default for FrameRate {
    fn default() -> Self {
        Self(30)
    }
}

/// An opaque colour in 8-bit sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Color {
    /// Red, 0–255.
    pub red: u8,
    /// Green, 0–255.
    pub green: u8,
    /// Blue, 0–255.
    pub blue: u8,
}

impl Color {
    /// A colour from its three channels.
    #[must_use]
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb` or `#rgb` (CSS Color 4, §5.2, without alpha).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let nibbles: Vec<u8> = digits
            .chars()
            .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        match nibbles.as_slice() {
            [r, g, b] => Some(Self::rgb(r * 17, g * 17, b * 17)),
            [r1, r2, g1, g2, b1, b2] => Some(Self::rgb(r1 * 16 + r2, g1 * 16 + g2, b1 * 16 + b2)),
            _ => None,
        }
    }
}

/// A share of a whole, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Portion(f64);

impl Portion {
    /// All of it.
    pub const WHOLE: Self = Self(1.0);
    /// Nothing of it.
    pub const NONE: Self = Self(0.0);

    /// `None` outside 0 to 1.
    #[must_use]
    pub fn new(share: f64) -> Option<Self> {
        (0.0..=1.0).contains(&share).then_some(Self(share))
    }

    /// The share, 0 to 1.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_read_in_both_css_lengths() {
        assert_eq!(Color::parse("#ff8000"), Some(Color::rgb(255, 128, 0)));
        assert_eq!(Color::parse("#f80"), Some(Color::rgb(255, 136, 0)));
        for bad in ["ff8000", "#ff80", "#gggggg", "", "#", "#ff800000"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn frames_and_times_agree_over_ten_hours() {
        for rate in [24, 25, 30, 50, 60].map(|rate| FrameRate::new(rate).unwrap()) {
            for frame in (0..rate.get() as u64 * 36_000).step_by(997) {
                assert_eq!(rate.frame_at(rate.time_of(frame)), frame);
            }
        }
    }
}
