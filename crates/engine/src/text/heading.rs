//! Headings: up to three centred lines near the top of the frame.

use rushes_core::spec::Output;

use super::captions::{outline_radius, pixels, set_centered};
use super::{TextBlock, Typesetter};
use crate::picture::Mask;

const MAX_LINES: usize = 3;
const LINE_HEIGHT: f32 = 1.2;
const SMALLEST: f32 = 0.5;

/// Sets a heading. A long one is made smaller until it fits three lines, and cut
/// with an ellipsis where even half the size is too large.
pub fn set_heading(text: &str, output: &Output, typesetter: &mut Typesetter) -> TextBlock {
    let (width, height) = (pixels(output.width), pixels(output.height));
    let full_size = (width.min(height) * 0.075).round();
    let limit = width * 0.86;
    let mut scale = 1.0;
    let mut lines = broken(text, full_size, limit, typesetter);
    while lines.len() > MAX_LINES && scale > SMALLEST {
        scale -= 0.1;
        lines = broken(text, full_size * scale, limit, typesetter);
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines[MAX_LINES - 1].push("…".to_owned());
    }
    let size_px = shrunk(&lines, full_size * scale, limit, typesetter);
    let top = height * if output.width >= output.height { 0.1 } else { 0.16 };
    let mut words = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let baseline = top + size_px + size_px * LINE_HEIGHT * pixels(index);
        words.extend(set_centered(line, size_px, width, baseline, typesetter));
    }
    let outline = Mask::union(&words).grown(outline_radius(size_px));
    TextBlock { words, outline }
}

fn broken(text: &str, size_px: f32, limit: f32, typesetter: &mut Typesetter) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    for word in text.split_whitespace() {
        let fits = lines.last().is_some_and(|line| {
            let tried = format!("{} {word}", line.join(" "));
            typesetter.width(&tried, size_px) <= limit
        });
        match lines.last_mut() {
            Some(line) if fits => line.push(word.to_owned()),
            _ => lines.push(vec![word.to_owned()]),
        }
    }
    lines
}

/// The size at which even the longest line fits.
fn shrunk(lines: &[Vec<String>], size_px: f32, limit: f32, typesetter: &mut Typesetter) -> f32 {
    let widest = lines.iter().map(|line| typesetter.width(&line.join(" "), size_px)).fold(1.0, f32::max);
    size_px * (limit / widest).min(1.0)
}
