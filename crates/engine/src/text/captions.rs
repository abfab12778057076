//! Sentences to caption pages: at most two balanced lines inside the safe area.

use std::ops::Range;

use rushes_core::spec::{CaptionPosition, CaptionStyle, Output};
use rushes_core::timeline::TimedSentence;

use super::{TextBlock, Typesetter};
use crate::picture::Mask;

const LINE_HEIGHT: f32 = 1.25;

/// Some words of a sentence that are on screen together.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// First frame with the page.
    pub first_frame: u64,
    /// First frame without it.
    pub end_frame: u64,
    /// First frame of each word.
    pub word_frames: Vec<u64>,
    /// What is written.
    pub text: PageText,
}

/// The words of a page, ready to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct PageText {
    /// One or two lines of words.
    pub lines: Vec<Vec<String>>,
    /// Height of the letters in pixels.
    pub size_px: f32,
}

/// The measures of captions on a frame.
struct Frame {
    size_px: f32,
    line_width: f32,
}

impl Frame {
    fn new(output: &Output, style: &CaptionStyle) -> Self {
        let (width, height) = (pixels(output.width), pixels(output.height));
        let portion = if output.width >= output.height { 0.056 } else { 0.066 };
        #[expect(clippy::cast_possible_truncation, reason = "0.5 to 2")]
        let scale = style.font_scale as f32;
        Self { size_px: (width.min(height) * portion * scale).round(), line_width: width * 0.84 }
    }
}

/// Cuts a sentence into pages.
pub fn paginate(
    sentence: &TimedSentence,
    output: &Output,
    style: &CaptionStyle,
    typesetter: &mut Typesetter,
) -> Vec<Page> {
    let frame = Frame::new(output, style);
    let space = typesetter.width(" ", frame.size_px).max(frame.size_px * 0.2);
    let widths: Vec<f32> = sentence.words.iter().map(|word| typesetter.width(&word.text, frame.size_px)).collect();
    page_ranges(&widths, space, frame.line_width)
        .into_iter()
        .map(|lines| page(sentence, &lines, &widths, space, &frame))
        .collect()
}

fn page(sentence: &TimedSentence, lines: &[Range<usize>], widths: &[f32], space: f32, frame: &Frame) -> Page {
    let words = &sentence.words;
    let (start, end) = (lines.first().map_or(0, |line| line.start), lines.last().map_or(0, |line| line.end));
    let widest = lines.iter().map(|line| line_width(&widths[line.clone()], space)).fold(1.0, f32::max);
    // A word longer than a line is made smaller rather than cut.
    let size_px = frame.size_px * (frame.line_width / widest).min(1.0);
    Page {
        first_frame: words[start].first_frame,
        end_frame: words.get(end).map_or(sentence.end_frame, |next| next.first_frame),
        word_frames: words[start..end].iter().map(|word| word.first_frame).collect(),
        text: PageText {
            lines: lines
                .iter()
                .map(|line| words[line.clone()].iter().map(|word| word.text.clone()).collect())
                .collect(),
            size_px,
        },
    }
}

fn line_width(widths: &[f32], space: f32) -> f32 {
    widths.iter().sum::<f32>() + space * pixels(widths.len().saturating_sub(1))
}

/// Pages of at most two lines, as word ranges: as few as fit, of about equal length.
fn page_ranges(widths: &[f32], space: f32, limit: f32) -> Vec<Vec<Range<usize>>> {
    let needed = greedy_lines(widths, space, limit).len().div_ceil(2).max(1);
    let total = line_width(widths, space);
    let mut pages = Vec::with_capacity(needed);
    let mut start = 0;
    while start < widths.len() {
        let left = needed.saturating_sub(pages.len()).max(1);
        let behind = line_width(&widths[..start], space);
        let goal = behind + (total - behind) / pixels(left);
        let mut end = start + 1;
        while end < widths.len() && fits_page(&widths[start..=end], space, limit) {
            let closer =
                (line_width(&widths[..=end], space) - goal).abs() <= (line_width(&widths[..end], space) - goal).abs();
            if !closer && left > 1 {
                break;
            }
            end += 1;
        }
        pages.push(balanced_lines(start..end, widths, space, limit));
        start = end;
    }
    pages
}

fn fits_page(widths: &[f32], space: f32, limit: f32) -> bool {
    greedy_lines(widths, space, limit).len() <= 2
}

/// The number of words on each line when lines are filled one after another.
fn greedy_lines(widths: &[f32], space: f32, limit: f32) -> Vec<usize> {
    let mut lines: Vec<usize> = Vec::new();
    let mut used = f32::INFINITY;
    for width in widths {
        match lines.last_mut() {
            Some(line) if used + space + width <= limit => {
                *line += 1;
                used += space + width;
            }
            _ => {
                lines.push(1);
                used = *width;
            }
        }
    }
    lines
}

/// One line where it fits, else two whose longer one is as short as can be.
fn balanced_lines(words: Range<usize>, widths: &[f32], space: f32, limit: f32) -> Vec<Range<usize>> {
    if line_width(&widths[words.clone()], space) <= limit || words.len() == 1 {
        return vec![words];
    }
    let longer = |split: &usize| {
        line_width(&widths[words.start..*split], space).max(line_width(&widths[*split..words.end], space))
    };
    let split = (words.start + 1..words.end).min_by(|a, b| longer(a).total_cmp(&longer(b))).unwrap_or(words.start + 1);
    vec![words.start..split, split..words.end]
}

impl PageText {
    /// Sets the page where the style wants it.
    pub fn set(&self, output: &Output, style: &CaptionStyle, typesetter: &mut Typesetter) -> TextBlock {
        let line_height = self.size_px * LINE_HEIGHT;
        let first_baseline = first_baseline(output, style.position, line_height, self.lines.len(), self.size_px);
        let mut words = Vec::new();
        for (index, line) in self.lines.iter().enumerate() {
            words.extend(set_centered(
                line,
                self.size_px,
                pixels(output.width),
                first_baseline + line_height * pixels(index),
                typesetter,
            ));
        }
        let outline = Mask::union(&words).grown(outline_radius(self.size_px));
        TextBlock { words, outline }
    }
}

/// One line of words, centred on a frame of that width.
pub fn set_centered(
    words: &[String],
    size_px: f32,
    frame_width: f32,
    baseline: f32,
    typesetter: &mut Typesetter,
) -> Vec<Mask> {
    let text = words.join(" ");
    let line = typesetter.line(&text, size_px);
    let left = ((frame_width - line.width) / 2.0).round();
    let mut start = 0;
    let ranges: Vec<Range<usize>> = words
        .iter()
        .map(|word| {
            let range = start..start + word.len();
            start = range.end + 1;
            range
        })
        .collect();
    typesetter.masks(&line, &ranges, left, baseline.round())
}

/// Width of the outline for letters of that size, in whole pixels.
pub fn outline_radius(size_px: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
    let radius = (size_px / 16.0).round().max(1.0) as usize;
    radius
}

/// Where the first line stands, so that the block keeps out of the edges that
/// players and phones cover.
fn first_baseline(output: &Output, position: CaptionPosition, line_height: f32, lines: usize, size_px: f32) -> f32 {
    let height = pixels(output.height);
    let further = line_height * pixels(lines.saturating_sub(1));
    let (top_margin, bottom_margin) = if output.width >= output.height { (0.08, 0.09) } else { (0.14, 0.22) };
    match position {
        CaptionPosition::Top => height * top_margin + size_px,
        CaptionPosition::Center => (height - further) / 2.0 + size_px * 0.35,
        CaptionPosition::Bottom => height * (1.0 - bottom_margin) - further,
    }
}

/// Counts and sizes in pixels are far below the 2^23 that an `f32` holds exactly.
pub fn pixels(count: impl TryInto<u32>) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let pixels = count.try_into().unwrap_or(u32::MAX) as f32;
    pixels
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_hold_every_word_once_in_at_most_two_lines_that_fit(widths in proptest::collection::vec(1f32..600.0, 1..40)) {
            let pages = page_ranges(&widths, 10.0, 700.0);
            let mut next = 0;
            for page in &pages {
                prop_assert!((1..=2).contains(&page.len()));
                for line in page {
                    prop_assert_eq!(line.start, next);
                    prop_assert!(!line.is_empty());
                    prop_assert!(line_width(&widths[line.clone()], 10.0) <= 700.0);
                    next = line.end;
                }
            }
            prop_assert_eq!(next, widths.len());
        }
    }
}
