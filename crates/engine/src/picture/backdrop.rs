//! Backgrounds that are computed: one colour, a straight blend.

use rushes_core::spec::Gradient;
use rushes_core::units::Color;

use super::{Picture, Yuv};

/// Ordered dither thresholds (Bayer, 4 × 4), which keep a slow blend from showing bands.
const DITHER: [[f32; 4]; 4] =
    [[0.0, 8.0, 2.0, 10.0], [12.0, 4.0, 14.0, 6.0], [3.0, 11.0, 1.0, 9.0], [15.0, 7.0, 13.0, 5.0]];

/// A picture of one colour.
fn solid(width: usize, height: usize, color: Color) -> Picture {
    let mut picture = Picture::black(width, height);
    picture.fill(Yuv::from(color));
    picture
}

/// A picture that blends from one colour to another along a line (CSS Images 3, §3.1:
/// the line is as long as the corners need).
fn blend(width: usize, height: usize, gradient: &Gradient) -> Picture {
    let (sine, cosine) = gradient.angle_deg.to_radians().sin_cos();
    #[expect(clippy::cast_precision_loss, reason = "pictures are smaller than 2^23 pixels a side")]
    let (across, down) = (width as f64, height as f64);
    let length = (across * sine).abs() + (down * cosine).abs();
    let (from, to) = (exact(gradient.from), exact(gradient.to));
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "positions and bytes are small")]
    let at = |column: usize, row: usize, offset: f64, channel: usize| {
        let (x, y) = (column as f64 + offset - across / 2.0, row as f64 + offset - down / 2.0);
        let share = ((x * sine - y * cosine) / length + 0.5).clamp(0.0, 1.0) as f32;
        from[channel] + (to[channel] - from[channel]) * share
    };
    let mut picture = Picture::black(width, height);
    let (luma, blue, red) = picture.planes_mut();
    fill(luma, width, |column, row| at(column, row, 0.5, 0));
    fill(blue, width / 2, |column, row| at(column * 2, row * 2, 1.0, 1));
    fill(red, width / 2, |column, row| at(column * 2, row * 2, 1.0, 2));
    picture
}

fn fill(plane: &mut [u8], width: usize, value: impl Fn(usize, usize) -> f32) {
    for (row, pixels) in plane.chunks_exact_mut(width).enumerate() {
        for (column, pixel) in pixels.iter_mut().enumerate() {
            let threshold = (DITHER[row % 4][column % 4] + 0.5) / 16.0;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "16–240 and a threshold below 1"
            )]
            let byte = (value(column, row) + threshold).floor() as u8;
            *pixel = byte;
        }
    }
}

/// Luma and chroma of a colour before rounding.
fn exact(color: Color) -> [f32; 3] {
    let (red, green, blue) =
        (f32::from(color.red) / 255.0, f32::from(color.green) / 255.0, f32::from(color.blue) / 255.0);
    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    [16.0 + 219.0 * luma, 128.0 + 224.0 * (blue - luma) / 1.8556, 128.0 + 224.0 * (red - luma) / 1.5748]
}

/// A computed background.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Computed {
    /// One colour.
    Color(Color),
    /// A straight blend.
    Gradient(Gradient),
}

/// Draws a computed background of the given size.
#[must_use]
pub fn draw_backdrop(width: usize, height: usize, computed: &Computed) -> Picture {
    match computed {
        Computed::Color(color) => solid(width, height, *color),
        Computed::Gradient(gradient) if gradient.from == gradient.to => solid(width, height, gradient.from),
        Computed::Gradient(gradient) => blend(width, height, gradient),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_runs_from_one_colour_to_the_other_in_the_direction_asked() {
        let gradient = Gradient { from: Color::rgb(0, 0, 0), to: Color::rgb(255, 255, 255), angle_deg: 90.0 };
        let picture = blend(64, 32, &gradient);
        let row: Vec<u8> = picture.bytes()[..64].to_vec();
        assert!(row[0] < 20 && row[63] > 230);
        assert!(row.windows(2).all(|pair| pair[1] + 1 >= pair[0]));
        let down = blend(64, 32, &Gradient { angle_deg: 180.0, ..gradient });
        assert!(down.bytes()[0] < 25 && down.bytes()[31 * 64] > 225);
    }
}
