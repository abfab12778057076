//! What the numbers of a picture mean, where its colour profile (ICC.1:2022) says something else than sRGB:
//! telephones write Display P3, cameras Adobe RGB.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

use image::{ImageDecoder, ImageReader};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};
use rushes_core::ports::RenderError;
use tempfile::NamedTempFile;

/// Points of the table along each of its three sides.
const SIDE: usize = 33;
/// A profile that changes no channel by more than this is sRGB as someone else writes it down.
const LEAST_CHANGE: f32 = 1.5 / 255.0;

/// Colours in sRGB for those of a profile, in a file that ffmpeg's `lut3d` reads. It lives as long as this does.
#[derive(Debug)]
pub struct ColorTable(NamedTempFile);

impl ColorTable {
    /// The filter that brings red, green and blue to sRGB.
    pub fn filter(&self) -> String {
        format!("lut3d=file={}:interp=tetrahedral", escaped(&self.0.path().to_string_lossy()))
    }
}

/// The table for a picture; `None` where its colours are sRGB, or nothing is known of them. A profile that
/// cannot be used is as good as none: the picture can be shown all the same. The table lies in `scratch`.
///
/// # Errors
/// [`RenderError::Io`] when the table cannot be stored.
pub fn color_table(picture: &Path, scratch: &Path) -> Result<Option<ColorTable>, RenderError> {
    let Some(colors) = embedded_profile(picture).as_deref().and_then(srgb_grid) else { return Ok(None) };
    let written =
        write_cube(&colors, scratch).map_err(|source| RenderError::Io { doing: "storing a table of colours", source });
    written.map(|file| Some(ColorTable(file)))
}

fn embedded_profile(picture: &Path) -> Option<Vec<u8>> {
    let reader = ImageReader::open(picture).ok()?.with_guessed_format().ok()?;
    reader.into_decoder().ok()?.icc_profile().ok()?
}

/// What each point of a grid over the profile's colours is in sRGB; red goes fastest.
fn srgb_grid(profile: &[u8]) -> Option<Vec<[f32; 3]>> {
    let profile = ColorProfile::new_from_slice(profile).ok().filter(|it| it.color_space == DataColorSpace::Rgb)?;
    let options = TransformOptions::default();
    let to_srgb = profile.create_transform_f32(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, options).ok()?;
    let points = grid();
    let mut colors = vec![[0.0; 3]; points.len()];
    to_srgb.transform(points.as_flattened(), colors.as_flattened_mut()).ok()?;
    let mut changes = points.as_flattened().iter().zip(colors.as_flattened());
    // What is no number is no colour either.
    let is_usable = colors.as_flattened().iter().all(|channel| channel.is_finite());
    (is_usable && changes.any(|(from, to)| (from - to).abs() > LEAST_CHANGE)).then_some(colors)
}

fn grid() -> Vec<[f32; 3]> {
    #[expect(clippy::cast_precision_loss, reason = "below 33")]
    let level = |step: usize| step as f32 / (SIDE - 1) as f32;
    (0..SIDE.pow(3)).map(|at| [at % SIDE, at / SIDE % SIDE, at / SIDE.pow(2)].map(level)).collect()
}

/// Adobe's Cube LUT Specification 1.0, §3. Four digits: no machine's last bit is among them.
fn write_cube(colors: &[[f32; 3]], scratch: &Path) -> io::Result<NamedTempFile> {
    let mut text = format!("LUT_3D_SIZE {SIDE}\n");
    for [red, green, blue] in colors.iter().map(|color| color.map(|channel| channel.clamp(0.0, 1.0))) {
        let _ = writeln!(text, "{red:.4} {green:.4} {blue:.4}");
    }
    let mut file = tempfile::Builder::new().prefix("rushes-colors-").suffix(".cube").tempfile_in(scratch)?;
    file.write_all(text.as_bytes())?;
    Ok(file)
}

/// A path as the value of a filter's option: first what ends a value is escaped, then what ends a filter
/// (ffmpeg-filters, "Notes on filtergraph escaping").
fn escaped(path: &str) -> String {
    let escape = |text: &str, special: &str| -> String {
        let characters = |character| [special.contains(character).then_some('\\'), Some(character)];
        text.chars().flat_map(characters).flatten().collect()
    };
    escape(&escape(path, r"\':"), r"\'[],;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_needs_no_table_and_neither_does_what_is_no_profile() {
        let srgb = ColorProfile::new_srgb().encode().unwrap();
        assert_eq!(srgb_grid(&srgb), None);
        assert_eq!(srgb_grid(b"no profile"), None);
        let gray = ColorProfile::new_gray_with_gamma(1.8).encode().unwrap();
        assert_eq!(srgb_grid(&gray), None);
        let wide = ColorProfile::new_display_p3().encode().unwrap();
        for length in 0..wide.len() {
            // Cut anywhere, it is usable or not, and nothing breaks.
            let _ = srgb_grid(&wide[..length]);
        }
    }

    #[test]
    fn grays_stay_gray_and_wide_colours_get_stronger() {
        let colors = srgb_grid(&ColorProfile::new_display_p3().encode().unwrap()).unwrap();
        let at = |red: usize, green: usize, blue: usize| colors[(blue * SIDE + green) * SIDE + red];
        let [red, green, blue] = at(16, 16, 16);
        assert!([red, green, blue].iter().all(|channel| (channel - 0.5).abs() < 0.01), "{red} {green} {blue}");
        let [red, green, blue] = at(24, 8, 8);
        assert!(red > 0.77 && green < 0.24 && blue < 0.25, "{red} {green} {blue}");
    }

    #[test]
    fn a_path_is_one_value_whatever_is_in_it() {
        assert_eq!(escaped("/tmp/a-b.cube"), "/tmp/a-b.cube");
        assert_eq!(escaped("/a:b[c]"), r"/a\\:b\[c\]");
        assert_eq!(escaped("it's"), r"it\\\'s");
    }
}
