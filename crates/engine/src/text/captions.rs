//! Sentences to caption pages: at most two balanced lines, or each word alone.

use std::ops::Range;

use rushes_core::spec::{CaptionMode, CaptionStyle, Output};
use rushes_core::timeline::{TimedSentence, TimedWord};

use super::block::{ASCENT, DESCENT, outline_radius};
use super::line::{Line, Word};
use super::lines::{Extent, line_width, pages};
use super::safe_area::{SafeArea, is_wide};
use super::script::{Writing, line_height};
use super::{Typesetter, pixels};

/// Multiple of the letter size for words that stand alone.
const POP_SCALE: f32 = 1.9;
/// The largest a popping word becomes before it rests.
pub const POP_OVERSHOOT: f32 = 1.06;
/// Multiples of the letter size from the letters to the edges of a box behind them:
/// beside, and above and below.
const BOX_PADDING: (f32, f32) = (0.45, 0.3);

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
    /// One or two.
    pub lines: Vec<Line>,
    /// Height of the letters in pixels.
    pub size_px: f32,
}

/// The measures of captions on a frame.
#[derive(Clone, Copy, Debug)]
pub struct CaptionFrame {
    /// Height of the letters where they fit.
    pub size_px: f32,
    /// Pixels that a line may take.
    pub line_width: f32,
}

impl CaptionFrame {
    /// The measures that a style has on frames of that shape.
    pub fn new(output: &Output, style: &CaptionStyle) -> Self {
        let (width, height) = (pixels(output.width), pixels(output.height));
        let portion = if is_wide(output) { 0.056 } else { 0.066 };
        #[expect(clippy::cast_possible_truncation, reason = "0.5 to 2")]
        let scale = style.font_scale as f32;
        let pop = if style.mode == CaptionMode::Pop { POP_SCALE } else { 1.0 };
        let size_px = (width.min(height) * portion * scale * pop).round();
        let overshoot = if style.mode == CaptionMode::Pop { POP_OVERSHOOT } else { 1.0 };
        let room = SafeArea::new(output).width() - 2.0 * reach(style, size_px * overshoot).0 - 2.0;
        Self { size_px, line_width: room.min(width * 0.84) / overshoot }
    }

    /// Pixels from the top of the first of two usual lines to the bottom of the second, without
    /// what is drawn around them.
    pub fn two_lines_height(&self) -> f32 {
        self.size_px * (ASCENT + line_height("") + DESCENT)
    }
}

/// Pixels from the letters to the edges of what is drawn around them: beside, and above
/// and below.
pub fn reach(style: &CaptionStyle, size_px: f32) -> (f32, f32) {
    let outline = style.outline.map_or(0.0, |outline| pixels(outline_radius(&outline, size_px)));
    let (beside, above) = style.text_box.map_or((0.0, 0.0), |_| box_padding(size_px));
    (outline + beside, outline + above)
}

/// Pixels from the letters to the edges of a box: beside, and above and below.
pub fn box_padding(size_px: f32) -> (f32, f32) {
    ((size_px * BOX_PADDING.0).round(), (size_px * BOX_PADDING.1).round())
}

/// The first row that usual captions at the bottom may take, their outline included; what stands
/// above stays free of them.
pub fn bottom_captions_top(output: &Output) -> f32 {
    let style = CaptionStyle::default();
    let frame = CaptionFrame::new(output, &style);
    SafeArea::new(output).bottom - frame.two_lines_height() - 2.0 * reach(&style, frame.size_px).1
}

/// Cuts a sentence into pages.
pub fn paginate(
    sentence: &TimedSentence,
    output: &Output,
    style: &CaptionStyle,
    typesetter: &mut Typesetter,
) -> Vec<Page> {
    let frame = CaptionFrame::new(output, style);
    let writing = Writing::of(&TimedWord::joined(&sentence.words));
    let words: Vec<Word> = sentence.words.iter().map(|word| Word::spoken(word, style.is_uppercase)).collect();
    let extents = typesetter.extents(&words, style.font, frame.size_px, writing);
    let ranges = match style.mode {
        CaptionMode::Pop => (0..words.len()).map(|index| std::iter::once(index..index + 1).collect()).collect(),
        CaptionMode::Highlight | CaptionMode::Block | CaptionMode::None => pages(&extents, frame.line_width),
    };
    ranges
        .into_iter()
        .map(|lines| {
            let text = page_text(&words, &lines, &extents, &frame, writing);
            page(sentence, &lines, text)
        })
        .collect()
}

fn page(sentence: &TimedSentence, lines: &[Range<usize>], text: PageText) -> Page {
    let words = &sentence.words;
    let (start, end) = (lines.first().map_or(0, |line| line.start), lines.last().map_or(0, |line| line.end));
    Page {
        first_frame: words[start].first_frame,
        end_frame: words.get(end).map_or(sentence.end_frame, |next| next.first_frame),
        word_frames: words[start..end].iter().map(|word| word.first_frame).collect(),
        text,
    }
}

fn page_text(
    words: &[Word],
    lines: &[Range<usize>],
    extents: &[Extent],
    frame: &CaptionFrame,
    writing: Writing,
) -> PageText {
    let widest = lines.iter().map(|line| line_width(&extents[line.clone()])).fold(1.0, f32::max);
    PageText {
        lines: lines.iter().map(|line| Line::new(&words[line.clone()], writing)).collect(),
        // A word longer than a line is made smaller rather than cut.
        size_px: frame.size_px * (frame.line_width / widest).min(1.0),
    }
}
