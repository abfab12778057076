//! Pictures in YUV 4:2:0 with BT.709 coefficients and limited range (ITU-R BT.709-6, items 3 and 4).

mod backdrop;
mod bitmap;
mod blend;
mod mask;
pub mod mix;
mod resample;
mod taps;

pub use backdrop::{Computed, draw_backdrop};
pub use bitmap::Bitmap;
pub use blend::blend;
pub use mask::Mask;
pub use resample::Resampler;

use rushes_core::units::Color;

/// A colour as luma and the two chroma differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yuv {
    /// Luma, 16–235.
    pub luma: u8,
    /// Blue difference, 16–240, 128 for none.
    pub blue: u8,
    /// Red difference, 16–240, 128 for none.
    pub red: u8,
}

impl From<Color> for Yuv {
    fn from(color: Color) -> Self {
        Self::from_rgb(f32::from(color.red), f32::from(color.green), f32::from(color.blue))
    }
}

impl Yuv {
    /// From channels of 0–255.
    #[must_use]
    pub fn from_rgb(red: f32, green: f32, blue: f32) -> Self {
        let (red, green, blue) = (red / 255.0, green / 255.0, blue / 255.0);
        let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        Self {
            luma: byte(16.0 + 219.0 * luma),
            blue: byte(128.0 + 224.0 * (blue - luma) / 1.8556),
            red: byte(128.0 + 224.0 * (red - luma) / 1.5748),
        }
    }

    /// From channels of 0–1 that were multiplied by the last of them, the coverage.
    fn from_premultiplied([red, green, blue, alpha]: [f32; 4]) -> Self {
        let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        Self {
            luma: byte(16.0 * alpha + 219.0 * luma),
            blue: byte(128.0 * alpha + 224.0 * (blue - luma) / 1.8556),
            red: byte(128.0 * alpha + 224.0 * (red - luma) / 1.5748),
        }
    }
}

/// Rounded to the nearest byte.
fn byte(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
    let byte = value.round().clamp(0.0, 255.0) as u8;
    byte
}

/// One picture: the three planes one after another, as raw video has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Picture {
    /// A black picture. Both sides must be even.
    #[must_use]
    pub fn black(width: usize, height: usize) -> Self {
        debug_assert!(width.is_multiple_of(2) && height.is_multiple_of(2));
        let mut bytes = vec![16; width * height * 3 / 2];
        bytes[width * height..].fill(128);
        Self { width, height, bytes }
    }

    /// A picture whose samples are all zero: no colour at all, for layers.
    fn zero(width: usize, height: usize) -> Self {
        Self { width, height, bytes: vec![0; width * height * 3 / 2] }
    }

    /// A picture from its planes; `None` when their length does not fit.
    #[must_use]
    pub fn from_bytes(width: usize, height: usize, bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() == width * height * 3 / 2).then_some(Self { width, height, bytes })
    }

    /// Pixels across.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The planes, luma first.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The planes to draw on, luma first.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Luma and the two planes of chroma, blue difference first.
    #[must_use]
    pub fn planes(&self) -> (&[u8], &[u8], &[u8]) {
        let luma_bytes = self.width * self.height;
        let (luma, chroma) = self.bytes.split_at(luma_bytes);
        let (blue, red) = chroma.split_at(luma_bytes / 4);
        (luma, blue, red)
    }

    /// The three planes to draw on.
    fn planes_mut(&mut self) -> (&mut [u8], &mut [u8], &mut [u8]) {
        let luma_bytes = self.width * self.height;
        let (luma, chroma) = self.bytes.split_at_mut(luma_bytes);
        let (blue, red) = chroma.split_at_mut(luma_bytes / 4);
        (luma, blue, red)
    }

    /// Makes all of it one colour.
    pub fn fill(&mut self, color: Yuv) {
        let (luma, blue, red) = self.planes_mut();
        luma.fill(color.luma);
        blue.fill(color.blue);
        red.fill(color.red);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corners_of_the_colour_cube_are_where_bt_709_puts_them() {
        let yuv = |red, green, blue| {
            let yuv = Yuv::from(Color::rgb(red, green, blue));
            (yuv.luma, yuv.blue, yuv.red)
        };
        assert_eq!(yuv(0, 0, 0), (16, 128, 128));
        assert_eq!(yuv(255, 255, 255), (235, 128, 128));
        assert_eq!(yuv(255, 0, 0), (63, 102, 240));
        assert_eq!(yuv(0, 255, 0), (173, 42, 26));
        assert_eq!(yuv(0, 0, 255), (32, 240, 118));
    }
}
